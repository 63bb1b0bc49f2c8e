# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The kernels of convolution and normalisation against float64, each call the first of its shape."""

from __future__ import annotations

import pytest
import torch
from cheri_cases import CASES, DEVICE, ON_GPU, Case, drawn, needs_gpu, off, tensors

from seqforge.kernels import cheri_conv_norm as kernels
from seqforge.kernels import cheri_reference as reference

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("case", CASES, ids=str)
def test_equals_float64(case: Case):
    x, gradient, weight = tensors(case)
    before = [tensor.clone() for tensor in (x, gradient, weight)]
    y, statistics = kernels.forward(x, weight, case.dilation)
    dx, dw = kernels.backward(gradient, x, weight, statistics, case.dilation)
    exact_y, exact_statistics = reference.forward(x.double(), weight.double(), case.dilation)
    exact = reference.backward(gradient.double(), x.double(), weight.double(), exact_statistics, case.dilation)
    for found, wanted in zip((y, statistics, dx, dw), (exact_y, exact_statistics, *exact), strict=True):
        assert found.is_contiguous()
        assert off(found, wanted) < 1e-5
    assert all(torch.equal(now, then) for now, then in zip((x, gradient, weight), before, strict=True))


def test_taps_beyond_the_ends_get_no_gradient():
    x, gradient, weight = tensors(Case(2, 10, 4, 16))
    _, dw = kernels.backward(gradient, x, weight, kernels.forward(x, weight, 16)[1], 16)
    assert not dw[[0, 2]].any()


def test_fp16():
    x, gradient, weight = tensors(Case(2, 40, 12, 4))
    x, gradient = x.half(), gradient.half()
    y, statistics = kernels.forward(x, weight, 4)
    dx, dw = kernels.backward(gradient, x, weight, statistics, 4)
    exact_y, exact_statistics = reference.forward(x.double(), weight.double(), 4)
    exact = reference.backward(gradient.double(), x.double(), weight.double(), exact_statistics, 4)
    assert (y.dtype, dx.dtype, dw.dtype) == (torch.float16, torch.float16, torch.float32)
    assert [off(y, exact_y) < 5e-3, off(dx, exact[0]) < 5e-3, off(dw, exact[1]) < 1e-5] == [True] * 3


def test_bf16_is_read_and_written_and_nothing_else():
    """Interpreted stores cut the last bits off where a GPU rounds: two units in the last place."""
    x, gradient, weight = tensors(Case(2, 40, 12, 4))
    x, gradient = x.bfloat16(), gradient.bfloat16()
    y, statistics = kernels.forward(x, weight, 4)
    dx, dw = kernels.backward(gradient, x, weight, statistics, 4)
    exact_y, exact_statistics = reference.forward(x.double(), weight.double(), 4)
    exact = reference.backward(gradient.double(), x.double(), weight.double(), exact_statistics, 4)
    assert y.dtype == dx.dtype == torch.bfloat16
    assert off(y, exact_y) < 1e-2
    assert off(dx, exact[0]) < 1e-2
    assert off(dw, exact[1]) < 1e-5


def test_a_mean_far_above_the_deviation_costs_no_precision():
    x = drawn(1, 100, 8, seed=0).double() + 173
    weight = torch.tensor([[0.0], [1.0], [0.0]], device=DEVICE).repeat(1, 8)
    y, _ = kernels.forward(x.float(), weight, 1)
    exact, _ = reference.forward(x, weight.double(), 1)
    assert (y.double() - exact).abs().max() < 1e-4


def test_nan_stays_in_its_example():
    x, _, weight = tensors(Case(3, 12, 5, 2))
    x[1, 3, 2] = float("nan")
    y, statistics = kernels.forward(x, weight, 2)
    dx, _ = kernels.backward(torch.ones_like(x), x, weight, statistics, 2)
    for values in (y, dx):
        assert values[1].isnan().any()
        assert values[[0, 2]].isfinite().all()


def test_two_runs_give_equal_bits():
    x, gradient, weight = tensors(Case(2, 70, 12, 3))
    once, again = (kernels.forward(x, weight, 3) for _ in range(2))
    assert all(map(torch.equal, once, again))
    grads = (kernels.backward(gradient, x, weight, once[1], 3) for _ in range(2))
    assert all(map(torch.equal, *grads))


def test_widths_of_parts_add_up_to_a_multiple_of_16():
    assert kernels.widths(96, 64) == (64, 32)
    assert kernels.widths(128, 64) == (64, 64)
    assert kernels.widths(1, 64) == (16,)
    for channels in range(1, 300):
        parts = kernels.widths(channels, 128)
        assert sum(parts) == kernels.padded(channels) < channels + 16
        assert all(width & (width - 1) == 0 for width in parts)


def test_runs_are_long_only_where_programs_abound():
    assert kernels.pieces_of(torch.empty(512, 1024, 128, device="meta")).run == 512
    assert kernels.pieces_of(torch.empty(16, 1024, 128, device="meta")).run == 64
    assert kernels.pieces_of(torch.empty(64, 2114, 96, device="meta")).each == 27


@needs_gpu
def test_more_than_2_to_the_31_elements():
    x = torch.zeros(1100, 16384, 128, dtype=torch.bfloat16, device=DEVICE)
    x[-1] = drawn(16384, 128, seed=0).bfloat16()
    weight = drawn(3, 128, seed=1)
    y, statistics = kernels.forward(x, weight, 4)
    alone, kept = kernels.forward(x[-1:], weight, 4)
    assert torch.equal(y[-1:], alone)
    gradient = x[-1:].expand_as(x)
    dx, _ = kernels.backward(gradient, x, weight, statistics, 4)
    torch.testing.assert_close(dx[-1:], kernels.backward(x[-1:], x[-1:], weight, kept, 4)[0], rtol=1e-2, atol=1e-2)


@needs_gpu
@pytest.mark.parametrize(("dtype", "near"), [(torch.float32, 1e-5), (torch.float16, 5e-3), (torch.bfloat16, 1e-2)])
def test_the_size_that_is_benchmarked(dtype: torch.dtype, near: float):
    x, gradient, weight = tensors(Case(8, 1024, 128, 256))
    x, gradient = x.to(dtype), gradient.to(dtype)
    y, statistics = kernels.forward(x, weight, 256)
    dx, dw = kernels.backward(gradient, x, weight, statistics, 256)
    exact_y, exact_statistics = reference.forward(x.double(), weight.double(), 256)
    exact = reference.backward(gradient.double(), x.double(), weight.double(), exact_statistics, 256)
    assert [off(y, exact_y) < near, off(dx, exact[0]) < near, off(dw, exact[1]) < 1e-5] == [True] * 3


def test_interpreted_unless_on_a_gpu():
    import triton

    assert bool(triton.knobs.runtime.interpret) is not ON_GPU
