# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Basset (Kelley et al. 2016, doi 10.1101/gr.200535.115), for one-hot DNA of any fixed length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from seqforge.architectures.base import InputSpec
from seqforge.architectures.sized import Sized
from seqforge.architectures.stages import Stage
from seqforge.registry import KERAS, PYTORCH, register

STAGES = (Stage(19, pool=3), Stage(11, pool=4), Stage(7, pool=4))


@register("architectures", "Basset")
@dataclass(frozen=True, kw_only=True)
class Basset(Sized):
    """Three convolutions with batch normalisation and pooling, two hidden layers of 1,000; logits."""

    libraries: ClassVar[tuple[str, ...]] = (PYTORCH, KERAS)

    @property
    def stages(self) -> Sequence[Stage]:
        return STAGES

    def module(self, **sizes: int) -> Any:
        from seqforge.architectures.torch.basset import Basset as Module

        return Module(**sizes)

    def keras(self, spec: InputSpec) -> Any:
        from seqforge.architectures.keras.basset import basset

        return basset(spec.seed, **self.sizes(spec))
