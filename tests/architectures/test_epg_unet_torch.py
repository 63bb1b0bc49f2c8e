# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The U-Net and its autoencoder on PyTorch: counts, numbers, forms, refusals, no state."""

from __future__ import annotations

import copy
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import epg_layers as reference
import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

from seqforge.architectures.torch.unet import UNet, UNet2DAutoEncoder  # noqa: E402

SMALL: dict[str, Any] = {"depth": 2, "num_filters": 3}
SMALL_AE: dict[str, Any] = SMALL | {"num_dyes": 4, "input_length": 32}


def random(*shape: int, seed: int = 0, dtype: Any = torch.float32) -> Any:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def awake(model: Any, seed: int = 1) -> Any:
    """The model in float64 and evaluation mode, with statistics that are not those of the start."""
    draw = torch.Generator().manual_seed(seed)
    model.double().eval()
    for name, tensor in model.state_dict().items():
        if name.endswith("running_mean"):
            tensor.copy_(torch.randn(tensor.shape, generator=draw, dtype=torch.float64) / 5)
        if name.endswith("running_var"):
            tensor.copy_(torch.rand(tensor.shape, generator=draw, dtype=torch.float64) + 0.5)
    return model


def arrays(model: Any) -> dict[str, np.ndarray]:
    return {name: tensor.detach().numpy() for name, tensor in model.state_dict().items()}


def count(model: Any) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize(
    ("cls", "settings", "parameters"),
    [
        (UNet, {}, 12_123_745),
        (UNet, {"out_channels": 2}, 12_123_778),
        (UNet, {"out_channels": 3}, 12_123_811),
        (UNet, {"out_channels": 12}, 12_124_108),
        (UNet, {"depth": 2, "num_filters": 8}, 46_073),
        (UNet2DAutoEncoder, {}, 12_123_745),
        (UNet2DAutoEncoder, {"skip_connections": False}, 10_818_145),
        (UNet2DAutoEncoder, {"skip_connections": False, "latent_channels": 2}, 10_820_707),
    ],
)
def test_parameters_are_counted_exactly(cls: Any, settings: dict[str, Any], parameters: int) -> None:
    with torch.device("meta"):
        model = cls(**settings)
        y = model(torch.zeros(1, 5, 4096))
    assert count(model) == parameters
    channels = settings.get("out_channels", 1)
    assert tuple(y.shape) == ((1, 5, 4096) if channels == 1 else (1, channels, 5, 4096))


def test_the_order_of_tensors() -> None:
    with torch.device("meta"):
        model = UNet()
    assert len(list(model.parameters())) == 82
    assert sum(buffer.numel() for buffer in model.buffers()) == 5_906
    firsts = list(dict.fromkeys(name.split(".")[0] for name, _ in model.named_parameters()))
    assert firsts == ["encoders", "bottleneck", "decoders", "head"]
    shapes = [tuple(tensor.shape) for name, tensor in model.named_parameters() if name.startswith("decoders.0.")]
    assert shapes[:3] == [(512, 256, 1, 2), (256,), (256, 512, 3, 5)]


@pytest.mark.parametrize("settings", [{}, {"depth": 1}, {"kernel_size": (1, 3)}, {"kernel_size": (5, 7)}])
@pytest.mark.parametrize("channels", [1, 3])
def test_equals_the_formulas(settings: dict[str, Any], channels: int) -> None:
    torch.manual_seed(0)
    settings = SMALL | settings
    model, x = awake(UNet(**settings, out_channels=channels)), random(2, 4, 16, dtype=torch.float64)
    with torch.no_grad():
        logits, y = model.logits(x), model(x)
    wanted = reference.unet_logits(x.numpy()[:, None], arrays(model), settings["depth"])
    np.testing.assert_allclose(logits.numpy(), wanted[:, 0] if channels == 1 else wanted, rtol=1e-9, atol=1e-9)
    again = logits.sigmoid() if channels == 1 else logits.softmax(dim=1)
    assert (again - y).abs().max() < 1e-6
    model = UNet(**settings, out_channels=channels, output="logits").eval()
    assert torch.equal(model(x.float()), model.logits(x.float()))
    assert model.output_kind == "logits"


