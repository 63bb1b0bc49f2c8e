# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Autoencoders of profiles as nn.Modules: encode, decode, and the latent as a map over positions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from seqforge.architectures import electropherograms
from seqforge.architectures.conv1d_autoencoder import Conv1dAutoencoder as Joint
from seqforge.architectures.conv1d_autoencoder import Convolutional
from seqforge.architectures.electropherograms import checked
from seqforge.architectures.fourier_autoencoder import FourierAutoencoder as Fourier
from seqforge.architectures.per_dye_conv1d_autoencoder import PerDyeConv1dAutoencoder as PerDye
from seqforge.architectures.shared_weight_per_dye_conv1d_autoencoder import (
    SharedWeightPerDyeConv1dAutoencoder as Shared,
)
from seqforge.architectures.torch.signal_forms import as_profiles, fitting, restored
from seqforge.errors import WrongInput


class Autoencoder(nn.Module):
    """Profiles (n, dye, scan), or one of the other forms, → the same form, through a latent z.

    `encode(x)` → z (n, *encoded_shape); `decode(z)` → (n, dye, scan); `latent_map(z)` → (n, channel, position).
    Another number of dyes or scan points is WrongInput: nothing is padded or cut.
    """

    def __init__(self, settings: electropherograms.Autoencoder):
        super().__init__()
        self.settings = settings
        self.encoded_shape: tuple[int, ...] = settings.latent
        self.dyes, self.length = settings.dyes or 0, settings.scan_points or 0

    @property
    def map_shape(self) -> tuple[int, int]:
        """Channels and positions of `latent_map`."""
        channels, positions = self.encoded_shape
        return channels, positions

    def forward(self, x: Tensor) -> Tensor:
        profiles, extra = self.profiles(x)
        return restored(self.reconstruct(profiles), extra)

    def reconstruct(self, x: Tensor) -> Tensor:
        """(n, dye, scan) → the same."""
        return self.decode(self.encode(x))

    def encode(self, x: Tensor) -> Any:
        raise NotImplementedError

    def decode(self, z: Tensor) -> Tensor:
        raise NotImplementedError

    def latent_map(self, z: Tensor) -> Tensor:
        """z as (n, channel, position)."""
        return self.fitting_latent(z)

    def profiles(self, x: Tensor) -> tuple[Tensor, int | None]:
        """`x` as (n, dye, scan), checked, and the axis that its form has besides."""
        profiles, extra = as_profiles(x, self.settings.name)
        dyes, length = (self.settings.dyes_name, self.dyes), (self.settings.length_name, self.length)
        fitting(profiles, self.settings.name, dyes, length)
        return profiles, extra

    def fitting_latent(self, z: Tensor) -> Tensor:
        """`z` itself; raises WrongInput where its shape is not that of a latent."""
        if tuple(z.shape[1:]) != self.encoded_shape:
            expected = ", ".join(map(str, ("n", *self.encoded_shape)))
            raise WrongInput(f"{self.settings.name}: expected a latent ({expected}), received {tuple(z.shape)}")
        return z


class Conv1dAutoencoder(Autoencoder):
    """One latent (2^depth / compression, L / 2^depth) for all dyes together."""

    def __init__(
        self,
        in_channels: int = 5,
        hidden_channels: int = 32,
        depth: int = 5,
        input_length: int = 4096,
        kernel_size: int = 7,
        compression: int = 8,
        use_sigmoid: bool = True,
        use_batchnorm: bool = False,
    ):
        settings: Joint = checked(
            Joint,
            in_channels=in_channels,
            hidden_channels=hidden_channels,
            depth=depth,
            input_length=input_length,
            kernel_size=kernel_size,
            compression=compression,
            use_sigmoid=use_sigmoid,
            use_batchnorm=use_batchnorm,
        )
        super().__init__(settings)
        self.encoder, self.decoder = _encoder(settings), _decoder(settings)

    def encode(self, x: Tensor) -> Tensor:
        z: Tensor = self.encoder(self.profiles(x)[0])
        return z

    def decode(self, z: Tensor) -> Tensor:
        y: Tensor = self.decoder(self.fitting_latent(z))
        return y


