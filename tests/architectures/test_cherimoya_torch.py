# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Cherimoya on PyTorch: numbers equal to NumPy float64, counts of parameters, initial statistics, hooks, errors."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import cherimoya_reference as reference
import numpy as np
import pytest

from seqforge.architectures.base import InputSpec
from seqforge.architectures.cherimoya import Cherimoya as Registered
from seqforge.architectures.cherimoya_weights import load_model, read_weights, write_weights
from seqforge.errors import BackendError, RunError, UsageError
from seqforge.heads import Head

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

from seqforge.architectures.torch.cherimoya import CheriBlock, Cherimoya, ProfileCherimoya  # noqa: E402

COUNTED = [
    ({}, 342_724),
    ({"groups": [2]}, 342_821),
    ({"profile_kernel_size": 75}, 349_828),
    ({"n_filters": 128, "profile_kernel_size": 75}, 613_892),
    ({"n_filters": 128, "profile_kernel_size": 75, "groups": [2], "n_control_tracks": 2}, 623_794),
    ({"n_filters": 16, "n_layers": 3}, 4_612),
    ({"n_filters": 8, "n_layers": 2}, 1_260),
]
SMALL = {"n_filters": 8, "n_layers": 3, "trimming": 10, "seed": 5}


def dna(n: int = 2, length: int = 60, seed: int = 0) -> Any:
    """One-hot (n, 4, length) float64, with a few unknown bases."""
    draw = np.random.default_rng(seed)
    codes = draw.integers(0, 5, (n, length))
    return torch.from_numpy(np.eye(5)[codes].transpose(0, 2, 1)[:, :4].copy())


def awake(model: Any, seed: int = 1) -> Any:
    """The model in float64, with weights large enough for every part of it to matter."""
    draw = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        parameter.data = torch.randn(parameter.shape, generator=draw, dtype=torch.float64) / 3
    return model.double()


def arrays(model: Any) -> dict[str, np.ndarray]:
    return {name: tensor.detach().numpy() for name, tensor in model.state_dict().items()}


@pytest.mark.parametrize(("sizes", "parameters"), COUNTED)
def test_parameters_are_counted_exactly(sizes: dict[str, Any], parameters: int) -> None:
    with torch.device("meta"):
        model = Cherimoya(**sizes)
    assert sum(tensor.numel() for tensor in model.parameters()) == parameters == model.sizes.parameters
    shapes = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    assert list(shapes.items()) == list(model.sizes.shapes().items())


@pytest.mark.parametrize("controls", [0, 1, 2])
@pytest.mark.parametrize("groups", [[1], [2], [1, 2]])
@pytest.mark.parametrize(("kernel", "trimming"), [(1, 10), (7, 10), (7, 1), (7, 0)])
def test_equals_the_formulas(controls: int, groups: list[int], kernel: int, trimming: int) -> None:
    sizes = SMALL | {"profile_kernel_size": kernel, "trimming": trimming, "n_control_tracks": controls}
    model, x = awake(Cherimoya(groups=groups, **sizes)), dna()
    given = torch.from_numpy(np.random.default_rng(2).poisson(1.0, (2, controls, 60)).astype(float))
    ctl = given if controls else None
    with torch.no_grad():
        logits, counts = model(x, ctl)
    wanted = reference.forward(arrays(model), x.numpy(), 3, trimming, 0.15, ctl.numpy() if ctl is not None else None)
    assert logits.shape == (2, sum(groups), 60 - 2 * trimming)
    assert counts.shape == (2, len(groups))
    np.testing.assert_allclose(logits.numpy(), wanted[0], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(counts.numpy(), wanted[1], rtol=1e-9, atol=1e-9)


def test_float32_is_within_rounding() -> None:
    model, x = awake(Cherimoya(groups=[2], **SMALL)), dna()
    with torch.no_grad():
        logits, counts = copy.deepcopy(model).float()(x.float())
    wanted = reference.forward(arrays(model), x.numpy(), 3, 10, 0.15)
    np.testing.assert_allclose(logits.numpy(), wanted[0], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(counts.numpy(), wanted[1], rtol=1e-5, atol=1e-5)


def test_starts_as_published() -> None:
    model, x = Cherimoya(seed=3), dna(2, 2114).float()
    rates: list[float] = []

    def look(module: Any, inputs: Any, output: Any) -> None:
        u = reference.mixed(inputs[0].detach().double().numpy(), inputs[1].detach().double().numpy(), module.dilation)
        rates.extend((u.var(axis=(1, 2)) + reference.EPS) ** -0.5)

    for number in (0, 8):
        model.blocks[number].conv_norm.register_forward_hook(look)
    with torch.no_grad():
        assert float(model.igelu(model.iconv(x)).std()) == pytest.approx(0.045, abs=0.005)
        logits, counts = model(x)
    assert rates == pytest.approx([31.6] * 4, abs=0.1)
    assert logits.shape == (2, 1, 1000)
    assert counts.shape == (2, 1)
    state = model.state_dict()
    drawn = [name for name in state if name.endswith("weight")]
    assert all(float(state[name].std()) == pytest.approx(0.02, rel=0.3) for name in drawn)
    assert all(not state[name].any() for name in state if name.endswith("bias"))
    assert state["lw0"].tolist() == state["lw1"].tolist() == [1.0]


def test_weights_follow_from_the_seed_alone() -> None:
    torch.manual_seed(7)
    first = Cherimoya(**SMALL).state_dict()
    torch.rand(3)
    again, other = Cherimoya(**SMALL).state_dict(), Cherimoya(**SMALL | {"seed": 6}).state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["iconv.weight"], other["iconv.weight"])


def test_a_hook_inside_a_block_sees_its_module() -> None:
    block, x = awake(CheriBlock(8, 2)), torch.randn(2, 30, 8, dtype=torch.float64)
    fused, seen = block(x), []
    handle = block.gelu.register_forward_hook(lambda module, inputs, output: seen.append(tuple(output.shape)))
    unfused = block(x)
    assert seen == [(2, 30, 16)]
    torch.testing.assert_close(fused, unfused, rtol=1e-10, atol=1e-10)
    handle.remove()
    block.register_forward_hook(lambda module, inputs, output: seen.append("whole"))
    block(x)
    assert seen == [(2, 30, 16), "whole"]


def test_every_activation_is_a_module_used_once() -> None:
    model, used = Cherimoya(**SMALL), []
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.GELU):
            module.register_forward_hook(lambda module, inputs, output, name=name: used.append(name))
    model(dna().float())
    assert used == ["igelu", *(f"blocks.{i}.gelu" for i in range(3))]


