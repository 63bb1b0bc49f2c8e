# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Categorical cross-entropy with the number of the right class as target, as Keras defines it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seqforge.arrays import np
from seqforge.losses.base import Loss
from seqforge.losses.formulas import CLIP, at_least, chosen, float64, log_probabilities, log_softmax
from seqforge.parameters import Switch, setting
from seqforge.registry import KERAS, PYTORCH, register


@register("losses", "sparse_categorical_crossentropy", library=KERAS)
@dataclass(frozen=True, kw_only=True)
class SparseCategoricalCrossentropy(Loss):
    """−log p[class]; output (n, label), target (n,) → (n,). Probabilities and logits as in categorical_crossentropy."""

    tasks = ("multi-class classification",)
    libraries = (PYTORCH, KERAS)
    target = "index"

    from_logits: Switch = setting(False, "whether the model's output is logits instead of probabilities")

    @property
    def output(self) -> str:
        return "logits" if self.from_logits else "probabilities"

    @property
    def prediction(self) -> str:
        return "softmax" if self.from_logits else "identity"

    def torch(self) -> Callable[..., Any]:
        from torch.nn.functional import log_softmax

        def logs(output: Any) -> Any:
            if self.from_logits:
                return log_softmax(output, dim=-1)
            return (output / output.sum(-1, keepdim=True).clamp(min=CLIP)).clamp(CLIP, 1 - CLIP).log()

        return lambda output, target: -logs(output).gather(-1, target[:, None])[:, 0]

    def keras(self) -> Callable[..., Any]:
        from keras import ops

        def logs(output: Any) -> Any:
            if self.from_logits:
                return ops.log_softmax(output, axis=-1)
            total = at_least(ops.sum(output, axis=-1, keepdims=True), CLIP)
            return ops.log(ops.clip(output / total, CLIP, 1 - CLIP))

        return lambda output, target: -ops.take_along_axis(logs(output), ops.expand_dims(target, -1), axis=-1)[:, 0]

    def reference(self, output: np.ndarray, target: np.ndarray) -> np.ndarray:
        (x,) = float64(output)
        return -chosen(log_softmax(x) if self.from_logits else log_probabilities(x), target)
