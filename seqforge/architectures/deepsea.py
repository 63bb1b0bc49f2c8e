# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""DeepSEA (Zhou & Troyanskaya 2015, doi 10.1038/nmeth.3547), for one-hot DNA of any fixed length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from seqforge.architectures.base import InputSpec
from seqforge.architectures.sized import Sized
from seqforge.architectures.stages import Stage
from seqforge.parameters import Switch, setting
from seqforge.registry import KERAS, PYTORCH, register

STAGES = (Stage(8, pool=4), Stage(8, pool=4), Stage(8))
LEGACY_STAGES = (Stage(8, padding=4, pool=4),) * 3


@register("architectures", "DeepSEA")
@dataclass(frozen=True, kw_only=True)
class DeepSEA(Sized):
    """Three convolutions, the first two with pooling, one hidden layer of 925; logits."""

    libraries: ClassVar[tuple[str, ...]] = (PYTORCH, KERAS)

    legacy: Switch = setting(False, "padding 4, and a pool after the third convolution, too")

    @property
    def stages(self) -> Sequence[Stage]:
        return LEGACY_STAGES if self.legacy else STAGES

    def module(self, **sizes: int) -> Any:
        from seqforge.architectures.torch.deepsea import DeepSEA as Module

        return Module(legacy=self.legacy, **sizes)

    def keras(self, spec: InputSpec) -> Any:
        from seqforge.architectures.keras.deepsea import deepsea

        return deepsea(spec.seed, legacy=self.legacy, **self.sizes(spec))
