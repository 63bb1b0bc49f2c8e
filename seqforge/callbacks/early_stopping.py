# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""An end to a training that no longer improves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seqforge.callbacks.base import Watcher
from seqforge.parameters import Count, NonNegative
from seqforge.registry import register
from seqforge.training.monitor import watched, weighed
from seqforge.training.progress import Training


@register("callbacks", "EarlyStopping")
@dataclass(kw_only=True, eq=False)
class EarlyStopping(Watcher):
    """Stops after `patience` epochs in a row without improvement of the monitored value.

    An epoch improves when it is better than the last improved one by more than `min_delta`; equal is no improvement,
    and neither is NaN. Where the factors of the loss change, the improved epoch is judged again with those of now.
    """

    patience: Count = 10
    min_delta: NonNegative = 0.0

    def begin(self, training: Training) -> None:
        self._sign = -1.0 if training.greater_is_better else 1.0
        self._best: dict[str, float] | None = None
        self._waited = 0

    def epoch(self, training: Training, logs: Mapping[str, Any]) -> None:
        found = watched(logs, training.monitor)
        self._doubt(training, weighed(found, logs))
        if self._improves(weighed(found, logs), logs):
            self._best, self._waited = found, 0
            return
        self._waited += 1
        if self._waited >= self.patience:
            training.stop = f"{training.monitor} did not improve for {self._waited} epochs"

    def _doubt(self, training: Training, first: float) -> None:
        """Say after the first epoch if no improvement can be large enough."""
        if self._best is None and self._sign > 0 and self.min_delta > abs(first) / 2:
            what = f"min_delta {self.min_delta:g} is over half of the first {training.monitor} ({first:.3g})"
            training.report(f"warning: {what}: training stops early whatever is learned; lower it")

    def _improves(self, value: float, logs: Mapping[str, Any]) -> bool:
        if self._best is None:
            return value == value
        return self._sign * value < self._sign * weighed(self._best, logs) - self.min_delta

    def state(self) -> dict[str, Any]:
        return {"best": self._best, "waited": self._waited}

    def restore(self, training: Training, state: Mapping[str, Any]) -> None:
        self._best, self._waited = state["best"], state["waited"]
