# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Conv2D: a window over two axes, for the input encoding 2D."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from seqforge.layers.base import Pair
from seqforge.layers.convolution import Convolution, Order
from seqforge.parameters import OneOf, setting
from seqforge.registry import register


@register("layers", "Conv2D", "Convolution2D")
@dataclass(frozen=True, kw_only=True)
class Conv2D(Convolution):
    """(H, L, C) → (H', L', filters); kernel (height, window, C, filters)."""

    axes = 2
    meaning = "(1, L, C)"

    kernel_size: Pair = field(metadata={"doc": "rows and positions in the window"})
    strides: Pair = setting((1, 1), "rows and positions from one window to the next")
    padding: Annotated[str, OneOf("valid", "same")] = setting("valid", "zeros at the ends")
    data_format: Order | None = setting(None, "order of the axes; None: channels_last")
    dilation_rate: Pair = setting((1, 1), "distance between the rows and positions of a window")
