# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Where a training stands: `Training` is what the loop moves, what callbacks read, and what a checkpoint keeps.

What a callback may do, in the order in which it is asked, is `Callback`. Callbacks are asked in the order of the list:
guards first (NaN), then those that change the course (schedules, best weights, early stopping), then those that write
(history, progress), and the checkpoint last, so that it holds what the others know.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from seqforge.backends.base import SIZES, Learner
from seqforge.data.batches import plan
from seqforge.data.dataset import Data, Dataset
from seqforge.errors import TrainingError, did_you_mean
from seqforge.parameters import folded
from seqforge.training.monitor import WEIGHTS
from seqforge.training.process import TrainingProcess

# the running loss is read from the device at most this often: a wait of the device per LOOK steps
LOOK = 25


class Judge(Protocol):
    """What the loop needs of a metric (see seqforge.metrics.base)."""

    @property
    def name(self) -> str: ...

    @property
    def greater_is_better(self) -> bool: ...

    def start(self) -> Any: ...


class Callback:
    """Something that watches a training. Every method may be left out; `state` is plain JSON."""

    name = ""

    def begin(self, training: Training) -> None:
        """Before the first step, and before a checkpoint is loaded (`training.resumes`)."""

    def restore(self, training: Training, state: Mapping[str, Any]) -> None:
        """Continue from `state()`; called after every `begin` when a training is taken up again."""

    def step(self, training: Training) -> None:
        """After every training step. It must be cheap."""

    def look(self, training: Training, logs: Mapping[str, float]) -> None:
        """Now and then within an epoch: means since the last look."""

    def judged(self, training: Training) -> None:
        """After every batch of an evaluation."""

    def epoch(self, training: Training, logs: Mapping[str, float]) -> None:
        """After every epoch, with its logs; `training.epoch` epochs are done."""

    def end(self, training: Training) -> None:
        """After the last epoch of a training that ran to its end."""

    def close(self, training: Training) -> None:
        """Last of all, also after an error."""

    def state(self) -> dict[str, Any]:
        return {}


class Means:
    """Weighted means by name. Sums are plain numbers, so that they can be kept in JSON to the last bit."""

    def __init__(self) -> None:
        self.sums: dict[str, float] = {}
        self.weight: float = 0

    def add(self, means: Mapping[str, float], weight: float) -> None:
        """`weight`: the number of examples, or of their elements."""
        for name, mean in means.items():
            self.sums[name] = self.sums.get(name, 0.0) + mean * weight
        self.weight += weight

    def values(self) -> dict[str, float]:
        return {name: total / self.weight if self.weight else 0.0 for name, total in self.sums.items()}