def test_without_a_second_projection_a_block_is_the_identity() -> None:
    x = torch.randn(2, 30, 8)
    for name in ("linear1", "linear2"):
        block = awake(CheriBlock(8, 2)).float()
        torch.nn.init.zeros_(getattr(block, name).weight)
        assert torch.equal(block(x), x)


def test_shapes_are_proven_whatever_shall_compute() -> None:
    with torch.device("meta"):
        logits, counts = Cherimoya(kernel="triton", **SMALL)(torch.zeros(2, 4, 60))
    assert (tuple(logits.shape), tuple(counts.shape)) == ((2, 1, 40), (2, 1))


@pytest.mark.skipif(torch.cuda.is_available(), reason="the kernel can run here")
def test_a_kernel_that_cannot_run_is_refused() -> None:
    with pytest.raises(BackendError, match="kernel 'triton' cannot run"):
        Cherimoya(kernel="triton", **SMALL)(dna().float())


@pytest.mark.parametrize("residual_dtype", ["auto", "float32"])
def test_what_flows_between_blocks_under_autocast(residual_dtype: str) -> None:
    model, seen = Cherimoya(residual_dtype=residual_dtype, **SMALL), []
    model.blocks[1].register_forward_hook(lambda module, inputs, output: seen.append(output.dtype))
    with torch.autocast("cpu", torch.bfloat16):
        logits, counts = model(dna().float())
    assert seen == [torch.float32 if residual_dtype == "float32" else torch.bfloat16]
    assert counts.dtype == torch.float32
    with torch.no_grad():
        exact = model(dna().float())
    torch.testing.assert_close(logits.float(), exact[0], atol=0.02, rtol=0.05)
    torch.testing.assert_close(counts, exact[1], atol=0.02, rtol=0.05)


def test_recomputed_activations_give_the_same_gradients() -> None:
    gradients = []
    for again in (False, True):
        model = Cherimoya(**SMALL)
        model.gradient_checkpointing = again
        logits, counts = model(dna().float())
        (logits.square().sum() + counts.sum()).backward()
        gradients.append(model.blocks[0].linear1.weight.grad)
    torch.testing.assert_close(*gradients)


