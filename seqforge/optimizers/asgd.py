# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Averaged stochastic gradient descent (Polyak & Juditsky 1992)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from seqforge.optimizers.base import Optimizer
from seqforge.parameters import Fraction, NonNegative, Positive, setting
from seqforge.registry import PYTORCH, register


@register("optimizers", "ASGD", library=PYTORCH)
@dataclass(frozen=True, kw_only=True)
class TorchASGD(Optimizer):
    """Stochastic gradient descent that also averages the weights over its steps."""

    learning_rate: Positive = setting(0.01, "step size at the start of training; schedules change it")
    lambd: NonNegative = setting(1e-4, "decay of the rate and of the weights")
    alpha: Fraction = setting(0.75, "power with which the rate falls")
    t0: Positive = setting(1e6, "step at which averaging starts")
    weight_decay: NonNegative = setting(0.0, "added to the gradient, times the weight (L2)")

    def torch(self, parameters: Iterable[Any]) -> Any:
        from torch.optim import ASGD

        return ASGD(parameters, **self.own_settings())