class Training:
    """A training at work. The position: `epoch` epochs are done, and `step` steps of the next; `total` steps in all."""

    def __init__(
        self,
        learner: Learner,
        data: Data,
        process: TrainingProcess,
        metrics: Sequence[Judge] = (),
        callbacks: Sequence[Callback] = (),
        *,
        seed: int = 0,
        folder: Path | None = None,
        resumes: bool = False,
        report: Callable[[str], None] = lambda line: None,
    ):
        if data.training is None or not len(data.training):
            raise TrainingError("the training set has no examples; nothing can be learned from it")
        self.learner, self.process, self.metrics, self.callbacks = learner, process, tuple(metrics), tuple(callbacks)
        self.examples: Dataset = data.training
        self.validation = data.validation if data.validation is not None and len(data.validation) else None
        self.seed, self.folder, self.resumes, self.report = seed, folder, resumes, report
        self.epoch = self.step = self.total = 0
        self.stop = ""  # why no further epoch is trained; "": go on
        self.interrupt = 0  # the number of the signal that asked for an end
        self.logs: dict[str, Any] = {}  # of the last finished epoch
        self.best: tuple[int, float] | None = None  # epoch (counted from 1) and monitored value
        self.best_weights: dict[str, np.ndarray] | None = None
        self._means, self._unread, self._seconds = Means(), 0, 0.0
        self._clock = time.monotonic()
        self.steps = len(self._plan())
        if process.drop_last and len(self.examples) < process.batch_size:
            report(
                f"note: drop_last: {len(self.examples):,} examples fill no batch of {process.batch_size}, they are one"
            )
        self._look = max(1, min(LOOK, self.steps // 20))
        self._steppers = [callback for callback in self.callbacks if type(callback).step is not Callback.step]

    def __enter__(self) -> Training:
        with ExitStack() as closing:
            for callback in self.callbacks:
                callback.begin(self)
                closing.callback(callback.close, self)
            self._closing = closing.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    @property
    def over(self) -> bool:
        return bool(self.stop) or self.epoch >= self.process.epochs

    @cached_property
    def monitor(self) -> str:
        """The name of the value that is watched; without a validation set it is the training loss."""
        if self.validation is None:
            return "loss"
        wanted = self.process.early_stopping_monitor
        by_fold = {folded(name): name for name in self._directions}
        by_fold |= {folded(name.removeprefix("validation_")): name for name in self._directions if name != "loss"}
        if folded(wanted) not in by_fold:
            way_out = did_you_mean(wanted, list(self._directions))
            raise TrainingError(f"early_stopping_monitor: '{wanted}' is not measured; {way_out}")
        return by_fold[folded(wanted)]

    @property
    def greater_is_better(self) -> bool:
        return self._directions[self.monitor]

    @cached_property
    def _directions(self) -> dict[str, bool]:
        """Whether greater is better, for every value that can be watched."""
        by_name = {f"validation_{metric.name}": metric.greater_is_better for metric in self.metrics}
        return {"loss": False, "validation_loss": False, **by_name}

    def _plan(self) -> list[np.ndarray]:
        process = self.process
        number, lengths = len(self.examples), self.examples.lengths
        batches = list(plan(number, process.batch_size, self.seed, self.epoch, process.shuffle, lengths=lengths))
        whole = [batch for batch in batches if len(batch) >= process.batch_size]
        return ([batch[: process.batch_size] for batch in whole] or batches) if process.drop_last else batches

    def batches(self) -> Iterator[np.ndarray]:
        """The examples of every step that is left of this epoch."""
        return iter(self._plan()[self.step :])

    def advance(self, examples: int) -> None:
        """One step is done."""
        self.step += 1
        self.total += 1
        self._unread += examples
        if self.step % self._look == 0:
            self.look()
        for callback in self._steppers:
            callback.step(self)

    def look(self) -> None:
        """Read the running means from the learner."""
        if not self._unread:
            return
        logs = self.learner.take_logs()
        self._means.add(logs, logs.pop(SIZES, self._unread))
        self._unread = 0
        for callback in self.callbacks:
            callback.look(self, logs)

    def judged(self) -> None:
        for callback in self.callbacks:
            callback.judged(self)

    @property
    def running(self) -> dict[str, float]:
        """The means of the epoch so far, as last read."""
        return self._means.values()

    @property
    def seconds(self) -> float:
        """Time spent in this epoch."""
        return self._seconds + time.monotonic() - self._clock

    def finish_epoch(self, validation: Mapping[str, float]) -> None:
        """The epoch is done: its logs are made, and every callback hears of them."""
        rates = self.learner.learning_rates
        head = {"epoch": self.epoch + 1, "step": self.total, "seconds": round(self.seconds, 3), "learning_rates": rates}
        if self.learner.loss_weights:
            head[WEIGHTS] = self.learner.loss_weights
        self.logs = {**head, **self.running, **{f"validation_{name}": value for name, value in validation.items()}}
        self.epoch, self.step = self.epoch + 1, 0
        self._means, self._unread, self._seconds, self._clock = Means(), 0, 0.0, time.monotonic()
        for callback in self.callbacks:
            callback.epoch(self, self.logs)

    def state(self) -> dict[str, Any]:
        """Everything but the learner, as plain JSON."""
        position = {name: getattr(self, name) for name in ("epoch", "step", "total", "stop", "logs", "best")}
        running = {"sums": self._means.sums, "weight": self._means.weight, "unread": self._unread}
        states = {callback.name: callback.state() for callback in self.callbacks}
        return position | {"running": running, "seconds": self.seconds, "callbacks": states}

    def restore(self, state: Mapping[str, Any]) -> None:
        for name in ("epoch", "step", "total", "stop", "logs"):
            setattr(self, name, state[name])
        self.best = tuple(state["best"]) if state["best"] else None
        self._means.sums, self._means.weight = dict(state["running"]["sums"]), state["running"]["weight"]
        self._unread, self._seconds, self._clock = state["running"]["unread"], state["seconds"], time.monotonic()
        for callback in self.callbacks:
            callback.restore(self, state["callbacks"].get(callback.name, {}))
