# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Clipping and scaling of gradients, against formulas in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from seqforge.backends.torch_updates import Updates
from seqforge.experiment import OptimizerUse
from seqforge.registry import PYTORCH, find
from seqforge.training.process import TrainingProcess

pytestmark = pytest.mark.torch

GRADIENTS = {
    "a": np.array([[3.0, 4.0], [0.0, 12.0]], np.float32),  # norm 13
    "b": np.array([0.3, -0.4], np.float32),  # norm 0.5
    "c": np.zeros(3, np.float32),
}


def per_tensor(limit: float) -> dict[str, np.ndarray]:
    norms = {name: np.sqrt((each**2).sum()) for name, each in GRADIENTS.items()}
    return {name: each * limit / norms[name] if norms[name] > limit else each for name, each in GRADIENTS.items()}


def by_value(limit: float) -> dict[str, np.ndarray]:
    return {name: np.clip(each, -limit, limit) for name, each in GRADIENTS.items()}


def over_all(limit: float) -> dict[str, np.ndarray]:
    norm = np.sqrt(sum((each**2).sum() for each in GRADIENTS.values()))
    return {name: each * min(1, limit / norm) for name, each in GRADIENTS.items()}


FORMULAS = {"clipnorm": per_tensor, "clipvalue": by_value, "global_clipnorm": over_all}


def updates(optimizer: dict[str, Any], process: dict[str, Any], patterns: tuple[str | None, ...] = (None,)) -> Updates:
    parameters = {name: nn.Parameter(torch.zeros(each.shape)) for name, each in GRADIENTS.items()}
    for name, each in GRADIENTS.items():
        parameters[name].grad = torch.from_numpy(each.copy())
    sgd = find("optimizers", "SGD", PYTORCH)
    uses = [OptimizerUse(sgd(learning_rate=1.0, **optimizer), pattern) for pattern in patterns]
    scaler = torch.amp.GradScaler("cpu", enabled=False)
    return Updates(uses, parameters, TrainingProcess(batch_size=1, epochs=1, **process), scaler)


def change(made: Updates) -> dict[str, np.ndarray]:
    return {name: -tensor.detach().numpy() for name, tensor in zip(GRADIENTS, made.parameters, strict=True)}


@pytest.mark.parametrize("limit", [0.25, 1.0, 100.0])
@pytest.mark.parametrize("kind", FORMULAS)
@pytest.mark.parametrize("where", ["optimizer", "process"])
def test_clipping_equals_its_formula(where: str, kind: str, limit: float) -> None:
    made = updates(**{"optimizer": {}, "process": {}} | {where: {kind: limit}})
    made.step()
    for name, expected in FORMULAS[kind](limit).items():
        np.testing.assert_allclose(change(made)[name], expected, rtol=1e-6)


def test_without_clipping_nothing_is_touched() -> None:
    made = updates({}, {})
    made.step()
    assert all(np.array_equal(change(made)[name], each) for name, each in GRADIENTS.items())
    assert all(parameter.grad is None for parameter in made.parameters)


def test_the_factor_comes_before_clipping() -> None:
    made = updates({"clipvalue": 1.0}, {})
    made.step(0.5)
    np.testing.assert_allclose(change(made)["b"], GRADIENTS["b"] / 2)
    assert change(made)["a"].max() == 1


def test_a_global_norm_of_the_process_spans_all_optimizers_that_of_an_optimizer_its_own() -> None:
    together = updates({}, {"global_clipnorm": 1.0}, ("a", None))
    together.step()
    np.testing.assert_allclose(change(together)["b"], over_all(1.0)["b"], rtol=1e-6)
    apart = updates({"global_clipnorm": 1.0}, {}, ("a", None))
    apart.step()
    np.testing.assert_allclose(change(apart)["b"], GRADIENTS["b"], rtol=1e-6)
    np.testing.assert_allclose(change(apart)["a"], per_tensor(1.0)["a"], rtol=1e-6)


def test_parameters_without_gradient_stay() -> None:
    made = updates({"clipnorm": 1.0}, {})
    made.parameters[0].grad = None
    made.step()
    assert not change(made)["a"].any()
    assert change(made)["b"].any()
