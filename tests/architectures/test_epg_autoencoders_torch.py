# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The autoencoders of one dimension on PyTorch: counts, numbers, latents, refusals."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import epg_layers as reference
import numpy as np
import pytest
from numpy_layers import sigmoid

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

from seqforge.architectures.torch.autoencoders import (  # noqa: E402
    Conv1dAutoencoder,
    FourierAutoencoder,
    PerDyeConv1dAutoencoder,
    SharedWeightPerDyeConv1dAutoencoder,
)

SMALL: dict[str, Any] = {
    "in_channels": 3,
    "hidden_channels": 4,
    "depth": 3,
    "input_length": 64,
    "kernel_size": 5,
    "compression": 4,
}
PROFILES = Path(__file__).parents[2].parent / "shared" / "data" / "epg"
CONVOLUTIONAL = (Conv1dAutoencoder, PerDyeConv1dAutoencoder, SharedWeightPerDyeConv1dAutoencoder)


def random(*shape: int, seed: int = 0, dtype: Any = torch.float32) -> Any:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def small(cls: Any, **settings: Any) -> Any:
    torch.manual_seed(3)
    if cls is FourierAutoencoder:
        return cls(in_channels=3, signal_length=64, latent_coeffs=8, **settings)
    return cls(**SMALL | settings)


def arrays(model: Any) -> dict[str, np.ndarray]:
    return {name: tensor.detach().numpy() for name, tensor in model.state_dict().items()}


@pytest.mark.parametrize(
    ("cls", "settings", "parameters", "shape"),
    [
        (Conv1dAutoencoder, {}, 60_169, (4, 128)),
        (PerDyeConv1dAutoencoder, {}, 95_065, (20, 128)),
        (PerDyeConv1dAutoencoder, {"hidden_channels": 32, "kernel_size": 7}, 291_865, (20, 128)),
        (
            PerDyeConv1dAutoencoder,
            {"in_channels": 6, "hidden_channels": 64, "depth": 4, "kernel_size": 5},
            745_746,
            (12, 256),
        ),
        (SharedWeightPerDyeConv1dAutoencoder, {}, 19_013, (20, 128)),
        (FourierAutoencoder, {}, 0, (5, 256, 2)),
    ],
)
def test_parameters_are_counted_exactly(
    cls: Any, settings: dict[str, Any], parameters: int, shape: tuple[int, ...]
) -> None:
    with torch.device("meta"):
        model = cls(**settings)
        x = torch.zeros(2, settings.get("in_channels", 5), 4096)
        z = model.encode(x)
        assert model(x).shape == x.shape
    assert sum(parameter.numel() for parameter in model.parameters()) == parameters
    assert tuple(z.shape[1:]) == model.encoded_shape == shape
    assert tuple(model.latent_map(z).shape[1:]) == model.map_shape


@pytest.mark.parametrize("use_sigmoid", [True, False])
def test_equals_the_formulas(use_sigmoid: bool) -> None:
    model = small(Conv1dAutoencoder, use_sigmoid=use_sigmoid).double()
    x = random(2, 3, 64, dtype=torch.float64)
    with torch.no_grad():
        z, y = model.encode(x), model(x)
    wanted = reference.encoded(x.numpy(), arrays(model), 3)
    np.testing.assert_allclose(z.numpy(), wanted, rtol=1e-9, atol=1e-12)
    end = reference.decoded(wanted, arrays(model), 3)
    np.testing.assert_allclose(y.numpy(), sigmoid(end) if use_sigmoid else end, rtol=1e-9, atol=1e-12)


