# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Basset, ChromDragoNN, DeepSEA and DanQ: counts, names, shapes, and numbers against NumPy in float64."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy_layers import State, both_ways, conv, dense, norm, pool, relu
from torch import nn

from seqforge.architectures.base import InputSpec
from seqforge.architectures.torch.basset import Basset
from seqforge.architectures.torch.chromdragonn import ChromDragoNN
from seqforge.architectures.torch.danq import DanQ
from seqforge.architectures.torch.deepsea import DeepSEA
from seqforge.registry import find

pytestmark = pytest.mark.torch

OUTPUTS = (2, 10, 20, 50, 87)
COUNTS = {
    Basset: (5_568_902, 5_576_910, 5_586_920, 5_616_950, 5_653_987),
    ChromDragoNN: (8_226_098, 8_234_106, 8_244_116, 8_274_146, 8_311_183),
    DeepSEA: (51_993_977, 52_001_385, 52_010_645, 52_038_425, 52_072_687),
    DanQ: (48_542_617, 48_550_025, 48_559_285, 48_587_065, 48_621_327),
}
BUFFERS = {Basset: 1_403, ChromDragoNN: 10_841, DeepSEA: 0, DanQ: 0}
SHORTEST = {Basset: 168, ChromDragoNN: 6, DeepSEA: 163, DanQ: 38}
NAMES = [cls.__name__ for cls in COUNTS]
MODULES = {cls.__name__: cls for cls in COUNTS}


@pytest.mark.slow
@pytest.mark.parametrize("cls", COUNTS)
def test_counts_of_parameters_and_buffers(cls: Callable[..., nn.Module]) -> None:
    with torch.device("meta"):
        found = [sum(tensor.numel() for tensor in cls(outputs).parameters()) for outputs in OUTPUTS]
        module = cls()
    assert tuple(found) == COUNTS[cls]
    assert sum(buffer.numel() for buffer in module.buffers()) == BUFFERS[cls]
    assert module(torch.zeros(2, 4, 1000, device="meta")).shape == (2, 50)


def test_names_of_the_layers() -> None:
    with torch.device("meta"):
        basset, dragon = Basset(), ChromDragoNN()
    assert [name for name, _ in basset.named_parameters()] == [
        *(f"layer{number}.{part}.{kind}" for number in (1, 2, 3) for part in (0, 1) for kind in ("weight", "bias")),
        *(f"fc{number}.{kind}" for number in (1, 2, 3) for kind in ("weight", "bias")),
    ]
    assert len(list(dragon.parameters())) == 102
    assert len(dragon.state_dict()) == 102 + 75


@pytest.mark.parametrize("name", NAMES)
def test_shortest_input(name: str) -> None:
    cls, architecture = MODULES[name], find("architectures", name)()
    least = SHORTEST[cls]
    with torch.device("meta"):
        assert cls(3, least).eval()(torch.zeros(2, 4, least, device="meta")).shape == (2, 3)
        with pytest.raises(
            ValueError, match=f"{name} needs inputs of at least {least} positions, received {least - 1}"
        ):
            cls(3, least - 1)
    assert architecture.check(InputSpec(least, 4, 3)) == []
    (problem,) = architecture.check(InputSpec(least - 1, 4, 3))
    assert problem.message == f"{name} needs inputs of at least {least} positions, received {least - 1}"


@pytest.mark.parametrize("name", NAMES)
def test_initial_weights_follow_from_the_seed(name: str) -> None:
    architecture, length = find("architectures", name)(), SHORTEST[MODULES[name]]
    first, second, third = (architecture.torch(InputSpec(length, 4, 2, seed=seed)) for seed in (1, 1, 2))
    pairs = list(zip(first.parameters(), second.parameters(), third.parameters(), strict=True))
    assert all(torch.equal(one, same) for one, same, _ in pairs)
    assert not all(torch.equal(one, other) for one, _, other in pairs)


@pytest.mark.parametrize("name", NAMES)
def test_sizes_follow_from_the_input_unless_given(name: str) -> None:
    cls = find("architectures", name)
    length = SHORTEST[MODULES[name]] + 20
    with torch.device("meta"):
        module = cls().torch(InputSpec(length, 5, 7))
        assert module.eval()(torch.zeros(2, 5, length, device="meta")).shape == (2, 7)
    messages = [p.message for p in cls(num_classes=3, input_length=500, in_channels=20).check(InputSpec(600, 4, 7))]
    assert messages == [
        "num_classes is 3, but there are 7 labels",
        "input_length is 500, but there are 600 positions",
        "in_channels is 20, but there are 4 letters in the alphabet",
    ]
    (problem,) = cls().check(InputSpec(1000, 4, 7, "2D"))
    assert "takes the input encoding 1D, received 2D" in problem.message