@pytest.mark.slow
@pytest.mark.parametrize("controls", [0, 1])
def test_the_whole_model_compiles_into_one_graph(controls: int) -> None:
    model = Cherimoya(**SMALL, n_control_tracks=controls)
    given = (dna().float(), torch.rand(2, controls, 60)) if controls else (dna().float(),)
    compiled = torch.compile(model, backend="aot_eager", fullgraph=True)
    gradients = []
    for run in (model, compiled):
        logits, counts = run(*given)
        model.zero_grad()
        (logits.square().sum() + counts.sum()).backward()
        gradients.append((logits, counts, *(weight.grad for weight in model.parameters() if weight.grad is not None)))
    for mine, wanted in zip(*gradients, strict=True):
        torch.testing.assert_close(mine, wanted)


def test_weights_that_change_in_place_are_seen_when_judging() -> None:
    """By an optimizer, an average, a loaded file: in eval mode too nothing is kept from one call to the next."""
    model, x = Cherimoya(**SMALL).eval(), dna().float()
    other = {name: tensor * 1.5 for name, tensor in model.state_dict().items()}
    with torch.inference_mode():
        before = model(x)[0]
        for parameter in model.blocks[1].parameters():
            parameter.data.mul_(1.5)
            after = model(x)[0]
            assert not torch.equal(after, before)
            before = after
        model.load_state_dict(other)
        assert not torch.equal(model(x)[0], before)


def test_outputs_of_the_family() -> None:
    heads = (Head(name="a", tasks=("x",)), Head(name="b", tasks=("plus", "minus")))
    architecture = Registered(n_filters=8, n_layers=2, in_window=60, trimming=10)
    model = architecture.torch(InputSpec(60, 4, 3, "1D", 4, heads))
    assert isinstance(model, ProfileCherimoya)
    x = dna().float()
    first, second, a, b = model(x)
    assert [tuple(one.shape) for one in (first, second, a, b)] == [(2, 40, 1), (2, 40, 2), (2, 1), (2, 1)]
    logits, counts = Cherimoya.forward(model, x)
    assert torch.equal(torch.cat([first, second], 2), logits.transpose(1, 2))
    assert torch.equal(torch.cat([a, b], 1), counts)
    assert set(architecture.shapes(InputSpec(60, 4, 3, "1D", 4, heads))) == set(model.state_dict())


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"n_filters": 0}, "n_filters: expected an integer ≥ 1, received 0; the nearest is 1"),
        ({"n_layers": 0}, "n_layers: expected an integer ≥ 1"),
        ({"expansion": 0}, "expansion: expected an integer ≥ 1"),
        ({"stem_kernel_size": 20}, "stem_kernel_size: expected an odd integer, received 20; the nearest is 21"),
        ({"profile_kernel_size": 74}, "the nearest is 75"),
        ({"groups": []}, "groups: expected the number of tracks of at least one group, received none"),
        ({"groups": [1, 0]}, "groups: tracks of a group: expected an integer ≥ 1, received 0"),
        ({"trimming": -1}, "trimming: expected an integer ≥ 0, received -1"),
        ({"residual_scale": float("nan")}, "residual_scale: expected a finite number, received nan"),
        ({"weight_scope": "track"}, "weight_scope: expected shared or group, received 'track'"),
    ],
)
def test_refuses_sizes(sizes: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        Cherimoya(**SMALL | sizes)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("tracks", "x", "controls", "message"),
    [
        (0, (2, 5, 60), None, "expected one-hot DNA (n, 4, position), received (2, 5, 60)"),
        (0, (2, 4), None, "received (2, 4)"),
        (0, (2, 4, 20), None, "trimming: expected 2·trimming < 20 positions of input, received 10; the greatest is 9"),
        (2, (2, 4, 60), None, "n_control_tracks is 2, but no controls are given"),
        (0, (2, 4, 60), (2, 1, 60), "controls are given, but n_control_tracks is 0"),
        (2, (2, 4, 60), (2, 1, 60), "controls: expected (n, track, position) (2, 2, 60), received (2, 1, 60)"),
        (2, (2, 4, 60), (2, 2, 50), "received (2, 2, 50)"),
    ],
)
def test_refuses_inputs(tracks: int, x: Any, controls: Any, message: str) -> None:
    model = Cherimoya(n_control_tracks=tracks, **SMALL)
    with pytest.raises(UsageError) as caught:
        model(torch.zeros(x), None if controls is None else torch.zeros(controls))
    assert message in str(caught.value)


def test_refuses_controls_without_a_logarithm() -> None:
    model, controls = Cherimoya(n_control_tracks=1, **SMALL), torch.zeros(2, 1, 60)
    controls[1, 0, 30] = -2
    with pytest.raises(UsageError, match="controls of example 1 sum up to -2 in the window"):
        model(dna().float(), controls)


