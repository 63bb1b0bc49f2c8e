# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The loop with the NumPy learner: order, logs, best weights, stops, and the way back from a checkpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqforge.backends.fake import FakeLearner, ToySet, toy_data
from seqforge.callbacks import Checkpoint, standard
from seqforge.errors import TrainingError
from seqforge.metrics.accuracy import Accuracy
from seqforge.training import checkpoints, history
from seqforge.training.loop import evaluate, train
from seqforge.training.process import TrainingProcess
from seqforge.training.progress import Callback, Training

PROCESS = TrainingProcess(batch_size=7, epochs=4)


class Recorder(Callback):
    """Keeps the epochs' logs, and raises at a step when asked to."""

    name = "Recorder"

    def __init__(self, fail_at: int | None = None):
        self.logs: list[dict[str, Any]] = []
        self.fail_at = fail_at

    def step(self, training: Training) -> None:
        if training.total == self.fail_at:
            raise KeyboardInterrupt

    def epoch(self, training: Training, logs: Mapping[str, Any]) -> None:
        self.logs.append(dict(logs))


class Planned(FakeLearner):
    """A learner whose validation loss follows a list, and whose weights are the number of epochs trained."""

    def __init__(self, losses: list[float]):
        super().__init__()
        self.losses, self.trained = losses, 0

    def end_epoch(self) -> None:
        self.trained += 1
        self._weights["dense.bias"] = np.full(4, self.trained, dtype=np.float32)

    def eval_step(self, batch: Any) -> Any:
        found = super().eval_step(batch)
        return found._replace(losses={"loss": np.full(len(batch), self.losses[self.trained - 1], dtype=np.float32)})


def trained(**settings: Any) -> tuple[FakeLearner, Training]:
    learner = FakeLearner()
    process = TrainingProcess(**({"batch_size": 7, "epochs": 4} | settings))
    return learner, train(learner, toy_data(), process, [Accuracy()], standard(process), seed=3)


def bytes_of(learner: FakeLearner) -> bytes:
    return b"".join(array.tobytes() for array in learner.weights().values())


def test_learning_lowers_the_loss() -> None:
    recorder = Recorder()
    train(FakeLearner(), toy_data(), TrainingProcess(batch_size=10, epochs=30), [Accuracy()], [recorder])
    assert recorder.logs[-1]["validation_loss"] < 0.8 * recorder.logs[0]["validation_loss"]
    assert recorder.logs[-1]["validation_accuracy"] > 0.5


def test_every_example_is_seen_once_per_epoch_and_a_single_one_joins() -> None:
    seen: list[np.ndarray] = []

    class Seeing(ToySet):
        def batch(self, indices: np.ndarray, epoch: int = 0) -> Any:
            seen.append(indices)
            return super().batch(indices, epoch)

    data = toy_data()
    data = type(data)(Seeing(22), None, None, "toy")
    train(FakeLearner(), data, TrainingProcess(batch_size=7, epochs=2), seed=1)
    assert [len(batch) for batch in seen] == [7, 7, 8] * 2
    first, second = np.concatenate(seen[:3]), np.concatenate(seen[3:])
    assert sorted(first) == sorted(second) == list(range(22))
    assert list(first) != list(second)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    assert bytes_of(trained()[0]) == bytes_of(trained()[0])
    learner = FakeLearner()
    train(learner, toy_data(), PROCESS, [Accuracy()], standard(PROCESS), seed=4)
    assert bytes_of(learner) != bytes_of(trained()[0])


def test_loss_of_a_set_is_the_mean_over_examples() -> None:
    learner, dataset = FakeLearner(), ToySet(25)
    whole = learner.eval_step(dataset.batch(np.arange(25))).losses["loss"].mean()
    assert evaluate(learner, dataset, 7)["loss"] == pytest.approx(whole, rel=1e-6)


