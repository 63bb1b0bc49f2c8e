# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""ConvNet on PyTorch: the published counts, shapes, the order of layers."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from seqforge.architectures.base import InputSpec
from seqforge.architectures.convnet import NAMED, ConvNet
from seqforge.architectures.torch.basset import Basset

pytestmark = pytest.mark.torch

COUNTS = {
    "conv1-gmp-fc5": 67,
    "conv2-gmp-fc5": 117,
    "conv2n-fc5": 1_559,
    "conv10n-fc5": 7_727,
    "conv10n-gmp-fc5": 277,
    "conv10w-gmp-fc5": 917,
    "conv10-conv10-fc5": 9_077,
    "conv10-conv10-gmp-fc5": 1_627,
    "fc1000-fc1000": 1_604_002,
    "conv1-gmp": 49,
    "conv1w-gmp": 89,
    "conv1xxw-gmp": 329,
    "conv1-do02-gmp-fc5-do05": 67,
}


def parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize(("descriptor", "count"), COUNTS.items())
def test_counts_and_shape(descriptor: str, count: int) -> None:
    module = ConvNet(descriptor=descriptor).torch(InputSpec(150, 4, 2)).eval()
    assert parameters(module) == count
    assert module(torch.zeros(3, 4, 150)).shape == (3, 2)


def test_normalisation_before_the_activation_dropout_after() -> None:
    module = ConvNet(descriptor="conv6-bn6-do03-gmp-fc5-bn5").torch(InputSpec(20, 4, 2))
    kinds = [type(part).__name__ for part in module]
    assert kinds == [
        *("Conv1d", "BatchNorm1d", "ReLU", "Dropout", "GlobalMaxPool"),
        *("Linear", "BatchNorm1d", "ReLU", "Linear"),
    ]
    assert module[3].p == 0.3


def test_lstm_gives_its_last_state() -> None:
    module = ConvNet(descriptor="lstm3-lstm2").torch(InputSpec(6, 4, 5)).eval()
    x = torch.rand(2, 4, 6)
    first, _ = module[0].lstm(x.transpose(1, 2))
    second, _ = module[1].lstm(first)
    torch.testing.assert_close(module(x), module[2](second[:, -1]))
    assert parameters(module) == 4 * 3 * (4 + 3 + 2) + 4 * 2 * (3 + 2 + 2) + 15


@pytest.mark.parametrize("descriptor", NAMED)
def test_named_architectures(descriptor: str) -> None:
    with torch.device("meta"):
        module = ConvNet(descriptor=descriptor).torch(InputSpec(1000, 4, 50)).eval()
        assert module(torch.zeros(2, 4, 1000)).shape == (2, 50)
    assert descriptor != "basset" or isinstance(module, Basset)
