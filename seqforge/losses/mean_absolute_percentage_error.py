# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Mean absolute percentage error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seqforge.arrays import np
from seqforge.losses.base import Loss
from seqforge.losses.formulas import CLIP, at_least, float64
from seqforge.registry import KERAS, PYTORCH, register


@register("losses", "mean_absolute_percentage_error", "mape", library=KERAS)
@dataclass(frozen=True, kw_only=True)
class MeanAbsolutePercentageError(Loss):
    """Mean over the labels of 100·|target − output| / max(|target|, 1e-7); both (n, label) → (n,)."""

    tasks = ("regression",)
    libraries = (PYTORCH, KERAS)
    output = "values"
    target = "values"

    def torch(self) -> Callable[..., Any]:
        def loss(output: Any, target: Any) -> Any:
            return 100 * ((target - output) / target.abs().clamp(min=CLIP)).abs().mean(-1)

        return loss

    def keras(self) -> Callable[..., Any]:
        from keras import ops

        def loss(output: Any, target: Any) -> Any:
            return 100 * ops.mean(ops.abs((target - output) / at_least(ops.abs(target), CLIP)), axis=-1)

        return loss

    def reference(self, output: np.ndarray, target: np.ndarray) -> np.ndarray:
        p, t = float64(output, target)
        return 100 * np.abs((t - p) / np.maximum(np.abs(t), CLIP)).mean(axis=-1)
