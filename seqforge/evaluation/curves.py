# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""ROC and precision-recall curves as tables."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TextIO

import numpy as np

from seqforge.metrics import ranking

AXES = {"roc": ("false_positive_rate", "true_positive_rate"), "pr": ("recall", "precision")}


class Curve(NamedTuple):
    """One line: `label` is a label's name, "micro" (all example-label pairs) or "macro" (mean over labels).

    `x`, `y`, `threshold` (point,) float64: scores ≥ threshold count as present; NaN where no single threshold exists.
    `area` is None where the curve is not defined: then it has no points. `n` counts the positives.
    """

    kind: str
    label: str
    n: int
    area: float | None
    x: np.ndarray
    y: np.ndarray
    threshold: np.ndarray

    @property
    def line(self) -> tuple[str, np.ndarray, np.ndarray, float | None]:
        """(name, x, y, area), as figures take it."""
        return self.label, self.x, self.y, self.area


def roc_curves(prediction: np.ndarray, target: np.ndarray, labels: Sequence[str]) -> list[Curve]:
    """True over false positive rate: each label against the rest, then "micro", then "macro".

    "macro": the mean true positive rate of the labels that have a curve, over the union of their false positive rates.
    """
    columns = list(_columns(prediction, target, labels))
    each = [_roc(label, score, present) for label, score, present in columns[:-1]]
    return [*each, _roc(*columns[-1]), _macro(each)]


def pr_curves(prediction: np.ndarray, target: np.ndarray, labels: Sequence[str]) -> list[Curve]:
    """Precision over recall, by falling recall: each label, then "micro"; areas are average precisions."""
    return [_pr(label, score, present) for label, score, present in _columns(prediction, target, labels)]


def _columns(
    prediction: np.ndarray, target: np.ndarray, labels: Sequence[str]
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    prediction = np.asarray(prediction)
    present = ranking.one_hot(np.asarray(target), len(labels))
    for k, label in enumerate(labels):
        yield label, prediction[:, k], present[:, k]
    yield "micro", prediction.ravel(), present.ravel()


def _roc(label: str, score: np.ndarray, present: np.ndarray) -> Curve:
    from sklearn.metrics import auc, roc_curve

    if present.all() or not present.any():
        return _undefined("roc", label, present)
    x, y, threshold = roc_curve(present, score)
    return Curve("roc", label, int(present.sum()), float(auc(x, y)), x, y, threshold)


def _pr(label: str, score: np.ndarray, present: np.ndarray) -> Curve:
    from sklearn.metrics import precision_recall_curve

    if not present.any():
        return _undefined("pr", label, present)
    precision, recall, threshold = precision_recall_curve(present, score)
    area = float(-np.sum(np.diff(recall) * precision[:-1]))
    return Curve("pr", label, int(present.sum()), area, recall, precision, np.append(threshold, np.inf))


def _undefined(kind: str, label: str, present: np.ndarray) -> Curve:
    empty = np.empty(0)
    return Curve(kind, label, int(present.sum()), None, empty, empty, empty)


def _macro(curves: Sequence[Curve]) -> Curve:
    from sklearn.metrics import auc

    defined = [curve for curve in curves if curve.area is not None]
    n = sum(curve.n for curve in defined)
    if not defined:
        return _undefined("roc", "macro", np.zeros(0, bool))
    grid = np.unique(np.concatenate([curve.x for curve in defined]))
    x = np.repeat(grid, 2)  # a curve may rise at one rate: its lower and its upper end there are both kept
    low, high = (np.mean([_at(curve, grid, side) for curve in defined], axis=0) for side in ("left", "right"))
    y = np.stack([low, high], axis=1).ravel()
    return Curve("roc", "macro", n, float(auc(x, y)), x, y, np.full(len(x), np.nan))


def _at(curve: Curve, grid: np.ndarray, side: str) -> np.ndarray:
    """The curve's height at each rate of `grid`: at the lower end of a rise ("left") or at the upper one ("right")."""
    edges = np.append(np.flatnonzero(np.diff(curve.x) > 0), len(curve.x) - 1)  # the last point at each rate
    starts = np.append(0, edges[:-1] + 1)  # the first one
    chosen = starts if side == "left" else edges
    return _between(grid, curve.x[edges], curve.y[starts], curve.y[edges], curve.y[chosen])


def _between(grid: np.ndarray, x: np.ndarray, lower: np.ndarray, upper: np.ndarray, own: np.ndarray) -> np.ndarray:
    """`own` at the rates x; between two of them the line from the upper end of one to the lower of the next."""
    after = np.searchsorted(x, grid)
    exact = x[np.minimum(after, len(x) - 1)] == grid
    left = np.maximum(after - 1, 0)
    right = np.minimum(after, len(x) - 1)
    width = np.where(exact, 1.0, x[right] - x[left])
    share = (grid - x[left]) / width
    return np.where(exact, own[right], upper[left] + share * (lower[right] - upper[left]))


def rows(curves: Iterable[Curve]) -> Iterator[dict[str, Any]]:
    """One row per point: label, the two axes of the kind, threshold."""
    for curve in curves:
        x, y = AXES[curve.kind]
        for point in zip(curve.x.tolist(), curve.y.tolist(), curve.threshold.tolist(), strict=True):
            yield {"label": curve.label, **dict(zip((x, y, "threshold"), point, strict=True))}


def write_tsv(curves: Sequence[Curve], file: TextIO) -> None:
    """The rows of curves of one kind, tab-separated with a header; nothing but the header if no curve is defined."""
    kind = curves[0].kind if curves else "roc"
    writer = csv.DictWriter(file, ["label", *AXES[kind], "threshold"], delimiter="\t", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows(curves))
