# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""MaxPool1D: the largest value of each window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from seqforge.layers.pooling import Pooling
from seqforge.registry import register


@register("layers", "MaxPool1D", "MaxPooling1D")
@dataclass(frozen=True, kw_only=True)
class MaxPool1D(Pooling):
    """(L, C) → (L', C): the largest value of each window."""

    outside = float("-inf")

    def pool_torch(self, x: Any, sides: tuple[int, int]) -> Any:
        from torch.nn.functional import max_pool1d

        return max_pool1d(x, self.window, self.stride)

    def keras(self, name: str, seed: int) -> Any:
        from keras import layers

        return layers.MaxPooling1D(name=name, **self.keras_arguments())
