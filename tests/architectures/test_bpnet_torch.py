# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The solo model of BPNet in PyTorch, against NumPy and, through files, against Keras."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from bpnet_cases import HEADS, INITIAL, SIZES, digest, environment, one_hot, reference, sizes, strong_weights

from seqforge.architectures.base import InputSpec
from seqforge.architectures.bpnet import BPNet as Architecture
from seqforge.architectures.bpnet_weights import from_torch, to_torch
from seqforge.architectures.torch.bpnet import BPNet
from seqforge.errors import UsageError
from seqforge.heads import Head
from seqforge.registry import find

pytestmark = pytest.mark.torch


def outputs(module: BPNet, x: np.ndarray) -> list[np.ndarray]:
    with torch.no_grad():
        return [array.numpy() for array in module(torch.from_numpy(np.ascontiguousarray(x.transpose(0, 2, 1))))]


def with_weights(weights: dict[str, np.ndarray]) -> BPNet:
    module = BPNet(*SIZES, heads=HEADS)
    module.load_state_dict({name: torch.from_numpy(a) for name, a in to_torch(weights, sizes(), HEADS).items()})
    return module


@pytest.mark.parametrize(
    ("sizes", "tasks", "count", "arrays"),
    [
        ((3092, 1000, 64, 9, 25, 25), (2,), 120_899, 24),
        ((174, 100, 8, 4, 7, 9), (1, 2), 1_269, 18),
        ((2114, 1000, 512, 8, 21, 75), (1,), 6_377_986, 22),
        ((1154, 1000, 128, 4, 21, 75), (1,), 217_730, 14),
        ((288, 200, 32, 4, 15, 15), (2,), 15_363, 14),
        ((240, 200, 16, 2, 15, 15), (2,), 3_043, 10),
    ],
)
def test_counts_and_shapes(sizes: tuple[int, ...], tasks: tuple[int, ...], count: int, arrays: int) -> None:
    heads = [Head(name=f"h{i}", tasks=tuple(map(str, range(width)))) for i, width in enumerate(tasks)]
    with torch.device("meta"):
        module = BPNet(*sizes, heads=heads)
        found = module(torch.zeros(2, 4, sizes[0]))
    assert sum(parameter.numel() for parameter in module.parameters()) == count
    assert len(module.state_dict()) == arrays
    assert [tuple(one.shape) for one in found] == [(2, sizes[1], width) for width in tasks] + [(2, 1)] * len(tasks)


def test_starts_with_the_bytes_of_the_seed() -> None:
    spec = InputSpec(None, 4, 3, "1D", 3, HEADS)
    names = ("input_length", "output_length", "num_filters", "num_layers", "input_filter_width", "output_filter_width")
    module = find("architectures", "BPNet")(**dict(zip(names, SIZES, strict=True))).torch(spec)
    state = {name: tensor.numpy() for name, tensor in module.state_dict().items()}
    assert digest(from_torch(state, sizes(), HEADS)) == INITIAL


def test_numbers_are_those_of_numpy() -> None:
    x, weights = one_hot(3, 180), strong_weights()
    for found, expected in zip(outputs(with_weights(weights), x), reference(x, weights), strict=True):
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.slow
def test_numbers_are_those_of_keras(tmp_path: Path) -> None:
    x, weights = one_hot(3, 180), strong_weights()
    np.savez(tmp_path / "given.npz", x=x, **{name.replace("/", "|"): array for name, array in weights.items()})
    script = Path(__file__).with_name("bpnet_side.py")
    subprocess.run([sys.executable, script, tmp_path], check=True, env=environment("tensorflow"))
    with np.load(tmp_path / "found.npz") as found:
        theirs = [found[f"arr_{i}"] for i in range(4)]
    for ours, other in zip(outputs(with_weights(weights), x), theirs, strict=True):
        np.testing.assert_allclose(ours, other, rtol=1e-5, atol=1e-5)


def test_a_longer_input_is_cropped_bit_for_bit() -> None:
    weights, x = strong_weights(), one_hot(2, 180)
    longer = with_weights(weights)
    exact = BPNet(174, *SIZES[1:], heads=HEADS)
    exact.load_state_dict(longer.state_dict())
    assert all(np.array_equal(a, b) for a, b in zip(outputs(longer, x), outputs(exact, x[:, 3:177]), strict=True))


def test_too_short_is_refused() -> None:
    with pytest.raises(UsageError, match="input_length 170 is too short"):
        BPNet(170, *SIZES[1:], heads=HEADS)


def test_gradients_reach_every_weight() -> None:
    module = with_weights(strong_weights())
    found = module(torch.from_numpy(one_hot(3, 180).transpose(0, 2, 1).copy()))
    sum((one**2).sum() for one in found).backward()
    assert all(parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in module.parameters())


def test_architecture_checks_shapes_on_the_meta_device() -> None:
    architecture = Architecture(
        input_length=180,
        output_length=100,
        num_filters=8,
        num_layers=0,
        input_filter_width=7,
        output_filter_width=9,
    )
    with torch.device("meta"):
        module = architecture.torch(InputSpec(None, 4, 3, "1D", 0, HEADS))
    assert next(module.parameters()).is_meta
