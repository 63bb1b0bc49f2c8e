# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Logarithm of the hyperbolic cosine of the error: squared near zero, absolute far away."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seqforge.arrays import np
from seqforge.losses.base import Loss
from seqforge.losses.formulas import float64, softplus
from seqforge.registry import KERAS, PYTORCH, register


@register("losses", "logcosh", library=KERAS)
@dataclass(frozen=True, kw_only=True)
class LogCosh(Loss):
    """Mean over the labels of log cosh(output − target); both (n, label) → (n,). |d| + log(1 + exp(−2|d|)) − log 2."""

    tasks = ("regression",)
    libraries = (PYTORCH, KERAS)
    output = "values"
    target = "values"

    def torch(self) -> Callable[..., Any]:
        from torch.nn.functional import softplus

        def loss(output: Any, target: Any) -> Any:
            far = (output - target).abs()
            return (far + softplus(-2 * far) - math.log(2)).mean(-1)

        return loss

    def keras(self) -> Callable[..., Any]:
        from keras import ops

        def loss(output: Any, target: Any) -> Any:
            far = ops.abs(output - target)
            return ops.mean(far + ops.softplus(-2 * far) - math.log(2), axis=-1)

        return loss

    def reference(self, output: np.ndarray, target: np.ndarray) -> np.ndarray:
        p, t = float64(output, target)
        d = np.abs(p - t)
        return (d + softplus(-2 * d) - math.log(2)).mean(axis=-1)