def test_training_loss_is_the_mean_over_the_epoch_however_often_it_is_read() -> None:
    class Once(FakeLearner):
        def __init__(self) -> None:
            super().__init__()
            self.all: list[float] = []

        def train_step(self, batch: Any) -> None:
            before = self._loss
            super().train_step(batch)
            self.all.append(self._loss - before)

    learner, recorder = Once(), Recorder()
    train(learner, toy_data(), TrainingProcess(batch_size=1, epochs=1), callbacks=[recorder])
    assert recorder.logs[0]["loss"] == pytest.approx(sum(learner.all) / 60)


@pytest.mark.parametrize(
    ("losses", "best"),
    [([3, 2, 1, 4], 3), ([3, 1, 1, 1], 2), ([float("inf")] * 0 + [1, 2, 3, 4], 1)],
    ids=["lowest", "earliest of equal ones", "first"],
)
def test_best_weights_are_restored_without_early_stopping(losses: list[float], best: int) -> None:
    learner = Planned(losses)
    end = train(learner, toy_data(), PROCESS, callbacks=standard(PROCESS))
    assert end.best == (best, losses[best - 1])
    assert learner.weights()["dense.bias"][0] == best


def test_early_stopping_counts_epochs_in_a_row() -> None:
    learner = Planned([5, 4, 4, 4.5, 3, 3, 3, 2])
    process = TrainingProcess(batch_size=7, epochs=8, early_stopping=True, early_stopping_patience=2)
    end = train(learner, toy_data(), process, callbacks=standard(process))
    assert (end.epoch, end.stop) == (4, "validation_loss did not improve for 2 epochs")
    assert end.best == (2, 4)


def test_an_improvement_must_exceed_min_delta() -> None:
    learner = Planned([5, 4.9, 4.8, 4.7, 4.6, 4.5])
    process = TrainingProcess(
        batch_size=7, epochs=6, early_stopping=True, early_stopping_patience=2, early_stopping_min_delta=0.5
    )
    end = train(learner, toy_data(), process, callbacks=standard(process))
    assert end.epoch == 3
    assert end.best == (3, pytest.approx(4.8))


def test_a_metric_can_be_monitored_in_its_own_direction() -> None:
    process = TrainingProcess(batch_size=7, epochs=6, early_stopping_monitor="validation_accuracy")
    recorder = Recorder()
    end = train(FakeLearner(), toy_data(), process, [Accuracy()], [*standard(process), recorder])
    values = [logs["validation_accuracy"] for logs in recorder.logs]
    assert end.best == (values.index(max(values)) + 1, max(values))


def test_a_monitor_that_nobody_measures_is_refused() -> None:
    process = TrainingProcess(batch_size=7, epochs=1, early_stopping_monitor="validation_acuracy")
    with pytest.raises(TrainingError, match="'validation_acuracy' is not measured; did you mean 'validation_accuracy'"):
        train(FakeLearner(), toy_data(), process, [Accuracy()], standard(process))


def test_without_a_validation_set_the_training_loss_is_watched_with_a_note() -> None:
    lines: list[str] = []
    end = train(FakeLearner(), toy_data(validation=0), PROCESS, [Accuracy()], standard(PROCESS), report=lines.append)
    assert end.best is not None
    assert sum("no validation set" in line for line in lines) == 1


def test_an_empty_training_set_is_refused() -> None:
    with pytest.raises(TrainingError, match="no examples"):
        train(FakeLearner(), toy_data(training=0), PROCESS)


