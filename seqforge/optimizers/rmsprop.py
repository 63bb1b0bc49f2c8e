# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""RMSprop (Hinton 2012, lecture 6.5): steps divided by the root mean square of recent gradients."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from seqforge.optimizers.base import Optimizer
from seqforge.parameters import Fraction, NonNegative, Positive, Switch, setting
from seqforge.registry import KERAS, PYTORCH, register


@register("optimizers", "RMSprop", library=PYTORCH)
@dataclass(frozen=True, kw_only=True)
class TorchRMSprop(Optimizer):
    """Steps along the gradient over the root mean square of recent gradients."""

    learning_rate: Positive = setting(0.01, "step size at the start of training; schedules change it")
    alpha: Fraction = setting(0.99, "decay of the running mean of squared gradients")
    eps: Positive = setting(1e-8, "keeps the division by the root of squared gradients finite", "epsilon")
    weight_decay: NonNegative = setting(0.0, "added to the gradient, times the weight (L2)")
    momentum: Fraction = setting(0.0, "share of the previous step that is kept")
    centered: Switch = setting(False, "divide by the deviation of gradients from their mean")

    def torch(self, parameters: Iterable[Any]) -> Any:
        from torch.optim import RMSprop

        return RMSprop(parameters, **self.own_settings())


@register("optimizers", "RMSprop", library=KERAS)
@dataclass(frozen=True, kw_only=True)
class KerasRMSprop(Optimizer):
    """Steps along the gradient over the root mean square of recent gradients."""

    rho: Fraction = setting(0.9, "decay of the running mean of squared gradients")
    momentum: Fraction = setting(0.0, "share of the previous step that is kept")
    epsilon: Positive = setting(1e-7, "keeps the division by the root of squared gradients finite", "eps")
    centered: Switch = setting(False, "divide by the deviation of gradients from their mean")

    def keras(self) -> Any:
        from keras.optimizers import RMSprop

        return RMSprop(**self.own_settings())
