# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""An end on request: Ctrl-C or a signal from the system that schedules the job."""

from __future__ import annotations

import signal
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seqforge.callbacks.base import Watcher
from seqforge.errors import SeqForgeError
from seqforge.registry import register
from seqforge.training.progress import Training

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(SeqForgeError):
    """A training that was asked to end and did so, saved; the exit status is 128 + the signal's number."""

    def __init__(self, message: str, number: int):
        super().__init__(message)
        self.number = number
        self.exit_status = 128 + number


@register("callbacks", "Interrupt")
@dataclass(kw_only=True, eq=False)
class Interrupt(Watcher):
    """The first signal sets a flag and the training ends at its next step; a second one ends the process at once.

    It stands last, behind the checkpoint.
    """

    def begin(self, training: Training) -> None:
        self._before: dict[int, Any] = {}
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._heard(training)) for number in SIGNALS}

    def _heard(self, training: Training) -> Any:
        def handler(number: int, frame: object) -> None:
            training.interrupt = number
            self._give_back()

        return handler

    def step(self, training: Training) -> None:
        if training.interrupt:
            where = f"in epoch {training.epoch + 1} after step {training.step} of {training.steps}"
            raise Interrupted(f"interrupted {where}; everything is saved", training.interrupt)

    def judged(self, training: Training) -> None:
        self.step(training)

    def epoch(self, training: Training, logs: Mapping[str, Any]) -> None:
        if training.interrupt and not training.over:
            raise Interrupted(f"interrupted after epoch {training.epoch}; everything is saved", training.interrupt)

    def close(self, training: Training) -> None:
        self._give_back()

    def _give_back(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}
