# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The centromere Transformer on PyTorch: counts, numbers equal to NumPy float64, pads, memory, errors."""

from __future__ import annotations

import copy
import fnmatch
import math
from collections.abc import Callable
from typing import Any

import centromere_reference as reference
import numpy as np
import pytest

from seqforge.architectures.base import InputSpec
from seqforge.architectures.centromere_memory import Pass, kept
from seqforge.architectures.centromere_transformer import CentromereTransformer as Registered
from seqforge.errors import UsageError
from seqforge.losses.focal_loss import FocalLoss
from seqforge.losses.weighted_bce_loss import WeightedBCELoss
from seqforge.losses.weighted_loss import WeightedLoss

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

from seqforge.architectures.torch import blocked_attention  # noqa: E402
from seqforge.architectures.torch.centromere_attention import KEPT, SinusoidalEncoding  # noqa: E402
from seqforge.architectures.torch.centromere_transformer import CentromereTransformer, ValidNorm  # noqa: E402

TINY = {"d_model": 32, "nhead": 4, "num_layers": 2, "dim_feedforward": 64, "conv_channels": 16}
COUNTED = [
    ({}, 1_157_828),
    ({"range_head": False}, 804_609),
    ({"num_layers": 2}, 761_284),
    ({"d_model": 256}, 2_801_988),
    ({"d_model": 64, "nhead": 4, "num_layers": 2, "dim_feedforward": 128}, 267_268),
    (TINY, 56_436),
]
SPEC = InputSpec(None, 8, 2)


def made(seed: int = 0, **settings: Any) -> Any:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return CentromereTransformer(**settings)


def features(n: int, length: int, seed: int = 0) -> Any:
    return torch.from_numpy(np.random.default_rng(seed).standard_normal((n, length, 8)).astype(np.float32))


def awake(model: Any, seed: int = 1) -> Any:
    """The model with running statistics and norms that matter."""
    draw = torch.Generator().manual_seed(seed)
    for name, tensor in model.state_dict().items():
        if name.endswith("running_mean"):
            tensor.copy_(torch.randn(tensor.shape, generator=draw) / 3)
        if name.endswith("running_var") or (tensor.ndim == 1 and name.endswith("weight")):
            tensor.copy_(0.5 + torch.rand(tensor.shape, generator=draw))
    return model


def arrays(model: Any) -> dict[str, np.ndarray]:
    return {name: tensor.detach().numpy() for name, tensor in model.state_dict().items()}


def omega(model: Any) -> np.ndarray:
    """The frequencies of the model, read from its encoding of position 1."""
    code = model.pos_encoder.encoding(2)[1].double().numpy()
    return np.arctan2(code[0::2], code[1::2])


def padded(chromosomes: list[Any], length: int) -> tuple[Any, Any]:
    """One batch (n, length, 8) of chromosomes (bin, 8), whose pads hold what nobody may read, and its mask."""
    x, mask = torch.full((len(chromosomes), length, 8), 1e3), torch.ones(len(chromosomes), length, dtype=torch.bool)
    for row, chromosome in enumerate(chromosomes):
        x[row, : len(chromosome)], mask[row, : len(chromosome)] = chromosome, False
    return x, mask


def saved_bytes(model: Any, x: Any) -> int:
    """Bytes of distinct memory that a forward pass keeps for the backward pass, beside the weights."""
    own = {tensor.untyped_storage().data_ptr() for tensor in model.parameters()}
    kept: dict[int, Any] = {}

    def pack(tensor: Any) -> Any:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        outputs = model(x)
    assert outputs[0].requires_grad
    return sum(storage.nbytes() for at, storage in kept.items() if at not in own)


# weights


