# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The U-Net and the autoencoder made of it, as nn.Modules."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from seqforge.architectures import unet as definition
from seqforge.architectures.electropherograms import checked, indivisible
from seqforge.architectures.torch.autoencoders import Autoencoder
from seqforge.architectures.torch.signal_forms import as_profiles, restored
from seqforge.architectures.unet2d_autoencoder import UNet2DAutoEncoder as Settings
from seqforge.errors import WrongInput

POOL = (1, 2)  # dyes are never pooled


def double_conv(inputs: int, outputs: int, kernel: tuple[int, int]) -> nn.Sequential:
    """Twice a convolution that keeps both axes, a normalisation and a ReLU."""
    padding = kernel[0] // 2, kernel[1] // 2
    modules: list[nn.Module] = []
    for channels in (inputs, outputs):
        modules += [nn.Conv2d(channels, outputs, kernel, padding=padding), nn.BatchNorm2d(outputs), nn.ReLU()]
    return nn.Sequential(*modules)


class Decoder(nn.Module):
    """One level up: (n, 2c, dye, m) and the skip of its level (n, c, dye, 2m) → (n, c, dye, 2m)."""

    def __init__(self, channels: int, kernel: tuple[int, int], skip: bool = True):
        super().__init__()
        self.up = nn.ConvTranspose2d(2 * channels, channels, POOL, stride=POOL)
        self.convs = double_conv(2 * channels if skip else channels, channels, kernel)

    def forward(self, x: Tensor, skip: Tensor | None) -> Tensor:
        x = self.up(x)
        return self.convs(x if skip is None else torch.cat([x, skip], dim=1))


def encoders(inputs: int, filters: int, depth: int, kernel: tuple[int, int]) -> nn.ModuleList:
    """One double convolution per level, f, 2f, 4f … channels."""
    widths = [inputs, *(filters * 2**level for level in range(depth))]
    return nn.ModuleList(double_conv(a, b, kernel) for a, b in pairwise(widths))


def decoders(filters: int, depth: int, kernel: tuple[int, int], skip: bool = True) -> nn.ModuleList:
    """One per level, the deepest first."""
    return nn.ModuleList(Decoder(filters * 2**level, kernel, skip) for level in reversed(range(depth)))


def down(x: Tensor, levels: nn.ModuleList, bottleneck: nn.Module) -> tuple[Tensor, list[Tensor]]:
    """What the bottleneck puts out, and the skips of the levels, the first level first."""
    skips = []
    for level in levels:
        skips.append(level(x))
        x = nn.functional.max_pool2d(skips[-1], POOL)
    return bottleneck(x), skips


def up(x: Tensor, levels: nn.ModuleList, skips: Sequence[Tensor | None]) -> Tensor:
    for level, skip in zip(levels, reversed(skips), strict=True):
        x = level(x, skip)
    return x


class ChannelsLast(nn.Module):
    """A module that may keep its images (n, channel, dye, scan) with the channels innermost in memory.

    `channels_last` turns that on and off, for weights and inputs; numbers are the same up to rounding.
    """

    _channels_last = False

    @property
    def channels_last(self) -> bool:
        return self._channels_last

    @channels_last.setter
    def channels_last(self, on: bool) -> None:
        self._channels_last = on
        self.to(memory_format=self.memory_format)

    @property
    def memory_format(self) -> torch.memory_format:
        return torch.channels_last if self._channels_last else torch.contiguous_format

    def arranged(self, x: Tensor) -> Tensor:
        return x.contiguous(memory_format=self.memory_format) if self._channels_last else x


