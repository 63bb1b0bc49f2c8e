# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Figures as SVG text, drawn without a display. matplotlib is imported by the function that draws."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from seqforge.errors import BackendError

ACCENT, SECOND, FAINT = "#1f6f8b", "#d1495b", "#b8c4cc"
MOST_POINTS = 400  # a curve keeps at most so many points: the picture is the same, the file small
FEW_POINTS = 500  # up to so many points of a scatter are drawn large
MOST_NAMED = 20  # labels beyond this number are not written at axes


def canvas(width: float = 6.0, height: float = 4.2, columns: int = 1, rows: int = 1) -> tuple[Any, Any]:
    """A figure in inches and its axes, outside pyplot's global state."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise BackendError("figures need matplotlib; pip install 'seqforge[report]'") from None
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(rows, columns)


def svg(figure: Any) -> str:
    """The figure as one <svg> element; the same numbers give the same bytes."""
    import matplotlib

    out = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "seqforge", "svg.fonttype": "none"}):
        figure.savefig(out, format="svg", metadata={"Date": None})
    text = out.getvalue()
    return text[text.index("<svg") :]


def thinned(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    keep = np.unique(np.linspace(0, len(x) - 1, min(len(x), MOST_POINTS)).astype(int))
    return np.asarray(x)[keep], np.asarray(y)[keep]


def tidy(axes: Any, x: str, y: str, title: str = "") -> None:
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.set_title(title, fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)


def history(rows: Sequence[Mapping[str, Any]], quantity: str = "loss") -> str:
    """`quantity` in training and validation by epoch; the best validation epoch is marked."""
    figure, axes = canvas()
    for name, color in ((quantity, FAINT), (f"validation_{quantity}", ACCENT)):
        points = [(row["epoch"], row[name]) for row in rows if row.get(name) is not None]
        if points:
            axes.plot(*zip(*points, strict=True), color=color, marker="o", markersize=3, label=name.replace("_", " "))
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(frameon=False)
    tidy(axes, "epoch", quantity.replace("_", " "))
    return svg(figure)


def curves(
    lines: Iterable[tuple[str, np.ndarray, np.ndarray, float | None]],
    x: str,
    y: str,
    diagonal: bool = False,
    iso_f1: bool = False,
) -> str:
    """Lines (name, x, y, area) on the unit square; "micro" and "macro" stand out, labels lie behind them."""
    figure, axes = canvas()
    if iso_f1:
        _iso_f1(axes)
    if diagonal:
        axes.plot([0, 1], [0, 1], color=FAINT, linestyle=":")
    bold = {"micro": ACCENT, "macro": SECOND}
    found = list(lines)
    few = len([name for name, *_ in found if name not in bold]) <= 5
    for name, xs, ys, area in found:
        known = name in bold
        shown = f"{name} ({area:.3f})" if area is not None and (known or few) else None
        color = bold.get(name) if known else (None if few else FAINT)
        axes.plot(*thinned(xs, ys), color=color, linewidth=2 if known else 1, zorder=3 if known else 2, label=shown)
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, loc="lower right" if diagonal else "lower left")
    tidy(axes, x, y)
    return svg(figure)


def _iso_f1(axes: Any) -> None:
    recall = np.linspace(0.01, 1, 200)
    for f1 in (0.2, 0.4, 0.6, 0.8):
        precision = f1 * recall / np.maximum(2 * recall - f1, 1e-9)
        inside = (2 * recall > f1) & (precision <= 1)
        axes.plot(recall[inside], precision[inside], color=FAINT, linewidth=0.8, linestyle=":")
        axes.annotate(f"F1 {f1}", (0.93, f1 * 0.93 / (2 * 0.93 - f1)), fontsize=7, color="#7b8790")


def confusion(matrix: Sequence[Sequence[int]], labels: Sequence[str]) -> str:
    """True label (rows) by predicted label (columns), each row as shares."""
    counts = np.asarray(matrix, dtype=float)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure, axes = canvas(6.0, 5.4)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    if len(labels) <= MOST_NAMED:
        axes.set_xticks(range(len(labels)), labels, rotation=90 if len(labels) > 6 else 0, fontsize=8)
        axes.set_yticks(range(len(labels)), labels, fontsize=8)
    if len(labels) <= 10:
        for (row, column), count in np.ndenumerate(counts):
            color = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, f"{int(count)}", ha="center", va="center", color=color, fontsize=8)
    tidy(axes, "predicted", "true")
    return svg(figure)


def scatter(
    observed: np.ndarray, predicted: np.ndarray, title: str = "", quantity: str = "", diagonal: bool = False
) -> str:
    """Predicted over observed values, for regression; at most 5,000 points."""
    keep = np.linspace(0, len(observed) - 1, min(len(observed), 5000)).astype(int)
    figure, axes = canvas(5.0, 4.6)
    size, alpha = (6, 0.4) if len(keep) > FEW_POINTS else (18, 0.7)
    axes.scatter(observed[keep], predicted[keep], s=size, alpha=alpha, color=ACCENT, linewidths=0, rasterized=True)
    if diagonal:
        axes.axline((float(observed[0]), float(observed[0])), slope=1, color=FAINT, linestyle=":")
    tidy(axes, f"observed {quantity}".strip(), f"predicted {quantity}".strip(), title)
    return svg(figure)


def tracks(observed: np.ndarray, predicted: np.ndarray, tasks: Sequence[str], first: int | None = None) -> str:
    """Expected over observed reads (position, task), a panel for each task; `first`: where the window begins."""
    figure, panels = canvas(6.0, 1.2 + 1.1 * len(tasks), rows=len(tasks))
    positions = np.arange(len(observed)) + (first or 0)
    for number, (axes, task) in enumerate(zip(np.ravel(panels), tasks, strict=True)):
        axes.fill_between(positions, observed[:, number], step="mid", color=FAINT, linewidth=0, label="observed")
        axes.plot(positions, predicted[:, number], color=ACCENT, linewidth=1.2, label="predicted")
        last = number == len(tasks) - 1
        tidy(axes, ("position" if first is None else "base") if last else "", task)
        axes.ticklabel_format(axis="x", style="plain", useOffset=False)
        axes.set(xlim=(positions[0], positions[-1]), ylim=(0, None))
        if not last:
            axes.tick_params(labelbottom=False)
    np.ravel(panels)[0].legend(frameon=False, fontsize=8)
    return svg(figure)


def distributions(values: Mapping[str, np.ndarray], quantity: str, bins: int = 40) -> str:
    """How often values occur, as outlines over common bins; the first of `values` stands out, others lie behind it."""
    figure, axes = canvas()
    finite = {name: found[np.isfinite(found)] for name, found in values.items()}
    edges = np.histogram_bin_edges(np.concatenate(list(finite.values())), bins)
    for color, (name, found) in zip((ACCENT, SECOND, "#7b8790"), finite.items(), strict=False):
        if len(found):
            shown = f"{name} (median {np.median(found):.3g})"
            axes.stairs(np.histogram(found, edges)[0], edges, color=color, linewidth=1.6, label=shown)
    axes.legend(frameon=False, fontsize=8)
    tidy(axes, quantity, "regions")
    return svg(figure)


def factors(rows: Sequence[Mapping[str, Any]], names: Sequence[str], quantity: str) -> str:
    """Positive numbers by epoch, on a logarithmic scale: `rows` are (name → number, and "epoch")."""
    figure, axes = canvas()
    for name in names:
        points = [(row["epoch"], row[name]) for row in rows if row.get(name)]
        if points:
            axes.plot(*zip(*points, strict=True), marker="o", markersize=3, label=name.replace("_", " "))
    axes.set_yscale("log")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(frameon=False)
    tidy(axes, "epoch", quantity)
    return svg(figure)
