# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What a user sees of a training: a bar with the time left on a terminal, plain lines anywhere else."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seqforge.callbacks.base import Watcher
from seqforge.parameters import Positive, Switch
from seqforge.registry import register
from seqforge.training.progress import Training

JUDGED = "validation_"
BATCHES = 3  # that the time of an epoch is estimated from; the one before them warms everything up
HIDDEN = ("epoch", "step", "seconds", "learning_rates", "loss_weights")


@register("callbacks", "Progress")
@dataclass(kw_only=True, eq=False)
class Progress(Watcher):
    """What an epoch will take; one line per epoch; within an epoch a live bar (`bar`) or a line every `seconds`."""

    bar: Switch = False
    seconds: Positive = 30.0

    def begin(self, training: Training) -> None:
        self._spoke = time.monotonic()
        self._began: float | None = None
        self._first = 0
        self._live = _Bar() if self.bar else None
        self._estimate = _Estimate()

    def step(self, training: Training) -> None:
        self._estimate.step(training)
        now = time.monotonic()
        if self._began is None:  # the first step warms everything up; the estimate starts behind it
            self._began, self._first = now, training.total
        if now - self._spoke > (0.1 if self._live else self.seconds):
            self._spoke = now
            self._tell(training)

    def _tell(self, training: Training) -> None:
        loss = f"loss {training.running['loss']:.4g}" if "loss" in training.running else ""
        left = duration(self._left(training))
        if self._live:
            self._live.show(training, loss, left)
        else:
            place = f"epoch {training.epoch + 1}/{training.process.epochs}: step {training.step}/{training.steps}"
            training.report(", ".join(filter(None, (place, loss, f"at most {left} left"))))

    def _left(self, training: Training) -> float:
        done = training.total - self._first
        ahead = training.steps * training.process.epochs - training.total
        return (time.monotonic() - (self._began or 0.0)) / done * ahead if done else float("nan")

    def epoch(self, training: Training, logs: Mapping[str, Any]) -> None:
        self._spoke = time.monotonic()
        training.report(epoch_line(training, logs))

    def close(self, training: Training) -> None:
        if self._live:
            self._live.close()


def epoch_line(training: Training, logs: Mapping[str, Any]) -> str:
    """`epoch 3/100  loss 0.5321  accuracy 0.83  validation: loss 0.5718  accuracy 0.81  12 s  best`."""
    names = [name for name in logs if name not in HIDDEN]
    judged = [name for name in names if name.startswith(JUDGED)]
    values = [f"{name} {_short(logs[name])}" for name in names if name not in judged]
    values += ["validation:"] * bool(judged)
    values += [f"{name.removeprefix(JUDGED)} {_short(logs[name])}" for name in judged]
    best = ["best"] if training.best and training.best[0] == logs["epoch"] else []
    line = "  ".join([f"epoch {logs['epoch']}/{training.process.epochs}", *values, duration(logs["seconds"]), *best])
    return line.replace("validation:  ", "validation: ")


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, (int, float)) else str(value)


def duration(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3 min 5 s`, `2 h 4 min`; a question mark for what is not known."""
    if seconds != seconds:
        return "? s"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60} min {whole % 60} s" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60} min"


def size(count: int) -> str:
    """`812 MB`, `1.3 GB`: bytes in powers of ten."""
    return f"{count / 1e9:.1f} GB" if count >= 999.5e6 else f"{count / 1e6:.0f} MB"


class _Estimate:
    """Times the first batches that this process trains on, and says once what an epoch and the memory will be."""

    def __init__(self) -> None:
        self._epoch: int | None = None
        self._first, self._began, self._said = 0, 0.0, False

    def step(self, training: Training) -> None:
        if not self._said:
            self._measure(training, min(BATCHES, training.steps - 1))

    def _measure(self, training: Training, batches: int) -> None:
        if training.epoch != self._epoch:  # a resumed epoch may end before it has enough of them
            training.learner.peak_memory()  # waits for the device
            self._epoch, self._first, self._began = training.epoch, training.total, time.monotonic()
        elif training.total - self._first == batches:
            self._said, peak = True, training.learner.peak_memory()
            seconds = (time.monotonic() - self._began) / batches * training.steps
            memory = f"; {size(peak)} of memory so far" if peak else ""
            few = "1 batch" if batches == 1 else f"{batches} batches"
            training.report(f"estimate: {duration(seconds)} of training per epoch, from {few}{memory}")


class _Bar:
    """A live line of rich; whatever is printed meanwhile appears above it."""

    def __init__(self) -> None:
        from rich import progress
        from rich.console import Console

        self._task: Any = None
        columns = (
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TextColumn("{task.fields[loss]}"),
            progress.TextColumn("{task.fields[left]} left"),
        )
        self._bar = progress.Progress(*columns, console=Console(file=sys.stderr), transient=True)

    def show(self, training: Training, loss: str, left: str) -> None:
        now: dict[str, Any] = {
            "description": f"epoch {training.epoch + 1}/{training.process.epochs}",
            "total": training.steps,
            "completed": training.step,
            "loss": loss,
            "left": left,
        }
        if self._task is None:
            self._task = self._bar.add_task(**now)
            self._bar.start()
        self._bar.update(self._task, **now)

    def close(self) -> None:
        self._bar.stop()