class UNet(ChannelsLast):
    """Profiles (n, dye, scan) or (n, 1, dye, scan) → probabilities or logits of the same form, per scan point.

    With K > 1 output channels (n, K, dye, scan); with more input channels C only (n, C, dye, scan). The length must be
    divisible by 2^depth. `logits` puts out what lies before sigmoid or softmax, `output_kind` says what `forward` does.
    """

    def __init__(
        self,
        depth: int = 4,
        kernel_size: tuple[int, int] = (3, 5),
        num_filters: int = 32,
        in_channels: int = 1,
        out_channels: int = 1,
        output: str = "probabilities",
    ):
        super().__init__()
        self.settings: definition.UNet = checked(
            definition.UNet,
            depth=depth,
            kernel_size=kernel_size,
            num_filters=num_filters,
            in_channels=in_channels,
            out_channels=out_channels,
            output=output,
        )
        kernel, widest = self.settings.kernel_size, num_filters * 2**depth
        self.encoders = encoders(in_channels, num_filters, depth, kernel)
        self.bottleneck = double_conv(widest // 2, widest, kernel)
        self.decoders = decoders(num_filters, depth, kernel)
        self.head = nn.Conv2d(num_filters, out_channels, 1)

    @property
    def output_kind(self) -> str:
        return self.settings.output

    def forward(self, x: Tensor) -> Tensor:
        logits = self.logits(x)
        if self.settings.output == "logits":
            return logits
        return logits.sigmoid() if self.settings.out_channels == 1 else logits.softmax(dim=1)

    def logits(self, x: Tensor) -> Tensor:
        """The output before sigmoid or softmax, whatever `output` says."""
        images, extra = self._images(x)
        self._check(images.shape[3])
        found, skips = down(self.arranged(images), self.encoders, self.bottleneck)
        found = self.head(up(found, self.decoders, skips))
        return restored(found.squeeze(1), extra) if self.settings.out_channels == 1 else found

    def _images(self, x: Tensor) -> tuple[Tensor, int | None]:
        """(n, channel, dye, scan), and the axis that the form of `x` has besides (n, dye, scan)."""
        channels = self.settings.in_channels
        if channels == 1:
            profiles, extra = as_profiles(x, "UNet")
            return profiles.unsqueeze(1), extra
        if x.ndim == 4 and x.shape[1] == channels:
            return x, 1
        form = f"(n, {channels}, dye, scan) for in_channels={channels}"
        raise WrongInput(
            f"UNet: expected {form}, received {tuple(x.shape)}; profiles without channels need in_channels=1"
        )

    def _check(self, length: int) -> None:
        found = indivisible("scan points", length, self.settings.depth)
        if found:
            raise WrongInput(f"UNet.depth: {found[0][1]}")


class UNet2DAutoEncoder(ChannelsLast, Autoencoder):
    """The U-Net with its bottleneck as latent (n, channel, dye, M); nothing is kept between calls."""

    def __init__(
        self,
        depth: int = 4,
        kernel_size: tuple[int, int] = (3, 5),
        num_filters: int = 32,
        num_dyes: int = 5,
        input_length: int = 4096,
        skip_connections: bool = True,
        latent_channels: int | None = None,
        use_sigmoid: bool = False,
    ):
        settings: Settings = checked(
            Settings,
            depth=depth,
            kernel_size=kernel_size,
            num_filters=num_filters,
            num_dyes=num_dyes,
            input_length=input_length,
            skip_connections=skip_connections,
            latent_channels=latent_channels,
            use_sigmoid=use_sigmoid,
        )
        super().__init__(settings)
        self.skip_connections, self.use_sigmoid = skip_connections, use_sigmoid
        kernel, widest = settings.kernel_size, num_filters * 2**depth
        self.encoders = encoders(1, num_filters, depth, kernel)
        self.bottleneck = double_conv(widest // 2, widest, kernel)
        if latent_channels is not None:
            self.to_latent = nn.Conv2d(widest, latent_channels, 1)
            self.from_latent = nn.Conv2d(latent_channels, widest, 1)
        self.projected = latent_channels is not None
        self.decoders = decoders(num_filters, depth, kernel, skip_connections)
        self.head = nn.Conv2d(num_filters, 1, 1)

    @property
    def map_shape(self) -> tuple[int, int]:
        channels, dyes, positions = self.encoded_shape
        return channels * dyes, positions

    def latent_map(self, z: Tensor) -> Tensor:
        return self.fitting_latent(z).flatten(1, 2)

    def encode(self, x: Tensor, return_skips: bool = False) -> Any:
        """z, or (z, skips) with `return_skips`: what `decode` needs of a model with skip connections."""
        images = self.arranged(self.profiles(x)[0].unsqueeze(1))
        z, skips = down(images, self.encoders, self.bottleneck)
        z = self.to_latent(z) if self.projected else z
        return (z, skips) if return_skips else z

    def decode(self, z: Tensor, skips: Sequence[Tensor] | None = None) -> Tensor:
        """(n, dye, scan); `skips` of the same `encode` exactly if the model has skip connections."""
        z = self.arranged(self.fitting_latent(z))
        z = self.from_latent(z) if self.projected else z
        y = self.head(up(z, self.decoders, self._skips(skips))).squeeze(1)
        return y.sigmoid() if self.use_sigmoid else y

    def _skips(self, skips: Sequence[Tensor] | None) -> Sequence[Tensor | None]:
        depth = len(self.decoders)
        if not self.skip_connections:
            return [None] * depth
        if skips is None or len(skips) != depth:
            received = "none" if skips is None else f"{len(skips)}"
            way_out = "pass the skips of the same encode: z, skips = encode(x, return_skips=True)"
            message = f"skips: expected {depth} with skip_connections=True, received {received}; {way_out}"
            raise WrongInput(f"UNet2DAutoEncoder.{message}")
        return skips

    def reconstruct(self, x: Tensor) -> Tensor:
        return self.decode(*self.encode(x, return_skips=True))
