# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Counts of right and wrong predictions per label, and the scores that follow from them alone.

A score whose denominator is 0 is not defined and NaN: recall of a label without examples, specificity of a label that
all examples have. Precision of a label that has examples but is never predicted is 0, so that a missed label counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from seqforge.arrays import np

THRESHOLD = 0.5  # a label is predicted where its score is greater


class Counts(NamedTuple):
    """True and false positives and negatives, each (label,) int64."""

    tp: np.ndarray
    fp: np.ndarray
    fn: np.ndarray
    tn: np.ndarray


def confusion(prediction: np.ndarray, target: np.ndarray) -> np.ndarray:
    """(true label, predicted label) int64 counts of scores (n, label) and index targets (n,); of ties the first."""
    size = prediction.shape[1]
    cells = target.astype(np.int64) * size + prediction.argmax(axis=1)
    return np.bincount(cells, minlength=size * size).reshape(size, size)


def counts_of(confusion: np.ndarray) -> Counts:
    """Each label against all others, from a confusion matrix (true, predicted)."""
    tp = np.diag(confusion)
    fp, fn = confusion.sum(axis=0) - tp, confusion.sum(axis=1) - tp
    return Counts(tp, fp, fn, confusion.sum() - tp - fp - fn)


def multi_hot_counts(prediction: np.ndarray, target: np.ndarray) -> Counts:
    """Counts of scores and multi-hot targets, both (n, label)."""
    said, true = prediction > THRESHOLD, target > THRESHOLD
    cells = (said & true, said & ~true, ~said & true, ~said & ~true)
    return Counts(*(cell.sum(axis=0, dtype=np.int64) for cell in cells))


def precision(counts: Counts) -> np.ndarray:
    seen = counts.tp + counts.fp + counts.fn > 0
    return np.where(seen, ratio(counts.tp, np.maximum(counts.tp + counts.fp, 1)), np.nan)


def recall(counts: Counts) -> np.ndarray:
    return ratio(counts.tp, counts.tp + counts.fn)


def f1(counts: Counts) -> np.ndarray:
    return ratio(2 * counts.tp, 2 * counts.tp + counts.fp + counts.fn)


def specificity(counts: Counts) -> np.ndarray:
    return ratio(counts.tn, counts.tn + counts.fp)


def matthews(counts: Counts) -> np.ndarray:
    """Matthews correlation of each label with its prediction (Matthews 1975)."""
    tp, fp, fn, tn = (np.asarray(count, dtype=np.float64) for count in counts)
    return ratio(tp * tn - fp * fn, np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)))


def multi_class_matthews(confusion: np.ndarray) -> float:
    """The correlation of true and predicted class for any number of classes (Gorodkin 2004)."""
    cells = confusion.astype(np.float64)
    true, said, n = cells.sum(axis=1), cells.sum(axis=0), cells.sum()
    below = np.sqrt((n**2 - (true**2).sum()) * (n**2 - (said**2).sum()))
    return float(ratio(np.trace(cells) * n - true @ said, below))


def ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """above / below, NaN where `below` is 0."""
    above, below = np.asarray(above, dtype=np.float64), np.asarray(below, dtype=np.float64)
    return np.divide(above, below, out=np.full(np.broadcast(above, below).shape, np.nan), where=below > 0)


def mean_of_defined(values: np.ndarray) -> float:
    """The mean over what is not NaN; NaN if nothing is."""
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if len(defined) else float("nan")


RATES: Mapping[str, Callable[[Counts], np.ndarray]] = {
    "precision": precision,
    "recall": recall,
    "f1": f1,
    "sensitivity": recall,
    "specificity": specificity,
}
