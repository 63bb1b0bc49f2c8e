# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A stop before a broken model is saved."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seqforge.callbacks.base import Watcher
from seqforge.errors import TrainingError
from seqforge.registry import register
from seqforge.training.progress import Training


@register("callbacks", "NaNGuard")
@dataclass(kw_only=True, eq=False)
class NaNGuard(Watcher):
    """Ends the training with one line when the loss is no longer a finite number."""

    def begin(self, training: Training) -> None:
        self._finite: float | None = None

    def look(self, training: Training, logs: Mapping[str, float]) -> None:
        place = f"in epoch {training.epoch + 1} by step {training.step} of {training.steps}"
        self._judge(training, "the loss", logs.get("loss", 0.0), place)

    def epoch(self, training: Training, logs: Mapping[str, Any]) -> None:
        loss = logs.get("validation_loss", 0.0)
        self._judge(training, "the validation loss", loss, f"after epoch {training.epoch}", keep=False)

    def _judge(self, training: Training, what: str, loss: float, place: str, keep: bool = True) -> None:
        if not math.isfinite(loss):
            raise TrainingError(f"{what} became {loss:g} {place} ({self._last()}); {_way_out(training)}")
        self._finite = loss if keep else self._finite

    def _last(self) -> str:
        return "it was never finite" if self._finite is None else f"the last finite loss was {self._finite:.4g}"

    def state(self) -> dict[str, Any]:
        return {"finite": self._finite}

    def restore(self, training: Training, state: Mapping[str, Any]) -> None:
        self._finite = state["finite"]


def _way_out(training: Training) -> str:
    rates = ", ".join(f"{rate:g}" for rate in training.learner.learning_rates)
    precision = training.process.precision
    half = f", or precision=fp32 (now {precision})" if precision != "fp32" else ""
    return f"lower learning_rate (now {rates}) or set a small clipnorm{half}"
