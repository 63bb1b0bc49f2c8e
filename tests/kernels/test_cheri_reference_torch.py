# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The formulas of Cherimoya's block in float64: worked numbers, derivatives by differences, and the forms for CPUs."""

from __future__ import annotations

import pytest
import torch

from seqforge.errors import BackendError, UsageError
from seqforge.kernels import cheri
from seqforge.kernels import cheri_reference as reference

pytestmark = pytest.mark.torch

WEIGHT = [[0.5, -0.25, 0.75, 1], [1, 0.5, -0.5, 0.25], [-0.25, 0.5, 0.25, -1]]
# dilation: means, variances, y[0,0,0] and y[1,9,3], sum of |dx|, dw[1]
WORKED = {
    1: (
        (-0.00158843, -0.01564584),
        (0.67980894, 0.74976235),
        (0.97899428, 0.93034674),
        63.077811,
        (1.288411, -2.316036, 0.368385, 2.163809),
    ),
    4: (
        (-0.00045058, -0.01217042),
        (0.45858541, 0.53194759),
        (1.08992801, 0.93546178),
        66.596086,
        (1.556310, -2.821163, 0.198045, 2.622081),
    ),
    16: (
        (0.00246510, -0.00330123),
        (0.18478865, 0.21405702),
        (1.94650453, -0.35064130),
        63.185940,
        (1.714118, -4.809511, 0.568093, 3.957169),
    ),
}
SHAPES = ((2, 10, 4), (0, 5, 3), (3, 1, 1), (2, 7, 5))


def worked_case() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """x, weight and gradient of the worked numbers."""
    n, i, c = (index.double() for index in torch.meshgrid(*map(torch.arange, (2, 10, 4)), indexing="ij"))
    return torch.sin(1 + n + 2 * i + 3 * c), torch.tensor(WEIGHT).double(), torch.cos(n + i + c)


