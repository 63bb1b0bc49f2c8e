# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Each callback by itself, on the NumPy learner."""

from __future__ import annotations

import os
import re
import signal
import struct
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from seqforge import callbacks, registry
from seqforge.backends.base import process_memory
from seqforge.backends.fake import FakeLearner, toy_data
from seqforge.callbacks import Checkpoint, Interrupt, NaNGuard, Progress, Schedules, TensorBoard, standard
from seqforge.callbacks.interrupt import Interrupted
from seqforge.callbacks.progress import duration, size
from seqforge.data.dataset import Batch
from seqforge.errors import TrainingError
from seqforge.metrics.accuracy import Accuracy
from seqforge.parameters import parameters_of
from seqforge.schedules.base import RunningSchedule, Schedule
from seqforge.schedules.reduce_lr_on_plateau import ReduceLROnPlateau
from seqforge.training import checkpoints
from seqforge.training.loop import train
from seqforge.training.process import TrainingProcess
from seqforge.training.progress import Callback, Training

PROCESS = TrainingProcess(batch_size=10, epochs=3)  # 6 steps per epoch


class Sending(Callback):
    """Sends a signal to this very process after some steps; with `judging`, during the next validation."""

    name = "Sending"

    def __init__(self, number: int, at: int, judging: bool = False):
        self.number, self.at, self.judging = number, at, judging

    def step(self, training: Training) -> None:
        if training.total == self.at and not self.judging:
            os.kill(os.getpid(), self.number)

    def judged(self, training: Training) -> None:
        if training.total >= self.at and self.judging and not training.interrupt:
            os.kill(os.getpid(), self.number)


class Rates(Callback):
    """Keeps the learning rate of every step and of every epoch's logs."""

    name = "Rates"

    def __init__(self) -> None:
        self.steps: list[float] = []
        self.epochs: list[float] = []

    def epoch(self, training: Training, logs: Mapping[str, Any]) -> None:
        self.epochs.append(logs["learning_rates"][0])


class Listening(FakeLearner):
    def __init__(self, rates: Rates):
        super().__init__()
        self.heard = rates

    def train_step(self, batch: Any) -> None:
        self.heard.steps.append(self.learning_rates[0])
        super().train_step(batch)


@dataclass(frozen=True, kw_only=True)
class Falling(Schedule):
    """rate / (step + 1), halved by every epoch whose loss is known."""

    def begin(self, learning_rate: float, steps_per_epoch: int, epochs: int) -> RunningSchedule:
        return RunningFalling(learning_rate)


class RunningFalling(RunningSchedule):
    def __init__(self, start: float):
        self.start = start

    def rate(self, step: int) -> float:
        return self.start / (step + 1)

    def observe(self, epoch: int, logs: Mapping[str, float]) -> None:
        assert logs["validation_loss"] > 0
        self.start /= 2

    def state(self) -> dict[str, Any]:
        return {"start": self.start}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.start = state["start"]


def test_every_registered_callback_is_described_by_its_settings() -> None:
    found = registry.classes("callbacks")
    assert {cls.name for cls in found} >= {"BestWeights", "Checkpoint", "EarlyStopping", "History", "NaNGuard"}
    for cls in found:
        assert cls.__doc__
        for parameter in parameters_of(cls).values():
            for bad in parameter.kind.bad_values():
                with pytest.raises(ValueError, match=f"{cls.name}.{parameter.name}: expected"):
                    cls(**{parameter.name: bad})


