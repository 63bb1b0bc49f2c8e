# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Electropherograms drawn: one row per dye, or one panel per marker, with masks shaded and alleles named.

Drawn without a display; matplotlib is imported by the function that draws.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqforge import files
from seqforge.arrays import np
from seqforge.errors import BackendError, UsageError, did_you_mean
from seqforge.evaluation.epg_calling import Call

FORMATS = ("svg", "png")
MOST_PROFILES = 20  # files of plots that are written if nobody says how many
MOST_NAMED = 60  # alleles named on one row: more cannot be read
MOST_POINTS = 3000  # of a line: beyond, highest and lowest of neighbouring points stand for them
COLUMNS = 4  # of marker panels
LEAST = 100.0  # RFU: rows are not drawn closer than this, so that noise looks like noise
ABOVE = 1.45  # room for the names of alleles, as a share of the highest peak

INK = ("#1f77b4", "#2e8b57", "#6b6b00", "#c0392b", "#8e44ad", "#d2691e")  # blue, green, yellow, red, purple, orange
TRUE, SAID = "#9aa7b1", "#e8a33d"


@dataclass(frozen=True)
class Drawn:
    """One profile as it is drawn. `rfu` (dye, scan); `base_pairs` (scan,), NaN outside what was calibrated, or None;
    `truth`, `mask` (dye, scan) classes, or None; `calls`: alleles to name; `dyes`: names of the rows."""

    name: str
    rfu: np.ndarray
    base_pairs: np.ndarray | None = None
    truth: np.ndarray | None = None
    mask: np.ndarray | None = None
    calls: Sequence[Call] = ()
    dyes: Sequence[str] = ()
    reconstruction: np.ndarray | None = None  # (dye, scan) RFU


@dataclass(frozen=True)
class Window:
    """A marker's place: its dye and its limits in bp."""

    marker: str
    dye: int
    lower: float
    upper: float


def profile(drawn: Drawn, title: str = "") -> Any:
    """The whole profile, one row per dye."""
    rows = len(drawn.rfu)
    figure, panels = _canvas(13.0, 0.6 + 1.75 * rows, rows, 1)
    for dye, axes in enumerate(panels):
        _row(axes, drawn, dye, _places(drawn))
        axes.set_ylabel("RFU", fontsize=8)
        _name(axes, _dye(drawn, dye), INK[dye % len(INK)])
        axes.tick_params(labelbottom=dye == rows - 1, labelsize=8)
    panels[-1].set_xlabel("bp" if drawn.base_pairs is not None else "scan point")
    return _finished(figure, panels, drawn, title)


