# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The warning of averages that cannot forget how they started."""

from __future__ import annotations

import math

import pytest

from seqforge.backends.fake import FakeLearner, toy_data
from seqforge.callbacks import standard
from seqforge.callbacks.averaged_weights import decay_at, initial_share
from seqforge.training.loop import train
from seqforge.training.process import TrainingProcess


def test_share_of_the_initial_weights() -> None:
    assert initial_share(48, 0.999, False) == pytest.approx(0.953111, abs=1e-6)
    assert initial_share(0, 0.999, True) == 1
    for steps in (1, 5, 48, 3000, 20000):
        each = math.prod(decay_at(step, 0.999, True) for step in range(steps))
        assert initial_share(steps, 0.999, True) == pytest.approx(each, rel=1e-9)


@pytest.mark.parametrize(
    ("settings", "warned"),
    [
        ({"ema_decay": 0.999}, True),
        ({"ema_decay": 0.5}, False),
        ({"ema_decay": 0.999, "ema_warmup": True}, False),
        ({"ema_decay": 0.9, "gradient_accumulation": 10}, True),
        ({}, False),
    ],
)
def test_warns_of_a_short_training(settings: dict, warned: bool) -> None:
    process, lines = TrainingProcess(batch_size=6, epochs=6, **settings), []
    train(FakeLearner(), toy_data(), process, callbacks=standard(process), report=lines.append)
    assert any("the averaged weights are" in line for line in lines) is warned
