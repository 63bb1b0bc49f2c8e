# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Optimizers on PyTorch: against NumPy, against torch.optim, and on a quadratic."""

from __future__ import annotations

import numpy as np
import pytest
from references import GRADIENTS, SHAPE, START, adam, muon, sgd

from seqforge.errors import BackendError
from seqforge.registry import PYTORCH, classes, find

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch
OWN = [pytest.param(cls, id=cls.name) for cls in classes("optimizers", PYTORCH) if not cls.unavailable]


def trained(make, dtype=torch.float64):
    """The weight after all steps of an optimizer made by make([weight])."""
    weight = torch.nn.Parameter(torch.tensor(START, dtype=dtype))
    optimizer = make([weight])
    for gradient in GRADIENTS:
        weight.grad = torch.tensor(gradient, dtype=dtype)
        optimizer.step(lambda: torch.zeros(()))
    return weight.detach().numpy()


def own(name, **settings):
    return trained(find("optimizers", name, PYTORCH)(**settings).torch)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"momentum": 0.9},
        {"momentum": 0.9, "dampening": 0.2},
        {"momentum": 0.9, "nesterov": True},
        {"weight_decay": 0.1},
    ],
)
def test_sgd_is_its_formula(settings):
    np.testing.assert_allclose(own("SGD", learning_rate=0.1, **settings), sgd(0.1, **settings), rtol=1e-12)


@pytest.mark.parametrize("settings", [{}, {"amsgrad": True}, {"weight_decay": 0.1}])
def test_adam_is_its_formula(settings):
    found = own("Adam", learning_rate=0.1, betas=(0.8, 0.95), eps=1e-3, **settings)
    np.testing.assert_allclose(found, adam(0.1, 0.8, 0.95, 1e-3, **settings), rtol=1e-12)


def test_adamw_is_its_formula():
    found = own("AdamW", learning_rate=0.1)
    np.testing.assert_allclose(found, adam(0.1, 0.9, 0.999, 1e-8, weight_decay=0.01, decoupled=True), rtol=1e-12)


@pytest.mark.parametrize("cls", OWN)
def test_equals_torch_with_the_declared_settings(cls):
    if cls.name == "Muon":
        pytest.skip("its own test compares it")
    settings = cls().own_settings()
    expected = trained(lambda weights: getattr(torch.optim, cls.name)(weights, **settings))
    np.testing.assert_array_equal(trained(cls().torch), expected)
    assert (expected != START).any()


@pytest.mark.parametrize("cls", OWN)
def test_goes_down_a_quadratic(cls):
    weight = torch.nn.Parameter(torch.tensor(START))
    optimizer = cls(learning_rate=0.01).torch([weight])

    def closure():
        optimizer.zero_grad()
        loss = 0.5 * (weight**2).sum()
        loss.backward()
        return loss

    first = closure().item()
    for _ in range(20):
        optimizer.step(closure)
    assert closure().item() < first
    assert torch.isfinite(weight).all()


@pytest.mark.parametrize("nesterov", [True, False])
def test_muon_is_its_formula_in_fp32(nesterov):
    found = own("Muon", learning_rate=0.1, newton_schulz_dtype="fp32", nesterov=nesterov)
    np.testing.assert_allclose(found, muon(0.1, nesterov=nesterov), rtol=1e-4, atol=1e-5)
    scaled = own("Muon", learning_rate=0.1, newton_schulz_dtype="fp32", learning_rate_scaling="match_rms_adamw")
    np.testing.assert_allclose(scaled, muon(0.1, scale=0.2 * np.sqrt(max(SHAPE))), rtol=1e-4, atol=1e-5)


@pytest.mark.skipif(not hasattr(torch.optim, "Muon"), reason="this PyTorch has no Muon to compare with")
@pytest.mark.parametrize("scaling", ["original", "match_rms_adamw"])
def test_muon_equals_torchs(scaling):
    settings = {"lr": 0.1, "weight_decay": 0.05, "adjust_lr_fn": scaling}
    theirs = trained(lambda weights: torch.optim.Muon(weights, **settings), torch.float32)
    ours = find("optimizers", "Muon", PYTORCH)(learning_rate=0.1, weight_decay=0.05, learning_rate_scaling=scaling)
    np.testing.assert_allclose(trained(ours.torch, torch.float32), theirs, rtol=1e-2, atol=1e-2)


def test_muon_treats_equal_shapes_as_it_treats_each():
    settings = {"learning_rate": 0.1, "newton_schulz_dtype": "fp32"}
    alone = own("Muon", **settings)
    weights = [torch.nn.Parameter(torch.tensor(START)) for _ in range(3)]
    weights.append(torch.nn.Parameter(torch.tensor(START.T.copy())))
    optimizer = find("optimizers", "Muon", PYTORCH)(**settings).torch(weights)
    for gradient in GRADIENTS:
        for weight in weights:
            weight.grad = torch.tensor(gradient if weight.shape == SHAPE else gradient.T.copy())
        optimizer.step()
    for weight in weights[:3]:
        np.testing.assert_allclose(weight.detach().numpy(), alone, rtol=1e-5, atol=1e-6)


def test_muon_makes_steps_nearly_orthogonal_and_survives_a_zero_gradient():
    from seqforge.kernels.muon import orthogonal

    values = torch.linalg.svdvals(orthogonal(torch.randn(2, 16, 40), 5, 1e-7, torch.float32))
    assert ((values > 0.5) & (values < 1.3)).all()
    assert (orthogonal(torch.zeros(1, 3, 5), 5, 1e-7, torch.bfloat16) == 0).all()


def test_muon_refuses_what_is_no_matrix():
    with pytest.raises(BackendError, match=r"Muon takes matrices only, received 1 parameters .* the first \(3,\)"):
        find("optimizers", "Muon", PYTORCH)().torch([torch.nn.Parameter(torch.zeros(3))])


def test_lbfgs_solves_a_quadratic_in_one_step():
    weight = torch.nn.Parameter(torch.tensor(START))
    optimizer = find("optimizers", "LBFGS", PYTORCH)(line_search_fn="strong_wolfe").torch([weight])

    def closure():
        optimizer.zero_grad()
        loss = ((weight - 3) ** 2).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    np.testing.assert_allclose(weight.detach().numpy(), np.full(SHAPE, 3.0), atol=1e-6)


def test_muon_iteration_at_its_published_values():
    """U [[.1, .2], [.3, .4], [.5, .6]] itself, in float64."""
    from seqforge.kernels.muon import orthogonal

    given = torch.tensor([[[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]], dtype=torch.float64)
    wanted = [[-0.467519, 0.573473], [0.072432, 0.409453], [0.612383, 0.245432]]
    np.testing.assert_allclose(orthogonal(given, 5, 1e-7, torch.float64)[0].numpy(), wanted, atol=1e-6)
