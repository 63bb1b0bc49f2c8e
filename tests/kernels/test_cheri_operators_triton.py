# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Cherimoya's operators inside PyTorch: compiled, under autocast, checkpointed, with weights that change."""

from __future__ import annotations

import pytest
import torch
from cheri_cases import DEVICE, ON_GPU, Case, off, projections, tensors
from torch.utils.checkpoint import checkpoint

from seqforge.errors import BackendError, UsageError
from seqforge.kernels import cheri
from seqforge.kernels import cheri_ops as operators
from seqforge.kernels import cheri_tuning as tuning

pytestmark = pytest.mark.torch

CASE = Case(2, 9, 4, 2)


def inputs() -> list[torch.Tensor]:
    x, _, weight = tensors(CASE)
    return [tensor.clone().requires_grad_() for tensor in (x, weight, *projections(4, 8))]


def block(*given: torch.Tensor) -> torch.Tensor:
    return cheri.block(*given, 2, 0.3, kernel="triton", matmul_precision="highest")


def gradients(y: torch.Tensor, given: list[torch.Tensor]) -> tuple[torch.Tensor, ...]:
    return torch.autograd.grad(y, given, tensors(CASE)[1])


@pytest.mark.slow
def test_the_rules_that_operators_must_keep():
    given = inputs()
    torch.library.opcheck(operators.conv_norm, (*given[:2], 2, "table"))
    torch.library.opcheck(operators.block, (*given, 2, 0.3, "ieee", "table"))
    with torch.no_grad():
        plain = [tensor.detach() for tensor in given]
        torch.library.opcheck(operators.block_inference, (*plain, 2, 0.3, "ieee", "table"))


def test_equals_pytorch():
    given = inputs()
    y, expected = block(*given), cheri.block(*given, 2, 0.3, kernel="torch")
    assert off(y, expected.double()) < 1e-6
    for mine, wanted in zip(gradients(y, given), gradients(expected, given), strict=True):
        assert off(mine, wanted.double()) < 1e-5
    assert cheri.path(given[0]) == ("triton" if ON_GPU else "torch")


def test_saves_the_input_and_two_numbers():
    saved: list[torch.Tensor] = []
    given = inputs()

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        saved.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        block(*given)
    weights = {tensor.data_ptr() for tensor in given[1:]}
    size = sum(tensor.nbytes for tensor in saved if tensor.data_ptr() not in weights)
    assert size == given[0].nbytes + 2 * 4 * CASE.examples


@pytest.mark.slow
def test_compiled():
    given = inputs()
    y = block(*given)
    whole = torch.compile(block, backend="aot_eager", fullgraph=True)
    compiled = whole(*given)
    assert torch.equal(compiled, y)
    assert all(map(torch.equal, gradients(compiled, given), gradients(y, given)))
    with torch.no_grad():
        assert torch.equal(whole(*given), y)


def test_autocast_touches_the_products_only():
    given = inputs()
    with torch.autocast(DEVICE, torch.float16):
        y = block(*given)
        compiled = torch.compile(block, backend="aot_eager", fullgraph=True)(*given)
    assert y.dtype == torch.float32
    assert torch.equal(y, compiled)
    assert 0 < off(y, block(*given).double()) < 1e-3
    assert {gradient.dtype for gradient in gradients(y, given)} == {torch.float32}
    with torch.autocast(DEVICE, torch.bfloat16):
        assert cheri.conv_norm(*given[:2], 2, kernel="triton").dtype == torch.float32


def test_a_checkpointed_block_has_equal_gradients():
    given = inputs()
    again = checkpoint(block, *given, use_reentrant=False)
    assert all(map(torch.equal, gradients(again, given), gradients(block(*given), given)))


def test_a_weight_changed_in_place_is_seen():
    given = inputs()
    with torch.no_grad():
        for number in (1, 2, 3):
            before = block(*given)
            given[number].mul_(1.5)
            assert not torch.equal(block(*given), before)


