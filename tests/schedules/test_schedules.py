# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Schedules: closed forms, resuming, and what they refuse."""

from __future__ import annotations

import json
import math

import pytest

from seqforge.errors import SeqForgeError, TrainingError
from seqforge.registry import find, names

STEPS, EPOCHS = 4, 12


def running(name, rate=0.1, steps=STEPS, epochs=EPOCHS, **settings):
    return find("schedules", name)(**settings).begin(rate, steps, epochs)


def rates(schedule, count=STEPS * EPOCHS):
    return [schedule.rate(step) for step in range(count)]


def watched(values, monitor="validation_loss", **settings):
    """The rate after each of these epochs."""
    schedule = running("ReduceLROnPlateau", rate=1.0, monitor=monitor, **settings)
    found = []
    for epoch, value in enumerate(values):
        schedule.observe(epoch, {monitor: value})
        found.append(schedule.rate(0))
    return found


def test_the_five_of_the_language():
    assert set(names("schedules")) >= {"ReduceLROnPlateau", "Exponential", "Step", "Cosine", "WarmupCosine"}


def test_exponential():
    assert rates(running("Exponential", gamma=0.5), 12) == pytest.approx([0.1] * 4 + [0.05] * 4 + [0.025] * 4)
    assert running("Exponential", gamma=0.5, min_learning_rate=0.04).rate(400) == 0.04


def test_step():
    found = rates(running("Step", step_size=3, gamma=0.1))
    assert found[::STEPS] == pytest.approx([0.1] * 3 + [0.01] * 3 + [0.001] * 3 + [0.0001] * 3)


def test_cosine():
    found = rates(running("Cosine", min_learning_rate=0.01), STEPS * EPOCHS + 9)
    assert found[0] == 0.1
    assert found[24] == pytest.approx(0.055)
    assert found[48:] == pytest.approx([0.01] * 9)
    assert found == sorted(found, reverse=True)
    assert running("Cosine", epochs=6).rate(12) == pytest.approx(0.05)


def test_warmup_cosine_by_its_formula():
    """base·(0.01 + 0.99·s/B), then 1e-5 + (base − 1e-5)·(1 + cos(π·min(s − B, T)/T))/2."""
    base, rise, fall = 0.1, STEPS * 5, STEPS * 7
    expected = [base * (0.01 + 0.99 * s / rise) for s in range(rise)]
    expected += [1e-5 + (base - 1e-5) * (1 + math.cos(math.pi * min(s, fall) / fall)) / 2 for s in range(fall + 5)]
    assert rates(running("WarmupCosine"), rise + fall + 5) == pytest.approx(expected, rel=1e-12)


def test_warmup_cosine_at_its_edges():
    assert running("WarmupCosine", warmup_epochs=0).rate(0) == pytest.approx(0.1)
    short = running("WarmupCosine", epochs=3)  # shorter than its warm-up: one epoch of fall is left
    assert short.rate(STEPS * 5) == pytest.approx(0.1)
    assert short.rate(STEPS * 6) == pytest.approx(1e-5)


@pytest.mark.parametrize("name", ["Exponential", "Step", "Cosine", "WarmupCosine", "ReduceLROnPlateau"])
def test_a_floor_above_the_start_is_refused(name):
    with pytest.raises(SeqForgeError, match=f"{name}: expected min_learning_rate ≤ learning_rate, received 0.5"):
        running(name, min_learning_rate=0.5)


def test_plateau_waits_for_patience_epochs():
    assert watched([1.0] * 8, patience=2, factor=0.5) == [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25]


def test_plateau_cooldown_and_floor():
    assert watched([1.0] * 7, patience=1, factor=0.5, cooldown=2) == [1, 1, 0.5, 0.5, 0.5, 0.5, 0.25]
    assert watched([1.0] * 9, patience=0, factor=0.1, min_learning_rate=0.05)[-1] == 0.05


