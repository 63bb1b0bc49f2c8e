# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Dense: activation(x · kernel + bias) over the last axis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from seqforge.layers.activations import torch_activation
from seqforge.layers.base import Kernel, Shape, ShapeError, known
from seqforge.parameters import Count
from seqforge.registry import register


@register("layers", "Dense")
@dataclass(frozen=True, kw_only=True)
class Dense(Kernel):
    """(…, in) → (…, units); kernel (in, units), bias (units,)."""

    units: Count = field(metadata={"doc": "number of outputs"})

    def output_shape(self, shape: Shape) -> Shape:
        if not shape:
            raise ShapeError("needs an input of at least one axis")
        return (*shape[:-1], self.units)

    def weight_shapes(self, shape: Shape) -> dict[str, tuple[int, ...]]:
        self.output_shape(shape)
        return self.with_bias((known(shape[-1], "the number of its inputs"), self.units))

    def run_torch(self, x: Any, weights: Mapping[str, Any], training: bool) -> Any:
        from torch.nn.functional import linear

        return torch_activation(self.activation)(linear(x, weights["kernel"].t(), weights.get("bias")))

    def keras(self, name: str, seed: int) -> Any:
        from keras import layers

        return layers.Dense(self.units, name=name, **self.keras_arguments())
