# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Squared hinge loss: as the hinge loss, and smooth where a margin is reached."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seqforge.arrays import np
from seqforge.losses.base import Loss
from seqforge.losses.formulas import float64
from seqforge.registry import KERAS, PYTORCH, register


@register("losses", "squared_hinge", library=KERAS)
@dataclass(frozen=True, kw_only=True)
class SquaredHinge(Loss):
    """Mean over the labels of max(0, 1 − s·x)², s = 1 where the label is present, else −1; (n, label) → (n,)."""

    tasks = ("multi-label classification",)
    libraries = (PYTORCH, KERAS)
    output = "margins"
    target = "multi-hot"
    prediction = "positive"

    def torch(self) -> Callable[..., Any]:
        def loss(output: Any, target: Any) -> Any:
            sign = 2 * target - 1
            return ((1 - sign * output).clamp(min=0) ** 2).mean(-1)

        return loss

    def keras(self) -> Callable[..., Any]:
        from keras import ops

        def loss(output: Any, target: Any) -> Any:
            sign = 2 * target - 1
            return ops.mean(ops.square(ops.relu(1 - sign * output)), axis=-1)

        return loss

    def reference(self, output: np.ndarray, target: np.ndarray) -> np.ndarray:
        x, t = float64(output, target)
        return (np.maximum(0, 1 - (2 * t - 1) * x) ** 2).mean(axis=-1)
