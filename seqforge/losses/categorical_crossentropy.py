# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Cross-entropy between one-hot targets and probabilities or logits, as Keras defines it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seqforge.arrays import np
from seqforge.losses.base import Loss
from seqforge.losses.formulas import CLIP, at_least, float64, log_probabilities, log_softmax
from seqforge.parameters import Fraction, Switch, setting
from seqforge.registry import KERAS, PYTORCH, register


@register("losses", "categorical_crossentropy", library=KERAS)
@dataclass(frozen=True, kw_only=True)
class CategoricalCrossentropy(Loss):
    """−Σ t·log p over the labels; output and one-hot t (n, label) → (n,).

    From probabilities: each row is divided by its sum and kept in [1e-7, 1 − 1e-7]. From logits: p is their softmax.
    """

    tasks = ("multi-class classification",)
    libraries = (PYTORCH, KERAS)
    target = "one-hot"

    from_logits: Switch = setting(False, "whether the model's output is logits instead of probabilities")
    label_smoothing: Fraction = setting(0.0, "share of the target spread evenly over all labels")

    @property
    def output(self) -> str:
        return "logits" if self.from_logits else "probabilities"

    @property
    def prediction(self) -> str:
        return "softmax" if self.from_logits else "identity"

    def smooth(self, target: Any) -> Any:
        return target * (1 - self.label_smoothing) + self.label_smoothing / target.shape[-1]

    def torch(self) -> Callable[..., Any]:
        from torch.nn.functional import log_softmax

        def logs(output: Any) -> Any:
            if self.from_logits:
                return log_softmax(output, dim=-1)
            return (output / output.sum(-1, keepdim=True).clamp(min=CLIP)).clamp(CLIP, 1 - CLIP).log()

        return lambda output, target: -(self.smooth(target) * logs(output)).sum(-1)

    def keras(self) -> Callable[..., Any]:
        from keras import ops

        def logs(output: Any) -> Any:
            if self.from_logits:
                return ops.log_softmax(output, axis=-1)
            total = at_least(ops.sum(output, axis=-1, keepdims=True), CLIP)
            return ops.log(ops.clip(output / total, CLIP, 1 - CLIP))

        return lambda output, target: -ops.sum(self.smooth(target) * logs(output), axis=-1)

    def reference(self, output: np.ndarray, target: np.ndarray) -> np.ndarray:
        x, t = float64(output, target)
        logs = log_softmax(x) if self.from_logits else log_probabilities(x)
        return -(self.smooth(t) * logs).sum(axis=-1)