@pytest.mark.parametrize("sizes", [{}, {"profile_kernel_size": 5, "groups": [1, 2], "n_control_tracks": 2}])
def test_published_files_go_out_and_come_back(tmp_path: Path, sizes: dict[str, Any]) -> None:
    model, path = Cherimoya(**SMALL | sizes), tmp_path / "model.torch"
    write_weights(path, model.sizes, arrays(model), trimming=10)
    again = load_model(path)
    assert again.sizes == model.sizes
    assert again.trimming == 10
    x, controls = dna().float(), torch.ones(2, 2, 60) if model.sizes.n_control_tracks else None
    assert all(torch.equal(one, other) for one, other in zip(model(x, controls), again(x, controls), strict=True))


def test_published_files_of_other_releases(tmp_path: Path) -> None:
    model, path = Cherimoya(profile_kernel_size=75, **SMALL), tmp_path / "model.torch"
    state = {name.replace("conv_weight", "conv.conv_weight"): tensor for name, tensor in model.state_dict().items()}
    torch.save({"config": {"n_filters": 8}, "state_dict": state}, path)
    found = read_weights(path)
    assert found.sizes == model.sizes
    assert list(found.weights) == list(model.sizes.shapes())


def test_what_does_not_fit_is_listed(tmp_path: Path) -> None:
    model, path = Cherimoya(**SMALL), tmp_path / "model.torch"
    state = model.state_dict()
    del state["lw1"]
    state["blocks.1.conv_weight"] = torch.zeros(5, 8)
    state["extra"] = torch.zeros(2)
    torch.save({"config": {}, "state_dict": state}, path)
    with pytest.raises(RunError) as caught:
        read_weights(path)
    for part in ("'lw1' is missing", "'extra' is unknown", "'blocks.1.conv_weight' has shape (5, 8), expected (3, 8)"):
        assert part in str(caught.value)
    torch.save({"state_dict": model.state_dict()}, path)
    with pytest.raises(RunError, match="profile_kernel_size is 1, expected 75"):
        read_weights(path, Cherimoya(profile_kernel_size=75, **SMALL).sizes)


class Surprise:
    def __reduce__(self) -> Any:
        return print, ("never",)


@pytest.mark.parametrize(
    "content", [b"no archive", {"state_dict": Surprise()}, ["a", "list"], {"state_dict": {"a": 1}}]
)
def test_files_that_are_no_weights_are_refused(tmp_path: Path, content: Any, capsys: Any) -> None:
    path = tmp_path / "model.torch"
    path.write_bytes(content) if isinstance(content, bytes) else torch.save(content, path)
    with pytest.raises(RunError, match=r"model\.torch"):
        read_weights(path)
    assert "never" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("settings", "precision", "no_triton", "expected"),
    [
        ({"kernel": "torch"}, "fp32", "", 6 * 4 * 12_988_416),  # 2.8 GB of nine blocks
        ({"kernel": "torch", "expansion": 3}, "fp32", "", 8 * 4 * 12_988_416),
        ({}, "fp32", "", 1.1 * 4 * 12_988_416),
        ({}, "bf16", "", 1.1 * 2 * 12_988_416),
        ({"residual_dtype": "float32"}, "bf16", "", 1.1 * 4 * 12_988_416),
        ({}, "fp32", "not installed", 6 * 4 * 12_988_416),
        ({"n_filters": 288}, "fp16", "", 6 * 2 * 3 * 12_988_416),  # too wide for the kernels
    ],
)
def test_memory_of_activations(
    settings: dict[str, Any], precision: str, no_triton: str, expected: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    from seqforge.kernels import cheri

    monkeypatch.setattr(cheri, "NO_TRITON", no_triton)
    found = Registered(**settings).activation_bytes(64, 2114, precision)
    assert found == pytest.approx(9 * expected)


@pytest.mark.parametrize("bf16", [False, True])
def test_activations_take_at_least_as_much_as_is_said(bf16: bool) -> None:
    model, batch, length = Cherimoya(n_filters=8, n_layers=3, trimming=10, kernel="torch"), 4, 60
    own = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}
    kept: dict[int, Any] = {}

    def keep(tensor: Any) -> Any:
        kept.setdefault(tensor.untyped_storage().data_ptr(), tensor)
        return tensor

    with (
        torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor),
        torch.autocast("cpu", torch.bfloat16, enabled=bf16),
    ):
        outputs = model(dna(batch, length).float())
    assert len(outputs) == 2
    real = sum(tensor.untyped_storage().nbytes() for address, tensor in kept.items() if address not in own)
    said = Registered(n_filters=8, n_layers=3, kernel="torch").activation_bytes(
        batch, length, "bf16" if bf16 else "fp32"
    )
    assert said <= real <= 2.5 * said