@pytest.mark.parametrize(("sizes", "parameters"), COUNTED)
def test_parameters_are_counted_exactly(sizes: dict[str, Any], parameters: int) -> None:
    with torch.device("meta"):
        model = CentromereTransformer(**sizes)
    assert sum(tensor.numel() for tensor in model.parameters()) == parameters == model.sizes.parameters
    shapes = {name: tuple(tensor.shape) for name, tensor in model.named_parameters()}
    assert list(shapes.items()) == list(model.sizes.shapes().items())
    assert Registered(**sizes).shapes(SPEC) == shapes
    buffers = {name: tuple(tensor.shape) for name, tensor in model.named_buffers()}
    assert buffers == model.sizes.buffers()


def test_names_stand_in_the_published_order() -> None:
    with torch.device("meta"):
        names = list(CentromereTransformer().state_dict())
    layer = "self_attn.in_proj_weight self_attn.in_proj_bias self_attn.out_proj.weight self_attn.out_proj.bias"
    layer += " linear1.weight linear1.bias linear2.weight linear2.bias norm1.weight norm1.bias norm2.weight norm2.bias"
    scale = "0.weight 0.bias 1.weight 1.bias 1.running_mean 1.running_var 1.num_batches_tracked"
    expected = ["input_projection.weight", "input_projection.bias"]
    expected += [f"transformer_encoder.layers.{i}.{part}" for i in range(4) for part in layer.split()]
    expected += [f"multi_scale_conv.convs.{j}.{part}" for j in range(3) for part in scale.split()]
    heads = ("range_head", "position_head")
    expected += [f"{head}.{i}.{part}" for head in heads for i in (0, 3, 6) for part in ("weight", "bias")]
    assert names == expected
    assert len(names) == 84 - 1  # published: and pos_encoder.pe


def test_weights_start_as_stated() -> None:
    state = made(3).state_dict()

    def reach(name: str) -> float:
        return float(state[name].abs().max())

    bounds = {
        "input_projection.weight": math.sqrt(6 / (8 + 128)),
        "input_projection.bias": 1 / math.sqrt(8),
        "transformer_encoder.layers.0.self_attn.in_proj_weight": math.sqrt(6 / (4 * 128)),
        "transformer_encoder.layers.1.linear1.weight": math.sqrt(6 / (128 + 512)),
        "transformer_encoder.layers.1.linear2.bias": 1 / math.sqrt(512),
        "multi_scale_conv.convs.1.0.weight": math.sqrt(6 / (11 * (128 + 64))),
        "multi_scale_conv.convs.1.0.bias": 1 / math.sqrt(11 * 128),
        "position_head.0.weight": math.sqrt(6 / (128 + 64)),
        "position_head.0.bias": 1 / math.sqrt(128),
    }
    for name, bound in bounds.items():
        assert 0.85 * bound < reach(name) <= bound, name
    for i in range(4):
        assert reach(f"transformer_encoder.layers.{i}.self_attn.in_proj_bias") == 0
        assert reach(f"transformer_encoder.layers.{i}.self_attn.out_proj.bias") == 0
    assert all((state[name] == 1).all() for name in state if "norm" in name and name.endswith("weight"))
    biases = [state[f"transformer_encoder.layers.{i}.linear1.bias"] for i in range(2)]
    assert not torch.equal(*biases)


def test_weights_follow_from_the_seed_alone() -> None:
    first = Registered(**TINY).torch(SPEC._replace(seed=5)).state_dict()
    torch.rand(3)
    again = Registered(**TINY).torch(SPEC._replace(seed=5)).state_dict()
    other = Registered(**TINY).torch(SPEC._replace(seed=6)).state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["input_projection.weight"], other["input_projection.weight"])


# numbers


