# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Binary cross-entropy on logits: every label, or scan point, is a question of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from seqforge.arrays import np
from seqforge.losses.base import Loss
from seqforge.losses.elements import LOGITS, elements, reference_cross_entropy, torch_cross_entropy
from seqforge.losses.formulas import float64, softplus
from seqforge.registry import KERAS, PYTORCH, register

if TYPE_CHECKING:
    from seqforge.tasks import Task


@register("losses", "BCEWithLogitsLoss", library=PYTORCH)
@dataclass(frozen=True, kw_only=True)
class BCEWithLogitsLoss(Loss):
    """Mean over the labels of −t·log σ(x) − (1 − t)·log(1 − σ(x)); both (n, label) → (n,). Of masks: over points."""

    tasks = ("multi-label classification", "segmentation")
    libraries = (PYTORCH, KERAS)
    output = "logits"
    input: ClassVar[str] = LOGITS

    targets: str = field(default="multi-hot", init=False, repr=False)  # the form of the task's targets

    @property
    def target(self) -> str:
        return self.targets

    @property
    def prediction(self) -> str:
        return "positions" if self.target == "mask" else "sigmoid"

    def for_task(self, task: Task) -> Loss:
        bound = type(self)()
        object.__setattr__(bound, "targets", task.targets)
        return bound

    def torch(self) -> Callable[..., Any]:
        from torch.nn.functional import binary_cross_entropy_with_logits

        def loss(output: Any, target: Any) -> Any:
            if isinstance(target, Mapping):
                given = elements(output, target)
                return given.means(torch_cross_entropy(given, LOGITS))
            return binary_cross_entropy_with_logits(output, target, reduction="none").mean(-1)

        return loss

    def keras(self) -> Callable[..., Any]:
        from keras import ops

        def loss(output: Any, target: Any) -> Any:
            return ops.mean(target * ops.softplus(-output) + (1 - target) * ops.softplus(output), axis=-1)

        return loss

    def reference(self, output: np.ndarray, target: Any) -> Any:
        """The losses (n,); of named targets a dict of means and their sizes."""
        if isinstance(target, Mapping):
            given = elements(np.asarray(output, np.float64), target)
            return given.means(reference_cross_entropy(given, LOGITS))
        x, t = float64(output, target)
        return (t * softplus(-x) + (1 - t) * softplus(x)).mean(axis=-1)