def test_forms_go_out_as_they_came() -> None:
    model, x = UNet(**SMALL).eval(), random(2, 4, 16)
    with torch.no_grad():
        y = model(x)
        assert torch.equal(model(x[:, None]), y[:, None])
        assert torch.equal(model(x[..., None]), y[..., None])
        assert torch.equal(model.logits(x[:, None])[:, 0], model.logits(x))
        one = random(2, 1, 16)
        assert model(one[:, None]).shape == (2, 1, 1, 16)
        many = UNet(**SMALL, out_channels=3).eval()
        assert many(x).shape == many(x[:, None]).shape == (2, 3, 4, 16)
        wide = UNet(**SMALL, in_channels=2).eval()
        assert wide(random(2, 2, 4, 16)).shape == (2, 1, 4, 16)


@pytest.mark.parametrize(
    ("settings", "shape", "message"),
    [
        (
            {},
            (2, 4, 18),
            "UNet.depth: scan points: expected a multiple of 2^depth = 4 for depth 2, received 18; the nea",
        ),
        ({"depth": 4}, (1, 5, 100), "2^depth = 16 for depth 4, received 100; the nearest are 96 and 112"),
        ({}, (2, 4, 0), "received 0; the nearest are 4 and 8"),
        ({}, (4, 16), "expected profiles (n, dye, scan), (n, 1, dye, scan) or (n, dye, scan, 1), received (4, 16)"),
        ({}, (2, 3, 4, 16), "received (2, 3, 4, 16)"),
        ({"in_channels": 2}, (2, 4, 16), "profiles without channels need in_channels=1"),
        ({"in_channels": 2}, (2, 1, 4, 16), "expected (n, 2, dye, scan) for in_channels=2, received (2, 1, 4, 16)"),
    ],
)
def test_other_shapes_are_refused(settings: dict[str, Any], shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        UNet(**SMALL | settings)(torch.zeros(shape))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"depth": 0}, "UNet.depth: expected an integer ≥ 1, received 0"),
        ({"num_filters": 0}, "UNet.num_filters: expected an integer ≥ 1, received 0"),
        ({"in_channels": 0}, "UNet.in_channels"),
        ({"out_channels": 0}, "UNet.out_channels"),
        ({"out_channels": None}, "UNet.out_channels: expected an integer ≥ 1, received 'None'"),
        ({"kernel_size": (2, 5)}, "UNet.kernel_size: expected 2 values, each an odd integer ≥ 1, received '(2, 5)'"),
        ({"kernel_size": (3, 4)}, "UNet.kernel_size"),
        ({"kernel_size": (3, -1)}, "UNet.kernel_size"),
        ({"kernel_size": 3}, "UNet.kernel_size"),
        ({"output": "both"}, "UNet.output: expected one of probabilities, logits, received 'both'"),
    ],
)
def test_wrong_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        UNet(**settings)


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(TypeError, match="dropout"):
        UNet(dropout=0.1)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_batch_is_its_examples_one_by_one(channels: int) -> None:
    model, x = awake(UNet(**SMALL, out_channels=channels)), random(3, 4, 16, dtype=torch.float64)
    with torch.no_grad():
        singly = torch.cat([model(one[None]) for one in x])
        torch.testing.assert_close(model(x), singly, rtol=0, atol=1e-12)


@pytest.mark.parametrize("settings", [{}, {"out_channels": 3}, {"output": "logits"}])
def test_gradients_reach_everything(settings: dict[str, Any]) -> None:
    model, x = UNet(**SMALL, **settings), random(2, 4, 16).requires_grad_()
    (model(x) ** 2).sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
    assert x.grad is not None
    assert x.grad.abs().max() > 0


def test_channels_last_changes_no_number() -> None:
    torch.manual_seed(0)
    for cls, settings in ((UNet, SMALL), (UNet2DAutoEncoder, SMALL_AE)):
        plain, x = cls(**settings).double(), random(2, 4, 32, dtype=torch.float64)
        arranged = copy.deepcopy(plain)
        assert not arranged.channels_last
        arranged.channels_last = True
        assert all(
            weight.is_contiguous(memory_format=torch.channels_last)
            for weight in arranged.parameters()
            if weight.ndim == 4
        )
        torch.testing.assert_close(arranged(x), plain(x), rtol=1e-9, atol=1e-12)
        arranged.channels_last = False
        assert all(weight.is_contiguous() for weight in arranged.parameters())