def test_the_encoding_has_the_documented_arithmetic() -> None:
    code = SinusoidalEncoding(128).encoding(50_001).double().numpy()
    exact = np.exp(np.arange(0, 128, 2) * (-math.log(10000.0) / 128))
    for reach, apart in ((1_001, 5e-5), (10_001, 8e-4), (50_001, 3e-3)):
        angles = np.arange(reach)[:, None] * exact
        assert np.abs(code[:reach, 0::2] - np.sin(angles)).max() == pytest.approx(apart, rel=0.25)
        assert np.abs(code[:reach, 1::2] - np.cos(angles)).max() == pytest.approx(apart, rel=0.25)
    own = SinusoidalEncoding(128)._at(torch.arange(1, 2)).double().numpy()[0]
    rounded = np.arctan2(own[0::2], own[1::2]).astype(np.float32)
    np.testing.assert_allclose(rounded, reference.frequencies(128), rtol=3e-7)


def test_the_encoding_of_a_crop_is_that_of_its_bins() -> None:
    encoder = SinusoidalEncoding(16)
    whole = encoder.encoding(300)
    assert torch.equal(encoder.encoding(100, 150), whole[150:250])
    assert torch.equal(encoder.encoding(100, torch.tensor(150)), whole[150:250])
    several = encoder.encoding(50, torch.tensor([7, 0, 250]))
    assert torch.equal(several, torch.stack([whole[7:57], whole[:50], whole[250:]]))


def test_positions_beyond_what_is_kept_are_computed() -> None:
    encoder = SinusoidalEncoding(4)
    far = encoder.encoding(5, KEPT - 2)
    assert torch.equal(far, encoder._at(torch.arange(KEPT - 2, KEPT + 3)))
    assert torch.equal(far[:2], encoder.encoding(2, KEPT - 2))
    assert not SinusoidalEncoding(4).state_dict()


