# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What every metric has: a direction, and an accumulator that sees predictions batch by batch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from seqforge.arrays import np
from seqforge.registry import Component

if TYPE_CHECKING:
    from seqforge.losses.base import Loss
    from seqforge.tasks import Task


class Accumulator(ABC):
    @abstractmethod
    def update(self, prediction: Any, target: Any) -> None:
        """One batch: `prediction` (n, label) as the loss' `prediction` makes it, `target` as the dataset gives it."""

    @abstractmethod
    def value(self) -> float:
        """The metric over everything seen (NaN: not defined for it)."""


@dataclass(frozen=True, kw_only=True)
class Metric(Component):
    """Computed in NumPy from predictions, so that both backends share one definition."""

    tasks: ClassVar[tuple[str, ...]]
    greater_is_better: ClassVar[bool] = True

    def for_loss(self, loss: Loss | None) -> Metric:
        """The same metric for models that are trained with `loss`; most do not ask."""
        return self

    def for_task(self, task: Task) -> Metric:
        """The same metric for the predictions of `task`; most do not ask."""
        return self

    @abstractmethod
    def start(self) -> Accumulator: ...


class Collected(Accumulator):
    """Keeps everything and calls `score(prediction, target)` at the end, for metrics that need all examples at once."""

    def __init__(self, score: Any):
        self._score = score
        self._seen: list[tuple[np.ndarray, np.ndarray]] = []

    def update(self, prediction: Any, target: Any) -> None:
        self._seen.append((np.asarray(prediction), np.asarray(target)))

    def value(self) -> float:
        if not self._seen:
            return float("nan")
        predictions, targets = zip(*self._seen, strict=True)
        return float(self._score(np.concatenate(predictions), np.concatenate(targets)))