def test_the_autoencoder_with_skips_is_the_unet() -> None:
    torch.manual_seed(0)
    unet, autoencoder = awake(UNet(**SMALL)), awake(UNet2DAutoEncoder(**SMALL_AE))
    autoencoder.load_state_dict(unet.state_dict())
    x = random(2, 4, 32, dtype=torch.float64)
    with torch.no_grad():
        assert torch.equal(autoencoder(x), unet.logits(x))
        z, skips = autoencoder.encode(x, return_skips=True)
        assert torch.equal(autoencoder.encode(x), z)
        assert torch.equal(autoencoder.decode(z, skips), autoencoder(x))
    assert tuple(z.shape[1:]) == autoencoder.encoded_shape == (12, 4, 8)


@pytest.mark.parametrize(
    ("settings", "shape"),
    [
        ({}, (12, 4, 8)),
        ({"latent_channels": 2}, (2, 4, 8)),
        ({"skip_connections": False}, (12, 4, 8)),
        ({"skip_connections": False, "latent_channels": 2, "use_sigmoid": True}, (2, 4, 8)),
    ],
)
def test_latents(settings: dict[str, Any], shape: tuple[int, ...]) -> None:
    model, x = UNet2DAutoEncoder(**SMALL_AE, **settings), random(2, 4, 32)
    z, skips = model.encode(x, return_skips=True)
    assert tuple(z.shape[1:]) == model.encoded_shape == shape
    assert tuple(model.latent_map(z).shape[1:]) == model.map_shape == (shape[0] * shape[1], shape[2])
    y = model.decode(z) if not model.skip_connections else model.decode(z, skips)
    assert y.shape == x.shape
    assert model(x[:, None]).shape == (2, 1, 4, 32)
    y.sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
    if settings.get("use_sigmoid"):
        assert 0 < y.min() < y.max() < 1


def test_order_of_the_projections() -> None:
    model = UNet2DAutoEncoder(**SMALL_AE, latent_channels=2)
    firsts = list(dict.fromkeys(name.split(".")[0] for name, _ in model.named_parameters()))
    assert firsts == ["encoders", "bottleneck", "to_latent", "from_latent", "decoders", "head"]


def test_decoding_needs_the_skips_of_its_encoding() -> None:
    model, x = UNet2DAutoEncoder(**SMALL_AE), random(1, 4, 32)
    z, skips = model.encode(x, return_skips=True)
    with pytest.raises(ValueError, match="pass the skips of the same encode"):
        model.decode(z)
    with pytest.raises(ValueError, match="expected 2 with skip_connections=True, received 1"):
        model.decode(z, skips[:1])


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((1, 5, 32), "UNet2DAutoEncoder.num_dyes: expected profiles of 4 dyes, received 5"),
        ((1, 4, 64), "UNet2DAutoEncoder.input_length: expected profiles of 32 scan points, received 64"),
    ],
)
def test_other_profiles_are_refused(shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        UNet2DAutoEncoder(**SMALL_AE)(torch.zeros(shape))


@pytest.mark.parametrize("cls", [UNet, UNet2DAutoEncoder])
def test_nothing_is_kept_between_calls_and_threads_agree(cls: Any) -> None:
    model = cls(**(SMALL if cls is UNet else SMALL_AE)).eval()
    inputs = [random(1, 4, 32, seed=seed) for seed in range(8)]
    before = {name: id(value) for name, value in vars(model).items()}
    with torch.no_grad():
        wanted = [model(x) for x in inputs]

    def run(x: Any) -> Any:
        with torch.no_grad():
            return model(x)

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(run, inputs))
    assert all(torch.equal(one, other) for one, other in zip(found, wanted, strict=True))
    assert {name: id(value) for name, value in vars(model).items()} == before
