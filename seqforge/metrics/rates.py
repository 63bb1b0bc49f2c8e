# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Precision, recall and their kin as means over labels, and Matthews correlation; only counts are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from seqforge.arrays import np
from seqforge.metrics import counts as counting
from seqforge.metrics.accuracy import CLASSIFICATION
from seqforge.metrics.base import Accumulator
from seqforge.metrics.counts import Counts
from seqforge.metrics.positions import BINS, MASK, AtBest, FormMetric, Pixels
from seqforge.registry import register

EVERY = (*CLASSIFICATION, "segmentation", "sequence labeling")


class Counted(Accumulator):
    """Counts per label: (label, label) cells for index targets, four numbers per label for multi-hot ones."""

    def __init__(self, rate: str):
        self._rate = rate
        self._cells: Any = 0
        self._multi_class = True

    def update(self, prediction: Any, target: Any) -> None:
        prediction, target = np.asarray(prediction), np.asarray(target)
        self._multi_class = target.ndim == 1
        count = counting.confusion if self._multi_class else counting.multi_hot_counts
        self._cells = self._cells + np.asarray(count(prediction, target))

    def value(self) -> float:
        if not np.any(self._cells):
            return float("nan")
        if self._rate == "matthews_correlation":
            return self._matthews()
        counts = counting.counts_of(self._cells) if self._multi_class else Counts(*self._cells)
        return counting.mean_of_defined(counting.RATES[self._rate](counts))

    def _matthews(self) -> float:
        if self._multi_class:
            return counting.multi_class_matthews(self._cells)
        return float(counting.matthews(Counts(*self._cells.sum(axis=1))))


@dataclass(frozen=True, kw_only=True)
class Rate(FormMetric):
    tasks: ClassVar[tuple[str, ...]] = CLASSIFICATION

    def start(self) -> Accumulator:
        if self.form == MASK:
            return Pixels(self.name, self.ignore)
        return AtBest(self.name) if self.form == BINS else Counted(self.name)


@register("metrics", "precision")
@dataclass(frozen=True, kw_only=True)
class Precision(Rate):
    """Share of right ones among the predictions of a label, as the mean over labels.

    Of two classes of scan points, and of bins at the best threshold, it is that of class 1.
    """

    tasks = EVERY


@register("metrics", "recall")
@dataclass(frozen=True, kw_only=True)
class Recall(Rate):
    """Share of a label's examples that are predicted, as the mean over the labels that have any.

    Of two classes of scan points, and of bins at the best threshold, it is that of class 1.
    """

    tasks = EVERY


@register("metrics", "f1")
@dataclass(frozen=True, kw_only=True)
class F1(Rate):
    """Harmonic mean of precision and recall, as the mean over labels.

    Of two classes of scan points, and of bins at the best threshold, it is that of class 1.
    """

    tasks = EVERY


@register("metrics", "sensitivity")
@dataclass(frozen=True, kw_only=True)
class Sensitivity(Rate):
    """Recall under its clinical name."""


@register("metrics", "specificity")
@dataclass(frozen=True, kw_only=True)
class Specificity(Rate):
    """Share of the examples without a label for which it is not predicted, as the mean over labels."""


@register("metrics", "matthews_correlation", "mcc")
@dataclass(frozen=True, kw_only=True)
class MatthewsCorrelation(Rate):
    """Correlation of truth and prediction, for any number of classes; of all (example, label) pairs for multi-label."""
