# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Categorical hinge: the right class must beat the best wrong one by 1."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seqforge.arrays import np
from seqforge.losses.base import Loss
from seqforge.losses.formulas import float64
from seqforge.registry import KERAS, PYTORCH, register


@register("losses", "categorical_hinge", library=KERAS)
@dataclass(frozen=True, kw_only=True)
class CategoricalHinge(Loss):
    """max(0, 1 + max (1 − t)·x − Σ t·x); scores x and one-hot t (n, label) → (n,). A wrong class counts from 0 up."""

    tasks = ("multi-class classification",)
    libraries = (PYTORCH, KERAS)
    output = "values"
    target = "one-hot"

    def torch(self) -> Callable[..., Any]:
        def loss(output: Any, target: Any) -> Any:
            right, wrong = (target * output).sum(-1), ((1 - target) * output).amax(-1)
            return (1 + wrong - right).clamp(min=0)

        return loss

    def keras(self) -> Callable[..., Any]:
        from keras import ops

        def loss(output: Any, target: Any) -> Any:
            right, wrong = ops.sum(target * output, axis=-1), ops.max((1 - target) * output, axis=-1)
            return ops.relu(1 + wrong - right)

        return loss

    def reference(self, output: np.ndarray, target: np.ndarray) -> np.ndarray:
        x, t = float64(output, target)
        return np.maximum(0, 1 + ((1 - t) * x).max(axis=-1) - (t * x).sum(axis=-1))
