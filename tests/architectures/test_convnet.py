# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Descriptors of ConvNet: what they mean and which are refused."""

from __future__ import annotations

import pytest

from seqforge.architectures.base import InputSpec
from seqforge.architectures.convnet import ConvNet, Descriptor, Layer, WrongToken, parse
from seqforge.parameters import Unfit


def test_layers_of_a_descriptor() -> None:
    assert parse("conv10xw-bn10-do03-conv2-gmp-do025-fc5-do05") == (
        Layer("conv", 10, 41, norm=True, dropout=0.3),
        Layer("conv", 2, 11),
        Layer("gmp", dropout=0.25),
        Layer("fc", 5, dropout=0.5),
    )
    assert [layer.width for layer in parse("conv1xn-conv1n-conv1-conv1w-conv1xw-conv1xxw")] == [3, 5, 11, 21, 41, 81]
    assert parse("conv2-lstm8-lstm4-fc3")[1:3] == (Layer("lstm", 8), Layer("lstm", 4))


@pytest.mark.parametrize(
    ("descriptor", "message"),
    [
        ("conv", "'conv' is no layer"),
        ("conv0", "'conv0' is no layer"),
        ("conv10q", "'conv10q' is no layer"),
        ("fc5w", "'fc5w' is no layer"),
        ("gmp3", "'gmp3' is no layer"),
        ("", "'' is no layer"),
        ("gmp-conv3", "'conv3' needs positions"),
        ("fc3-gmp", "'gmp' needs positions"),
        ("gmp-lstm3", "'lstm3' needs positions"),
        ("bn3", "'bn3' must follow a conv or fc layer"),
        ("conv3-do05-bn3", "'bn3' must follow a conv or fc layer"),
        ("conv10-bn5", "'bn5' follows a layer of 10 channels"),
        ("do03-fc3", "'do03' must follow a layer"),
        ("conv3-do15", "'do15' must be a rate below 1"),
    ],
)
def test_what_means_nothing_is_named(descriptor: str, message: str) -> None:
    with pytest.raises(WrongToken) as caught:
        parse(descriptor)
    assert message in str(caught.value)


@pytest.mark.parametrize("text", Descriptor().bad_values())
def test_bad_values_are_refused(text: str) -> None:
    with pytest.raises(Unfit):
        Descriptor().parse(text)
    with pytest.raises(ValueError, match=r"ConvNet\.descriptor: expected a descriptor such as"):
        ConvNet(descriptor=text)


def test_named_descriptors_check_like_what_they_name() -> None:
    (problem,) = ConvNet(descriptor="Basset").check(InputSpec(100, 4, 2))
    assert problem.message.endswith("needs inputs of at least 168 positions, received 100")
    assert ConvNet(descriptor="conv10-gmp").check(InputSpec(1, 4, 2)) == []
