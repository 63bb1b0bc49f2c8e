# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Adamax (Kingma & Ba 2015, section 7): Adam with the largest instead of the root mean square gradient."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from seqforge.optimizers.base import Betas, Optimizer
from seqforge.parameters import Fraction, NonNegative, Positive, setting
from seqforge.registry import KERAS, PYTORCH, register


@register("optimizers", "Adamax", library=PYTORCH)
@dataclass(frozen=True, kw_only=True)
class TorchAdamax(Optimizer):
    """Adam with the largest recent gradient instead of the root mean square."""

    learning_rate: Positive = setting(0.002, "step size at the start of training; schedules change it")
    betas: Betas = setting((0.9, 0.999), "decay of the running means of the gradient and of its square")
    eps: Positive = setting(1e-8, "keeps the division by the root of squared gradients finite", "epsilon")
    weight_decay: NonNegative = setting(0.0, "added to the gradient, times the weight (L2)")

    def torch(self, parameters: Iterable[Any]) -> Any:
        from torch.optim import Adamax

        return Adamax(parameters, **self.own_settings())


@register("optimizers", "Adamax", library=KERAS)
@dataclass(frozen=True, kw_only=True)
class KerasAdamax(Optimizer):
    """Adam with the largest recent gradient instead of the root mean square."""

    beta_1: Fraction = setting(0.9, "decay of the running mean of the gradient")
    beta_2: Fraction = setting(0.999, "decay of the running mean of its square")
    epsilon: Positive = setting(1e-7, "keeps the division by the root of squared gradients finite", "eps")

    def keras(self) -> Any:
        from keras.optimizers import Adamax

        return Adamax(**self.own_settings())