def test_every_dye_has_its_net() -> None:
    model = small(PerDyeConv1dAutoencoder).double()
    x = random(2, 3, 64, dtype=torch.float64)
    with torch.no_grad():
        z, y = model.encode(x), model(x)
    for dye in range(3):
        state = reference.below(arrays(model), f"nets.{dye}.")
        wanted = reference.encoded(x.numpy()[:, dye : dye + 1], state, 3)
        np.testing.assert_allclose(z.numpy()[:, 2 * dye : 2 * dye + 2], wanted, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(
            y.numpy()[:, dye : dye + 1], sigmoid(reference.decoded(wanted, state, 3)), rtol=1e-9, atol=1e-12
        )


@pytest.mark.parametrize("use_batchnorm", [False, True])
def test_shared_weights_are_the_same_net_for_every_dye(use_batchnorm: bool) -> None:
    shared = small(SharedWeightPerDyeConv1dAutoencoder, use_batchnorm=use_batchnorm).double().eval()
    apart = small(PerDyeConv1dAutoencoder, use_batchnorm=use_batchnorm).double().eval()
    for net in apart.nets:
        net.load_state_dict(shared.net.state_dict())
    x = random(2, 3, 64, dtype=torch.float64)
    for one, other in ((shared(x), apart(x)), (shared.encode(x), apart.encode(x))):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-12)
    (shared(x) ** 2).sum().backward()
    (apart(x) ** 2).sum().backward()
    for name, parameter in shared.net.named_parameters():
        summed = sum(net.get_parameter(name).grad for net in apart.nets)
        torch.testing.assert_close(parameter.grad, summed, rtol=1e-9, atol=1e-9)


def test_batch_statistics_of_shared_weights_cover_all_dyes() -> None:
    model, x = small(SharedWeightPerDyeConv1dAutoencoder, use_batchnorm=True), random(2, 3, 64)
    first = model.net.encoder[0](x.reshape(6, 1, 64))
    model(x)
    wanted = 0.1 * first.mean(dim=(0, 2))
    torch.testing.assert_close(model.net.encoder[1].running_mean, wanted, rtol=0, atol=1e-6)
    assert model.net.encoder[1].num_batches_tracked == 1


def test_normalisation_follows_hidden_convolutions_only() -> None:
    model = small(Conv1dAutoencoder, use_batchnorm=True)
    names = [type(module).__name__ for module in model.decoder]
    hidden = ["Upsample", "Conv1d", "BatchNorm1d", "ReLU"]
    assert names == ["Conv1d", *hidden, *hidden, "Upsample", "Conv1d", "Sigmoid"]
    assert sum(type(module).__name__ == "BatchNorm1d" for module in model.encoder) == 3
    assert type(model.encoder[-1]).__name__ == "Conv1d"


@pytest.mark.parametrize("cls", [*CONVOLUTIONAL, FourierAutoencoder])
def test_forms_shapes_batches_and_gradients(cls: Any) -> None:
    model, x = small(cls).double().eval(), random(2, 3, 64, dtype=torch.float64).requires_grad_()
    y = model(x)
    assert y.shape == model.decode(model.encode(x)).shape == x.shape
    assert torch.equal(model(x[:, None])[:, 0], y)
    assert torch.equal(model(x[..., None])[..., 0], y)
    assert torch.equal(model.encode(x[:, None]), model.encode(x))
    torch.testing.assert_close(torch.cat([model(one[None]) for one in x]), y, rtol=0, atol=1e-12)
    (y**2).sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
    assert x.grad.abs().max() > 0


@pytest.mark.parametrize("cls", [*CONVOLUTIONAL, FourierAutoencoder])
@pytest.mark.parametrize("shape", [(2, 4, 64), (2, 3, 65), (2, 3, 128), (3, 64), (2, 3, 3, 64)])
def test_other_profiles_are_refused(cls: Any, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=rf"^{cls.__name__}.*received"):
        small(cls).encode(torch.zeros(shape))


