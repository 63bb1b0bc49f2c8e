# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The report of a model of bins: scores, probability along chromosomes with called and true regions, the training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from seqforge.evaluation import figures
from seqforge.evaluation.bins_scores import Called, pooled
from seqforge.evaluation.report import Figure, Section, Table, number, origin, page, tiles

TILES = ("f1", "precision", "recall", "roc_auc", "average_precision", "region_iou", "top_1_hits", "threshold", "loss")
HISTORIES = ("loss", "f1", "threshold")
COLUMNS = ("seq_len", "bins", "positives", "f1", "precision", "recall", "roc_auc", "average_precision",
           "region_iou", "region_precision", "region_recall", "top_1_hits")  # fmt: skip
MOST_DRAWN = 24  # chromosomes
MOST_ROWS = 200  # of the table of chromosomes
MOST_POINTS = 1500  # of a line


@dataclass(frozen=True)
class BinsFindings:
    """What the report of a model of bins is made of; `record`: name → value of the run."""

    title: str
    set_name: str
    scores: Mapping[str, Any]
    called: Sequence[Called]
    history: Sequence[Mapping[str, Any]] = ()
    record: Mapping[str, Any] = field(default_factory=dict)
    definition: str = ""


def render(findings: BinsFindings) -> str:
    """The report as HTML text; raises BackendError where the `report` extra is missing."""
    scores = findings.scores
    origin_of = f"threshold {number(scores['threshold'])} from: {scores['threshold_source']}"
    lead = f"Scores on the {findings.set_name} set, {number(len(findings.called))} chromosomes; {origin_of}."
    return page(findings.title, lead, tiles(scores, TILES), list(_sections(findings)))


def _sections(findings: BinsFindings) -> Iterator[Section]:
    scores = findings.scores
    drawn = list(_histories(findings.history))
    if drawn:
        yield Section("Training", drawn)
    if curves := list(_curves(findings.called)):
        yield Section("Curves", curves)
    shown = worst_first(findings.called, scores["chromosomes"])[:MOST_DRAWN]
    left = len(findings.called) - len(shown)
    title = f"Chromosomes (those with the lowest F1; {left:,} more are not drawn)" if left else "Chromosomes"
    yield Section(title, [_track(one, scores["threshold"]) for one in shown])
    yield Section("By chromosome", table=_table(scores["chromosomes"]))
    if scores["notes"]:
        yield Section("Notes", table=Table(("note",), [(note,) for note in scores["notes"][:MOST_ROWS]]))
    yield from origin(findings.record, findings.definition)


def worst_first(called: Sequence[Called], listed: Sequence[Mapping[str, Any]]) -> list[Called]:
    """By rising F1, those without one last; as they came where all can be drawn."""
    if len(called) <= MOST_DRAWN:
        return list(called)
    f1 = [one.get("f1") for one in listed]
    order = sorted(range(len(called)), key=lambda n: (f1[n] is None, f1[n]))
    return [called[n] for n in order]


def _histories(rows: Sequence[Mapping[str, Any]]) -> Iterator[Figure]:
    for name in HISTORIES:
        if any(row.get(f"validation_{name}") is not None for row in rows) or (rows and name == "loss"):
            yield Figure(figures.history(rows, name), f"{name} by epoch")


def _curves(called: Sequence[Called]) -> Iterator[Figure]:
    """ROC and precision over recall of all known bins."""
    from seqforge.evaluation.curves import pr_curves, roc_curves

    p, labels = pooled([one.predicted for one in called])
    if not len(p):
        return
    columns = p[:, None], labels[:, None]
    roc, pr = roc_curves(*columns, ("bins",))[0], pr_curves(*columns, ("bins",))[0]
    if roc.area is not None:
        svg = figures.curves([roc.line], "false positive rate", "true positive rate", diagonal=True)
        yield Figure(svg, "ROC of all bins with known labels")
    if pr.area is not None:
        yield Figure(figures.curves([pr.line], "recall", "precision", iso_f1=True), "Precision over recall of the same")


def _track(one: Called, threshold: float) -> Figure:
    predicted = one.predicted
    called = "no region" if not one.regions else "; ".join(
        f"{region.start_pos:,}-{region.end_pos:,} ({region.avg_prob:.3f})" for region in one.regions[:3]
    )  # fmt: skip
    more = f" and {len(one.regions) - 3} more" if len(one.regions) > 3 else ""
    windows = f"; predicted in {predicted.windows} windows" if predicted.windows > 1 else ""
    caption = f"{predicted.chromosome}, called: {called}{more}{windows}"
    return Figure(track(one, threshold), caption, wide=True)


def track(one: Called, threshold: float) -> str:
    """Probability along a chromosome as SVG, with the threshold, called regions above and true ones below the line."""
    predicted = one.predicted
    figure, axes = figures.canvas(11.0, 1.9)
    position, p = _thinned(predicted.positions.mean(axis=1) / 1e6, predicted.p)
    axes.plot(position, p, color=figures.ACCENT, linewidth=1)
    axes.axhline(threshold, color=figures.FAINT, linestyle=":", linewidth=1)
    for regions, low, color in ((one.regions, 1.05, figures.ACCENT), (predicted.true_regions, -0.13, figures.SECOND)):
        spans = [(region.start_pos / 1e6, region.length_bp / 1e6) for region in regions]
        axes.broken_barh(spans, (low, 0.08), color=color, linewidth=0)
    axes.set(ylim=(-0.16, 1.16), yticks=(0, 0.5, 1), xlim=(position[0], position[-1]))
    truth = "" if predicted.labels is None else ", true below"
    figures.tidy(axes, "Mb", "probability", f"{predicted.chromosome}: called above{truth}")
    return figures.svg(figure)


def _thinned(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """At most `MOST_POINTS` points: of neighbours the greatest, so that no peak is lost."""
    if len(x) <= MOST_POINTS:
        return x, y
    starts = np.linspace(0, len(x), MOST_POINTS, endpoint=False).astype(int)
    return x[starts], np.maximum.reduceat(y, starts)


def _table(listed: Sequence[Mapping[str, Any]]) -> Table:
    header = ("chromosome", "sample", *(name.replace("_", " ") for name in COLUMNS))
    rows = [(one["chromosome"], one["sample"], *(number(one.get(name)) for name in COLUMNS)) for one in listed]
    return Table(header, rows[:MOST_ROWS])
