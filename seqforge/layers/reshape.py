# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Reshape: the same values in another shape, read position by position."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from seqforge.layers.base import Entrance, Extents, Shape, ShapeError, known, product, shown
from seqforge.parameters import Integer
from seqforge.registry import register


@register("layers", "Reshape")
@dataclass(frozen=True, kw_only=True)
class Reshape(Entrance):
    """shape → target_shape; one extent may be -1: whatever is left."""

    target_shape: Annotated[tuple[int, ...], Extents(Integer(ge=-1))] = field(
        metadata={"doc": "the new shape, without the batch axis"}
    )

    def problems(self) -> list[tuple[str, str]]:
        if 0 in self.target_shape or self.target_shape.count(-1) > 1:
            return [("target_shape", "target_shape: expected sizes ≥ 1, at most one of them -1")]
        return []

    def output_shape(self, shape: Shape) -> Shape:
        values = product(known(size, "the length of its input") for size in shape)
        fixed = product(size for size in self.target_shape if size != -1)
        if values % fixed or (-1 not in self.target_shape and values != fixed):
            raise ShapeError(f"cannot reshape {shown(shape)}, {values} values, to {shown(self.target_shape)}")
        return tuple(values // fixed if size == -1 else size for size in self.target_shape)

    def run_torch(self, x: Any, weights: Mapping[str, Any], training: bool) -> Any:
        return x.reshape(x.shape[0], *self.target_shape)

    def keras(self, name: str, seed: int) -> Any:
        from keras import layers

        return layers.Reshape(self.target_shape, name=name)
