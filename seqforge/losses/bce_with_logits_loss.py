# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Binary cross-entropy on logits: every label is a question of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seqforge.arrays import np
from seqforge.losses.base import Loss
from seqforge.losses.formulas import float64, softplus
from seqforge.registry import KERAS, PYTORCH, register


@register("losses", "BCEWithLogitsLoss", library=PYTORCH)
@dataclass(frozen=True, kw_only=True)
class BCEWithLogitsLoss(Loss):
    """Mean over the labels of −t·log σ(x) − (1 − t)·log(1 − σ(x)); both (n, label) → (n,)."""

    tasks = ("multi-label classification",)
    libraries = (PYTORCH, KERAS)
    output = "logits"
    target = "multi-hot"
    prediction = "sigmoid"

    def torch(self) -> Callable[..., Any]:
        from torch.nn.functional import binary_cross_entropy_with_logits

        def loss(output: Any, target: Any) -> Any:
            return binary_cross_entropy_with_logits(output, target, reduction="none").mean(-1)

        return loss

    def keras(self) -> Callable[..., Any]:
        from keras import ops

        def loss(output: Any, target: Any) -> Any:
            return ops.mean(target * ops.softplus(-output) + (1 - target) * ops.softplus(output), axis=-1)

        return loss

    def reference(self, output: np.ndarray, target: np.ndarray) -> np.ndarray:
        x, t = float64(output, target)
        return (t * softplus(-x) + (1 - t) * softplus(x)).mean(axis=-1)
