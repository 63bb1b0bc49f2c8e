# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Published weights into models of electropherograms: by position, shared ones once, and nothing may be left over."""

from __future__ import annotations

import re
from typing import Any

import pytest

from seqforge.errors import RunError

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

from seqforge.architectures.torch.autoencoders import (  # noqa: E402
    PerDyeConv1dAutoencoder,
    SharedWeightPerDyeConv1dAutoencoder,
)
from seqforge.architectures.torch.peak_classifier import PeakClassifier  # noqa: E402
from seqforge.architectures.torch.peaknet import CombinedClassifier  # noqa: E402
from seqforge.architectures.torch.published import load_published  # noqa: E402
from seqforge.architectures.torch.unet import UNet  # noqa: E402

SIZES: dict[str, Any] = {"in_channels": 3, "hidden_channels": 2, "depth": 3, "input_length": 32, "kernel_size": 3}


def unet(seed: int) -> Any:
    torch.manual_seed(seed)
    model = UNet(depth=1, num_filters=2)
    with torch.no_grad():
        for buffer in model.buffers():
            buffer.copy_(torch.randint(1, 9, buffer.shape))
    return model


def combined(seed: int) -> Any:
    torch.manual_seed(seed)
    parts = SharedWeightPerDyeConv1dAutoencoder(**SIZES), PeakClassifier(width=8, hidden_channels=(2,))
    return CombinedClassifier(*parts, combiner="attention", hidden_dims=(4,), embed_dim=4)


def strange(model: Any, prefix: str = "module.") -> dict[str, Any]:
    """The tensors of a model under other names."""
    return {f"{prefix}layer{i}.t": tensor.numpy() for i, tensor in enumerate(model.state_dict().values())}


def same(one: Any, other: Any) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


@pytest.mark.parametrize("build", [unet, combined])
def test_tensors_go_by_position_whatever_they_are_called(build: Any) -> None:
    source, target = build(1), build(2)
    assert not same(source, target)
    load_published(target, strange(source))
    assert same(source, target)


def test_sorted_names_are_found_below_their_prefix() -> None:
    source, target = unet(1), unet(2)
    entries = {f"net.model.{name}": tensor for name, tensor in sorted(source.state_dict().items(), reverse=True)}
    load_published(target, entries)
    assert same(source, target)


def test_axes_of_length_1_do_not_count() -> None:
    source, target = combined(1), combined(2)
    published = strange(source)
    published = {name: array[None] if array.ndim else array for name, array in published.items()}
    load_published(target, published)
    assert same(source, target)


def test_everything_that_does_not_fit_is_listed() -> None:
    source = unet(1)
    published = {name: tensor.numpy() for name, tensor in source.state_dict().items()}
    del published["head.weight"], published["encoders.0.1.running_mean"]
    published["encoders.0.0.weight"] = published["encoders.0.0.weight"][:, :, :1]
    published["extra.weight"] = torch.zeros(7, 7)
    with pytest.raises(RunError) as raised:
        load_published(unet(2), published)
    message = str(raised.value)
    assert message.startswith("weights do not fit UNet: ")
    assert "'encoders.0.0.weight' has shape (2, 1, 1, 5), expected (2, 1, 3, 5)" in message
    assert "is missing" in message
    assert "'extra.weight'" in message
    target = unet(2)
    with pytest.raises(RunError, match="is missing"):
        load_published(target, {})
    assert same(target, unet(2))


def test_tensors_that_are_left_over() -> None:
    with pytest.raises(RunError, match=re.escape("'more.t' (2,) is left over")):
        load_published(unet(1), strange(unet(1), "") | {"more.t": torch.zeros(2)})


@pytest.mark.parametrize("whole", [False, True])
def test_shared_weights_may_be_there_once_per_dye(whole: bool) -> None:
    build = combined if whole else lambda seed: combined(seed).autoencoder
    source, target = build(1), build(2)
    shared = source.autoencoder if whole else source
    once = [tensor.numpy().copy() for tensor in shared.net.state_dict().values()]
    rest = list(source.state_dict().values())[len(once) :]
    copies = dict(enumerate([*once, *once, *once, *(tensor.numpy() for tensor in rest)]))
    load_published(target, {f"x.{number}": array for number, array in copies.items()})
    assert same(source, target)
    copies[len(once) + 1] = copies[len(once) + 1] + 1
    with pytest.raises(
        RunError, match=re.escape(f"'{len(once) + 1}' is not equal to '1', but dyes share their weights")
    ):
        load_published(target, {f"x.{number}": array for number, array in copies.items()})


def test_weights_of_separate_dyes_do_not_fit_shared_ones() -> None:
    torch.manual_seed(0)
    apart = PerDyeConv1dAutoencoder(**SIZES)
    with pytest.raises(RunError, match="dyes share their weights"):
        load_published(combined(1).autoencoder, strange(apart))
