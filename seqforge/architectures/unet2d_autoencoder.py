# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The U-Net as an autoencoder: its bottleneck is the latent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from seqforge.architectures.electropherograms import Autoencoder, Sentence, indivisible
from seqforge.architectures.unet import KernelSides
from seqforge.parameters import Count, Switch, setting
from seqforge.registry import register

BYPASS = "skip connections let the input by-pass the latent"


@register("architectures", "UNet2DAutoEncoder")
@dataclass(frozen=True, kw_only=True)
class UNet2DAutoEncoder(Autoencoder):
    """Reconstructs profiles with the U-Net's encoder and decoder; with skip connections they by-pass the latent."""

    of_data: ClassVar[Mapping[str, str]] = {"num_dyes": "channels", "input_length": "length"}
    dyes_name: ClassVar[str] = "num_dyes"
    decoder_names: ClassVar[tuple[str, ...]] = ("*from_latent.*", "*decoders.*", "*head.*")

    depth: Count = setting(4, "levels; each halves the scan axis and doubles the channels")
    kernel_size: KernelSides = setting((3, 5), "height in dyes and width in scan points of every convolution, both odd")
    num_filters: Count = setting(32, "channels of the first level")
    num_dyes: Count | None = setting(None, "dyes; None: as the data", "in_channels")
    input_length: Count | None = setting(None, "scan points of a profile; None: as the data")
    skip_connections: Switch = setting(True, "let decoders see what encoders of their level put out")
    latent_channels: Count | None = setting(None, "channels that the bottleneck is projected to; None: as it is")
    use_sigmoid: Switch = setting(False, "end the decoder with a sigmoid; profiles must then lie between 0 and 1")

    def problems(self) -> list[Sentence]:
        return indivisible("input_length", self.input_length, self.depth) if self.input_length else []

    @property
    def latent(self) -> tuple[int, ...]:
        channels = self.latent_channels or self.num_filters * 2**self.depth
        return channels, self.dyes or 0, (self.scan_points or 0) // 2**self.depth

    def _more(self) -> str:
        return f"; {BYPASS}" if self.skip_connections else ""

    def _smaller(self) -> str:
        return "set latent_channels"

    def module(self) -> Any:
        from seqforge.architectures.torch.unet import UNet2DAutoEncoder as Module

        return Module(**self.settings())
