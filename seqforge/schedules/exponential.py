# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A rate that falls by a factor every epoch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from seqforge.parameters import NonNegative, Number, setting
from seqforge.registry import register
from seqforge.schedules.base import ClosedForm, RunningSchedule, Schedule


@register("schedules", "Exponential", "ExponentialLR")
@dataclass(frozen=True, kw_only=True)
class Exponential(Schedule):
    """learning_rate · gamma^epoch, at least `min_learning_rate`; constant within an epoch."""

    gamma: Annotated[float, Number(gt=0, le=1)] = setting(0.95, "factor of the rate after each epoch", "factor")
    min_learning_rate: NonNegative = setting(0.0, "the rate never falls below this", "min_lr")

    def begin(self, learning_rate: float, steps_per_epoch: int, epochs: int) -> RunningSchedule:
        floor = self.floor(self.min_learning_rate, learning_rate)
        return ClosedForm(lambda step: max(floor, learning_rate * self.gamma ** (step // steps_per_epoch)))