def markers(drawn: Drawn, windows: Sequence[Window], title: str = "") -> Any:
    """One panel per marker, in the order given; at least one window and base pairs are needed."""
    columns = min(COLUMNS, len(windows))
    rows = -(-len(windows) // columns)
    figure, panels = _canvas(3.3 * columns + 0.4, 0.7 + 1.75 * rows, rows, columns)
    for axes in panels[len(windows) :]:
        axes.set_visible(False)
    for axes, window in zip(panels, windows, strict=False):
        inside = _inside(drawn, window)
        _row(axes, drawn, window.dye, inside)
        axes.set_xlim(window.lower, window.upper)
        _name(axes, window.marker, INK[window.dye % len(INK)])
        axes.tick_params(labelsize=7)
    return _finished(figure, panels[: len(windows)], drawn, title)


def save(figure: Any, path: Path) -> None:
    """The figure as .svg or .png; the file appears whole or not at all, and the same numbers give the same bytes."""
    if path.suffix == ".svg":
        from seqforge.evaluation.figures import svg

        files.write(path, '<?xml version="1.0" encoding="utf-8"?>\n' + svg(figure))
        return
    with files.new_file(path) as temporary:
        figure.savefig(temporary, format="png", dpi=110, metadata={"Software": None})


def write(
    folder: Path, drawn: Iterable[Drawn], windows: Sequence[Window] = (), form: str = "svg", most: int = MOST_PROFILES
) -> list[Path]:
    """`<name>.svg` and, with `windows`, `<name>.markers.svg` of each of the first `most` profiles.

    Raises UsageError for another format than svg or png.
    """
    check_format(form)
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for name, one in _named(drawn, most):
        written.append(folder / f"{name}.{form}")
        save(profile(one), written[-1])
        if windows and one.base_pairs is not None:
            written.append(folder / f"{name}.markers.{form}")
            save(markers(one, windows), written[-1])
    return written


def check_format(form: str) -> None:
    if form not in FORMATS:
        raise UsageError(f"--plots: unknown '{form}'; {did_you_mean(form, FORMATS)}")


def _named(drawn: Iterable[Drawn], most: int) -> Iterator[tuple[str, Drawn]]:
    """File names that are safe and differ, also where letters are folded."""
    seen: set[str] = set()
    for number, one in enumerate(drawn):
        if number == most:
            return
        name = re.sub(r"[^\w.+-]+", "_", one.name).strip("._") or "profile"
        if name.casefold() in seen:
            name = f"{name}-{number + 1}"
        seen.add(name.casefold())
        yield name, one


def _canvas(width: float, height: float, rows: int, columns: int) -> tuple[Any, list[Any]]:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise BackendError("plots need matplotlib; pip install 'seqforge[report]'") from None
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, list(np.ravel(figure.subplots(rows, columns, squeeze=False)))


def _places(drawn: Drawn) -> np.ndarray:
    """Scan points with a place on the x axis."""
    if drawn.base_pairs is None:
        return np.arange(drawn.rfu.shape[1])
    return np.flatnonzero(np.isfinite(drawn.base_pairs))


def _inside(drawn: Drawn, window: Window) -> np.ndarray:
    assert drawn.base_pairs is not None
    return np.flatnonzero((drawn.base_pairs >= window.lower) & (drawn.base_pairs <= window.upper))


def _row(axes: Any, drawn: Drawn, dye: int, points: np.ndarray) -> None:
    """One dye at `points`: shades below, the curve above them, names on top."""
    color = INK[dye % len(INK)]
    axes.spines[["top", "right"]].set_visible(False)
    if not len(points):
        return
    x = np.arange(drawn.rfu.shape[1]) if drawn.base_pairs is None else drawn.base_pairs
    height = drawn.rfu[dye]
    top = max(float(height[points].max()), LEAST)
    _shade(axes, x, drawn.truth, dye, points, TRUE, (0.5, 1.0), "truth")
    _shade(axes, x, drawn.mask, dye, points, SAID, (0.0, 0.5), "predicted")
    axes.plot(*_thinned(x[points], height[points]), color=color, linewidth=0.8)
    if drawn.reconstruction is not None:
        lines = _thinned(x[points], drawn.reconstruction[dye][points])
        axes.plot(*lines, color="black", linewidth=0.6, linestyle="--", label="reconstruction")
    axes.set(xlim=(x[points[0]], x[points[-1]]), ylim=(min(0.0, float(height[points].min())), top * ABOVE))
    shown = [one for one in drawn.calls if one.dye == dye and points[0] <= one.position <= points[-1]]
    for one in sorted(shown, key=lambda one: -one.rfu)[:MOST_NAMED]:
        _allele(axes, one, x, top)


def _shade(
    axes: Any,
    x: np.ndarray,
    mask: np.ndarray | None,
    dye: int,
    points: np.ndarray,
    color: str,
    band: tuple[float, float],
    label: str,
) -> None:
    """Where `mask` is positive: the lower half of the row is what was predicted, the upper half the truth."""
    if mask is None:
        return
    edges = np.diff((mask[dye, points] > 0).astype(np.int8), prepend=0, append=0)
    starts, stops = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
    half = float(np.median(np.diff(x[points]))) / 2 if len(points) > 1 else 0.5
    for start, stop in zip(x[points[starts]], x[points[stops]], strict=True):
        axes.axvspan(start - half, stop + half, *band, color=color, alpha=0.55, linewidth=0, label=label, zorder=0)
        label = "_"  # named once in the legend


def _thinned(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """At most so many points that a file stays small; each bucket keeps its lowest and its highest."""
    size = -(-2 * len(x) // MOST_POINTS)
    if size <= 2:
        return x, y
    starts = np.arange(0, len(x), size)
    low = [start + int(y[start : start + size].argmin()) for start in starts]
    high = [start + int(y[start : start + size].argmax()) for start in starts]
    keep = np.unique([*low, *high, 0, len(x) - 1])
    return x[keep], y[keep]


def _allele(axes: Any, one: Call, x: np.ndarray, top: float) -> None:
    """The allele above its apex; red where it is out of bin."""
    axes.annotate(
        one.allele,
        (float(x[one.position]), max(one.rfu, 0.0)),
        xytext=(0, 3),
        textcoords="offset points",
        rotation=90,
        ha="center",
        va="bottom",
        fontsize=6.5,
        color="#1b1f24" if one.in_bin else "#c0392b",
    )


def _name(axes: Any, text: str, color: str) -> None:
    axes.text(0.995, 0.96, text, transform=axes.transAxes, ha="right", va="top", fontsize=8, color=color, weight="bold")


def _dye(drawn: Drawn, dye: int) -> str:
    return str(drawn.dyes[dye]) if dye < len(drawn.dyes) else f"dye {dye + 1}"


def _finished(figure: Any, panels: Sequence[Any], drawn: Drawn, title: str) -> Any:
    figure.suptitle(title or drawn.name, fontsize=10, x=0.01, ha="left")
    shown: dict[str, Any] = {}
    for axes in panels:
        handles, names = axes.get_legend_handles_labels()
        shown |= {name: handle for name, handle in zip(names, handles, strict=True) if name not in shown}
    if shown:
        legend = {"truth": "truth (upper half)", "predicted": "predicted (lower half)"}
        names = [legend.get(name, name) for name in shown]
        figure.legend(shown.values(), names, loc="upper right", ncols=3, frameon=False, fontsize=8)
    return figure


def by_height(rows: Sequence[Mapping[str, Any]]) -> str:
    """Precision, recall and F1 by RFU on a logarithmic axis, as SVG; bars: how many there are of each height.

    `rows`: `from`, `to` (None: open), `tp`, `fp`, `fn` and the rates, as `epg_scores.Strata.by_rfu` gives them.
    """
    from seqforge.evaluation.figures import ACCENT, FAINT, SECOND, canvas, svg, tidy

    figure, axes = canvas()
    low = [row["from"] or row["to"] / 2 for row in rows]
    high = [row["to"] or row["from"] * 2 for row in rows]
    counts = axes.twinx()
    there = [row["tp"] + row["fn"] for row in rows]
    counts.bar(low, there, np.subtract(high, low), align="edge", color=FAINT, alpha=0.4, linewidth=0)
    counts.set_ylabel("true ones", fontsize=8, color="#7b8790")
    counts.set_yscale("symlog", linthresh=1)
    counts.set_ylim(0, 10 * max(1, *there))
    counts.tick_params(labelsize=7, colors="#7b8790")
    counts.spines[["top"]].set_visible(False)
    axes.set_zorder(counts.get_zorder() + 1)
    axes.patch.set_visible(False)
    middle = np.sqrt(np.multiply(low, high))
    for name, color in (("precision", SECOND), ("recall", ACCENT), ("f1", "black")):
        shown = [(x, row[name]) for x, row in zip(middle, rows, strict=True) if _defined(row, name)]
        if shown:
            axes.plot(*zip(*shown, strict=True), color=color, marker="o", markersize=3, label=name.replace("f1", "F1"))
    axes.set(xscale="log", ylim=(-0.02, 1.02))
    axes.legend(frameon=False, fontsize=8)
    tidy(axes, "height (RFU)", "")
    return svg(figure)


def _defined(row: Mapping[str, Any], name: str) -> bool:
    """Whether the rate is no 0/0."""
    below = {"precision": row["tp"] + row["fp"], "recall": row["tp"] + row["fn"]}
    return bool(below.get(name, row["tp"] + row["fp"] + row["fn"]))
