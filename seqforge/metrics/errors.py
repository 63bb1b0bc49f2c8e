# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Mean errors of predicted values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seqforge.arrays import np
from seqforge.metrics.base import Accumulator, Metric
from seqforge.registry import register


class MeanOf(Accumulator):
    """The mean of `measure(difference)` over all elements seen; two numbers are kept, in float64."""

    def __init__(self, measure: Callable[[np.ndarray], np.ndarray]):
        self._measure = measure
        self._sum, self._seen = 0.0, 0

    def update(self, prediction: Any, target: Any) -> None:
        measured = self._measure(np.asarray(prediction, dtype=np.float64) - np.asarray(target, dtype=np.float64))
        self._sum += float(measured.sum())
        self._seen += measured.size

    def value(self) -> float:
        return self._sum / self._seen if self._seen else float("nan")


@register("metrics", "mean_squared_error", "mse")
@dataclass(frozen=True, kw_only=True)
class MeanSquaredError(Metric):
    """Mean squared difference of prediction and target, over examples and labels, or scan points."""

    tasks = ("regression", "reconstruction")
    greater_is_better = False

    def start(self) -> Accumulator:
        return MeanOf(np.square)


@register("metrics", "mean_absolute_error", "mae")
@dataclass(frozen=True, kw_only=True)
class MeanAbsoluteError(Metric):
    """Mean absolute difference of prediction and target, over examples and labels, or scan points."""

    tasks = ("regression", "reconstruction")
    greater_is_better = False

    def start(self) -> Accumulator:
        return MeanOf(np.abs)
