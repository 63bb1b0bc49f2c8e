# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Cosine similarity, negated so that smaller is better."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from seqforge.arrays import np
from seqforge.losses.base import Loss
from seqforge.losses.formulas import at_least, float64
from seqforge.parameters import Integer, setting
from seqforge.registry import KERAS, PYTORCH, register

FLOOR = 1e-7  # the smallest norm that a row is divided by


class LabelAxis(Integer):
    """The axis of the labels: -1, or 1, which is the same in (n, label)."""

    expected = "-1 or 1, the axis of the labels"

    def check(self, value: Any) -> Any:
        axis = super().check(value)
        if axis not in (-1, 1):
            raise self.unfit(value)
        return axis

    def bad_values(self) -> list[str]:
        return ["0", "2", "1.5", "last"]


@register("losses", "cosine_similarity", library=KERAS)
@dataclass(frozen=True, kw_only=True)
class CosineSimilarity(Loss):
    """−Σ output·target / (‖output‖·‖target‖) over the labels; (n, label) → (n,), from −1 (same) to 1 (opposite)."""

    tasks = ("regression",)
    libraries = (PYTORCH, KERAS)
    output = "values"
    target = "values"

    axis: Annotated[int, LabelAxis()] = setting(-1, "the axis of the labels")

    def torch(self) -> Callable[..., Any]:
        import torch

        def unit(rows: Any) -> Any:
            return rows * torch.rsqrt((rows**2).sum(-1, keepdim=True).clamp(min=FLOOR**2))

        def loss(output: Any, target: Any) -> Any:
            return -(unit(output) * unit(target)).sum(-1)

        return loss

    def keras(self) -> Callable[..., Any]:
        from keras import ops

        def unit(rows: Any) -> Any:
            return rows * ops.rsqrt(at_least(ops.sum(ops.square(rows), axis=-1, keepdims=True), FLOOR**2))

        def loss(output: Any, target: Any) -> Any:
            return -ops.sum(unit(output) * unit(target), axis=-1)

        return loss

    def reference(self, output: np.ndarray, target: np.ndarray) -> np.ndarray:
        p, t = float64(output, target)
        lengths = [np.maximum(np.linalg.norm(rows, axis=-1), FLOOR) for rows in (p, t)]
        return -(p * t).sum(axis=-1) / (lengths[0] * lengths[1])
