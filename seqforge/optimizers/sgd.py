# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Stochastic gradient descent, with momentum (Sutskever et al. 2013) if asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from seqforge.optimizers.base import Optimizer
from seqforge.parameters import Fraction, NonNegative, Switch, setting
from seqforge.registry import KERAS, PYTORCH, register

NO_MOMENTUM = "Nesterov momentum needs momentum > 0; set momentum, or nesterov to False"
DAMPED = "Nesterov momentum needs dampening 0; remove dampening, or set nesterov to False"


@register("optimizers", "SGD", library=PYTORCH)
@dataclass(frozen=True, kw_only=True)
class TorchSGD(Optimizer):
    """Plain gradient descent, with momentum if asked for."""

    momentum: Fraction = setting(0.0, "share of the previous step that is kept")
    dampening: NonNegative = setting(0.0, "share of the gradient that the momentum leaves out")
    weight_decay: NonNegative = setting(0.0, "added to the gradient, times the weight (L2)")
    nesterov: Switch = setting(False, "look ahead along the momentum before stepping")

    def problems(self) -> list[tuple[str, str]]:
        found = []
        if self.nesterov and self.momentum == 0:
            found.append(("nesterov", NO_MOMENTUM))
        if self.nesterov and self.dampening != 0:
            found.append(("dampening", DAMPED))
        return [*super().problems(), *found]

    def torch(self, parameters: Iterable[Any]) -> Any:
        from torch.optim import SGD

        return SGD(parameters, **self.own_settings())


@register("optimizers", "SGD", library=KERAS)
@dataclass(frozen=True, kw_only=True)
class KerasSGD(Optimizer):
    """Plain gradient descent, with momentum if asked for."""

    momentum: Fraction = setting(0.0, "share of the previous step that is kept")
    nesterov: Switch = setting(False, "look ahead along the momentum before stepping")

    def problems(self) -> list[tuple[str, str]]:
        lost = self.nesterov and self.momentum == 0
        return [*super().problems(), *([("nesterov", NO_MOMENTUM)] if lost else [])]

    def keras(self) -> Any:
        from keras.optimizers import SGD

        return SGD(**self.own_settings())