@pytest.mark.parametrize("cls", [*CONVOLUTIONAL, FourierAutoencoder])
def test_other_latents_are_refused(cls: Any) -> None:
    model = small(cls)
    z = model.encode(random(2, 3, 64))
    with pytest.raises(ValueError, match="expected a latent"):
        model.decode(torch.cat([z, z], dim=1))
    with pytest.raises(ValueError, match="expected a latent"):
        model.latent_map(z[:, :, :-1])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"depth": 0}, "Conv1dAutoencoder.depth: expected an integer ≥ 1, received 0"),
        ({"kernel_size": 4}, "Conv1dAutoencoder.kernel_size: expected an odd integer ≥ 1, received 4"),
        (
            {"input_length": 4100},
            "input_length: expected a multiple of 2^depth = 32 for depth 5, received 4100; the near",
        ),
        (
            {"depth": 2},
            "compression: expected a divisor of 2^depth = 4 for depth 2, received 8; compression=8 needs depth",
        ),
        ({"compression": 3}, "compression: expected a divisor of 2^depth = 32"),
        ({"depth": 12}, "kernel_size: expected at most 3"),
        ({"in_channels": None}, "Conv1dAutoencoder.in_channels: expected an integer ≥ 1, received 'None'"),
    ],
)
def test_wrong_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        Conv1dAutoencoder(**settings)


@pytest.mark.parametrize("depth", range(3, 13))
def test_the_deepest_latents(depth: int) -> None:
    with torch.device("meta"):
        model = Conv1dAutoencoder(depth=depth, kernel_size=3, hidden_channels=2)
        x = torch.zeros(1, 5, 4096)
        z = model.encode(x)
        assert model.decode(z).shape == x.shape
    assert tuple(z.shape[1:]) == model.encoded_shape == (2**depth // 8, 4096 // 2**depth)


@pytest.mark.parametrize("norm", ["backward", "ortho", "forward"])
@pytest.mark.parametrize("length", [64, 63])
def test_fourier_equals_numpy(norm: str, length: int) -> None:
    model = FourierAutoencoder(in_channels=3, signal_length=length, latent_coeffs=8, norm=norm)
    x = random(2, 3, length, dtype=torch.float64)
    z = model.encode(x)
    spectrum = np.fft.rfft(x.numpy(), norm=norm)[..., :8]
    np.testing.assert_allclose(z.numpy(), np.stack([spectrum.real, spectrum.imag], axis=-1), atol=1e-12)
    np.testing.assert_allclose(model.decode(z).numpy(), np.fft.irfft(spectrum, n=length, norm=norm), atol=1e-12)
    flat = model.latent_map(z).numpy()
    np.testing.assert_array_equal(flat[:, 2], z[:, 1, :, 0])  # the second dye's real parts
    np.testing.assert_array_equal(flat[:, 5], z[:, 2, :, 1])
    whole = FourierAutoencoder(3, length, length // 2 + 1, norm)
    np.testing.assert_allclose(whole(x).numpy(), x.numpy(), atol=1e-12)


@pytest.mark.parametrize("coefficients", [0, 34])
def test_fourier_coefficients_out_of_range(coefficients: int) -> None:
    with pytest.raises(ValueError, match=r"FourierAutoencoder\.latent_coeffs"):
        FourierAutoencoder(3, 64, coefficients)


@pytest.mark.skipif(not PROFILES.is_dir(), reason="the electropherograms for tests are not there")
def test_fourier_of_real_profiles() -> None:
    files = [PROFILES / f"{name}.npy" for name in ("1A2_A01_01", "1A2_E01_13")]
    rfu = torch.from_numpy(np.stack([np.load(file).reshape(5, 4096) for file in files]).astype("float32"))
    model, top = FourierAutoencoder(), np.log1p(33_000)
    scaled = torch.log1p(rfu.clamp(0, 33_000)) / top
    assert (model(rfu[:1]) - rfu[:1]).square().mean().item() == pytest.approx(77_965, abs=1)
    assert rfu[:1].square().mean().item() == pytest.approx(784_398, abs=1)
    assert (model(scaled) - scaled).square().mean().item() == pytest.approx(0.00188, abs=5e-6)


def test_half_precision_is_transformed_in_float32() -> None:
    model = FourierAutoencoder(3, 64, 8)
    assert model(random(1, 3, 64).bfloat16()).dtype == torch.float32
