# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What every learning-rate schedule has: a running form that says the rate for each step."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from seqforge.errors import SeqForgeError
from seqforge.registry import Component


class RunningSchedule(ABC):
    """A schedule at work on one optimizer; its state is plain JSON, so that a run can resume."""

    @abstractmethod
    def rate(self, step: int) -> float:
        """The learning rate of the training step `step` (counted from 0 over the whole training)."""

    def observe(self, epoch: int, logs: Mapping[str, float]) -> None:  # noqa: B027 (most schedules look at no logs)
        """Told after every epoch (from 0) with its logs: `loss`, `validation_loss`, `validation_accuracy`, …"""

    def state(self) -> dict[str, Any]:
        return {}

    def restore(self, state: Mapping[str, Any]) -> None:  # noqa: B027 (most have no state)
        """Continue from `state()`."""


class ClosedForm(RunningSchedule):
    """A schedule that is a formula of the step alone: it has no state, and looks at no logs."""

    def __init__(self, formula: Callable[[int], float]):
        self._formula = formula

    def rate(self, step: int) -> float:
        return self._formula(step)


@dataclass(frozen=True, kw_only=True)
class Schedule(Component):
    def counted(self, steps_per_epoch: int, examples: int, batch_size: int) -> int:
        """How many steps an epoch is taken to have; `steps_per_epoch` are really made."""
        return steps_per_epoch

    @abstractmethod
    def begin(self, learning_rate: float, steps_per_epoch: int, epochs: int) -> RunningSchedule:
        """Start with the optimizer's `learning_rate`."""

    def floor(self, minimum: float, learning_rate: float) -> float:
        """`minimum`, after a look whether the schedule can fall to it; raises SeqForgeError if it starts below."""
        if minimum > learning_rate:
            start = f"the optimizer's learning_rate is {learning_rate:g}"
            raise SeqForgeError(
                f"{self.name}: expected min_learning_rate ≤ learning_rate, received {minimum:g}; {start}"
            )
        return minimum
