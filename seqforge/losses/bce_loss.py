# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Binary cross-entropy on probabilities, as PyTorch bounds it (no logarithm is below −100), and of masks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from seqforge.arrays import np
from seqforge.losses.elements import (
    AUTO,
    LOGITS,
    PROBABILITIES,
    ElementLoss,
    elements,
    reference_cross_entropy,
    torch_cross_entropy,
)
from seqforge.losses.formulas import at_least, float64
from seqforge.registry import KERAS, PYTORCH, register

FLOOR = -100.0
TINY = 1.1754944e-38  # the smallest normal float32: below it a logarithm counts as FLOOR and has no gradient


@register("losses", "BCELoss", library=PYTORCH)
@dataclass(frozen=True, kw_only=True)
class BCELoss(ElementLoss):
    """Mean over the labels of −t·log p − (1 − t)·log(1 − p); both (n, label) → (n,). NaN where p is outside [0, 1].

    Of masks the mean over scan points, with p and 1 − p at least 1e-7. From logits p is their sigmoid.
    """

    tasks = ("multi-label classification", "segmentation")
    libraries = (PYTORCH, KERAS)
    usual: ClassVar[str] = PROBABILITIES

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.output == LOGITS:
            object.__setattr__(self, "libraries", (PYTORCH,))

    @property
    def target(self) -> str:
        return self.targets or "multi-hot"

    def torch(self) -> Callable[..., Any]:
        # torch's own function stops the whole device on a p outside [0, 1], and refuses to run under autocast
        import torch

        def log(p: Any) -> Any:
            bounded = torch.where(p >= TINY, torch.log(p.clamp(min=TINY)), FLOOR)
            return torch.where(p < 0, torch.nan, bounded)

        def loss(output: Any, target: Any) -> Any:
            if isinstance(target, Mapping) or self.output == LOGITS:
                given = elements(output, target)
                means = given.means(torch_cross_entropy(given, self.output))
                return means if isinstance(target, Mapping) else means["loss"]
            return -(target * log(output) + (1 - target) * log(1 - output)).flatten(1).mean(-1)

        return self.checked(loss) if self.targets == "mask" or self.input != AUTO else loss

    def keras(self) -> Callable[..., Any]:
        from keras import ops

        def log(p: Any) -> Any:
            bounded = ops.where(p >= TINY, ops.log(at_least(p, TINY)), FLOOR * ops.ones_like(p))
            return ops.where(p < 0, float("nan") * ops.ones_like(p), bounded)

        def loss(output: Any, target: Any) -> Any:
            return -ops.mean(target * log(output) + (1 - target) * log(1 - output), axis=-1)

        return loss

    def reference(self, output: np.ndarray, target: Any) -> Any:
        """The losses (n,); of named targets a dict of means and their sizes."""
        if isinstance(target, Mapping) or self.output == LOGITS:
            given = elements(np.asarray(output, np.float64), target)
            means = given.means(reference_cross_entropy(given, self.output))
            return means if isinstance(target, Mapping) else means["loss"]
        p, t = (array.reshape(len(array), -1) for array in float64(output, target))
        with np.errstate(divide="ignore", invalid="ignore"):
            present, absent = np.maximum(np.log(p), FLOOR), np.maximum(np.log(1 - p), FLOOR)
        return -(t * present + (1 - t) * absent).mean(axis=-1)
