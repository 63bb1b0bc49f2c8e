# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Huber loss (Huber 1964): squared near zero, absolute beyond."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seqforge.arrays import np
from seqforge.losses.base import Loss
from seqforge.losses.formulas import float64
from seqforge.parameters import Positive, setting
from seqforge.registry import KERAS, PYTORCH, register


class HuberFormula(Loss):
    """Mean over the labels of d²/2 for d = |output − target| ≤ δ, else δ·(d − δ/2); both (n, label) → (n,)."""

    tasks = ("regression",)
    libraries = (PYTORCH, KERAS)
    output = "values"
    target = "values"
    delta: float

    def torch(self) -> Callable[..., Any]:
        from torch.nn.functional import huber_loss

        def loss(output: Any, target: Any) -> Any:
            return huber_loss(output, target, reduction="none", delta=self.delta).mean(-1)

        return loss

    def keras(self) -> Callable[..., Any]:
        from keras import ops

        def loss(output: Any, target: Any) -> Any:
            far = ops.abs(output - target)
            near = ops.where(far > self.delta, self.delta, far)
            return ops.mean(near * (far - 0.5 * near), axis=-1)

        return loss

    def reference(self, output: np.ndarray, target: np.ndarray) -> np.ndarray:
        p, t = float64(output, target)
        d = np.abs(p - t)
        return np.where(d <= self.delta, d**2 / 2, self.delta * (d - self.delta / 2)).mean(axis=-1)


@register("losses", "huber", "huber_loss", library=KERAS)
@dataclass(frozen=True, kw_only=True)
class Huber(HuberFormula):
    """The Huber loss with a chosen δ."""

    delta: Positive = setting(1.0, "where the squared part ends")


@register("losses", "SmoothL1Loss", library=PYTORCH)
@dataclass(frozen=True, kw_only=True)
class SmoothL1Loss(HuberFormula):
    """The Huber loss with δ = 1; on probabilities it also fits several labels, though cross-entropy fits better."""

    tolerated = ("multi-label classification",)
    delta = 1.0