@pytest.mark.parametrize("length", [1, 10, 1000])
@pytest.mark.parametrize("first", [0, 4321])
def test_equals_the_formulas(length: int, first: int) -> None:
    model, x = awake(made(2)).eval(), features(1, length)
    with torch.no_grad():
        position, scores = model(x, position_offset=first)
        logits = model.logits(x, position_offset=first)
    model_omega = torch.exp(torch.arange(0, 128, 2).float() * (-math.log(10000.0) / 128)).numpy()
    wanted, ranges = reference.forward(arrays(model), x[0].numpy(), 8, 4, model_omega, first)
    assert position.shape == (1, length, 1)
    assert scores.shape == (1, length, 3)
    np.testing.assert_allclose(position[0].numpy(), reference.sigmoid(wanted), rtol=0, atol=1e-5)
    np.testing.assert_allclose(logits[0].numpy(), wanted, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(scores[0].numpy(), ranges, rtol=1e-5, atol=1e-5)


def test_what_is_put_out_is_as_declared() -> None:
    x, settings = features(2, 30), TINY
    probabilities, logits = made(4, **settings).eval(), made(4, output="logits", **settings).eval()
    assert (probabilities.output_kind, logits.output_kind) == ("probabilities", "logits")
    z, with_ranges = logits(x)[0], probabilities(x)
    assert torch.equal(probabilities.logits(x), z)
    assert torch.equal(torch.sigmoid(z), with_ranges[0])
    assert torch.equal(probabilities.position_only(x), with_ranges[0])
    assert torch.equal(logits.position_only(x), z)


def test_without_a_range_head_there_are_no_scores() -> None:
    model = made(range_head=False, **TINY)
    assert model(features(1, 12))[1] is None
    assert not model.range_learns


@pytest.mark.slow
def test_a_chromosome_longer_than_any_table_is_not_cut() -> None:
    model = made(d_model=16, nhead=2, num_layers=1, dim_feedforward=32, range_head=False, max_seq_len=50_000).eval()
    with torch.no_grad():
        position = model.position_only(features(1, 60_000))
    assert position.shape == (1, 60_000, 1)
    assert torch.isfinite(position).all()


def test_a_float64_input_becomes_the_type_of_the_model() -> None:
    model, x = made(**TINY).eval(), features(1, 20)
    assert model(x.double())[0].dtype == torch.float32
    assert torch.equal(model(x.double())[0], model(x)[0])
    assert copy.deepcopy(model).double()(x)[0].dtype == torch.float64


def test_attention_maps_are_those_of_the_formulas() -> None:
    model, x = made(2, **TINY), features(2, 60)
    maps = model.attention_maps(x, 1, [0, 59, 17])
    assert maps.shape == (2, 4, 3, 60)
    assert model.training
    state = arrays(model)
    y = reference.linear(state, "input_projection", x[1].double().numpy())
    y = y + reference.encoding(0, 60, omega(model))
    y = reference.encoder_layer(state, "transformer_encoder.layers.0", y, 4)
    _, shares = reference.attention(state, "transformer_encoder.layers.1.self_attn", y, 4)
    np.testing.assert_allclose(maps[1].numpy(), shares[:, [0, 59, 17]], atol=1e-5)
    x, mask = padded([features(1, 40)[0], features(1, 50)[0]], 60)
    masked = model.attention_maps(x, -1, [3], mask)
    assert (masked[0, :, :, 40:] == 0).all()
    torch.testing.assert_close(masked.sum(-1), torch.ones(2, 4, 1))


# pads


@pytest.mark.parametrize("gradients", [True, False])
def test_a_padded_batch_equals_each_chromosome_alone(gradients: bool) -> None:
    model, lengths = awake(made(7)).eval(), (100, 63, 10)
    chromosomes = [features(1, length, length)[0] for length in lengths]
    x, mask = padded(chromosomes, max(lengths) + 37)
    with torch.set_grad_enabled(gradients):
        position, scores = model(x, mask)
        logits = model.logits(x, mask)
        singles = [(*model(one[None]), model.logits(one[None])) for one in chromosomes]
    for row, (length, alone) in enumerate(zip(lengths, singles, strict=True)):
        for together, single in zip((position, scores, logits), alone, strict=True):
            assert torch.equal(together[row, :length], single[0])
            assert (together[row, length:] == 0).all()


def test_pads_may_lie_anywhere_and_offsets_differ() -> None:
    model, x = awake(made(7, **TINY)).eval(), features(2, 50)
    mask = torch.zeros(2, 50, dtype=torch.bool)
    mask[0, :5], mask[0, 20:23], mask[1, 48:] = True, True, True
    together = model(x, mask, torch.tensor([3, 900]))
    alone = model(x[1:, :48], None, 900)
    assert all(torch.equal(one[1, :48], other[0]) for one, other in zip(together, alone, strict=True))
    filled = model(torch.where(mask[:, :, None], 1e3, x), mask, torch.tensor([3, 900]))
    for one, other in zip(together, filled, strict=True):
        torch.testing.assert_close(one, other)
        assert (one[mask] == 0).all()
    assert not torch.equal(together[0][1], model(x, mask, 0)[0][1])


def test_evaluation_and_training_agree_on_padded_batches() -> None:
    x, mask = padded([features(1, 40)[0], features(1, 50)[0]], 60)
    model = made(7, **TINY | {"dropout": 0.0})
    torch.testing.assert_close(model(x, mask)[0], model.eval()(x, mask)[0])


@pytest.mark.parametrize("output", ["probabilities", "logits"])
@pytest.mark.parametrize("training", [True, False])
def test_pads_hold_zeros_in_every_mode(output: str, training: bool) -> None:
    model = made(output=output, **TINY).train(training)
    x, mask = padded([features(1, 20)[0], features(1, 30)[0]], 41)
    for put_out in (*model(x, mask), model.logits(x, mask), model.position_only(x, mask)):
        assert (put_out[mask] == 0).all()
        assert torch.isfinite(put_out).all()
        assert (put_out[~mask] != 0).all()


def test_what_pads_hold_changes_nothing_in_training() -> None:
    x, mask = padded([features(1, 20)[0], features(1, 30)[0]], 41)
    found = []
    for filling in (0.0, -7.0):
        model = made(3, **TINY | {"dropout": 0.0})
        position, scores = model(torch.where(mask[:, :, None], filling, x), mask)
        (position.sum() + scores.square().sum()).backward()
        found.append([*(one.grad for one in model.parameters()), *model.buffers()])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


def test_statistics_are_those_of_the_valid_bins() -> None:
    norm, x = ValidNorm(5), torch.randn(3, 5, 12, generator=torch.Generator().manual_seed(0)) * 2 + 1
    valid = torch.arange(12)[None] < torch.tensor([12, 7, 1])[:, None]
    y, rows = norm(x, valid), x.transpose(1, 2)[valid].double()
    expected = (rows - rows.mean(0)) / (rows.var(0, correction=0) + 1e-5).sqrt()
    torch.testing.assert_close(y.transpose(1, 2)[valid].double(), expected, rtol=1e-5, atol=1e-5)
    assert (y.transpose(1, 2)[~valid] == 0).all()
    torch.testing.assert_close(norm.running_mean.double(), 0.1 * rows.mean(0))
    torch.testing.assert_close(norm.running_var.double(), 0.9 + 0.1 * rows.var(0, correction=1))
    assert int(norm.num_batches_tracked) == 1
    alone, whole = ValidNorm(5), torch.nn.BatchNorm1d(5)
    torch.testing.assert_close(alone(x, torch.ones(3, 12, dtype=torch.bool)), whole(x))
    torch.testing.assert_close(alone(x), whole(x))


# training


def step_loss(outputs: Any) -> Any:
    position, scores = outputs
    return position.square().mean() + (0 if scores is None else scores.square().mean())


def frozen(model: Any) -> Any:
    patterns = Registered().unused_parameters(object())  # type: ignore[arg-type]
    for name, parameter in model.named_parameters():
        if any(fnmatch.fnmatch(name, pattern) for pattern in patterns):
            parameter.requires_grad_(False)
    return model


def test_gradients_reach_all_tensors() -> None:
    model = made()
    step_loss(model(features(1, 30))).backward()
    assert sum(one.grad is not None and bool(one.grad.any()) for one in model.parameters()) == 74


def test_a_loss_of_positions_leaves_the_range_branch_as_it_is() -> None:
    model = frozen(made())
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    optimizer = torch.optim.AdamW([one for one in model.parameters() if one.requires_grad], lr=1e-3)
    for number in range(10):
        outputs = model(features(1, 30, number))
        assert outputs[1] is None
        optimizer.zero_grad()
        step_loss(outputs).backward()
        optimizer.step()
    learned = [name for name, one in model.named_parameters() if one.grad is not None]
    kinds = [name.split(".")[0] for name in learned]
    counts = {kind: kinds.count(kind) for kind in kinds}
    assert counts == {"input_projection": 2, "transformer_encoder": 48, "position_head": 6}
    after = model.state_dict()
    stays = [name for name in after if name.startswith(("multi_scale_conv", "range_head"))]
    assert len(stays) == 12 + 9 + 6
    assert all(torch.equal(before[name], after[name]) for name in stays)
    assert not any(torch.equal(before[name], after[name]) for name in learned if "in_proj_bias" not in name)
    assert model.eval()(features(1, 30))[1].shape == (1, 30, 3)


def bins_target(n: int, length: int) -> dict[str, Any]:
    """One region in every chromosome."""
    labels = torch.zeros(n, length, dtype=torch.int8)
    labels[:, length // 3 : length // 2] = 1
    return {"labels": labels}


@pytest.mark.parametrize("output", ["logits", "probabilities"])
@pytest.mark.parametrize(
    ("loss", "reached"),
    [
        (WeightedLoss(terms="WeightedBCELoss 1, RangeLoss 0.1"), 74),
        (WeightedBCELoss(), 56),
        (FocalLoss(), 56),
    ],
)
def test_each_loss_reaches_what_it_reads(loss: Any, reached: int, output: str) -> None:
    architecture = Registered(output=output)
    bound, model = loss.for_output(architecture.output_kind, 2), architecture.torch(SPEC)
    for name, parameter in model.named_parameters():
        if any(fnmatch.fnmatch(name, pattern) for pattern in architecture.unused_parameters(bound)):
            parameter.requires_grad_(False)
    found = bound.torch()(model(features(2, 30)), bins_target(2, 30))
    (found["loss"] * found["sizes"]).sum().backward()
    grown = [name for name, one in model.named_parameters() if one.grad is not None and one.grad.any()]
    assert len(grown) == reached
    assert any(name.startswith("range_head") for name in grown) == (reached == 74)


def test_which_parameters_a_loss_leaves_alone() -> None:
    class Both:
        reads_range = True

    assert Registered().unused_parameters(Both()) == ()  # type: ignore[arg-type]
    assert Registered(range_head=False).unused_parameters(object()) == ()  # type: ignore[arg-type]
    with torch.device("meta"):
        names = [name for name, _ in frozen(CentromereTransformer()).named_parameters()]
        trained = [name for name, one in frozen(CentromereTransformer()).named_parameters() if one.requires_grad]
    assert (len(names), len(trained)) == (74, 56)


def test_the_same_seeds_give_the_same_weights_after_20_steps() -> None:
    found = []
    for _ in range(2):
        model = made(4, **TINY)
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
        for number in range(20):
            torch.manual_seed(number)
            optimizer.zero_grad()
            step_loss(model(features(1, 60, number))).backward()
            optimizer.step()
        found.append(model.state_dict())
    assert all(torch.equal(found[0][name], found[1][name]) for name in found[0])


@pytest.mark.parametrize("attention_dropout", [None, 0.0])
def test_checkpointing_changes_nothing_but_memory(attention_dropout: float | None) -> None:
    found = []
    for again in (False, True):
        model = made(1, attention_dropout=attention_dropout, **TINY)
        model.gradient_checkpointing = again
        torch.manual_seed(9)
        outputs = model(features(2, 40))
        step_loss(outputs).backward()
        found.append([*outputs, *(one.grad for one in model.parameters()), *model.buffers()])
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("attention_dropout", [None, 0.0])
def test_memory_grows_with_the_bins(attention_dropout: float | None, again: bool) -> None:
    model = made(attention_dropout=attention_dropout, **TINY)
    model.gradient_checkpointing = again
    short, long = (saved_bytes(model, features(1, length)) for length in (400, 1600))
    assert long / short == pytest.approx(4, rel=0.1)
    assert long < 4 * 4 * 1600**2 / 2  # bytes: half of the scores of a single layer


def test_without_gradients_no_scores_are_made() -> None:
    """The largest tensor of any operation in evaluation is linear in L, pads or not."""
    from torch.utils._python_dispatch import TorchDispatchMode

    class Largest(TorchDispatchMode):
        found = 0

        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            result = func(*args, **(kwargs or {}))
            for one in result if isinstance(result, (tuple, list)) else [result]:
                if isinstance(one, torch.Tensor) and one.numel():
                    self.found = max(self.found, one.untyped_storage().nbytes())
            return result

    model, length = made(**TINY).eval(), 1500
    x, mask = padded([features(1, length - 5)[0], features(1, length)[0]], length)
    with torch.no_grad(), Largest() as largest:
        model(x, mask)
        model(x)
    assert largest.found <= 2 * length * 4 * 32 * 4  # (chromosome, bin, q k v and more)


# dropout in blocks


def block_case() -> tuple[list[Any], Any]:
    draw = torch.Generator().manual_seed(0)
    tensors = [torch.randn(2, 3, 37, 4, generator=draw, dtype=torch.float64, requires_grad=True) for _ in range(3)]
    allowed = torch.ones(2, 1, 1, 37, dtype=torch.bool)
    allowed[1, ..., 30:] = False
    return tensors, allowed


@pytest.mark.parametrize("masked", [True, False])
def test_blocks_have_the_values_and_derivatives_of_the_formula(masked: bool, monkeypatch: Any) -> None:
    monkeypatch.setattr(blocked_attention, "BLOCK", 1)  # blocks of 16 queries
    (q, k, v), allowed = block_case()
    allowed = allowed if masked else None
    kept = torch.cat([part for _, part in blocked_attention._blocks(q, k, 0.3, 5)], dim=2)
    mixed = blocked_attention._Attention.apply(q, k, v, allowed, 0.3, 5)
    scores = q @ k.mT / 2
    scores = scores if allowed is None else scores.masked_fill(~allowed, -math.inf)
    expected = (torch.softmax(scores, -1) * kept / (1 - round(0.3 * 2**16) / 2**16)) @ v
    torch.testing.assert_close(mixed, expected, rtol=1e-12, atol=1e-12)
    upstream = torch.randn(mixed.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    pairs = [torch.autograd.grad((one * upstream).sum(), (q, k, v)) for one in (mixed, expected)]
    for one, other in zip(*pairs, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-12)


def test_dropout_drops_its_share_wherever_a_number_lies() -> None:
    kept = blocked_attention._kept((600, 1001), 0.2, torch.Generator().manual_seed(1)).float()
    assert float(kept.mean()) == pytest.approx(0.8, abs=2e-3)
    for lane in range(4):
        assert float(kept.flatten()[lane::4].mean()) == pytest.approx(0.8, abs=4e-3)
    pairs = kept.flatten()[:-1] * kept.flatten()[1:]
    assert float(pairs.mean()) == pytest.approx(0.64, abs=3e-3)
    assert blocked_attention._kept((4, 5), 0.0, torch.Generator()).all()
    assert blocked_attention._kept((400, 5), 0.9999999, torch.Generator()).float().mean() < 0.01


def test_blocks_draw_one_number_from_the_generator() -> None:
    (q, k, v), allowed = block_case()
    found = []
    for _ in range(2):
        torch.manual_seed(3)
        found.append(blocked_attention.attention(q, k, v, allowed, 0.5))
    assert torch.equal(*found)
    assert not torch.equal(found[0], blocked_attention.attention(q, k, v, allowed, 0.5))


def test_reduced_precision_passes_through_the_blocks() -> None:
    model = made(**TINY)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        position, scores = model(features(2, 50))
    step_loss((position.float(), scores.float())).backward()
    assert all(torch.isfinite(one.grad).all() for one in model.parameters())


# errors


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"d_model": 129},
            "d_model: expected an even number and a multiple of nhead 8, received 129; the nearest is 128",
        ),
        ({"nhead": 7}, "d_model: expected a multiple of nhead 7, received 128; the nearest is 126"),
        ({"d_model": 9, "nhead": 3}, "d_model: expected an even number, received 9; the nearest is 12"),
        ({"conv_kernels": (3, 4)}, "conv_kernels: expected odd widths ≥ 1, received 4; the nearest is 5"),
        ({"conv_kernels": (3, 3)}, "conv_kernels: expected different widths, received 3 more than once; name it once"),
        ({"conv_kernels": ()}, "conv_kernels: expected at least one odd width, received none; take 3, 11, 25"),
        ({"num_layers": 0}, "num_layers: expected an integer ≥ 1, received 0; the nearest is 1"),
        ({"nhead": 0}, "nhead: expected an integer ≥ 1, received 0; the nearest is 1"),
        ({"conv_channels": -1}, "conv_channels: expected an integer ≥ 1, received -1; the nearest is 1"),
        ({"input_features": 0}, "input_features: expected an integer ≥ 1, received 0; the nearest is 1"),
        ({"dropout": 1.0}, "dropout: expected a number ≥ 0 and < 1, received 1.0; 0 switches it off"),
        (
            {"attention_dropout": -0.1},
            "attention_dropout: expected a number ≥ 0 and < 1, received -0.1; 0 switches it off",
        ),
        (
            {"output": "scores"},
            "output: expected probabilities or logits, received 'scores'; take probabilities",
        ),
    ],
)
def test_sizes_that_make_no_model_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011  the whole text is compared
        CentromereTransformer(**settings)
    assert str(refused.value) == message
    assert isinstance(refused.value, UsageError)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: m(torch.zeros(10, 8)), "expected features (n, bin ≥ 1, 8), received (10, 8)"),
        (lambda m: m(torch.zeros(1, 10, 7)), "expected features (n, bin ≥ 1, 8), received (1, 10, 7)"),
        (lambda m: m(torch.zeros(1, 0, 8)), "expected features (n, bin ≥ 1, 8), received (1, 0, 8)"),
        (
            lambda m: m(torch.zeros(2, 10, 8), torch.zeros(2, 9, dtype=torch.bool)),
            "padding_mask: expected (n, bin) (2, 10) bool, received (2, 9) bool",
        ),
        (
            lambda m: m(torch.zeros(1, 3, 8), torch.zeros(1, 3)),
            "padding_mask: expected (n, bin) (1, 3) bool, received (1, 3) float32",
        ),
        (
            lambda m: m(torch.zeros(2, 3, 8), torch.tensor([[False] * 3, [True] * 3])),
            "padding_mask: expected at least one bin that is no pad in every row, "
            "received shape (2, 3) with nothing but pads in row 1",
        ),
        (
            lambda m: m.train()(torch.zeros(1, 1, 8)),
            "expected at least 2 valid bins in a batch to normalise over while training, received 1 in a batch of "
            "shape (1, 1)",
        ),
        (
            lambda m: m.train()(torch.zeros(1, 2, 8), torch.tensor([[False, True]])),
            "expected at least 2 valid bins in a batch to normalise over while training, received 1 in a batch of "
            "shape (1, 2)",
        ),
        (
            lambda m: m.attention_maps(torch.zeros(1, 5, 8), 2, [0]),
            "layer: expected 0 to 1, received 2; the last is 1",
        ),
        (
            lambda m: m.attention_maps(torch.zeros(1, 5, 8), 0, [1, 5]),
            "query_bins: expected numbers of bins below 5, received 5",
        ),
    ],
)
def test_inputs_that_do_not_fit_are_refused(call: Callable[[Any], Any], message: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011  the whole text is compared
        call(made(**TINY).eval())
    assert str(refused.value) == message


def test_shapes_are_proven_on_the_meta_device() -> None:
    architecture = Registered(**TINY)
    with torch.device("meta"):
        model = architecture.torch(SPEC)
        example = torch.from_numpy(architecture.example(SPEC)["features"]).to("meta")
        for mode in (True, False):
            position, scores = model.train(mode)(example, torch.zeros(2, 10, dtype=torch.bool), torch.tensor(3))
            assert position.shape[1:] == architecture.output_shape(SPEC) == (10, 1)
            assert scores.shape == (2, 10, 3)


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize(("dropout", "attention_dropout"), [(0.2, 0.2), (0.2, 0.0), (0.0, 0.0), (0.0, 0.2)])
def test_the_forecast_counts_what_is_kept(dropout: float, attention_dropout: float, ranges: bool) -> None:
    settings = TINY | {"range_head": ranges, "dropout": dropout, "attention_dropout": attention_dropout}
    model = made(**settings)
    one = Pass(bins=256, training=True, dropout=dropout, attention_dropout=attention_dropout)
    assert saved_bytes(model, features(1, 256)) / 256 / 4 == pytest.approx(kept(model.sizes, one), rel=0.01)
