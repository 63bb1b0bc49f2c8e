# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The rates and the end of a training as the definition of the centromere Transformer says, for planned scores."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from seqforge.backends.fake import FakeLearner, toy_data
from seqforge.callbacks import EarlyStopping, standard
from seqforge.experiment import read
from seqforge.training.loop import train
from seqforge.training.progress import Callback, Training

DEFINITION = Path(__file__).parents[2] / "model-defs/torch-centromere-transformer-s42.xml"
RATES = [5e-4] * 7 + [2.5e-4] * 6 + [1.25e-4] * 6


class Planned:
    """A metric called f1 whose value in epoch n is score(n)."""

    name, greater_is_better = "f1", True

    def __init__(self, score: Callable[[int], float]):
        self.score, self.epochs = score, 0

    def start(self) -> Planned:
        self.epochs += 1
        return self

    def update(self, prediction: Any, target: Any) -> None:
        pass

    def value(self) -> float:
        return self.score(self.epochs)


class Heard(Callback):
    """Keeps the rate of every epoch, and the epochs that early stopping takes for better."""

    name = "Heard"

    def __init__(self, stopping: EarlyStopping):
        self.stopping, self.improved, self.rates = stopping, list[int](), list[float]()

    def epoch(self, training: Training, logs: Mapping[str, Any]) -> None:
        self.rates.append(logs["learning_rates"][0])
        if self.stopping.state()["waited"] == 0:
            self.improved.append(training.epoch)


def trained(score: Callable[[int], float], epochs: int = 100) -> tuple[Training, Heard]:
    experiment = read(DEFINITION)[0]
    assert experiment.process is not None
    process = replace(experiment.process, epochs=epochs, batch_size=60)
    callbacks = standard(process, [(use.schedule, use.optimizer) for use in experiment.schedules])
    (stopping,) = [one for one in callbacks if isinstance(one, EarlyStopping)]
    learner = FakeLearner(rate=experiment.optimizers[0].optimizer.learning_rate)
    heard = Heard(stopping)
    end = train(learner, toy_data(), process, [Planned(score)], [*callbacks, heard])  # type: ignore[list-item]
    return end, heard


@pytest.mark.parametrize("rise", [0.0, 4e-7], ids=["constant", "rising by less than min_delta in all"])
def test_a_score_that_stays_halves_the_rate_and_ends_at_epoch_21(rise: float) -> None:
    end, heard = trained(lambda epoch: 0.5 + rise * epoch)
    assert heard.rates[:19] == pytest.approx(RATES, rel=1e-12)
    assert heard.improved == [1]
    assert (end.epoch, end.stop) == (21, "validation_f1 did not improve for 20 epochs")
    assert end.best == (21 if rise else 1, 0.5 + rise * (21 if rise else 1))


def test_a_slow_rise_adds_up_to_improvements_and_never_ends() -> None:
    end, heard = trained(lambda epoch: 0.5 + 4e-6 * epoch)
    assert heard.improved == list(range(1, 101, 3))
    assert (end.epoch, end.stop) == (100, "")


def test_a_score_that_is_not_defined_is_no_improvement() -> None:
    scores: Iterator[float] = iter([0.4, float("nan"), 0.4, 0.6, *[float("nan")] * 99])
    found = [next(scores) for _ in range(60)]
    end, heard = trained(lambda epoch: found[epoch - 1])
    assert heard.improved == [1, 4]
    assert (end.epoch, end.best) == (24, (4, 0.6))