@pytest.mark.parametrize("accumulation", [1, 4])
@pytest.mark.parametrize("stop", [1, 5, 9, 10, 17, 35])
def test_a_killed_training_continues_to_the_same_bytes(tmp_path: Path, stop: int, accumulation: int) -> None:
    """9 steps per epoch; killed after `stop` steps, with a checkpoint every 2 steps and every epoch."""
    process = TrainingProcess(batch_size=7, epochs=4, early_stopping=True, early_stopping_patience=3)

    def run(folder: Path, killed: int | None = None, resume: Path | None = None) -> FakeLearner:
        learner = FakeLearner(accumulation=accumulation)
        callbacks = [*standard(process, checkpoint=Checkpoint(steps=2, pause=0)), Recorder(killed)]
        train(learner, toy_data(), process, [Accuracy()], callbacks, seed=5, folder=folder, resume=resume)
        return learner

    whole, cut = tmp_path / "whole", tmp_path / "cut"
    whole.mkdir()
    cut.mkdir()
    expected = run(whole)
    with pytest.raises(KeyboardInterrupt):
        run(cut, killed=stop)
    found = checkpoints.newest(cut / checkpoints.NAME, pytest.fail)
    if stop > 1:
        assert found is not None
    continued = run(cut, resume=found)
    assert bytes_of(continued) == bytes_of(expected)
    assert _timeless(cut) == _timeless(whole)


def _timeless(folder: Path) -> list[dict[str, Any]]:
    return [{**logs, "seconds": 0} for logs in history.read(folder / history.NAME)]


def test_a_finished_training_taken_up_again_trains_no_further(tmp_path: Path) -> None:
    learner = FakeLearner()
    train(learner, toy_data(), PROCESS, [Accuracy()], standard(PROCESS), folder=tmp_path)
    again = FakeLearner(seed=9)
    found = checkpoints.newest(tmp_path / checkpoints.NAME, pytest.fail)
    train(again, toy_data(), PROCESS, [Accuracy()], standard(PROCESS), folder=tmp_path, resume=found)
    assert bytes_of(again) == bytes_of(learner)


def test_logs_are_plain_json(tmp_path: Path) -> None:
    train(FakeLearner(), toy_data(), PROCESS, [Accuracy()], standard(PROCESS), folder=tmp_path)
    lines = (tmp_path / history.NAME).read_text().splitlines()
    keys = ["epoch", "step", "seconds", "learning_rates", "loss", "validation_loss", "validation_accuracy"]
    assert [list(json.loads(line)) for line in lines] == [keys] * 4
    assert [json.loads(line)["epoch"] for line in lines] == [1, 2, 3, 4]


def test_weights_come_back_with_their_shapes_types_and_values(tmp_path: Path) -> None:
    weights = {"count": np.array(3, dtype=np.int64), "kernel": np.arange(6, dtype=np.float32).reshape(2, 3).T}
    checkpoints.save_weights(tmp_path / "w", weights)
    read = checkpoints.load_weights(tmp_path / "w")
    assert {name: (array.shape, array.dtype) for name, array in read.items()} == {
        "count": ((), np.int64),
        "kernel": ((3, 2), np.float32),
    }
    np.testing.assert_array_equal(read["kernel"], weights["kernel"])


def test_batches_that_are_not_full_may_be_dropped() -> None:
    process = TrainingProcess(batch_size=8, epochs=3, drop_last=True)
    learner, sizes = FakeLearner(), []
    step = learner.train_step
    learner.train_step = lambda batch: (sizes.append(len(batch)), step(batch))[1]  # type: ignore[method-assign]
    end = train(learner, toy_data(training=60), process)
    assert sizes == [8] * 7 * 3
    assert (end.steps, end.total) == (7, 21)


def test_a_set_that_fills_no_batch_is_one_with_a_note() -> None:
    lines: list[str] = []
    end = train(
        FakeLearner(),
        toy_data(training=5),
        TrainingProcess(batch_size=8, epochs=1, drop_last=True),
        report=lines.append,
    )
    assert end.total == 1
    assert lines == ["note: drop_last: 5 examples fill no batch of 8, they are one"]


@pytest.mark.parametrize(("asked", "watched"), [("accuracy", "validation_accuracy"), ("loss", "validation_loss")])
def test_a_monitor_is_of_validation_without_saying_so(asked: str, watched: str) -> None:
    process = TrainingProcess(batch_size=7, epochs=1, early_stopping_monitor=asked)
    assert train(FakeLearner(), toy_data(), process, [Accuracy()], standard(process)).monitor == watched