def _conv(inputs: int, outputs: int, width: int, stride: int = 1) -> nn.Conv1d:
    return nn.Conv1d(inputs, outputs, width, stride=stride, padding=width // 2, padding_mode="reflect")


def _hidden(convolution: nn.Conv1d, norm: bool) -> list[nn.Module]:
    return [convolution, *([nn.BatchNorm1d(convolution.out_channels)] if norm else []), nn.ReLU()]


def _encoder(sizes: Joint) -> nn.Sequential:
    hidden, modules = sizes.hidden_channels, []
    for level in range(sizes.depth):
        inputs = hidden if level else sizes.in_channels or 1
        modules += _hidden(_conv(inputs, hidden, sizes.kernel_size, stride=2), sizes.use_batchnorm)
    return nn.Sequential(*modules, nn.Conv1d(hidden, sizes.latent[0], 1))


def _decoder(sizes: Joint) -> nn.Sequential:
    hidden = sizes.hidden_channels
    modules: list[nn.Module] = [nn.Conv1d(sizes.latent[0], hidden, 1)]
    for _ in range(sizes.depth - 1):
        modules += [_doubled(), *_hidden(_conv(hidden, hidden, sizes.kernel_size), sizes.use_batchnorm)]
    modules += [_doubled(), _conv(hidden, sizes.in_channels or 1, sizes.kernel_size)]
    return nn.Sequential(*modules, *([nn.Sigmoid()] if sizes.use_sigmoid else []))


def _doubled() -> nn.Upsample:
    return nn.Upsample(scale_factor=2, mode="linear", align_corners=False)


class _DyeByDye(Autoencoder):
    """A Conv1dAutoencoder takes one dye at a time; latents lie one after the other: (dyes · channels, positions)."""

    component: ClassVar[type[Convolutional]]

    def __init__(
        self,
        in_channels: int = 5,
        hidden_channels: int = 16,
        depth: int = 5,
        input_length: int = 4096,
        kernel_size: int = 9,
        compression: int = 8,
        use_sigmoid: bool = True,
        use_batchnorm: bool = False,
    ):
        one: dict[str, Any] = {
            "hidden_channels": hidden_channels,
            "depth": depth,
            "input_length": input_length,
            "kernel_size": kernel_size,
            "compression": compression,
            "use_sigmoid": use_sigmoid,
            "use_batchnorm": use_batchnorm,
        }
        super().__init__(checked(self.component, in_channels=in_channels, **one))
        self.build(lambda: Conv1dAutoencoder(in_channels=1, **one))

    def build(self, one: Callable[[], Conv1dAutoencoder]) -> None:
        """Make the network, or the networks, of single dyes."""
        raise NotImplementedError


class PerDyeConv1dAutoencoder(_DyeByDye):
    """One autoencoder of its own for every dye, their latents one after the other: (dyes · channels, positions)."""

    component = PerDye

    def build(self, one: Callable[[], Conv1dAutoencoder]) -> None:
        self.nets = nn.ModuleList(one() for _ in range(self.dyes))

    def encode(self, x: Tensor) -> Tensor:
        profiles, _ = self.profiles(x)
        dyes = profiles.split(1, dim=1)
        return torch.cat([net.encode(dye) for net, dye in zip(self.nets, dyes, strict=True)], dim=1)

    def decode(self, z: Tensor) -> Tensor:
        latents = self.fitting_latent(z).split(self.encoded_shape[0] // self.dyes, dim=1)
        return torch.cat([net.decode(latent) for net, latent in zip(self.nets, latents, strict=True)], dim=1)


class SharedWeightPerDyeConv1dAutoencoder(_DyeByDye):
    """One autoencoder for every dye: dyes are examples to it, and gradients and batch statistics cover all of them."""

    component = Shared

    def build(self, one: Callable[[], Conv1dAutoencoder]) -> None:
        self.net = one()

    def encode(self, x: Tensor) -> Tensor:
        profiles, _ = self.profiles(x)
        z = self.net.encode(profiles.reshape(-1, 1, self.length))
        return z.reshape(len(profiles), *self.encoded_shape)

    def decode(self, z: Tensor) -> Tensor:
        latents = self.fitting_latent(z).reshape(-1, *self.net.encoded_shape)
        return self.net.decode(latents).reshape(len(z), self.dyes, self.length)


class FourierAutoencoder(Autoencoder):
    """The lowest Fourier coefficients of every dye, (dye, coefficient, 2) with real and imaginary part last."""

    def __init__(
        self, in_channels: int = 5, signal_length: int = 4096, latent_coeffs: int = 256, norm: str = "backward"
    ):
        settings: Fourier = checked(
            Fourier, in_channels=in_channels, signal_length=signal_length, latent_coeffs=latent_coeffs, norm=norm
        )
        super().__init__(settings)
        self.latent_coeffs, self.norm = latent_coeffs, settings.norm

    @property
    def map_shape(self) -> tuple[int, int]:
        return 2 * self.dyes, self.latent_coeffs

    def latent_map(self, z: Tensor) -> Tensor:
        """(n, 2 · dyes, coefficient): real and imaginary part of the first dye, of the second …"""
        return self.fitting_latent(z).transpose(2, 3).flatten(1, 2)

    def encode(self, x: Tensor) -> Tensor:
        spectrum = torch.fft.rfft(_wide(self.profiles(x)[0]), norm=self.norm)
        return torch.view_as_real(spectrum[..., : self.latent_coeffs])

    def decode(self, z: Tensor) -> Tensor:
        """Coefficients that are not there count as 0."""
        spectrum = torch.view_as_complex(_wide(self.fitting_latent(z)).contiguous())
        missing = self.length // 2 + 1 - self.latent_coeffs
        return torch.fft.irfft(nn.functional.pad(spectrum, (0, missing)), n=self.length, norm=self.norm)


def _wide(x: Tensor) -> Tensor:
    """At least float32, which transforms need."""
    return x.to(torch.promote_types(x.dtype, torch.float32))
