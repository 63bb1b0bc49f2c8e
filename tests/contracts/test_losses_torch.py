# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Every loss: torch() equals reference(), in float64 and float32; gradients are finite wherever a model may end up."""

from __future__ import annotations

import numpy as np
import pytest
from loss_cases import extremes_for, losses, output_for, target_for, typed

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch
LOSSES = [pytest.param(loss, id=str(loss)) for loss in losses("PyTorch")]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-6), ("float32", 1e-5)])
def test_equals_reference(loss, dtype, tolerance):
    draw = np.random.default_rng(3)
    output, target = output_for(loss, draw).astype(dtype), target_for(loss, draw)
    target = typed(target, dtype)
    expected = loss.reference(output, target)
    received = loss.torch()(torch.from_numpy(output), torch.from_numpy(target))
    assert received.shape == (len(output),) == expected.shape
    assert received.dtype == getattr(torch, dtype)
    np.testing.assert_allclose(received.numpy(), expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("loss", LOSSES)
def test_extremes_are_finite(loss):
    output = extremes_for(loss)
    target = typed(
        np.resize(target_for(loss, np.random.default_rng(4)), (len(output), 5)[: 1 + (loss.target != "index")]),
        "float32",
    )
    x = torch.tensor(output, dtype=torch.float32, requires_grad=True)
    value = loss.torch()(x, torch.from_numpy(target))
    value.sum().backward()
    assert torch.isfinite(value).all()
    assert torch.isfinite(x.grad).all()


@pytest.mark.parametrize("loss", LOSSES)
def test_gradient_follows_the_reference(loss):
    draw = np.random.default_rng(5)
    output, target = output_for(loss, draw), target_for(loss, draw)
    x = torch.tensor(output, requires_grad=True)
    loss.torch()(x, torch.from_numpy(typed(target, "float64"))).sum().backward()
    step = 1e-6
    for column in range(output.shape[1]):
        moved = np.zeros_like(output)
        moved[:, column] = step
        slope = (loss.reference(output + moved, target) - loss.reference(output - moved, target)) / (2 * step)
        np.testing.assert_allclose(x.grad[:, column].numpy(), slope, rtol=1e-4, atol=1e-4)


@pytest.mark.filterwarnings("ignore:reduction")  # torch announces another meaning of "mean" for KLDivLoss
@pytest.mark.parametrize(
    "name",
    ["CrossEntropyLoss", "NLLLoss", "BCELoss", "BCEWithLogitsLoss", "L1Loss", "MSELoss", "SmoothL1Loss", "KLDivLoss"],
)
def test_mean_is_what_torch_calls_it(name):
    from seqforge.registry import find

    loss = find("losses", name, "PyTorch")()
    draw = np.random.default_rng(6)
    output, target = torch.from_numpy(output_for(loss, draw)), torch.from_numpy(target_for(loss, draw))
    expected = getattr(torch.nn, name)()(output, target)
    assert loss.torch()(output, target).mean().item() == pytest.approx(expected.item(), rel=1e-9)
