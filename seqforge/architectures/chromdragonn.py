# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""ChromDragoNN (Nair et al. 2019, doi 10.1093/bioinformatics/btz352), its sequence-only first stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from seqforge.architectures.base import InputSpec
from seqforge.architectures.sized import Sized
from seqforge.architectures.stages import Stage
from seqforge.registry import KERAS, PYTORCH, register

STAGES = (Stage(pool=3), Stage(padding=3, pool=4), Stage(7, padding=4, pool=4))


@register("architectures", "ChromDragoNN")
@dataclass(frozen=True, kw_only=True)
class ChromDragoNN(Sized):
    """Nine residual blocks in four widths, two hidden layers of 1,000 with batch normalisation; logits."""

    libraries: ClassVar[tuple[str, ...]] = (PYTORCH, KERAS)

    @property
    def stages(self) -> Sequence[Stage]:
        return STAGES

    def module(self, **sizes: int) -> Any:
        from seqforge.architectures.torch.chromdragonn import ChromDragoNN as Module

        return Module(**sizes)

    def keras(self, spec: InputSpec) -> Any:
        from seqforge.architectures.keras.chromdragonn import chromdragonn

        return chromdragonn(spec.seed, **self.sizes(spec))
