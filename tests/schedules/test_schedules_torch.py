# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Where torch.optim.lr_scheduler has the same schedule, the rates are the same."""

from __future__ import annotations

import numpy as np
import pytest

from seqforge.registry import find

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch
EPOCHS = 30


def theirs(make, values=None):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    scheduler = make(optimizer)
    rates = []
    for epoch in range(EPOCHS):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step(*([values[epoch]] if values is not None else []))
    return rates


def ours(name, values=None, monitor="validation_loss", **settings):
    schedule = find("schedules", name)(**settings).begin(0.1, 3, EPOCHS)
    rates = []
    for epoch in range(EPOCHS):
        rates.append(schedule.rate(3 * epoch))
        if values is not None:
            schedule.observe(epoch, {monitor: values[epoch]})
    return rates


def test_closed_forms():
    scheduler = torch.optim.lr_scheduler
    assert ours("Exponential", gamma=0.9) == pytest.approx(theirs(lambda o: scheduler.ExponentialLR(o, 0.9)))
    assert ours("Step", step_size=7) == pytest.approx(theirs(lambda o: scheduler.StepLR(o, 7)))
    cosine = theirs(lambda o: scheduler.CosineAnnealingLR(o, EPOCHS, eta_min=0.01))
    assert ours("Cosine", min_learning_rate=0.01) == pytest.approx(cosine)


@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize("threshold_mode", ["rel", "abs"])
@pytest.mark.parametrize(("patience", "cooldown", "floor"), [(0, 0, 0.0), (2, 0, 0.0), (1, 3, 0.0), (1, 1, 0.02)])
def test_plateau(mode, threshold_mode, patience, cooldown, floor):
    draw = np.random.default_rng(patience + cooldown)
    values = (1 + 0.1 * draw.normal(size=EPOCHS) + np.linspace(0, 0.3, EPOCHS)).tolist()
    settings = {"mode": mode, "factor": 0.5, "patience": patience, "threshold": 0.02, "threshold_mode": threshold_mode}
    expected = theirs(
        lambda o: torch.optim.lr_scheduler.ReduceLROnPlateau(o, cooldown=cooldown, min_lr=floor, **settings), values
    )
    received = ours("ReduceLROnPlateau", values, cooldown=cooldown, min_learning_rate=floor, **settings)
    assert received == pytest.approx(expected)
    assert len(set(received)) > 1
