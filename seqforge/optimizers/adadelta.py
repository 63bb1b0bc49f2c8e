# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Adadelta (Zeiler 2012, arXiv 1212.5701): steps scaled by the ratio of recent updates to recent gradients."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from seqforge.optimizers.base import Optimizer
from seqforge.parameters import Fraction, NonNegative, Positive, setting
from seqforge.registry import KERAS, PYTORCH, register


@register("optimizers", "Adadelta", library=PYTORCH)
@dataclass(frozen=True, kw_only=True)
class TorchAdadelta(Optimizer):
    """Steps in the ratio of recent updates to recent gradients; learning_rate is 0.001 where torch itself has 1.0."""

    rho: Fraction = setting(0.9, "decay of the running mean of squared gradients")
    eps: Positive = setting(1e-6, "keeps the division by the root of squared gradients finite", "epsilon")
    weight_decay: NonNegative = setting(0.0, "added to the gradient, times the weight (L2)")

    def torch(self, parameters: Iterable[Any]) -> Any:
        from torch.optim import Adadelta

        return Adadelta(parameters, **self.own_settings())


@register("optimizers", "Adadelta", library=KERAS)
@dataclass(frozen=True, kw_only=True)
class KerasAdadelta(Optimizer):
    """Steps in the ratio of recent updates to recent gradients."""

    rho: Fraction = setting(0.95, "decay of the running mean of squared gradients")
    epsilon: Positive = setting(1e-7, "keeps the division by the root of squared gradients finite", "eps")

    def keras(self) -> Any:
        from keras.optimizers import Adadelta

        return Adadelta(**self.own_settings())
