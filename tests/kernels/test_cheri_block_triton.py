# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The kernels of the whole block against float64 and against each other."""

from __future__ import annotations

import pytest
import torch
from cheri_cases import Case, needs_gpu, off, projections, tensors

from seqforge.kernels import cheri_block as kernels
from seqforge.kernels import cheri_reference as reference

pytestmark = pytest.mark.torch

CASES = (
    (Case(2, 10, 4, 1), 8),
    (Case(1, 1, 1, 1), 1),
    (Case(0, 6, 4, 1), 8),
    (Case(1, 70, 12, 3), 24),
    (Case(1, 20, 8, 30), 16),
    (Case(1, 9, 16, 2), 200),  # several parts of the hidden units, the last one short
    (Case(1, 20, 96, 8), 192),
    (Case(1, 9, 130, 4), 20),
    (Case(2, 31, 6, 2, "transposed"), 12),
    (Case(2, 30, 6, 5, "strided"), 18),
    (Case(2, 17, 7, 3, "expanded"), 14),
)
SCALE = 0.5


def run(case: Case, hidden: int, dots: str = "ieee", dtype: torch.dtype = torch.float32):
    """What the kernels make of a case, and what float64 does: y, statistics, dx and the three gradients of weights."""
    x, gradient, weight = tensors(case)
    x, gradient = x.to(dtype), gradient.to(dtype)
    weights = (weight, *projections(case.channels, hidden))
    y, statistics = kernels.forward(x, *weights, case.dilation, SCALE, dots)
    found = (y, statistics, *kernels.backward(gradient, x, *weights, statistics, case.dilation, SCALE, dots))
    wide = [tensor.double() for tensor in (x, *weights)]
    exact_y, exact_statistics = reference.block_forward(*wide, case.dilation, SCALE)
    exact = reference.block_backward(gradient.double(), *wide, exact_statistics, case.dilation, SCALE)
    return found, (exact_y, exact_statistics, *exact)


@pytest.mark.parametrize(("case", "hidden"), CASES, ids=str)
def test_equals_float64(case: Case, hidden: int):
    for values, exact in zip(*run(case, hidden), strict=True):
        assert values.is_contiguous()
        assert off(values, exact) < 1e-5


@pytest.mark.parametrize(("dtype", "near"), [(torch.float16, 5e-3), (torch.bfloat16, 1e-2)])
def test_reduced_precision(dtype: torch.dtype, near: float):
    dots = {torch.float16: "fp16", torch.bfloat16: "bf16"}[dtype]
    found, exact = run(Case(2, 33, 20, 3), 40, dots, dtype)
    assert [values.dtype for values in found] == [dtype, torch.float32, dtype, *[torch.float32] * 3]
    assert all(off(values, wanted) < near for values, wanted in zip(found, exact, strict=True))


def test_inference_saves_nothing_and_changes_no_bit():
    x, _, weight = tensors(Case(2, 33, 12, 2))
    weights = (weight, *projections(12, 24))
    y, _ = kernels.forward(x, *weights, 2, SCALE, "ieee")
    alone, statistics = kernels.forward(x, *weights, 2, SCALE, "ieee", save=False)
    assert torch.equal(y, alone)
    assert not statistics.numel()


@pytest.mark.parametrize("zero", [1, 2])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_a_block_without_one_projection_changes_no_bit(zero: int, dtype: torch.dtype):
    x, _, weight = tensors(Case(1, 20, 5, 2))
    weights = [weight, *projections(5, 10)]
    weights[zero] = torch.zeros_like(weights[zero])
    x = x.to(dtype)
    assert torch.equal(kernels.forward(x, *weights, 2, SCALE, "ieee")[0], x)


def test_nan_stays_in_its_example():
    x, gradient, weight = tensors(Case(2, 12, 5, 2))
    x[0, 3, 2] = float("nan")
    weights = (weight, *projections(5, 10))
    y, statistics = kernels.forward(x, *weights, 2, SCALE, "ieee")
    dx = kernels.backward(gradient, x, *weights, statistics, 2, SCALE, "ieee")[0]
    for values in (y, dx):
        assert values[0].isnan().any()
        assert values[1].isfinite().all()


def test_two_runs_give_equal_bits():
    x, gradient, weight = tensors(Case(1, 40, 12, 3))
    weights = (weight, *projections(12, 24))
    y, statistics = kernels.forward(x, *weights, 3, SCALE, "ieee")
    once, again = (kernels.backward(gradient, x, *weights, statistics, 3, SCALE, "ieee") for _ in range(2))
    assert torch.equal(kernels.forward(x, *weights, 3, SCALE, "ieee")[0], y)
    assert all(map(torch.equal, once, again))


@needs_gpu
@pytest.mark.parametrize("channels", [64, 96, 128, 256])
@pytest.mark.parametrize(
    ("dots", "dtype", "near", "near_gradient"),
    [
        ("ieee", torch.float32, 1e-4, 5e-3),
        ("tf32", torch.float32, 2e-3, 5e-3),
        ("bf16", torch.bfloat16, 1e-2, 2e-2),
        ("fp16", torch.float16, 5e-3, 1e-2),
    ],
)
def test_sizes_that_are_used(channels: int, dots: str, dtype: torch.dtype, near: float, near_gradient: float):
    for dilation in (1, 4, 64, 256):
        found, exact = run(Case(4, 1057, channels, dilation), 2 * channels, dots, dtype)
        assert off(found[0], exact[0]) < near
        assert all(off(values, wanted) < near_gradient for values, wanted in zip(found[2:], exact[2:], strict=True))
