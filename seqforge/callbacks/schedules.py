# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Learning rates that follow their schedules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seqforge.errors import TrainingError
from seqforge.schedules.base import RunningSchedule, Schedule
from seqforge.training.progress import Callback, Training


class Schedules(Callback):
    """Each schedule with the number of the optimizer that it drives (None: every one); the last one given wins."""

    name = "Schedules"

    def __init__(self, schedules: Sequence[tuple[Schedule, int | None]]):
        self._schedules = tuple(schedules)
        self._running: dict[int, RunningSchedule] = {}
        self._rates: list[float] = []

    def begin(self, training: Training) -> None:
        rates, process = training.learner.learning_rates, training.process
        for schedule, optimizer in self._schedules:
            _refuse_unmeasured(schedule, training)
            steps = schedule.counted(training.steps, len(training.examples), process.batch_size)
            for number in range(len(rates)) if optimizer is None else (optimizer,):
                self._running[number] = schedule.begin(rates[number], steps, process.epochs)
        self._rates = rates
        self._drive(training)

    def step(self, training: Training) -> None:
        if training.step < training.steps:  # the rate of the next epoch waits until this one is judged
            self._drive(training)

    def epoch(self, training: Training, logs: Mapping[str, Any]) -> None:
        for running in self._running.values():
            running.observe(training.epoch - 1, logs)
        self._drive(training)

    def _drive(self, training: Training) -> None:
        rates = list(self._rates)
        for number, running in self._running.items():
            rates[number] = running.rate(training.total)
        if rates != self._rates:  # setting a rate can cost a transfer to the device
            self._rates = training.learner.learning_rates = rates

    def state(self) -> dict[str, Any]:
        return {"rates": self._rates, "schedules": {str(n): running.state() for n, running in self._running.items()}}

    def restore(self, training: Training, state: Mapping[str, Any]) -> None:
        for number, running in self._running.items():
            running.restore(state["schedules"][str(number)])
        self._rates = training.learner.learning_rates = list(state["rates"])


def _refuse_unmeasured(schedule: Schedule, training: Training) -> None:
    """Raise TrainingError, before an epoch is spent, where nothing will measure what a schedule watches."""
    monitor = getattr(schedule, "monitor", "loss")
    if training.validation is None and monitor != "loss":
        message = f"{schedule.name}: monitor '{monitor}' is measured on a validation set, and the data have none"
        raise TrainingError(f"{message}; make one, or the monitor loss")
