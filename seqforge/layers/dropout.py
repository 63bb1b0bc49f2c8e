# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Dropout: in training, each value is zero with probability `rate` and the others are scaled by 1/(1 − rate)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from seqforge.layers.base import Layer
from seqforge.parameters import Fraction
from seqforge.registry import register


@register("layers", "Dropout")
@dataclass(frozen=True, kw_only=True)
class Dropout(Layer):
    """In training, a value is zero with probability `rate`; the others are scaled up."""

    rate: Fraction = field(metadata={"doc": "probability of a zero"})

    def run_torch(self, x: Any, weights: Mapping[str, Any], training: bool) -> Any:
        from torch.nn.functional import dropout

        return dropout(x, self.rate, training)

    def keras(self, name: str, seed: int) -> Any:
        from keras import layers

        return layers.Dropout(self.rate, seed=seed, name=name)
