# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A rate that falls when a watched quantity stops improving."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from seqforge.errors import TrainingError, did_you_mean
from seqforge.parameters import Name, Natural, NonNegative, Number, OneOf, setting
from seqforge.registry import UnknownName, find, register
from seqforge.schedules.base import RunningSchedule, Schedule
from seqforge.training.monitor import watched, weighed

LEAST_FALL = 1e-8  # a smaller fall of the rate is not made


@register("schedules", "ReduceLROnPlateau")
@dataclass(frozen=True, kw_only=True)
class ReduceLROnPlateau(Schedule):
    """The rate times `factor` after more than `patience` epochs in a row without improvement.

    An epoch improves when its value is better than the best by more than `threshold`, as a share of the best ("rel") or
    as it stands ("abs"). The share is one of the best's size: of -20 as much as of 20, of 0 nothing. A NaN or missing
    value is no improvement. After a fall, `cooldown` epochs are not counted.
    """

    monitor: Name = setting("validation_loss", "the log that is watched: loss, validation_loss, validation_<metric>")
    mode: Annotated[str, OneOf("auto", "min", "max")] = setting("auto", "which way is better; auto: as the metric says")
    factor: Annotated[float, Number(gt=0, lt=1)] = setting(0.1, "factor of the rate at each fall")
    patience: Natural = setting(10, "epochs without improvement that are let pass")
    threshold: NonNegative = setting(1e-4, "how much better counts as better", "min_delta")
    threshold_mode: Annotated[str, OneOf("rel", "abs")] = setting("rel", "threshold as a share of the best, or as is")
    cooldown: Natural = setting(0, "epochs after a fall that are not counted")
    min_learning_rate: NonNegative = setting(0.0, "the rate never falls below this", "min_lr")

    @property
    def maximises(self) -> bool:
        """Whether greater is better: as `mode` says, or as the watched metric does."""
        if self.mode != "auto":
            return self.mode == "max"
        try:
            return bool(find("metrics", self.monitor.removeprefix("validation_")).greater_is_better)
        except UnknownName:
            return False  # loss and its parts

    def begin(self, learning_rate: float, steps_per_epoch: int, epochs: int) -> RunningSchedule:
        self.floor(self.min_learning_rate, learning_rate)
        return RunningPlateau(self, learning_rate)


class RunningPlateau(RunningSchedule):
    def __init__(self, schedule: ReduceLROnPlateau, learning_rate: float):
        self._schedule = schedule
        self._sign = -1.0 if schedule.maximises else 1.0
        self._rate, self._waited, self._resting = learning_rate, 0, 0
        self._best: dict[str, float] | None = None

    def rate(self, step: int) -> float:
        return self._rate

    def observe(self, epoch: int, logs: Mapping[str, float]) -> None:
        found = self._watched(logs)
        improved = self._better(found, logs)
        self._best = found if improved else self._best
        self._waited = 0 if improved or self._resting else self._waited + 1
        self._resting = max(0, self._resting - 1)
        if self._waited > self._schedule.patience:
            self._fall()

    def _watched(self, logs: Mapping[str, Any]) -> dict[str, float]:
        """The watched log, also under its name without `validation_`, or what it is a weighted sum of.

        NaN if it has no value in this epoch.
        """
        monitor = self._schedule.monitor
        name = monitor if monitor in logs else f"validation_{monitor}"
        if name not in logs:
            hint = did_you_mean(monitor, list(logs))
            raise TrainingError(f"{self._schedule.name}: no log is called '{monitor}'; {hint}")
        return {name: math.nan} if logs[name] is None else watched(logs, name)

    def _better(self, found: Mapping[str, float], logs: Mapping[str, Any]) -> bool:
        """Both sides carry the sign that makes smaller better; the first finite value is always better."""
        value = self._sign * weighed(found, logs)
        best = math.inf if self._best is None else self._sign * weighed(self._best, logs)
        if not math.isfinite(best):
            return value < best
        threshold = self._schedule.threshold
        margin = threshold * abs(best) if self._schedule.threshold_mode == "rel" else threshold
        return value < best - margin

    def _fall(self) -> None:
        lower = max(self._rate * self._schedule.factor, self._schedule.min_learning_rate)
        if self._rate - lower > LEAST_FALL:
            self._rate = lower
        self._waited, self._resting = 0, self._schedule.cooldown

    def state(self) -> dict[str, Any]:
        return {"rate": self._rate, "best": self._best, "waited": self._waited, "resting": self._resting}

    def restore(self, state: Mapping[str, Any]) -> None:
        self._rate, self._waited, self._resting = state["rate"], state["waited"], state["resting"]
        self._best = state["best"]
