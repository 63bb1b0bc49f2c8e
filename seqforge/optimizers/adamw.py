# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""AdamW (Loshchilov & Hutter 2019, arXiv 1711.05101): Adam with the decay taken off the weights, not the gradients."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from seqforge.optimizers.base import Betas, Optimizer
from seqforge.parameters import Fraction, NonNegative, Positive, Switch, setting
from seqforge.registry import KERAS, PYTORCH, register


@register("optimizers", "AdamW", library=PYTORCH)
@dataclass(frozen=True, kw_only=True)
class TorchAdamW(Optimizer):
    """Adam with the weight decay taken off the weights, not added to the gradients."""

    betas: Betas = setting((0.9, 0.999), "decay of the running means of the gradient and of its square")
    eps: Positive = setting(1e-8, "keeps the division by the root of squared gradients finite", "epsilon")
    weight_decay: NonNegative = setting(0.01, "taken off the weight in each step, times the rate (decoupled)")
    amsgrad: Switch = setting(False, "divide by the largest second moment so far")

    def torch(self, parameters: Iterable[Any]) -> Any:
        from torch.optim import AdamW

        return AdamW(parameters, **self.own_settings())


@register("optimizers", "AdamW", library=KERAS)
@dataclass(frozen=True, kw_only=True)
class KerasAdamW(Optimizer):
    """Adam with the weight decay taken off the weights, not added to the gradients."""

    beta_1: Fraction = setting(0.9, "decay of the running mean of the gradient")
    beta_2: Fraction = setting(0.999, "decay of the running mean of its square")
    epsilon: Positive = setting(1e-7, "keeps the division by the root of squared gradients finite", "eps")
    weight_decay: NonNegative = setting(0.01, "taken off the weight in each step, times the rate (decoupled)")
    amsgrad: Switch = setting(False, "divide by the largest second moment so far")

    def keras(self) -> Any:
        from keras.optimizers import AdamW

        return AdamW(**self.own_settings())
