# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Rates that fall along half a cosine (Loshchilov & Hutter 2017, arXiv 1608.03983), at once or after a warm-up."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

from seqforge.parameters import Count, Natural, NonNegative, Number, OneOf, setting
from seqforge.registry import register
from seqforge.schedules.base import ClosedForm, RunningSchedule, Schedule


def half_cosine(high: float, low: float, share: float) -> float:
    """From `high` at share 0 to `low` at share 1, and `low` from there on."""
    return low + (high - low) * (1 + math.cos(math.pi * min(share, 1.0))) / 2


@register("schedules", "Cosine", "CosineAnnealingLR")
@dataclass(frozen=True, kw_only=True)
class Cosine(Schedule):
    """From learning_rate to `min_learning_rate`, step by step over `epochs`; early stopping does not shorten it."""

    epochs: Count | None = setting(None, "length of the fall; None: the whole training")
    min_learning_rate: NonNegative = setting(0.0, "where the rate ends", "min_lr", "eta_min")

    def begin(self, learning_rate: float, steps_per_epoch: int, epochs: int) -> RunningSchedule:
        low, steps = self.floor(self.min_learning_rate, learning_rate), steps_per_epoch * (self.epochs or epochs)
        return ClosedForm(lambda step: half_cosine(learning_rate, low, step / steps))


@register("schedules", "WarmupCosine")
@dataclass(frozen=True, kw_only=True)
class WarmupCosine(Schedule):
    """A linear rise over the first `warmup_epochs`, then half a cosine over the epochs that are left (at least one).

    With S steps per epoch, B = S·warmup_epochs and T = S·max(1, epochs − warmup_epochs): step s < B has the rate
    learning_rate·(f + (1 − f)·s/B), f = start_factor; from B on it is a cosine of (s − B)/T down to min_learning_rate.
    """

    warmup_epochs: Natural = setting(5, "length of the rise; 0: none")
    start_factor: Annotated[float, Number(gt=0, le=1)] = setting(0.01, "share of learning_rate in the first step")
    min_learning_rate: NonNegative = setting(1e-5, "where the rate ends", "min_lr", "eta_min")
    epochs: Count | None = setting(None, "length of rise and fall together; None: the whole training")
    steps_per_epoch: Annotated[str, OneOf("made", "ceil")] = setting(
        "made", "S: the steps that are made, or as if an incomplete last batch were one, too"
    )

    def counted(self, steps_per_epoch: int, examples: int, batch_size: int) -> int:
        return -(-examples // batch_size) if self.steps_per_epoch == "ceil" else steps_per_epoch

    def begin(self, learning_rate: float, steps_per_epoch: int, epochs: int) -> RunningSchedule:
        low, rise = self.floor(self.min_learning_rate, learning_rate), steps_per_epoch * self.warmup_epochs
        fall = steps_per_epoch * max(1, (self.epochs or epochs) - self.warmup_epochs)

        def rate(step: int) -> float:
            if step < rise:
                return learning_rate * (self.start_factor + (1 - self.start_factor) * step / rise)
            return half_cosine(learning_rate, low, (step - rise) / fall)

        return ClosedForm(rate)
