# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The weights of the best epoch, kept in memory and put back at the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seqforge.callbacks.base import Watcher
from seqforge.registry import register
from seqforge.training.monitor import watched, weighed
from seqforge.training.progress import Training


@register("callbacks", "BestWeights")
@dataclass(kw_only=True, eq=False)
class BestWeights(Watcher):
    """The earliest epoch with the best monitored value wins; its weights are always restored, stopped early or not.

    Where the factors of the loss change, the best epoch is judged again with those of now.
    """

    def begin(self, training: Training) -> None:
        if training.validation is None:
            training.report("note: there is no validation set; the best epoch is that of the lowest training loss")
        self._sign = -1.0 if training.greater_is_better else 1.0
        self._best: dict[str, float] | None = None

    def epoch(self, training: Training, logs: Mapping[str, Any]) -> None:
        found = watched(logs, training.monitor)
        value = weighed(found, logs)
        if value == value and (self._best is None or self._sign * value < self._sign * weighed(self._best, logs)):
            self._best = found
            training.best = training.epoch, float(logs[training.monitor])
            training.best_weights = training.learner.weights()

    def state(self) -> dict[str, Any]:
        return {"best": self._best}

    def restore(self, training: Training, state: Mapping[str, Any]) -> None:
        self._best = state["best"]

    def end(self, training: Training) -> None:
        if training.best_weights is None:
            training.report(f"note: {training.monitor} was never a number; the weights are those of the last epoch")
        else:
            training.learner.set_weights(training.best_weights)
