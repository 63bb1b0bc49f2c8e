# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Cross-entropy between a model's output and the number of the right class, of examples or of their scan points."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seqforge.arrays import np
from seqforge.losses.elements import IGNORE, LOGITS, ScopedLoss, reference_cross_entropy, torch_cross_entropy
from seqforge.parameters import Fraction, setting
from seqforge.registry import KERAS, PYTORCH, register


@register("losses", "CrossEntropyLoss", library=PYTORCH)
@dataclass(frozen=True, kw_only=True)
class CrossEntropyLoss(ScopedLoss):
    """−log softmax(logits)[class]; logits (n, label), target (n,) → (n,). Of masks the mean over scan points or peaks.

    Means are weighed by `class_weights` and divided by their sum. From probabilities it is −log p, with p ≥ 1e-7. A
    model with one output for two classes has the probability of the second.
    """

    tasks = ("multi-class classification", "peak classification", "segmentation")
    libraries = (PYTORCH, KERAS)

    label_smoothing: Fraction = setting(0.0, "share of the target spread evenly over all labels")

    def __post_init__(self) -> None:
        super().__post_init__()
        usual = self.class_weights is None and self.scope == "all" and self.ignore_index == IGNORE
        if not usual or self.output != LOGITS:
            object.__setattr__(self, "libraries", (PYTORCH,))

    def torch(self) -> Callable[..., Any]:
        weights = self.lookup()

        def loss(output: Any, target: Any) -> Any:
            given = self.elements(output, target)
            means = given.means(torch_cross_entropy(given, self.output, self.label_smoothing), weights(given))
            return means["loss"] if self.is_plain(target) else means

        return self.checked(loss)

    def keras(self) -> Callable[..., Any]:
        from keras import ops

        def loss(output: Any, target: Any) -> Any:
            logs = ops.log_softmax(output, axis=-1)
            right = ops.take_along_axis(logs, ops.expand_dims(target, -1), axis=-1)[:, 0]
            return -(1 - self.label_smoothing) * right - self.label_smoothing * ops.mean(logs, axis=-1)

        return loss

    def reference(self, output: np.ndarray, target: Any) -> Any:
        """The losses (n,); of named targets, and with class_weights, a dict of means and their sizes."""
        given = self.elements(np.asarray(output, np.float64), target)
        means = given.means(reference_cross_entropy(given, self.output, self.label_smoothing), self.lookup()(given))
        return means["loss"] if self.is_plain(target) else means
