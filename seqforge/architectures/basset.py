# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Basset (Kelley et al. 2016, doi 10.1101/gr.200535.115), for one-hot DNA of any fixed length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from seqforge.architectures.sized import Sized
from seqforge.architectures.stages import Stage
from seqforge.registry import register

STAGES = (Stage(19, pool=3), Stage(11, pool=4), Stage(7, pool=4))


@register("architectures", "Basset")
@dataclass(frozen=True, kw_only=True)
class Basset(Sized):
    """Three convolutions with batch normalisation and pooling, two hidden layers of 1,000; logits."""

    @property
    def stages(self) -> Sequence[Stage]:
        return STAGES

    def module(self, **sizes: int) -> Any:
        from seqforge.architectures.torch.basset import Basset as Module

        return Module(**sizes)
