# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Losses of bins, and sums of losses, on PyTorch: the numbers and gradients that are specified, and NumPy float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from position_cases import bound

from seqforge.losses.weighted_loss import WeightedLoss
from seqforge.registry import find

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

BINS = "sequence labeling"
LABELS = np.array([[1, 1, 0, 0, 0, 0, 1, 0], [0, 0, 1, 1, 0, -1, -1, -1], [0, -1, 1, 0, 0, 0, 0, 0]], np.int8)
VALID = np.array([True, True, False])
TARGET = {"labels": torch.from_numpy(LABELS), "range_valid": torch.from_numpy(VALID)}


def one(kind: str, value: float, label: int, dtype: Any) -> tuple[float, float]:
    """The loss of one bin with the default weights, and its gradient."""
    x = torch.tensor([[[value]]], dtype=dtype, requires_grad=True)
    found = bound("WeightedBCELoss", BINS, input=kind).torch()((x, None), {"labels": torch.tensor([[label]])})
    found["loss"].sum().backward()
    return float(found["loss"].detach()), float(x.grad)


def test_published_values_and_gradients() -> None:
    assert one("probabilities", 0.0, 1, torch.float64) == (pytest.approx(805.904782548), 0)
    assert one("probabilities", 1.0, 0, torch.float64) == (pytest.approx(16.1180957), 0)
    assert one("probabilities", 1.0, 0, torch.float32)[0] == pytest.approx(15.9423847, abs=1e-6)
    for dtype in (torch.float32, torch.float64):
        assert one("logits", -1e4, 1, dtype) == (pytest.approx(50e4), -50)
        assert one("logits", 1e4, 0, dtype) == (pytest.approx(1e4), 1)
        assert one("logits", 1e4, 1, dtype) == (0, 0)


@pytest.mark.parametrize(("pos_weight", "expected"), [(50.0, 13.0554991649), (1.0, 0.5402713827)])
def test_value_of_four_bins(pos_weight: float, expected: float) -> None:
    p, y = torch.tensor([[0.9, 0.2, 0.6, 0.4]], dtype=torch.float64), {"labels": torch.tensor([[1, 0, 0, 1]])}
    for kind, output in (("probabilities", p), ("logits", p.logit())):
        found = bound("WeightedBCELoss", BINS, pos_weight=pos_weight, input=kind).torch()((output[..., None], None), y)
        assert float(found["loss"]) == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize(("dtype", "reach", "tolerance"), [(torch.float64, 10, 1e-9), (torch.float32, 4, 1e-5)])
def test_both_forms_agree(dtype: Any, reach: float, tolerance: float) -> None:
    z = torch.linspace(-reach, reach, 101, dtype=dtype)[None]
    for label in (0, 1):
        target = {"labels": torch.full(z.shape, label)}
        forms = [
            bound("WeightedBCELoss", BINS, input=kind, eps=1e-12 if dtype == torch.float64 else 1e-7).torch()(x, target)
            for kind, x in (("logits", z), ("probabilities", z.sigmoid()))
        ]
        torch.testing.assert_close(forms[0]["loss"], forms[1]["loss"], rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", ["WeightedBCELoss", "FocalLoss", "RangeLoss"])
@pytest.mark.parametrize("kind", ["logits", "probabilities"])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-6), ("float32", 1e-5)])
def test_equals_the_reference(name: str, kind: str, dtype: str, tolerance: float) -> None:
    draw, loss = np.random.default_rng(1), bound(name, BINS, input=kind)
    z = draw.normal(0, 2, (*LABELS.shape, 1)).astype(dtype)
    output = z if kind == "logits" else (1 / (1 + np.exp(-z))).astype(dtype), draw.normal(0, 2, (*LABELS.shape, 3))
    output = output[0], output[1].astype(dtype)
    found = loss.torch()(tuple(map(torch.from_numpy, output)), TARGET)
    wanted = loss.reference(output, {"labels": LABELS, "range_valid": VALID})
    for key in ("loss", "sizes"):
        np.testing.assert_allclose(found[key].numpy(), wanted[key], rtol=tolerance, atol=tolerance)
    assert found["loss"].dtype == getattr(torch, dtype)


@pytest.mark.parametrize("terms", ["WeightedBCELoss 1, RangeLoss 0.1", "FocalLoss 0.2, WeightedBCELoss 1"])
def test_bins_that_are_not_known_have_no_gradient(terms: str) -> None:
    loss = WeightedLoss(terms=terms).for_task(find("tasks", BINS)()).for_output("logits", 2)
    x = torch.randn(*LABELS.shape, 1, generator=torch.Generator().manual_seed(1), requires_grad=True)
    z = torch.randn(*LABELS.shape, 3, generator=torch.Generator().manual_seed(2), requires_grad=True)
    found = loss.torch()((x, z), TARGET)
    wanted = loss.reference((x.detach().numpy(), z.detach().numpy()), {"labels": LABELS, "range_valid": VALID})
    assert list(found) == list(wanted)
    for key, value in wanted.items():
        np.testing.assert_allclose(found[key].detach().numpy(), value, rtol=1e-5, atol=1e-5)
    ((found["loss"] * found["sizes"]).sum() / found["sizes"].sum()).backward()
    known = torch.from_numpy(LABELS >= 0)
    assert (x.grad[..., 0] != 0).equal(known)
    if "RangeLoss" in terms:
        assert (z.grad != 0).all(-1).equal(known & TARGET["range_valid"][:, None])


@pytest.mark.filterwarnings("ignore:loss")  # zeros are no logits that a model puts out
def test_a_set_without_known_bins_is_0_with_a_graph() -> None:
    for terms in ("WeightedBCELoss 1, RangeLoss 0.1", "FocalLoss 1"):
        loss = WeightedLoss(terms=terms).for_task(find("tasks", BINS)()).for_output("logits", 2)
        x, z = torch.zeros((2, 5, 1), requires_grad=True), torch.zeros((2, 5, 3), requires_grad=True)
        found = loss.torch()((x, z), {"labels": torch.full((2, 5), -1), "range_valid": torch.zeros(2).bool()})
        found["loss"].sum().backward()
        assert found["loss"].tolist() == found["sizes"].tolist() == [0, 0]
        assert not x.grad.any()


def test_extremes_of_ranges_are_finite() -> None:
    for edge in (-1e4, 0.0, 1e4):
        z = torch.full((*LABELS.shape, 3), edge, requires_grad=True)
        found = bound("RangeLoss", BINS).torch()((z[..., :1], z), TARGET)["loss"]
        found.sum().backward()
        assert torch.isfinite(found).all()
        assert torch.isfinite(z.grad).all()


def test_a_sum_of_dice_and_focal_loss_trains_a_mask() -> None:
    draw = torch.Generator().manual_seed(3)
    mask = (torch.rand((2, 3, 16), generator=draw) < 0.3).long()
    loss = WeightedLoss(terms="DiceLoss 0.7, FocalLoss 0.3").for_task(find("tasks", "segmentation")())
    function = loss.for_output("logits", 2).torch()
    x = (2 * torch.rand(mask.shape, generator=draw) - 1).requires_grad_()
    before = None
    for _ in range(200):
        found = function(x, {"mask": mask})
        value = (found["loss"] * found["sizes"]).sum() / found["sizes"].sum()
        before = float(value.detach()) if before is None else before
        (slope,) = torch.autograd.grad(value, x)
        x = (x - 20 * slope).detach().requires_grad_()
    assert float(value.detach()) < 0.3 * before
