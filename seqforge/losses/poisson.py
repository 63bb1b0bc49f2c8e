# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Poisson loss for counts, without the term that the output does not change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seqforge.arrays import np
from seqforge.losses.base import Loss
from seqforge.losses.formulas import CLIP, float64
from seqforge.registry import KERAS, PYTORCH, register


@register("losses", "poisson", library=KERAS)
@dataclass(frozen=True, kw_only=True)
class Poisson(Loss):
    """Mean over the labels of λ − target·log(λ + 1e-7); rates λ ≥ 0 (NaN if negative) and counts (n, label) → (n,)."""

    tasks = ("regression",)
    libraries = (PYTORCH, KERAS)
    output = "values"
    target = "values"

    def torch(self) -> Callable[..., Any]:
        def loss(output: Any, target: Any) -> Any:
            return (output - target * (output + CLIP).log()).mean(-1)

        return loss

    def keras(self) -> Callable[..., Any]:
        from keras import ops

        def loss(output: Any, target: Any) -> Any:
            return ops.mean(output - target * ops.log(output + CLIP), axis=-1)

        return loss

    def reference(self, output: np.ndarray, target: np.ndarray) -> np.ndarray:
        p, t = float64(output, target)
        return (p - t * np.log(p + CLIP)).mean(axis=-1)
