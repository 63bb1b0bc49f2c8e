# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Activation: a function of each value; softmax over the last axis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from seqforge.layers.activations import torch_activation
from seqforge.layers.base import Activation as ActivationName
from seqforge.layers.base import Layer
from seqforge.registry import register


@register("layers", "Activation")
@dataclass(frozen=True, kw_only=True)
class Activation(Layer):
    """A function of each value; softmax over the last axis."""

    activation: ActivationName = field(metadata={"doc": "the function"})

    @property
    def final_activation(self) -> str | None:
        return self.activation

    def run_torch(self, x: Any, weights: Mapping[str, Any], training: bool) -> Any:
        return torch_activation(self.activation)(x)

    def keras(self, name: str, seed: int) -> Any:
        from keras import layers

        return layers.Activation(self.activation, name=name)