def test_schedules_set_the_rate_of_every_step_and_epoch() -> None:
    rates = Rates()
    train(Listening(rates), toy_data(), PROCESS, callbacks=[Schedules([(Falling(), None)]), rates])
    halved = [0.1 / 2 ** (step // 6) / (step + 1) for step in range(18)]
    assert rates.steps == pytest.approx(halved)
    assert rates.epochs == [rates.steps[5], rates.steps[11], rates.steps[17]]


def test_a_schedule_that_watches_a_validation_set_is_refused_before_the_first_epoch_without_one() -> None:
    rates = Rates()
    said = "ReduceLROnPlateau: monitor 'f1' is measured on a validation set, and the data have none; make one, or"
    watching = Schedules([(ReduceLROnPlateau(monitor="f1"), None)])
    with pytest.raises(TrainingError, match=said):
        train(Listening(rates), toy_data(validation=0), PROCESS, callbacks=[watching, rates])
    assert not rates.steps
    watching = Schedules([(ReduceLROnPlateau(monitor="loss"), None)])
    train(Listening(rates), toy_data(validation=0), PROCESS, callbacks=[watching, rates])
    assert len(rates.epochs) == 3


def test_schedules_continue_from_a_checkpoint(tmp_path: Path) -> None:
    def run(folder: Path, killed: int | None, resume: Path | None = None) -> list[float]:
        rates = Rates()
        folder.mkdir(exist_ok=True)
        listed = standard(PROCESS, [(Falling(), 0)], checkpoint=Checkpoint(steps=1))
        sending = [Sending(signal.SIGTERM, killed)] if killed else []
        try:
            train(Listening(rates), toy_data(), PROCESS, [], [*sending, *listed], folder=folder, resume=resume)
        except Interrupted:
            assert killed
        return rates.steps

    whole = run(tmp_path / "whole", None)
    first = run(tmp_path / "cut", 8)
    rest = run(tmp_path / "cut", None, checkpoints.newest(tmp_path / "cut" / checkpoints.NAME, pytest.fail))
    assert first + rest == whole


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("judging", [False, True])
def test_a_signal_saves_and_ends_at_the_next_step(tmp_path: Path, number: int, status: int, judging: bool) -> None:
    before = signal.getsignal(number)
    listed = [Sending(number, 6 if judging else 4, judging), *standard(PROCESS)]
    with pytest.raises(Interrupted, match=f"after step {6 if judging else 4} of 6; everything is saved") as stop:
        train(FakeLearner(), toy_data(), PROCESS, [], listed, folder=tmp_path)
    assert stop.value.exit_status == status
    assert signal.getsignal(number) is before
    found = checkpoints.newest(tmp_path / checkpoints.NAME, pytest.fail)
    assert found is not None
    assert found.name == f"epoch-0000-step-{6 if judging else 4:06d}"


def test_an_end_asked_for_during_validation_continues_to_the_same_bytes(tmp_path: Path) -> None:
    whole = FakeLearner()
    train(whole, toy_data(), PROCESS, [Accuracy()], standard(PROCESS))
    cut = [Sending(signal.SIGTERM, 12, True), *standard(PROCESS)]
    with pytest.raises(Interrupted):
        train(FakeLearner(), toy_data(), PROCESS, [Accuracy()], cut, folder=tmp_path)
    found = checkpoints.newest(tmp_path / checkpoints.NAME, pytest.fail)
    again = FakeLearner(seed=8)
    train(again, toy_data(), PROCESS, [Accuracy()], standard(PROCESS), folder=tmp_path, resume=found)
    assert all(np.array_equal(again.weights()[name], array) for name, array in whole.weights().items())


@pytest.fixture
def _interruptible() -> Iterator[None]:
    """Python's own answer to SIGINT; a shell starts its background jobs without one."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_interruptible")
def test_a_second_interrupt_is_not_held_back() -> None:
    interrupt, training = Interrupt(), Training(FakeLearner(), toy_data(), PROCESS)
    interrupt.begin(training)
    os.kill(os.getpid(), signal.SIGINT)
    assert training.interrupt == signal.SIGINT
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)


class Diverging(FakeLearner):
    """The loss is no number from the fourth step on."""

    steps = 0

    def train_step(self, batch: Any) -> None:
        super().train_step(batch)
        self.steps += 1
        if self.steps >= 4:
            self._loss = float("nan")


def test_nan_ends_the_training_with_place_and_way_out(tmp_path: Path) -> None:
    with pytest.raises(TrainingError) as error:
        train(Diverging(), toy_data(), PROCESS, callbacks=standard(PROCESS), folder=tmp_path)
    message = str(error.value)
    assert message.startswith("the loss became nan in epoch 1 by step 4 of 6 (the last finite loss was 1.")
    assert message.endswith("; lower learning_rate (now 0.1) or set a small clipnorm")
    assert "\n" not in message
    assert checkpoints.newest(tmp_path / checkpoints.NAME, pytest.fail) is None


def test_an_infinite_validation_loss_ends_the_training() -> None:
    class Blind(FakeLearner):
        def eval_step(self, batch: Any) -> Any:
            return super().eval_step(batch)._replace(losses={"loss": np.full(len(batch), np.inf)})

    with pytest.raises(TrainingError, match="the validation loss became inf after epoch 1"):
        train(Blind(), toy_data(), PROCESS, callbacks=[NaNGuard()])


def saved(folder: Path, epochs: int = 3, resume: Path | None = None) -> list[Path]:
    process = TrainingProcess(batch_size=10, epochs=epochs)
    watching = standard(process, checkpoint=Checkpoint(pause=0, keep=2))
    train(FakeLearner(), toy_data(), process, [], watching, folder=folder, resume=resume)
    return sorted((folder / checkpoints.NAME).glob("epoch-*"))


def test_only_the_last_checkpoints_and_their_best_weights_stay(tmp_path: Path) -> None:
    kept = saved(tmp_path, epochs=5)
    assert [path.name for path in kept] == ["epoch-0004-step-000000", "epoch-0005-step-000000"]
    everything = {path.name for path in (tmp_path / checkpoints.NAME).iterdir()}
    assert everything - {path.name for path in kept} <= {"best-0004", "best-0005", "best-0003"}


@pytest.mark.parametrize("harm", ["flip", "cut", "remove", "no seal", "best"])
def test_a_damaged_checkpoint_is_passed_over_with_a_warning(tmp_path: Path, harm: str) -> None:
    older, newer = saved(tmp_path)
    victim = newer / "learner" / "arrays.safetensors"
    if harm == "flip":
        content = bytearray(victim.read_bytes())
        content[-1] ^= 1
        victim.write_bytes(content)
    elif harm == "cut":
        victim.write_bytes(victim.read_bytes()[:-5])
    elif harm == "remove":
        victim.unlink()
    elif harm == "no seal":
        (newer / "checksums.json").unlink()
    else:
        (tmp_path / checkpoints.NAME / "best-0003" / "weights.safetensors").write_bytes(b"")
    warnings: list[str] = []
    assert checkpoints.newest(tmp_path / checkpoints.NAME, warnings.append) == older
    assert len(warnings) == 1
    assert warnings[0].startswith(f"warning: checkpoint {newer} is damaged (")
    assert not newer.exists()
    assert (newer.with_name(f"damaged-{newer.name}")).is_dir()


@pytest.mark.parametrize("harm", ["newest", "best", "all"])
def test_a_training_goes_on_before_damaged_checkpoints_and_leaves_intact_ones(tmp_path: Path, harm: str) -> None:
    """What it writes has the names of what was damaged, or smaller numbers."""
    older, newer = saved(tmp_path)
    root = tmp_path / checkpoints.NAME
    for path in {"newest": [newer], "best": [root / "best-0003"], "all": [older, newer]}[harm]:
        next(path.rglob("*.safetensors")).write_bytes(b"")
    found = checkpoints.newest(root, lambda line: None)
    assert found == (None if harm == "all" else older)
    assert saved(tmp_path, resume=found) == [older, newer]
    assert checkpoints.newest(root, pytest.fail) == newer


def test_nothing_is_found_where_no_checkpoint_is_intact(tmp_path: Path) -> None:
    for path in saved(tmp_path):
        (path / "training.json").write_text("{")
    warnings: list[str] = []
    assert checkpoints.newest(tmp_path / checkpoints.NAME, warnings.append) is None
    assert len(warnings) == 2
    names = {path.name.partition("-")[0] for path in (tmp_path / checkpoints.NAME).iterdir()}
    assert names == {"damaged"}


def test_what_a_killed_process_left_half_written_goes_with_the_next_checkpoint(tmp_path: Path) -> None:
    half = tmp_path / checkpoints.NAME / ".epoch-0009-step-000000.123"
    half.mkdir(parents=True)
    saved(tmp_path)
    assert not half.exists()


def test_progress_speaks_once_per_epoch_and_marks_the_best() -> None:
    lines: list[str] = []
    train(FakeLearner(), toy_data(), PROCESS, [Accuracy()], standard(PROCESS), report=lines.append)
    assert [line.split("  ")[0] for line in lines[1:]] == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]
    assert re.match(r"epoch 1/3  loss \d\.\d+  validation: loss \d\.\d+  accuracy 0\.\d+  \d\.\d s  best", lines[1])
    assert lines[1].endswith("best")


@pytest.mark.parametrize(
    ("batch_size", "estimate"),
    [
        (10, ["estimate: 6.0 s of training per epoch, from 3 batches; 2.3 GB of memory so far"]),
        (20, ["estimate: 3.0 s of training per epoch, from 2 batches; 2.3 GB of memory so far"]),
        (60, []),
    ],
)
def test_an_epoch_is_estimated_from_its_first_batches(
    batch_size: int, estimate: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step takes a second here, the first of all a minute."""
    lines: list[str] = []
    clock = SimpleNamespace(now=0.0)
    learner = FakeLearner()
    step = learner.train_step

    def slow(batch: Batch) -> None:
        clock.now += 1.0 if clock.now else 60.0
        step(batch)

    monkeypatch.setattr(learner, "train_step", slow)
    monkeypatch.setattr(learner, "peak_memory", lambda: 2_345_678_901)
    monkeypatch.setattr("seqforge.callbacks.progress.time", SimpleNamespace(monotonic=lambda: clock.now))
    train(learner, toy_data(), replace(PROCESS, batch_size=batch_size), [], [Progress()], report=lines.append)
    assert [line for line in lines if line.startswith("estimate")] == estimate


def test_memory_is_told_if_it_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    assert process_memory() > 10e6
    monkeypatch.setattr("seqforge.backends.base.STATUS", Path("/nowhere"))
    lines: list[str] = []
    train(FakeLearner(), toy_data(), PROCESS, [], [Progress()], report=lines.append)
    assert process_memory() == 0
    assert lines[0].endswith("from 3 batches")


@pytest.mark.parametrize(("count", "text"), [(812_300_000, "812 MB"), (999_600_000, "1.0 GB"), (80e9, "80.0 GB")])
def test_sizes(count: int, text: str) -> None:
    assert size(count) == text


def test_progress_speaks_within_long_epochs() -> None:
    lines: list[str] = []
    progress = Progress(seconds=1e-9)
    train(FakeLearner(), toy_data(), PROCESS, [], [progress], report=lines.append)
    assert lines[1].startswith("epoch 1/3: step 2/6, loss 1.")
    assert lines[1].endswith(" left")
    assert len(lines) == 1 + 3 * 7


def test_the_bar_draws_and_closes(capsys: pytest.CaptureFixture[str]) -> None:
    train(FakeLearner(), toy_data(), PROCESS, [], [Progress(bar=True)], report=print)
    assert capsys.readouterr().out.count("epoch ") >= 3


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (60, "1 min 0 s"),
        (7512, "2 h 5 min"),
        (float("nan"), "? s"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_tensorboard_writes_every_number(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    train(FakeLearner(), toy_data(), PROCESS, [Accuracy()], [TensorBoard()], folder=tmp_path)
    (file,) = (tmp_path / "tensorboard").iterdir()
    events = records(file.read_bytes())
    assert len(events) == 1 + 3
    assert b"validation/accuracy" in events[1]
    assert b"learning_rate/0" in events[1]
    assert not {"tensorflow", "torch"} & set(sys.modules)


def records(content: bytes) -> list[bytes]:
    """The payloads of a file of records: length (8 bytes), its checksum (4), payload, its checksum (4)."""
    found, start = [], 0
    while start < len(content):
        (length,) = struct.unpack_from("<Q", content, start)
        found.append(content[start + 12 : start + 12 + length])
        start += 12 + length + 4
    return found


def test_standard_lists_only_what_is_asked_for() -> None:
    names = [callback.name for callback in standard(PROCESS)]
    assert names == ["NaNGuard", "BestWeights", "History", "Progress", "Checkpoint", "Interrupt"]
    stopping = TrainingProcess(batch_size=1, epochs=1, early_stopping=True)
    names = [callback.name for callback in standard(stopping, [(Falling(), None)], tensorboard=True)]
    assert names == [
        *["NaNGuard", "BestWeights", "EarlyStopping", "Schedules", "History", "TensorBoard"],
        *["Progress", "Checkpoint", "Interrupt"],
    ]
    assert set(names) <= set(callbacks.__all__)
