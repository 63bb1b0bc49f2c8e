# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Pooling along the sequence: MaxPool1D, AveragePooling1D and their global forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from seqforge.layers.base import Layer, Shape, Size, rank
from seqforge.layers.windows import output_length, pads
from seqforge.parameters import OneOf, setting


@dataclass(frozen=True, kw_only=True)
class Pooling(Layer):
    """(L, C) → (L', C): one value for each window."""

    outside: ClassVar[float] = 0.0  # what lies over the ends

    pool_size: Size = setting((2,), "positions in the window")
    strides: Size | None = setting(None, "positions from one window to the next; None: pool_size")
    padding: Annotated[str, OneOf("valid", "same")] = setting("valid", "same: windows may reach over the ends")

    @property
    def window(self) -> int:
        return self.pool_size[0]

    @property
    def stride(self) -> int:
        return (self.strides or self.pool_size)[0]

    def output_shape(self, shape: Shape) -> Shape:
        length, channels = rank(shape, 2, "(L, C)")
        return output_length(length, self.window, self.stride, 1, self.padding), channels

    def run_torch(self, x: Any, weights: Mapping[str, Any], training: bool) -> Any:
        from torch.nn.functional import pad

        sides = pads(x.shape[1], self.window, self.stride, 1, self.padding)
        first = x.movedim(-1, 1)
        return self.pool_torch(pad(first, sides, value=self.outside) if any(sides) else first, sides).movedim(1, -1)

    def pool_torch(self, x: Any, sides: tuple[int, int]) -> Any:
        """`x` (N, C, L) already padded by `sides` → (N, C, L')."""
        raise NotImplementedError

    def keras_arguments(self) -> dict[str, Any]:
        return {"pool_size": self.pool_size, "strides": self.strides, "padding": self.padding}


@dataclass(frozen=True, kw_only=True)
class GlobalPooling(Layer):
    """(L, C) → (C,): one value over all positions."""

    def output_shape(self, shape: Shape) -> Shape:
        return (rank(shape, 2, "(L, C)")[1],)
