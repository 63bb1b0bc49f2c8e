# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""GlobalAveragePooling1D: the mean over all positions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seqforge.layers.pooling import GlobalPooling
from seqforge.registry import register


@register("layers", "GlobalAveragePooling1D", "GlobalAvgPool1D")
@dataclass(frozen=True, kw_only=True)
class GlobalAveragePooling1D(GlobalPooling):
    """(L, C) → (C,): the mean over all positions."""

    def run_torch(self, x: Any, weights: Mapping[str, Any], training: bool) -> Any:
        return x.mean(dim=1)

    def keras(self, name: str, seed: int) -> Any:
        from keras import layers

        return layers.GlobalAveragePooling1D(name=name)
