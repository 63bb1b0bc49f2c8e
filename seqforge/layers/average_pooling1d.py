# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""AveragePooling1D: the mean of each window; positions over the ends do not count."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from seqforge.layers.pooling import Pooling
from seqforge.layers.windows import pads
from seqforge.registry import register


@register("layers", "AveragePooling1D", "AvgPool1D")
@dataclass(frozen=True, kw_only=True)
class AveragePooling1D(Pooling):
    """(L, C) → (L', C): the mean of each window."""

    def pool_torch(self, x: Any, sides: tuple[int, int]) -> Any:
        from torch.nn.functional import avg_pool1d, pad

        means = avg_pool1d(x, self.window, self.stride)
        if not any(sides):
            return means
        inside = pad(x.new_ones(1, 1, x.shape[-1] - sum(sides)), sides)
        return means / avg_pool1d(inside, self.window, self.stride)

    def keras(self, name: str, seed: int) -> Any:
        from keras import layers

        kind = layers.AveragePooling1D if self.padding == "valid" else same_average_pooling()
        return kind(name=name, **self.keras_arguments())


@cache
def same_average_pooling() -> Any:
    """A keras.layers.AveragePooling1D for padding "same": Keras 3.15 counts the positions over the ends on PyTorch."""
    import keras
    from keras import layers, ops

    @keras.saving.register_keras_serializable("seqforge")
    class SameAveragePooling1D(layers.AveragePooling1D):
        def call(self, inputs: Any) -> Any:
            window, stride, length = self.pool_size[0], self.strides[0], inputs.shape[1]
            sides = [[0, 0], list(pads(length, window, stride, 1, "same")), [0, 0]]
            inside = ops.pad(ops.ones((1, length, 1), dtype=inputs.dtype), sides)
            means, shares = (
                ops.average_pool(x, window, stride, padding="valid", data_format="channels_last")
                for x in (ops.pad(inputs, sides), inside)
            )
            return means / shares

    return SameAveragePooling1D
