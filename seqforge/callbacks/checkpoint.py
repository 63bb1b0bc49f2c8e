# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""When a training is written to the disk, so that it can be taken up again."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seqforge.callbacks.base import Watcher
from seqforge.parameters import Count, NonNegative, Positive
from seqforge.registry import register
from seqforge.training import checkpoints
from seqforge.training.progress import Training


@register("callbacks", "Checkpoint")
@dataclass(kw_only=True, eq=False)
class Checkpoint(Watcher):
    """After every epoch, every `minutes`, every `steps`, and when an end was asked for; the last `keep` stay.

    An epoch that ends less than `pause` seconds after the last checkpoint gets none: short epochs shall not wait for
    the disk. It stands behind every callback whose state it keeps, and before the one that ends the training.
    """

    minutes: Positive = 10.0
    steps: Count | None = None
    pause: NonNegative = 2.0
    keep: Count = 2

    def begin(self, training: Training) -> None:
        self._saved = time.monotonic()

    def step(self, training: Training) -> None:
        if training.interrupt or self._due(training):
            self._save(training)

    def judged(self, training: Training) -> None:
        if training.interrupt:
            self._save(training)

    def epoch(self, training: Training, logs: Mapping[str, Any]) -> None:
        if training.over or training.interrupt or time.monotonic() - self._saved >= self.pause:
            self._save(training)

    def _due(self, training: Training) -> bool:
        in_steps = self.steps is not None and training.total % self.steps == 0
        return in_steps or time.monotonic() - self._saved > 60 * self.minutes

    def _save(self, training: Training) -> None:
        if training.folder is not None:
            checkpoints.save(training, training.folder / checkpoints.NAME, self.keep)
            self._saved = time.monotonic()
