# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Mean squared logarithmic error, for values that span magnitudes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seqforge.arrays import np
from seqforge.losses.base import Loss
from seqforge.losses.formulas import CLIP, at_least, float64
from seqforge.registry import KERAS, PYTORCH, register


@register("losses", "mean_squared_logarithmic_error", "msle", library=KERAS)
@dataclass(frozen=True, kw_only=True)
class MeanSquaredLogarithmicError(Loss):
    """Mean over the labels of (log(1 + output) − log(1 + target))², values raised to 1e-7; (n, label) → (n,)."""

    tasks = ("regression",)
    libraries = (PYTORCH, KERAS)
    output = "values"
    target = "values"

    def torch(self) -> Callable[..., Any]:
        def loss(output: Any, target: Any) -> Any:
            return ((output.clamp(min=CLIP).log1p() - target.clamp(min=CLIP).log1p()) ** 2).mean(-1)

        return loss

    def keras(self) -> Callable[..., Any]:
        from keras import ops

        def logs(values: Any) -> Any:
            return ops.log1p(at_least(values, CLIP))

        def loss(output: Any, target: Any) -> Any:
            return ops.mean(ops.square(logs(output) - logs(target)), axis=-1)

        return loss

    def reference(self, output: np.ndarray, target: np.ndarray) -> np.ndarray:
        p, t = float64(output, target)
        return ((np.log1p(np.maximum(p, CLIP)) - np.log1p(np.maximum(t, CLIP))) ** 2).mean(axis=-1)
