# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The U-Net over dyes and scan points: a class for every scan point (Ronneberger 2015, arXiv:1505.04597)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from seqforge.architectures.base import InputSpec
from seqforge.architectures.electropherograms import (
    DYES,
    SCAN_POINTS,
    EPGArchitecture,
    Found,
    Sentence,
    indivisible,
)
from seqforge.parameters import Count, OddCount, OneOf, Tuple, setting
from seqforge.registry import register

OUTPUTS = ("probabilities", "logits")
KernelSides = Annotated[tuple[int, int], Tuple(OddCount(), 2)]


def channels_for(labels: int) -> int:
    """Output channels for so many labels: two classes share one, more have one each."""
    return 1 if labels <= 2 else labels


@register("architectures", "UNet")
@dataclass(frozen=True, kw_only=True)
class UNet(EPGArchitecture):
    """Encoder and decoder with skip connections; only the scan axis is pooled, kernels see neighbouring dyes.

    Two labels are one output channel, the probability of the second one.
    """

    task_names: ClassVar[tuple[str, ...]] = ("segmentation",)
    of_data: ClassVar[Mapping[str, str]] = {"out_channels": "outputs"}

    depth: Count = setting(4, "levels; each halves the scan axis and doubles the channels")
    kernel_size: KernelSides = setting((3, 5), "height in dyes and width in scan points of every convolution, both odd")
    num_filters: Count = setting(32, "channels of the first level")
    in_channels: Count = setting(1, "channels of every dye's signal; profiles have 1")
    out_channels: Count | None = setting(None, "channels of the output; None: 1 for two labels, else one per label")
    output: Annotated[str, OneOf(*OUTPUTS)] = setting("probabilities", "what the model puts out")

    @property
    def output_kind(self) -> str | None:
        return self.output

    def from_data(self, spec: InputSpec) -> dict[str, int | None]:
        return {"out_channels": channels_for(spec.outputs) if spec.outputs else None}

    def _reason(self, name: str) -> str:
        return "one for two labels, else one for each label"

    def length_problems(self, length: int) -> list[Sentence]:
        """What is wrong with profiles of so many scan points."""
        return [("depth", f"depth: {sentence}") for _, sentence in indivisible("scan points", length, self.depth)]

    def _unfit(self, spec: InputSpec) -> Iterator[Found]:
        yield from super()._unfit(spec)
        if self.in_channels != 1:
            message = f"in_channels: expected 1, as profiles are (dye, scan point), received {self.in_channels}"
            yield "SF0561", message, "leave in_channels out", "error"
        for _, sentence in self.length_problems(spec.length) if spec.length else ():
            yield "SF0562", sentence, "", "error"

    def output_shape(self, spec: InputSpec) -> tuple[int, ...]:
        channels = self.sized(spec).out_channels or 1
        profile = spec.channels or DYES, spec.length or SCAN_POINTS
        return profile if channels == 1 else (channels, *profile)

    def module(self) -> Any:
        from seqforge.architectures.torch.unet import UNet as Module

        return Module(**self.settings())
