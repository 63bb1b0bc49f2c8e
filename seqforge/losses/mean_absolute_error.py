# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Mean absolute error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seqforge.arrays import np
from seqforge.losses.base import Loss
from seqforge.losses.formulas import float64
from seqforge.registry import KERAS, PYTORCH, register


@register("losses", "mean_absolute_error", "mae", library=KERAS)
@dataclass(frozen=True, kw_only=True)
class MeanAbsoluteError(Loss):
    """Mean over the labels of |output − target|; both (n, label) → (n,)."""

    tasks = ("regression",)
    libraries = (PYTORCH, KERAS)
    output = "values"
    target = "values"

    def torch(self) -> Callable[..., Any]:
        def loss(output: Any, target: Any) -> Any:
            return (output - target).abs().mean(-1)

        return loss

    def keras(self) -> Callable[..., Any]:
        from keras import ops

        def loss(output: Any, target: Any) -> Any:
            return ops.mean(ops.abs(output - target), axis=-1)

        return loss

    def reference(self, output: np.ndarray, target: np.ndarray) -> np.ndarray:
        p, t = float64(output, target)
        return np.abs(p - t).mean(axis=-1)


@register("losses", "L1Loss", library=PYTORCH)
@dataclass(frozen=True, kw_only=True)
class L1Loss(MeanAbsoluteError):
    """Mean over the labels of |output − target|; it also fits several labels, though cross-entropy fits better."""

    tolerated = ("multi-label classification",)
