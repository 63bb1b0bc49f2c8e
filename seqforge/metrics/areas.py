# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Areas under ROC and precision-recall curves, as means over labels."""

from __future__ import annotations

from dataclasses import dataclass

from seqforge.arrays import np
from seqforge.metrics import ranking
from seqforge.metrics.accuracy import CLASSIFICATION
from seqforge.metrics.base import Accumulator, Collected, Metric
from seqforge.metrics.counts import mean_of_defined
from seqforge.registry import register


@dataclass(frozen=True, kw_only=True)
class CurveArea(Metric):
    tasks = CLASSIFICATION

    def start(self) -> Accumulator:
        return Collected(self.score)

    def score(self, prediction: np.ndarray, target: np.ndarray) -> float:
        return mean_of_defined(ranking.per_label(ranking.AREAS[self.name], prediction, target))


@register("metrics", "roc_auc")
@dataclass(frozen=True, kw_only=True)
class RocAuc(CurveArea):
    """Area under the ROC curve of each label against the rest, as the mean over labels that have both."""


@register("metrics", "pr_auc", "average_precision")
@dataclass(frozen=True, kw_only=True)
class PrAuc(CurveArea):
    """Average precision of each label against the rest, as the mean over labels that have examples."""