def drawn(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


def drawn_block(n: int, length: int, channels: int, hidden: int, dtype: torch.dtype = torch.float64):
    shapes = ((n, length, channels), (3, channels), (hidden, channels), (channels, hidden))
    return [drawn(*shape, seed=seed, dtype=dtype).requires_grad_() for seed, shape in enumerate(shapes)]


def near(values: torch.Tensor, expected: object) -> None:
    wanted = torch.as_tensor(expected, dtype=values.dtype)
    torch.testing.assert_close(values, wanted, rtol=0, atol=1e-6)


@pytest.mark.parametrize("dilation", WORKED)
def test_the_worked_numbers(dilation: int):
    x, weight, gradient = worked_case()
    means, variances, ends, total, centre = WORKED[dilation]
    y, statistics = reference.forward(x, weight, dilation)
    dx, dw = reference.backward(gradient, x, weight, statistics, dilation)
    near(statistics[:, 0], means)
    near(statistics[:, 1] ** -2 - reference.EPS, variances)
    near(torch.stack((y[0, 0, 0], y[1, 9, 3])), ends)
    near(dx.abs().sum(), total)
    near(dw[1], centre)


def test_more_worked_numbers_of_the_weight_gradient():
    x, weight, gradient = worked_case()
    near_one = reference.backward(gradient, x, weight, reference.forward(x, weight, 1)[1], 1)[1]
    near(near_one[0, 0], 2.040892)
    near(near_one[2, 2], 1.851529)
    far = reference.backward(gradient, x, weight, reference.forward(x, weight, 16)[1], 16)[1]
    assert not far[[0, 2]].any()


@pytest.mark.parametrize("dilation", [1, 3, 12])
def test_the_forms_for_cpus_are_the_derivative_of_the_formula(dilation: int):
    tensors = drawn_block(2, 7, 3, 5)
    assert torch.autograd.gradcheck(lambda *given: reference.block(*given, dilation, 0.5), tensors)
    assert torch.autograd.gradcheck(lambda x, w: reference.conv_norm(x, w, dilation), tensors[:2])
    assert torch.autograd.gradgradcheck(lambda x, w: reference.conv_norm(x, w, dilation), tensors[:2])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dilation", [1, 3, 12])
def test_the_forms_for_cpus_equal_the_formulas(shape: tuple[int, int, int], dilation: int):
    tensors = drawn_block(*shape, 2 * shape[2])
    y = reference.block(*tensors, dilation, 0.15)
    gradient = drawn(*shape, seed=9)
    y.backward(gradient)
    plain = [tensor.detach() for tensor in tensors]
    expected, statistics = reference.block_forward(*plain, dilation, 0.15)
    torch.testing.assert_close(y, expected, rtol=0, atol=1e-12)
    wanted = reference.block_backward(gradient, *plain, statistics, dilation, 0.15)
    for tensor, derivative in zip(tensors, wanted, strict=True):
        torch.testing.assert_close(tensor.grad, derivative, rtol=1e-10, atol=1e-10)
    with torch.no_grad():
        torch.testing.assert_close(reference.block(*plain, dilation, 0.15), expected, rtol=0, atol=1e-12)


@pytest.mark.slow
def test_compiled_in_one_graph():
    tensors = drawn_block(2, 7, 3, 5, torch.float32)
    y = cheri.block(*tensors, 2, 0.5)
    compiled = torch.compile(lambda *given: cheri.block(*given, 2, 0.5), backend="aot_eager", fullgraph=True)(*tensors)
    torch.testing.assert_close(compiled, y)
    gradient = drawn(2, 7, 3, seed=9, dtype=torch.float32)
    for mine, wanted in zip(*(torch.autograd.grad(out, tensors, gradient) for out in (compiled, y)), strict=True):
        torch.testing.assert_close(mine, wanted)


def test_autocast_keeps_the_stream_and_the_gradients_of_weights():
    tensors = drawn_block(2, 7, 4, 8, torch.float32)
    with torch.autocast("cpu", torch.bfloat16):
        y = cheri.block(*tensors, 2, 0.5)
        norm = cheri.conv_norm(tensors[0].bfloat16(), tensors[1], 2)
    assert (y.dtype, norm.dtype) == (torch.float32, torch.bfloat16)
    y.sum().backward()
    assert {tensor.grad.dtype for tensor in tensors} == {torch.float32}


def test_the_documented_name_cannot_be_differentiated_twice():
    x, weight = drawn_block(2, 7, 4, 8)[:2]
    y = cheri.fused_dilated_conv_norm(x, weight, 2)
    torch.testing.assert_close(y, cheri.conv_norm(x, weight, 2))
    assert torch.autograd.gradcheck(lambda *given: cheri.FusedDilatedConvNormFunc.apply(*given, 2), (x, weight))
    (first,) = torch.autograd.grad(y.square().sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match="use kernel='torch' to differentiate twice"):
        torch.autograd.grad(first.sum(), x)


def test_results_are_contiguous_whatever_x_is():
    _, weight, w1, w2 = drawn_block(2, 7, 4, 8)
    for x in (drawn(2, 4, 7).mT, drawn(7, 2, 4).transpose(0, 1), drawn(1, 7, 1).expand(2, 7, 4)):
        plain = x.contiguous()
        for given, expected in ((x, plain), (x.requires_grad_(), plain)):
            y = cheri.block(given, weight, w1, w2, 2, 0.5)
            assert y.is_contiguous()
            assert cheri.conv_norm(given, weight, 2).is_contiguous()
            torch.testing.assert_close(y, cheri.block(expected, weight, w1, w2, 2, 0.5))
        with torch.no_grad():
            assert cheri.block(x, weight, w1, w2, 2, 0.5).is_contiguous()


@pytest.mark.parametrize(
    ("version", "said"),
    [
        (None, "the package 'triton' is not installed"),
        ("3.1.0", "expected triton 3.3 or newer, received 3.1.0"),
        ("3.10.2", ""),
    ],
)
def test_what_lacks_without_triton(version: str | None, said: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cheri.util, "find_spec", lambda name: version)
    monkeypatch.setattr(cheri.metadata, "version", lambda name: version)
    assert cheri._no_triton().startswith(said)
    monkeypatch.setattr(cheri, "NO_TRITON", cheri._no_triton())
    assert cheri.path(torch.zeros(1, 1, 1)) == "torch"
    with pytest.raises(BackendError, match=said or "expected tensors on CUDA, received cpu"):
        cheri.path(torch.zeros(1, 1, 1), "triton")


def test_float32_stays_near_float64():
    exact = [drawn(2, 300, 20), drawn(3, 20, seed=1)]
    rough = [tensor.float().requires_grad_() for tensor in exact]
    gradient = drawn(2, 300, 20, seed=2)
    y = reference.conv_norm(*rough, 4)
    y.backward(gradient.float())
    expected, statistics = reference.forward(*exact, 4)
    wanted = reference.backward(gradient, *exact, statistics, 4)
    torch.testing.assert_close(y.double(), expected, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(rough[0].grad.double(), wanted[0], rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("run", [reference.conv_norm, lambda *given: reference.forward(*given)[0]])
def test_a_mean_far_above_the_deviation_costs_no_precision(run):
    x = drawn(1, 200, 8) + 173
    weight = torch.tensor([[0.0], [1.0], [0.0]], dtype=torch.float64).repeat(1, 8)
    torch.testing.assert_close(
        run(x.float(), weight.float(), 1).double(), reference.forward(x, weight, 1)[0], rtol=0, atol=1e-4
    )


def test_nan_stays_in_its_example():
    x = drawn(2, 6, 3)
    x[0, 2, 1] = float("nan")
    y = reference.conv_norm(x, drawn(3, 3, seed=1), 2)
    assert y[0].isnan().all()
    assert y[1].isfinite().all()


@pytest.mark.parametrize("zero", [2, 3])
def test_a_block_without_one_projection_changes_no_bit(zero: int):
    tensors = drawn_block(2, 9, 4, 8, torch.float32)
    tensors[zero] = torch.zeros_like(tensors[zero])
    assert torch.equal(reference.block(*tensors, 2, 0.15), tensors[0])
    with torch.no_grad():
        assert torch.equal(reference.block(*tensors, 2, 0.15), tensors[0])


def test_a_weight_changed_in_place_is_seen():
    tensors = drawn_block(2, 9, 4, 8)
    with torch.no_grad():
        for number in (1, 2, 3):
            before = cheri.block(*tensors, 2, 0.15)
            tensors[number].mul_(1.5)
            assert not torch.equal(cheri.block(*tensors, 2, 0.15), before)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kernel": "cuda"}, "kernel 'cuda' is not known"),
        ({"dilation": 0}, "expected a dilation of 1 or more, received 0"),
        ({"x": torch.zeros(2, 3)}, r"expected x \(example, position, channel\) of floats, received \(2, 3\)"),
        ({"weight": torch.zeros(3, 5)}, r"expected a weight \(3, 4\), received \(3, 5\)"),
    ],
)
def test_what_is_refused(given: dict, said: str):
    usual = {"x": torch.zeros(1, 2, 4), "weight": torch.zeros(3, 4), "dilation": 1}
    with pytest.raises(UsageError, match=said):
        cheri.conv_norm(**usual | given)
