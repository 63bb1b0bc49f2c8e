# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Nadam (Dozat 2016): Adam with Nesterov momentum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from seqforge.optimizers.base import Optimizer
from seqforge.parameters import Fraction, Positive, setting
from seqforge.registry import KERAS, register


@register("optimizers", "Nadam", library=KERAS)
@dataclass(frozen=True, kw_only=True)
class KerasNadam(Optimizer):
    """Adam with Nesterov momentum."""

    beta_1: Fraction = setting(0.9, "decay of the running mean of the gradient")
    beta_2: Fraction = setting(0.999, "decay of the running mean of its square")
    epsilon: Positive = setting(1e-7, "keeps the division by the root of squared gradients finite", "eps")

    def keras(self) -> Any:
        from keras.optimizers import Nadam

        return Nadam(**self.own_settings())
