# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""One autoencoder of 1-d convolutions, used for every dye."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from seqforge.architectures.per_dye_conv1d_autoencoder import PerDye
from seqforge.registry import register


@register("architectures", "SharedWeightPerDyeConv1dAutoencoder")
@dataclass(frozen=True, kw_only=True)
class SharedWeightPerDyeConv1dAutoencoder(PerDye):
    """Every dye is encoded and decoded by the same weights; with `use_batchnorm` statistics cover all dyes together."""

    def module(self) -> Any:
        from seqforge.architectures.torch.autoencoders import SharedWeightPerDyeConv1dAutoencoder as Module

        return Module(**self.settings())
