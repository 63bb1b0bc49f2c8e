# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Embedded layers as torch modules: weights in Keras' order under Keras' names, formulas from `seqforge.layers`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from seqforge.layers.base import Arrays, Layer, Shape
from seqforge.layers.regularizers import Regularizer, regularizer

if TYPE_CHECKING:
    from collections.abc import Mapping


class LayerModule(nn.Module):
    """One layer over (N, *shape). `penalty` is the activity penalty of the last forward pass in training."""

    def __init__(self, layer: Layer, shape: Shape):
        super().__init__()
        self.layer = layer
        self._activity = _regularizer(layer.option("activity_regularizer"))
        self._penalties = {name: _regularizer(layer.regularizer_of(name)) for name in layer.weight_shapes(shape)}
        self.penalty: Tensor | None = None
        for name, size in layer.weight_shapes(shape).items():
            if name in layer.buffers:
                self.register_buffer(name, torch.zeros(size))
            else:
                self.register_parameter(name, nn.Parameter(torch.zeros(size), layer.option("trainable", True)))

    def forward(self, x: Tensor) -> Tensor:
        y = self.layer.run_torch(x, {**self._parameters, **self._buffers}, self.training)
        if self._activity is not None:
            self.penalty = self._activity.torch(y) / y.shape[0] if self.training else None
        return y

    def penalties(self) -> list[Tensor]:
        """What regularizers add to the training loss."""
        own = [each.torch(self.get_parameter(name)) for name, each in self._penalties.items() if each is not None]
        return own if self.penalty is None else [*own, self.penalty]

    def extra_repr(self) -> str:
        return self.layer.name


class SequentialModule(nn.Module):
    """Named layers one after the other; input (N, L, C), or (N, 1, L, C) for 2D."""

    def __init__(self, layers: Mapping[str, tuple[Layer, Shape]]):
        super().__init__()
        for name, (layer, shape) in layers.items():
            self.add_module(name, LayerModule(layer, shape))

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.children():
            x = layer(x)
        return x

    def penalty(self) -> Tensor | None:
        """The sum of all regularizers, to be added to the mean loss of the batch; None if there are none."""
        found: list[Tensor] = [each for layer in self.children() for each in layer.penalties()]  # type: ignore[operator]
        return torch.stack(found).sum() if found else None

    def start(self, weights: Arrays) -> None:
        """Copy initial weights, named `layer.weight`."""
        self.load_state_dict({name: torch.from_numpy(values) for name, values in weights.items()})


def _regularizer(text: Any) -> Regularizer | None:
    return None if text is None else regularizer(text)