def test_plateau_threshold():
    falling = [1.0, 0.95, 0.9, 0.85]
    assert watched(falling, patience=0, threshold=0.2, factor=0.5) == [1, 0.5, 0.25, 0.125]
    assert watched(falling, patience=0, threshold=0.04, threshold_mode="abs", factor=0.5)[-1] == 1
    assert watched([-1.0, -1.1, -1.2], patience=0, threshold=0.01, factor=0.5)[-1] == 1
    assert watched([-1.0, -1.005], patience=0, threshold=0.01, factor=0.5)[-1] == 0.5
    assert watched([0.0, -1e-9], patience=0, threshold=0.01, factor=0.5)[-1] == 1
    assert watched([0.0, -1e-9], patience=0, threshold=0.01, threshold_mode="abs", factor=0.5)[-1] == 0.5


def test_plateau_mode_follows_the_metric():
    rising = [0.1, 0.2, 0.3, 0.4]
    assert watched(rising, "validation_accuracy", patience=0, factor=0.5)[-1] == 1
    assert watched(rising, "validation_loss", patience=0, factor=0.5)[-1] == 0.125
    assert watched(rising, "validation_accuracy", mode="min", patience=0, factor=0.5)[-1] == 0.125


def test_plateau_takes_a_metric_by_its_bare_name():
    schedule = running("ReduceLROnPlateau", monitor="f1", patience=0, factor=0.5)
    for epoch, value in enumerate([0.5, 0.6, 0.7]):
        schedule.observe(epoch, {"loss": 1.0, "validation_f1": value})
    assert schedule.rate(0) == 0.1


@pytest.mark.parametrize("value", [math.nan, None])
def test_plateau_takes_undefined_for_no_improvement(value):
    assert watched([1.0, value, value, 0.5], patience=1, factor=0.5) == [1, 1, 0.5, 0.5]


def test_plateau_names_a_log_that_is_not_there():
    schedule = running("ReduceLROnPlateau", monitor="validation_los")
    with pytest.raises(TrainingError, match="no log is called 'validation_los'; did you mean 'validation_loss'"):
        schedule.observe(0, {"loss": 1.0, "validation_loss": 1.0})


def test_plateau_resumes_where_it_was():
    values = [1.0, 0.9, 0.95, 0.97, 0.93, 0.91, 0.99, 0.92, 0.89, 0.9]
    whole = watched(values, patience=1, factor=0.5, cooldown=1)
    for cut in range(len(values)):
        first = running("ReduceLROnPlateau", rate=1.0, patience=1, factor=0.5, cooldown=1)
        for epoch, value in enumerate(values[:cut]):
            first.observe(epoch, {"validation_loss": value})
        second = running("ReduceLROnPlateau", rate=1.0, patience=1, factor=0.5, cooldown=1)
        second.restore(json.loads(json.dumps(first.state(), allow_nan=False)))
        found = []
        for epoch, value in enumerate(values[cut:], cut):
            second.observe(epoch, {"validation_loss": value})
            found.append(second.rate(0))
        assert found == whole[cut:]


@pytest.mark.parametrize("base", [0.025, 0.004])
def test_warmup_cosine_at_its_published_steps(base):
    schedule = running("WarmupCosine", rate=base, steps=100, epochs=50)
    expected = {
        0: {0.025: 0.00025, 0.004: 0.00004},
        250: {0.025: 0.012625, 0.004: 0.00202},
        500: {0.025: 0.025, 0.004: 0.004},
    }
    expected |= {2750: {0.025: 0.012505, 0.004: 0.002005}, 5000: dict.fromkeys((0.025, 0.004), 1e-5)}
    for step, values in expected.items():
        assert schedule.rate(step) == pytest.approx(values[base], rel=1e-12)
    assert schedule.rate(9999) == 1e-5
    assert running("WarmupCosine", rate=base, steps=100, epochs=50, warmup_epochs=0).rate(0) == base


def test_steps_of_an_epoch_may_be_counted_as_published():
    made, ceil = (find("schedules", "WarmupCosine")(steps_per_epoch=how) for how in ("made", "ceil"))
    assert made.counted(7, 60, 8) == 7
    assert ceil.counted(7, 60, 8) == 8
    assert ceil.counted(8, 64, 8) == 8
    assert find("schedules", "Cosine")().counted(7, 60, 8) == 7
