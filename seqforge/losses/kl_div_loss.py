# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Kullback-Leibler divergence as PyTorch averages it: over all elements, not over examples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seqforge.arrays import np
from seqforge.losses.base import Loss
from seqforge.losses.formulas import float64
from seqforge.registry import KERAS, PYTORCH, register


@register("losses", "KLDivLoss", library=PYTORCH)
@dataclass(frozen=True, kw_only=True)
class KLDivLoss(Loss):
    """Mean over the labels of t·(log t − output), 0 where t = 0; log-probabilities and one-hot (n, label) → (n,)."""

    tasks = ("multi-class classification", "peak classification")
    libraries = (PYTORCH, KERAS)
    output = "log-probabilities"
    target = "one-hot"
    prediction = "exp"

    def torch(self) -> Callable[..., Any]:
        from torch.nn.functional import kl_div

        def loss(output: Any, target: Any) -> Any:
            return kl_div(output, target, reduction="none").mean(-1)

        return loss

    def keras(self) -> Callable[..., Any]:
        from keras import ops

        def loss(output: Any, target: Any) -> Any:
            logs = ops.log(ops.where(target > 0, target, ops.ones_like(target)))
            return ops.mean(target * (logs - output), axis=-1)

        return loss

    def reference(self, output: np.ndarray, target: np.ndarray) -> np.ndarray:
        x, t = float64(output, target)
        return (t * (np.log(np.where(t > 0, t, 1.0)) - x)).mean(axis=-1)
