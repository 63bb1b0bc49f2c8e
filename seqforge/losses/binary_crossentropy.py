# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Binary cross-entropy on probabilities or logits, as Keras defines it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seqforge.arrays import np
from seqforge.losses.base import Loss
from seqforge.losses.formulas import CLIP, float64, softplus
from seqforge.parameters import Fraction, Switch, setting
from seqforge.registry import KERAS, PYTORCH, register


@register("losses", "binary_crossentropy", library=KERAS)
@dataclass(frozen=True, kw_only=True)
class BinaryCrossentropy(Loss):
    """Mean over the labels of −t·log p − (1 − t)·log(1 − p); output and multi-hot t (n, label) → (n,).

    Probabilities are kept in [1e-7, 1 − 1e-7]; from logits, p is their sigmoid.
    """

    tasks = ("multi-label classification",)
    libraries = (PYTORCH, KERAS)
    target = "multi-hot"

    from_logits: Switch = setting(False, "whether the model's output is logits instead of probabilities")
    label_smoothing: Fraction = setting(0.0, "how far targets move from 0 and 1 towards 0.5")

    @property
    def output(self) -> str:
        return "logits" if self.from_logits else "probabilities"

    @property
    def prediction(self) -> str:
        return "sigmoid" if self.from_logits else "identity"

    def smooth(self, target: Any) -> Any:
        return target * (1 - self.label_smoothing) + 0.5 * self.label_smoothing

    def torch(self) -> Callable[..., Any]:
        from torch.nn.functional import softplus

        def loss(output: Any, target: Any) -> Any:
            t = self.smooth(target)
            if self.from_logits:
                return (t * softplus(-output) + (1 - t) * softplus(output)).mean(-1)
            p = output.clamp(CLIP, 1 - CLIP)
            return -(t * p.log() + (1 - t) * (1 - p).log()).mean(-1)

        return loss

    def keras(self) -> Callable[..., Any]:
        from keras import ops

        def loss(output: Any, target: Any) -> Any:
            t = self.smooth(target)
            if self.from_logits:
                return ops.mean(t * ops.softplus(-output) + (1 - t) * ops.softplus(output), axis=-1)
            p = ops.clip(output, CLIP, 1 - CLIP)
            return -ops.mean(t * ops.log(p) + (1 - t) * ops.log(1 - p), axis=-1)

        return loss

    def reference(self, output: np.ndarray, target: np.ndarray) -> np.ndarray:
        x, t = float64(output, self.smooth(target))
        if self.from_logits:
            return (t * softplus(-x) + (1 - t) * softplus(x)).mean(axis=-1)
        p = np.clip(x, CLIP, 1 - CLIP)
        return -(t * np.log(p) + (1 - t) * np.log(1 - p)).mean(axis=-1)
