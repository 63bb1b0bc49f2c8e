# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Adam (Kingma & Ba 2015, arXiv 1412.6980), as each library defines it: their epsilons differ."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from seqforge.optimizers.base import Betas, Optimizer
from seqforge.parameters import Fraction, NonNegative, Positive, Switch, setting
from seqforge.registry import KERAS, PYTORCH, register


@register("optimizers", "Adam", library=PYTORCH)
@dataclass(frozen=True, kw_only=True)
class TorchAdam(Optimizer):
    """Steps along the mean gradient over its root mean square, both corrected for their start at zero."""

    betas: Betas = setting((0.9, 0.999), "decay of the running means of the gradient and of its square")
    eps: Positive = setting(1e-8, "keeps the division by the root of squared gradients finite", "epsilon")
    weight_decay: NonNegative = setting(0.0, "added to the gradient, times the weight (L2)")
    amsgrad: Switch = setting(False, "divide by the largest second moment so far")

    def torch(self, parameters: Iterable[Any]) -> Any:
        from torch.optim import Adam

        return Adam(parameters, **self.own_settings())


@register("optimizers", "Adam", library=KERAS)
@dataclass(frozen=True, kw_only=True)
class KerasAdam(Optimizer):
    """Steps along the mean gradient over its root mean square; epsilon stands beside the uncorrected second moment."""

    beta_1: Fraction = setting(0.9, "decay of the running mean of the gradient")
    beta_2: Fraction = setting(0.999, "decay of the running mean of its square")
    epsilon: Positive = setting(1e-7, "keeps the division by the root of squared gradients finite", "eps")
    amsgrad: Switch = setting(False, "divide by the largest second moment so far")

    def keras(self) -> Any:
        from keras.optimizers import Adam

        return Adam(**self.own_settings())
