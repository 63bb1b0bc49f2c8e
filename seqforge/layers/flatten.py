# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Flatten: all axes into one, position by position."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seqforge.layers.base import Entrance, Shape, known, product
from seqforge.registry import register


@register("layers", "Flatten")
@dataclass(frozen=True, kw_only=True)
class Flatten(Entrance):
    """(L, C) → (L·C,), the channels of position 0 first."""

    def output_shape(self, shape: Shape) -> Shape:
        return (product(known(size, "the length of its input") for size in shape),)

    def run_torch(self, x: Any, weights: Mapping[str, Any], training: bool) -> Any:
        return x.flatten(1)

    def keras(self, name: str, seed: int) -> Any:
        from keras import layers

        return layers.Flatten(name=name)
