# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Mean squared error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seqforge.arrays import np
from seqforge.losses.base import Loss
from seqforge.losses.formulas import float64
from seqforge.registry import KERAS, PYTORCH, register


@register("losses", "mean_squared_error", "mse", library=KERAS)
@dataclass(frozen=True, kw_only=True)
class MeanSquaredError(Loss):
    """Mean over the labels of (output − target)²; both (n, label) → (n,)."""

    tasks = ("regression",)
    libraries = (PYTORCH, KERAS)
    output = "values"
    target = "values"

    def torch(self) -> Callable[..., Any]:
        def loss(output: Any, target: Any) -> Any:
            return ((output - target) ** 2).mean(-1)

        return loss

    def keras(self) -> Callable[..., Any]:
        from keras import ops

        def loss(output: Any, target: Any) -> Any:
            return ops.mean(ops.square(output - target), axis=-1)

        return loss

    def reference(self, output: np.ndarray, target: np.ndarray) -> np.ndarray:
        p, t = float64(output, target)
        return ((p - t) ** 2).mean(axis=-1)


@register("losses", "MSELoss", library=PYTORCH)
@dataclass(frozen=True, kw_only=True)
class MSELoss(MeanSquaredError):
    """Mean over the labels of (output − target)²; it also fits several labels, though cross-entropy fits better."""

    tolerated = ("multi-label classification",)
