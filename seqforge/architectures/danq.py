# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""DanQ (Quang & Xie 2016, doi 10.1093/nar/gkw226): a convolution, then a recurrent network over its positions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from seqforge.architectures.sized import Sized
from seqforge.architectures.stages import Stage
from seqforge.registry import register

STAGES = (Stage(26, pool=13),)


@register("architectures", "DanQ")
@dataclass(frozen=True, kw_only=True)
class DanQ(Sized):
    """A convolution with pooling, a bidirectional LSTM of two layers, one hidden layer of 925; logits."""

    @property
    def stages(self) -> Sequence[Stage]:
        return STAGES

    def module(self, **sizes: int) -> Any:
        from seqforge.architectures.torch.danq import DanQ as Module

        return Module(**sizes)
