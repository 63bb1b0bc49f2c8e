# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""An autoencoder of 1-d convolutions for every dye."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from seqforge.architectures.conv1d_autoencoder import Convolutional
from seqforge.parameters import Count, Odd, setting
from seqforge.registry import register


@dataclass(frozen=True, kw_only=True)
class PerDye(Convolutional):
    """The latents of the dyes one after the other: (dyes · 2^depth / compression, L / 2^depth)."""

    per_dye: ClassVar[bool] = True

    hidden_channels: Count = setting(16, "channels of every hidden convolution")
    kernel_size: Odd = setting(9, "width of the convolutions in scan points")


@register("architectures", "PerDyeConv1dAutoencoder")
@dataclass(frozen=True, kw_only=True)
class PerDyeConv1dAutoencoder(PerDye):
    """One autoencoder of its own for every dye; the autoencoder that a PeakNet has unless it is given one."""

    def module(self) -> Any:
        from seqforge.architectures.torch.autoencoders import PerDyeConv1dAutoencoder as Module

        return Module(**self.settings())
