# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Probabilities against a threshold: the search for the best one, and counts of right and wrong calls.

A bin is called where p is strictly greater than the threshold, and the threshold is first rounded to the type of p:
float32 0.3 is not greater than 0.3. A scan point is called where p ≥ 0.5, or of several classes at the arg-max.
0/0 gives 0.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from seqforge.arrays import np

GRID = tuple(round(0.05 * step, 2) for step in range(1, 19))  # 0.05, 0.10 … 0.90
DEFAULT = 0.5  # where no threshold finds anything
PIXEL = 0.5  # a scan point is called at p ≥ this
IGNORE = -100  # label of scan points that no metric and no loss sees


class Calls(NamedTuple):
    """True and false positives and negatives of one threshold, or of one class."""

    tp: int
    fp: int
    fn: int
    tn: int

    @property
    def precision(self) -> float:
        return share(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> float:
        return share(self.tp, self.tp + self.fn)

    @property
    def f1(self) -> float:
        return share(2 * self.tp, 2 * self.tp + self.fp + self.fn)

    @property
    def iou(self) -> float:
        return share(self.tp, self.tp + self.fp + self.fn)

    @property
    def accuracy(self) -> float:
        return share(self.tp + self.tn, sum(self))

    def plus(self, others: Calls) -> Calls:
        return Calls(*(mine + theirs for mine, theirs in zip(self, others, strict=True)))


class Best(NamedTuple):
    """The threshold whose F1 is the greatest, of equal ones the lowest; with its scores."""

    threshold: float
    f1: float
    precision: float
    recall: float


def share(above: float, below: float) -> float:
    """above / below, 0 where `below` is 0."""
    return float(above / below) if below else 0.0


def best(p: Any, labels: Any) -> Best:
    """The best threshold of `GRID` for probabilities `p` and 0/1 labels of one shape; labels below 0 are left out.

    Without a positive label, or if nothing that is called is right, the threshold is 0.5.
    """
    search = Search()
    search.update(p, labels)
    return search.best()


def called(p: Any, threshold: float) -> np.ndarray:
    """Whether each p is called: strictly greater than `threshold` in p's own type; NaN is not called."""
    p = _floats(p)
    return np.asarray(p > p.dtype.type(threshold))


def calls(p: Any, labels: Any, threshold: float) -> Calls:
    """Counts of `p` > `threshold` against 0/1 labels of the same shape; labels below 0 are left out."""
    known = np.asarray(labels) >= 0
    return _counted(called(p, threshold)[known], np.asarray(labels)[known] > 0)


class Search:
    """The search over batches: counts per threshold are all that is kept."""

    def __init__(self) -> None:
        self._passed = np.zeros((2, len(GRID) + 1), dtype=np.int64)  # (label, number of thresholds that p exceeds)

    @property
    def seen(self) -> int:
        """How many labelled bins were given."""
        return int(self._passed.sum())

    def update(self, p: Any, labels: Any) -> None:
        p, labels = _floats(p).ravel(), np.asarray(labels).ravel()
        known = labels >= 0
        exceeded = np.searchsorted(np.asarray(GRID, dtype=p.dtype), p[known], side="left")
        exceeded[np.isnan(p[known])] = 0
        cells = (labels[known] > 0) * (len(GRID) + 1) + exceeded
        self._passed += np.bincount(cells, minlength=self._passed.size).reshape(self._passed.shape)

    def at(self, number: int) -> Calls:
        """The counts at threshold `GRID[number]`."""
        false, true = self._passed
        tp, fp = int(true[number + 1 :].sum()), int(false[number + 1 :].sum())
        return Calls(tp, fp, int(true.sum()) - tp, int(false.sum()) - fp)

    def best(self) -> Best:
        found = Best(DEFAULT, 0.0, 0.0, 0.0)
        for number, threshold in enumerate(GRID):
            counts = self.at(number)
            if counts.f1 > found.f1:
                found = Best(threshold, counts.f1, counts.precision, counts.recall)
        return found


def pixels(p: Any, labels: Any, ignore: int = IGNORE) -> Calls:
    """Counts of probabilities ≥ 0.5 against 0/1 labels of the same shape; `ignore` and what is below 0 are left out."""
    labels = np.asarray(labels)
    known = (labels != ignore) & (labels >= 0)
    return _counted(np.asarray(p)[known] >= PIXEL, labels[known] > 0)


def classes(scores: Any, labels: Any, ignore: int = IGNORE) -> np.ndarray:
    """(true class, predicted class) int64 counts of scores (n, class, …) and labels (n, …); of ties the first class.

    Labels that are `ignore` or below 0 are left out.
    """
    scores, labels = np.asarray(scores), np.asarray(labels)
    size, known = scores.shape[1], (labels != ignore) & (labels >= 0)
    cells = labels[known].astype(np.int64) * size + scores.argmax(axis=1)[known]
    return np.bincount(cells, minlength=size * size).reshape(size, size)


def _floats(p: Any) -> np.ndarray:
    p = np.asarray(p)
    return p if p.dtype.kind == "f" else p.astype(np.float64)


def _counted(said: np.ndarray, true: np.ndarray) -> Calls:
    cells = (said & true, said & ~true, ~said & true, ~said & ~true)
    return Calls(*(int(np.count_nonzero(cell)) for cell in cells))
