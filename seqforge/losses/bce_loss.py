# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Binary cross-entropy on probabilities, as PyTorch bounds it: no logarithm is below −100."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seqforge.arrays import np
from seqforge.losses.base import Loss
from seqforge.losses.formulas import at_least, float64
from seqforge.registry import KERAS, PYTORCH, register

FLOOR = -100.0
TINY = 1.1754944e-38  # the smallest normal float32: below it a logarithm counts as FLOOR and has no gradient


@register("losses", "BCELoss", library=PYTORCH)
@dataclass(frozen=True, kw_only=True)
class BCELoss(Loss):
    """Mean over the labels of −t·log p − (1 − t)·log(1 − p); both (n, label) → (n,). NaN where p is outside [0, 1]."""

    tasks = ("multi-label classification",)
    libraries = (PYTORCH, KERAS)
    output = "probabilities"
    target = "multi-hot"

    def torch(self) -> Callable[..., Any]:
        # torch's own function stops the whole device on a p outside [0, 1], and refuses to run under autocast
        import torch

        def log(p: Any) -> Any:
            bounded = torch.where(p >= TINY, torch.log(p.clamp(min=TINY)), FLOOR)
            return torch.where(p < 0, torch.nan, bounded)

        def loss(output: Any, target: Any) -> Any:
            return -(target * log(output) + (1 - target) * log(1 - output)).mean(-1)

        return loss

    def keras(self) -> Callable[..., Any]:
        from keras import ops

        def log(p: Any) -> Any:
            bounded = ops.where(p >= TINY, ops.log(at_least(p, TINY)), FLOOR * ops.ones_like(p))
            return ops.where(p < 0, float("nan") * ops.ones_like(p), bounded)

        def loss(output: Any, target: Any) -> Any:
            return -ops.mean(target * log(output) + (1 - target) * log(1 - output), axis=-1)

        return loss

    def reference(self, output: np.ndarray, target: np.ndarray) -> np.ndarray:
        p, t = float64(output, target)
        with np.errstate(divide="ignore", invalid="ignore"):
            present, absent = np.maximum(np.log(p), FLOOR), np.maximum(np.log(1 - p), FLOOR)
        return -(t * present + (1 - t) * absent).mean(axis=-1)
