# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Conv1D: a window along the sequence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from seqforge.layers.base import Size
from seqforge.layers.convolution import Convolution, Order
from seqforge.parameters import OneOf, setting
from seqforge.registry import register


@register("layers", "Conv1D", "Convolution1D")
@dataclass(frozen=True, kw_only=True)
class Conv1D(Convolution):
    """(L, C) → (L', filters); kernel (window, C, filters)."""

    axes = 1
    meaning = "(L, C)"

    kernel_size: Size = field(metadata={"doc": "positions in the window"})
    strides: Size = setting((1,), "positions from one window to the next")
    padding: Annotated[str, OneOf("valid", "same", "causal")] = setting("valid", "zeros at the ends")
    data_format: Order = setting("channels_last", "order of the axes")
    dilation_rate: Size = setting((1,), "distance between the positions of a window")
