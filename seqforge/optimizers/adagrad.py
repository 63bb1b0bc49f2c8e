# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Adagrad (Duchi et al. 2011): steps shrink with the sum of squared gradients."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from seqforge.optimizers.base import Optimizer
from seqforge.parameters import NonNegative, Positive, setting
from seqforge.registry import KERAS, PYTORCH, register


@register("optimizers", "Adagrad", library=PYTORCH)
@dataclass(frozen=True, kw_only=True)
class TorchAdagrad(Optimizer):
    """Steps that shrink with the sum of squared gradients so far."""

    learning_rate: Positive = setting(0.01, "step size at the start of training; schedules change it")
    lr_decay: NonNegative = setting(0.0, "the rate is divided by 1 + (step − 1) times this")
    weight_decay: NonNegative = setting(0.0, "added to the gradient, times the weight (L2)")
    initial_accumulator_value: NonNegative = setting(0.0, "where the sum of squared gradients starts")
    eps: Positive = setting(1e-10, "keeps the division by the root of squared gradients finite", "epsilon")

    def torch(self, parameters: Iterable[Any]) -> Any:
        from torch.optim import Adagrad

        return Adagrad(parameters, **self.own_settings())


@register("optimizers", "Adagrad", library=KERAS)
@dataclass(frozen=True, kw_only=True)
class KerasAdagrad(Optimizer):
    """Steps that shrink with the sum of squared gradients so far; epsilon stands below the root."""

    initial_accumulator_value: NonNegative = setting(0.1, "where the sum of squared gradients starts")
    epsilon: Positive = setting(1e-7, "keeps the division by the root of squared gradients finite", "eps")

    def keras(self) -> Any:
        from keras.optimizers import Adagrad

        return Adagrad(**self.own_settings())