def test_differentiating_twice_is_refused():
    given = inputs()
    for y in (block(*given), cheri.conv_norm(*given[:2], 2, kernel="triton")):
        (first,) = torch.autograd.grad(y.square().sum(), given[0], create_graph=True)
        with pytest.raises(RuntimeError, match="use kernel='torch' to differentiate twice"):
            torch.autograd.grad(first.sum(), given[0])


def test_channels_beyond_a_multiprocessor_go_through_products_of_pytorch():
    x, _, weight = tensors(Case(1, 5, 260, 1))
    given = (x, weight, *projections(260, 16))
    with torch.no_grad():
        y = cheri.block(*given, 1, 0.3, kernel="triton")
        assert off(y, cheri.block(*given, 1, 0.3, kernel="torch").double()) < 1e-5


class Alone(torch.nn.Module):
    """One block with weights of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = torch.nn.ParameterList(tensor.detach() for tensor in inputs()[1:])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return block(x, *self.weights)


def test_distributed_data_parallel(tmp_path):
    x = inputs()[0].detach()
    store = torch.distributed.FileStore(str(tmp_path / "store"), 1)
    torch.distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    try:
        model = torch.nn.parallel.DistributedDataParallel(Alone().to(DEVICE))
        model(x).backward(tensors(CASE)[1])
        found = [weight.grad for weight in model.module.weights]
    finally:
        torch.distributed.destroy_process_group()
    given = inputs()
    assert all(map(torch.equal, found, gradients(block(*given), given)[1:]))


def _half(rank: int, store: str, found: str) -> None:
    """One of two processes: the gradients that both have after half of the examples each."""
    torch.distributed.init_process_group("gloo", store=torch.distributed.FileStore(store, 2), rank=rank, world_size=2)
    try:
        model = torch.nn.parallel.DistributedDataParallel(Alone())
        given, gradient = tensors(CASE)[0][rank::2], tensors(CASE)[1][rank::2]
        model(given).backward(gradient)
        torch.save([weight.grad for weight in model.module.weights], f"{found}.{rank}")
    finally:
        torch.distributed.destroy_process_group()


@pytest.mark.slow
@pytest.mark.skipif(ON_GPU, reason="both processes compute in the interpreter")
def test_two_processes_have_the_mean_of_their_gradients(tmp_path):
    torch.multiprocessing.spawn(_half, (str(tmp_path / "store"), str(tmp_path / "found")), nprocs=2)
    one, other = (torch.load(tmp_path / f"found.{rank}") for rank in range(2))
    assert all(map(torch.equal, one, other))
    given = inputs()
    for mine, whole in zip(one, gradients(block(*given), given)[1:], strict=True):
        torch.testing.assert_close(2 * mine, whole)


def test_settings_that_are_measured(monkeypatch: pytest.MonkeyPatch, tmp_path):
    monkeypatch.setenv("SEQFORGE_CACHE", str(tmp_path))
    monkeypatch.setattr(tuning, "milliseconds", lambda call: 1.0)  # a benchmark needs a driver
    monkeypatch.setattr(tuning, "_settled", {})
    monkeypatch.setattr(tuning, "reports", [])
    given = inputs()[:2]
    y = cheri.conv_norm(*given, 2, kernel="triton", kernel_tuning="autotune")
    assert torch.equal(y, cheri.conv_norm(*given, 2, kernel="triton"))
    assert [report.key.kernel for report in tuning.reports] == ["statistics", "normalise"]


def test_what_is_refused():
    x, weight = torch.zeros(1, 2, 4, device=DEVICE).double(), torch.zeros(3, 4, device=DEVICE)
    with pytest.raises(BackendError, match="kernel 'triton' cannot run: expected"):
        cheri.conv_norm(x, weight, 1, kernel="triton")
    with pytest.raises(UsageError, match="matmul precision 'tf32' is not known"):
        cheri.block(x.float(), weight, torch.zeros(8, 4, device=DEVICE), torch.zeros(4, 8, device=DEVICE), 1, 0.1,
                    kernel="triton", matmul_precision="tf32")  # fmt: skip
