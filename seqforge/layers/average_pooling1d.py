# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""AveragePooling1D: the mean of each window; positions over the ends do not count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from seqforge.layers.pooling import Pooling
from seqforge.registry import register


@register("layers", "AveragePooling1D", "AvgPool1D")
@dataclass(frozen=True, kw_only=True)
class AveragePooling1D(Pooling):
    def pool_torch(self, x: Any, sides: tuple[int, int]) -> Any:
        from torch.nn.functional import avg_pool1d, pad

        means = avg_pool1d(x, self.window, self.stride)
        if not any(sides):
            return means
        inside = pad(x.new_ones(1, 1, x.shape[-1] - sum(sides)), sides)
        return means / avg_pool1d(inside, self.window, self.stride)

    def keras(self, name: str, seed: int) -> Any:
        from keras import layers

        from seqforge.architectures.keras.pooling import SameAveragePooling1D

        kind = layers.AveragePooling1D if self.padding == "valid" else SameAveragePooling1D
        return kind(name=name, **self.keras_arguments())
