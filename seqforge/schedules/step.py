# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A rate that falls by a factor every few epochs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from seqforge.parameters import Count, NonNegative, Number, setting
from seqforge.registry import register
from seqforge.schedules.base import ClosedForm, RunningSchedule, Schedule


@register("schedules", "Step", "StepLR")
@dataclass(frozen=True, kw_only=True)
class Step(Schedule):
    """learning_rate · gamma^⌊epoch / step_size⌋, at least `min_learning_rate`."""

    step_size: Count = setting(10, "epochs between two falls")
    gamma: Annotated[float, Number(gt=0, le=1)] = setting(0.1, "factor of the rate at each fall", "factor")
    min_learning_rate: NonNegative = setting(0.0, "the rate never falls below this", "min_lr")

    def begin(self, learning_rate: float, steps_per_epoch: int, epochs: int) -> RunningSchedule:
        floor, stair = self.floor(self.min_learning_rate, learning_rate), self.step_size * steps_per_epoch
        return ClosedForm(lambda step: max(floor, learning_rate * self.gamma ** (step // stair)))
