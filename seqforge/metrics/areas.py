# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Areas under ROC and precision-recall curves, as means over labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from seqforge.arrays import np
from seqforge.metrics import ranking
from seqforge.metrics.accuracy import CLASSIFICATION
from seqforge.metrics.base import Accumulator, Collected
from seqforge.metrics.counts import mean_of_defined
from seqforge.metrics.positions import BINS, BinsArea, FormMetric
from seqforge.registry import register

AREAS = {**ranking.AREAS, "average_precision": ranking.average_precision}


@dataclass(frozen=True, kw_only=True)
class CurveArea(FormMetric):
    tasks: ClassVar[tuple[str, ...]] = CLASSIFICATION

    def start(self) -> Accumulator:
        return BinsArea(AREAS[self.name]) if self.form == BINS else Collected(self.score)

    def score(self, prediction: np.ndarray, target: np.ndarray) -> float:
        return mean_of_defined(ranking.per_label(AREAS[self.name], prediction, target))


@register("metrics", "roc_auc")
@dataclass(frozen=True, kw_only=True)
class RocAuc(CurveArea):
    """Area under the ROC curve of each label against the rest, as the mean over labels that have both; of bins one."""

    tasks = (*CLASSIFICATION, "sequence labeling")


@register("metrics", "pr_auc")
@dataclass(frozen=True, kw_only=True)
class PrAuc(CurveArea):
    """Average precision of each label against the rest, as the mean over labels that have examples."""


@register("metrics", "average_precision")
@dataclass(frozen=True, kw_only=True)
class AveragePrecision(CurveArea):
    """Average precision of bins; of labels the same as pr_auc."""

    tasks = (*CLASSIFICATION, "sequence labeling")
