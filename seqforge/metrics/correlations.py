# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Correlations of predicted and true values, as means over labels."""

from __future__ import annotations

from dataclasses import dataclass

from seqforge.arrays import np
from seqforge.metrics import ranking
from seqforge.metrics.base import Accumulator, Collected, Metric
from seqforge.metrics.counts import mean_of_defined
from seqforge.registry import register


@register("metrics", "pearson_r", "pearson")
@dataclass(frozen=True, kw_only=True)
class PearsonR(Metric):
    """Linear correlation of each label's prediction and target, as the mean over labels that vary."""

    tasks = ("regression",)

    def start(self) -> Accumulator:
        return Collected(self.score)

    def score(self, prediction: np.ndarray, target: np.ndarray) -> float:
        return mean_of_defined(ranking.pearson(prediction, target))


@register("metrics", "spearman_r", "spearman")
@dataclass(frozen=True, kw_only=True)
class SpearmanR(Metric):
    """Correlation of the ranks of each label's prediction and target, as the mean over labels that vary."""

    tasks = ("regression",)

    def start(self) -> Accumulator:
        return Collected(self.score)

    def score(self, prediction: np.ndarray, target: np.ndarray) -> float:
        return mean_of_defined(ranking.spearman(prediction, target))
