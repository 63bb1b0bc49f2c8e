# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""FTRL-proximal (McMahan et al. 2013), with L1 and L2 penalties inside the step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from seqforge.optimizers.base import Optimizer
from seqforge.parameters import NonNegative, Number, setting
from seqforge.registry import KERAS, register


@register("optimizers", "Ftrl", library=KERAS)
@dataclass(frozen=True, kw_only=True)
class KerasFtrl(Optimizer):
    """Follows the regularized leader: steps with L1 and L2 penalties inside, for sparse weights."""

    learning_rate_power: Annotated[float, Number(le=0)] = setting(
        -0.5, "how the rate falls with the squared gradients: their sum to this power"
    )
    initial_accumulator_value: NonNegative = setting(0.1, "where the sum of squared gradients starts")
    l1_regularization_strength: NonNegative = setting(0.0, "penalty on the size of the weights")
    l2_regularization_strength: NonNegative = setting(0.0, "penalty on the squared weights")
    l2_shrinkage_regularization_strength: NonNegative = setting(
        0.0, "penalty on the squared weights, on the gradient only"
    )

    def keras(self) -> Any:
        from keras.optimizers import Ftrl

        return Ftrl(**self.own_settings())
