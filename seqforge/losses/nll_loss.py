# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Negative log-likelihood of the right class, from log-probabilities."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seqforge.arrays import np
from seqforge.losses.base import Loss
from seqforge.losses.formulas import chosen, float64
from seqforge.registry import KERAS, PYTORCH, register


@register("losses", "NLLLoss", library=PYTORCH)
@dataclass(frozen=True, kw_only=True)
class NLLLoss(Loss):
    """−output[class]; log-probabilities (n, label), target (n,) → (n,)."""

    tasks = ("multi-class classification", "peak classification")
    libraries = (PYTORCH, KERAS)
    output = "log-probabilities"
    target = "index"
    prediction = "exp"

    def torch(self) -> Callable[..., Any]:
        def loss(output: Any, target: Any) -> Any:
            return -output.gather(-1, target[:, None])[:, 0]

        return loss

    def keras(self) -> Callable[..., Any]:
        from keras import ops

        def loss(output: Any, target: Any) -> Any:
            return -ops.take_along_axis(output, ops.expand_dims(target, -1), axis=-1)[:, 0]

        return loss

    def reference(self, output: np.ndarray, target: np.ndarray) -> np.ndarray:
        return -chosen(float64(output)[0], target)
