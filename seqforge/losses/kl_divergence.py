# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Kullback-Leibler divergence as Keras defines it: summed over labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seqforge.arrays import np
from seqforge.losses.base import Loss
from seqforge.losses.formulas import CLIP, float64
from seqforge.registry import KERAS, PYTORCH, register


@register("losses", "kl_divergence", "kld", "kullback_leibler_divergence", library=KERAS)
@dataclass(frozen=True, kw_only=True)
class KLDivergence(Loss):
    """Σ t·log(t / p) over the labels, both kept in [1e-7, 1]; probabilities and one-hot (n, label) → (n,)."""

    tasks = ("multi-class classification",)
    libraries = (PYTORCH, KERAS)
    output = "probabilities"
    target = "one-hot"

    def torch(self) -> Callable[..., Any]:
        def loss(output: Any, target: Any) -> Any:
            p, t = output.clamp(CLIP, 1), target.clamp(CLIP, 1)
            return (t * (t / p).log()).sum(-1)

        return loss

    def keras(self) -> Callable[..., Any]:
        from keras import ops

        def loss(output: Any, target: Any) -> Any:
            p, t = ops.clip(output, CLIP, 1), ops.clip(target, CLIP, 1)
            return ops.sum(t * ops.log(t / p), axis=-1)

        return loss

    def reference(self, output: np.ndarray, target: np.ndarray) -> np.ndarray:
        p, t = (np.clip(array, CLIP, 1) for array in float64(output, target))
        return (t * np.log(t / p)).sum(axis=-1)
