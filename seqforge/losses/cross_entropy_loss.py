# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Cross-entropy between logits and the number of the right class."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from seqforge.arrays import np
from seqforge.losses.base import Loss
from seqforge.losses.formulas import chosen, float64, log_softmax
from seqforge.parameters import Fraction, setting
from seqforge.registry import KERAS, PYTORCH, register


@register("losses", "CrossEntropyLoss", library=PYTORCH)
@dataclass(frozen=True, kw_only=True)
class CrossEntropyLoss(Loss):
    """−log softmax(logits)[class]; logits (n, label), target (n,) → (n,)."""

    tasks = ("multi-class classification",)
    libraries = (PYTORCH, KERAS)
    output = "logits"
    target = "index"
    prediction = "softmax"

    label_smoothing: Fraction = setting(0.0, "share of the target spread evenly over all labels")

    def torch(self) -> Callable[..., Any]:
        from torch.nn.functional import cross_entropy

        return partial(cross_entropy, reduction="none", label_smoothing=self.label_smoothing)

    def keras(self) -> Callable[..., Any]:
        from keras import ops

        def loss(output: Any, target: Any) -> Any:
            logs = ops.log_softmax(output, axis=-1)
            right = ops.take_along_axis(logs, ops.expand_dims(target, -1), axis=-1)[:, 0]
            return -(1 - self.label_smoothing) * right - self.label_smoothing * ops.mean(logs, axis=-1)

        return loss

    def reference(self, output: np.ndarray, target: np.ndarray) -> np.ndarray:
        logs = log_softmax(*float64(output))
        return -(1 - self.label_smoothing) * chosen(logs, target) - self.label_smoothing * logs.mean(axis=-1)