# numbers


def basset(x: np.ndarray, state: State) -> np.ndarray:
    for number, size in ((1, 3), (2, 4), (3, 4)):
        x = pool(relu(norm(conv(x, state, f"layer{number}.0"), state, f"layer{number}.1")), size)
    x = x.reshape(len(x), -1)
    return dense(relu(dense(relu(dense(x, state, "fc1")), state, "fc2")), state, "fc3")


def deepsea(x: np.ndarray, state: State) -> np.ndarray:
    x = pool(relu(conv(x, state, "layer1.0")), 4)
    x = pool(relu(conv(x, state, "layer2.0")), 4)
    x = relu(conv(x, state, "layer3.0")).reshape(len(x), -1)
    return dense(relu(dense(x, state, "fc1")), state, "fc2")


def deepsea_legacy(x: np.ndarray, state: State) -> np.ndarray:
    for number in (1, 2, 3):
        x = pool(relu(conv(x, state, f"layer{number}.0", padding=4)), 4)
    return dense(relu(dense(x.reshape(len(x), -1), state, "fc1")), state, "fc2")


def danq(x: np.ndarray, state: State) -> np.ndarray:
    x = pool(relu(conv(x, state, "conv")), 13).transpose(0, 2, 1)
    for layer in (0, 1):
        x = both_ways(x, state, "lstm", layer)
    return dense(relu(dense(x.reshape(len(x), -1), state, "fc1")), state, "fc2")


def chromdragonn(x: np.ndarray, state: State) -> np.ndarray:
    def unit(x: np.ndarray, name: str, first: int, padding: int) -> np.ndarray:
        return norm(conv(x, state, f"{name}.{first}", padding), state, f"{name}.{first + 1}")

    def block(x: np.ndarray, name: str, kernels: tuple[int, ...]) -> np.ndarray:
        y = x
        for number, kernel in enumerate(kernels):
            y = unit(y, f"{name}.layers", 3 * number, kernel // 2)
            y = relu(y) if number < len(kernels) - 1 else y
        return relu(x + y)

    def blocks(x: np.ndarray, name: str, *kernels: int) -> np.ndarray:
        return block(block(x, f"{name}.0", kernels), f"{name}.1", kernels)

    x = relu(unit(relu(unit(x, "stem", 0, 1)), "stem", 3, 1))
    x = relu(unit(blocks(x, "blocks1", 3, 3), "widen2", 0, 1))
    x = relu(unit(pool(blocks(x, "blocks2", 7, 7), 3), "widen3", 0, 3))
    x = blocks(pool(blocks(x, "blocks3", 7, 3, 3), 4), "blocks4", 7, 7)
    x = pool(relu(unit(x, "last", 0, 4)), 4).reshape(len(x), -1)
    for name in ("fc1", "fc2"):
        x = relu(norm(dense(x, state, f"{name}.0"), state, f"{name}.1"))
    return dense(x, state, "fc3")


def stirred(module: nn.Module) -> nn.Module:
    """In float64 and evaluation mode, with normalisations that do something."""
    generator = torch.Generator().manual_seed(4)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm1d):
            for tensor in (part.weight.data, part.bias.data, part.running_mean, part.running_var):
                tensor.copy_(torch.rand(tensor.shape, generator=generator) + 0.5)
    return module.double().eval()


@pytest.mark.parametrize(
    ("module", "length", "reference"),
    [
        (lambda: Basset(3, 230, 4), 230, basset),
        (lambda: ChromDragoNN(3, 101, 4), 101, chromdragonn),
        (lambda: DeepSEA(3, 200, 4), 200, deepsea),
        (lambda: DeepSEA(3, 150, 4, legacy=True), 150, deepsea_legacy),
        (lambda: DanQ(3, 70, 4), 70, danq),
    ],
    ids=["Basset", "ChromDragoNN", "DeepSEA", "DeepSEA-legacy", "DanQ"],
)
def test_numbers_equal_those_of_numpy(
    module: Callable[[], nn.Module], length: int, reference: Callable[[np.ndarray, State], np.ndarray]
) -> None:
    torch.manual_seed(2)
    net = stirred(module())
    x = np.eye(4)[np.random.default_rng(3).integers(0, 4, (2, length))].transpose(0, 2, 1)
    with torch.no_grad():
        found = net(torch.from_numpy(x.copy())).numpy()
    state = {name: tensor.numpy() for name, tensor in net.state_dict().items()}
    np.testing.assert_allclose(found, reference(x, state), rtol=1e-9, atol=1e-11)
