# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Convolutions with stride over the scan axis: one latent for all dyes together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from seqforge.architectures.electropherograms import Autoencoder, Sentence, indivisible
from seqforge.parameters import Count, Odd, Switch, setting
from seqforge.registry import register


@dataclass(frozen=True, kw_only=True)
class Convolutional(Autoencoder):
    """What the autoencoders of 1-d convolutions share: depth, latent and where reflect padding ends."""

    of_data: ClassVar[Mapping[str, str]] = {"in_channels": "channels", "input_length": "length"}
    decoder_names: ClassVar[tuple[str, ...]] = ("*decoder.*",)
    per_dye: ClassVar[bool] = False

    in_channels: Count | None = setting(None, "dyes; None: as the data", "num_dyes")
    hidden_channels: Count = setting(32, "channels of every hidden convolution")
    depth: Count = setting(5, "convolutions of stride 2; each halves the scan axis")
    input_length: Count | None = setting(None, "scan points of a profile; None: as the data")
    kernel_size: Odd = setting(7, "width of the convolutions in scan points")
    compression: Count = setting(8, "scan points of one dye per latent value")
    use_sigmoid: Switch = setting(True, "end the decoder with a sigmoid; profiles must then lie between 0 and 1")
    use_batchnorm: Switch = setting(False, "normalise after hidden convolutions")

    def problems(self) -> list[Sentence]:
        return [*self._compression(), *(self._lengths(self.input_length) if self.input_length else ())]

    def _compression(self) -> list[Sentence]:
        if 2**self.depth % self.compression == 0:
            return []
        needed = self.compression.bit_length() - 1
        powers = ", ".join(str(2**power) for power in range(self.depth + 1))
        way_out = f"compression={self.compression} needs depth ≥ {needed}; "
        way_out = way_out if 2**needed == self.compression else ""
        rule = f"expected a divisor of 2^depth = {2**self.depth} for depth {self.depth}, received {self.compression}"
        return [("compression", f"compression: {rule}; {way_out}accepted: {powers}")]

    def _lengths(self, length: int) -> list[Sentence]:
        found = indivisible("input_length", length, self.depth)
        shortest, reach = length // 2 ** (self.depth - 1), self.kernel_size // 2
        if found or reach < shortest:
            return found
        rule = f"expected at most {2 * shortest - 1}, for reflect padding needs more than kernel_size // 2 scan points"
        where = f"and {shortest} of {length} are left at depth {self.depth}"
        return [("kernel_size", f"kernel_size: {rule} {where}, received {self.kernel_size}")]

    @property
    def latent(self) -> tuple[int, ...]:
        channels = 2**self.depth // self.compression * ((self.dyes or 1) if self.per_dye else 1)
        return channels, (self.scan_points or 0) // 2**self.depth

    def _more(self) -> str:
        return f" (compression {self.compression} counts per dye)"

    def _smaller(self) -> str:
        return "choose a larger compression"


@register("architectures", "Conv1dAutoencoder")
@dataclass(frozen=True, kw_only=True)
class Conv1dAutoencoder(Convolutional):
    """One autoencoder over all dyes together, with one latent (2^depth / compression, L / 2^depth)."""

    def module(self) -> Any:
        from seqforge.architectures.torch.autoencoders import Conv1dAutoencoder as Module

        return Module(**self.settings())
