# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Lengths of a profile model of dilated convolutions: how many bases of input a profile needs, and what to crop.

Every layer loses the bases that its window lacks at both ends: the first convolution w_in − 1, dilated layer i
(dilation 2^(i+1), width 3) 2·2^(i+1), the profile's convolution w_out − 1. Their sum is the overhang.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from seqforge.errors import UsageError
from seqforge.heads import Head


class LengthWarning(UserWarning):
    """A length that works but was probably not meant: an input that is cropped, a window that is not symmetric."""


class Trunk(NamedTuple):
    """What decides the lengths: D dilated layers, and the widths of the first and of the last convolution in bases."""

    layers: int
    input_filter_width: int
    output_filter_width: int

    def __str__(self) -> str:
        plural = "" if self.layers == 1 else "s"
        return f"{self.layers} layer{plural}, widths {self.input_filter_width} and {self.output_filter_width}"


def overhang(layers: int, input_filter_width: int, output_filter_width: int) -> int:
    """Bases lost between input and output; one base of output sees one more than that."""
    return (input_filter_width - 1) + dilated(layers) + (output_filter_width - 1)


def dilated(layers: int) -> int:
    """Bases lost in `layers` dilated layers: Σ 2·2^(i+1) for i = 0 … layers − 1."""
    return 2 ** (layers + 2) - 4


def needed_input(output_length: int, layers: int, input_filter_width: int, output_filter_width: int) -> int:
    """The shortest input, in bases, of an output of `output_length` bases."""
    return output_length + overhang(layers, input_filter_width, output_filter_width)


def output_for(input_length: int, layers: int, input_filter_width: int, output_filter_width: int) -> int:
    """The longest output of an input of `input_length` bases; below 1: there is none."""
    return input_length - overhang(layers, input_filter_width, output_filter_width)


def split(excess: int) -> tuple[int, int]:
    """The bases to crop on the left and on the right; the odd one goes on the right."""
    return excess // 2, excess - excess // 2


def excess(input_length: int, output_length: int, trunk: Trunk) -> int:
    """The bases of input beyond those that `output_length` needs; raises UsageError if some are missing."""
    more = input_length - needed_input(output_length, *trunk)
    if more < 0:
        raise UsageError(too_short(input_length, output_length, trunk))
    return more


def too_short(input_length: int, output_length: int, trunk: Trunk) -> str:
    """The sentence about an input that is too short, with the way out."""
    needed, longest = needed_input(output_length, *trunk), output_for(input_length, *trunk)
    other = f" or output_length ≤ {longest}" if longest >= 1 else ""
    what = f"output_length {output_length} needs {needed} ({trunk})"
    return f"input_length {input_length} is too short: {what}; give input_length ≥ {needed}{other}"


def too_long(input_length: int, output_length: int, trunk: Trunk) -> str:
    """The sentence about an input that is cropped."""
    needed = needed_input(output_length, *trunk)
    left, right = split(input_length - needed)
    what = f"the {needed} that output_length {output_length} needs ({trunk})"
    crop = f"{left} {_bases(left)} cropped on the left and {right} on the right"
    return f"input_length {input_length} is {input_length - needed} more than {what}; {crop}"


def _bases(count: int) -> str:
    return "base is" if count == 1 else "bases are"


def even_widths(trunk: Trunk) -> Iterator[str]:
    """A sentence for each width that has no middle."""
    for name in ("input_filter_width", "output_filter_width"):
        width = getattr(trunk, name)
        if width % 2 == 0:
            yield f"{name} {width} is even: the window reaches one base further to the right; odd widths are symmetric"


def warnings_about(input_length: int, output_length: int, trunk: Trunk) -> list[str]:
    """What a LengthWarning says about lengths that work: an input that is cropped, widths that are even."""
    cropped = input_length > needed_input(output_length, *trunk)
    return [*([too_long(input_length, output_length, trunk)] if cropped else []), *even_widths(trunk)]


def parameters(
    num_filters: int, num_layers: int, input_filter_width: int, output_filter_width: int, heads: Iterable[Head]
) -> int:
    """The number of a solo model's weights: (4·w_in + 1)·F + D·(3F + 1)·F + Σ_h [(F·w_out + 1)·T_h + (F + 1)·C_h]."""
    filters = num_filters
    trunk = (4 * input_filter_width + 1) * filters + num_layers * (3 * filters + 1) * filters
    profile = filters * output_filter_width + 1
    return trunk + sum(profile * head.width + (filters + 1) * head.counts for head in heads)
