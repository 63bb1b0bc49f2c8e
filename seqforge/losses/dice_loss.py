# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""How little prediction and mask overlap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from seqforge.arrays import np
from seqforge.errors import BackendError
from seqforge.losses.elements import LOGITS, PROBABILITIES, ClassLoss, Elements, elements
from seqforge.parameters import NonNegative, Switch, setting
from seqforge.registry import PYTORCH, register


@register("losses", "DiceLoss", library=PYTORCH)
@dataclass(frozen=True, kw_only=True)
class DiceLoss(ClassLoss):
    """1 − (2·Σ p·t + smooth)/(Σ p + Σ t + smooth), sums over all elements of a batch, or of each example.

    Several classes: of each class against the rest, as the mean over classes, weighed by `class_weights`. Sums over a
    batch make the value depend on how batches are put together. Source: Milletari et al. 2016, arXiv 1606.04797.
    """

    tasks = ("segmentation",)
    libraries = (PYTORCH,)
    usual: ClassVar[str] = PROBABILITIES

    smooth: NonNegative = setting(1.0, "added above and below the line: softens the score of small masks")
    per_sample: Switch = setting(False, "whether sums are taken over each example, not over the batch")

    @property
    def target(self) -> str:
        return self.targets or "mask"

    @property
    def remark(self) -> str:
        """What a report says of the value."""
        over = "each profile" if self.per_sample else "each batch: its value depends on how batches are put together"
        return f"Dice over {over}"

    def torch(self) -> Callable[..., Any]:
        def loss(output: Any, target: Any) -> Any:
            given = elements(output, target, self.ignore_index)
            p = given.output
            if self.output == LOGITS:
                p = p.sigmoid() if given.classes == 1 else p.softmax(1)
            return self._score(given, p)

        return self.checked(loss)

    def keras(self) -> Callable[..., Any]:
        raise BackendError(f"{self.name} does not exist on Keras")

    def reference(self, output: np.ndarray, target: Any) -> np.ndarray:
        given = elements(np.asarray(output, np.float64), target, self.ignore_index)
        p = given.output
        if self.output == LOGITS:
            odds = np.exp(p - p.max(axis=1, keepdims=True)) if given.classes > 1 else None
            p = 1 / (1 + np.exp(-p)) if odds is None else odds / odds.sum(axis=1, keepdims=True)
        return np.asarray(self._score(given, p))

    def _score(self, given: Elements, p: Any) -> Any:
        """The loss (example,) of probabilities p (example, element) or (example, class, element)."""
        judged = given.weighted()
        if given.classes > 1:
            pairs = [(p[:, number], given.target == number) for number in range(given.classes)]
        elif self.class_weights is not None:
            pairs = [(1 - p, 1 - given.target), (p, given.target)]
        else:
            pairs = [(p, given.target)]
        weights = self.numbers or (1.0,) * len(pairs)
        parts = [
            weight / sum(weights) * self._one(said * judged, true * judged)
            for (said, true), weight in zip(pairs, weights, strict=True)
        ]
        return sum(parts[1:], parts[0])

    def _one(self, p: Any, t: Any) -> Any:
        """The loss (example,) of p and t (example, element), which are 0 where nothing is judged."""
        above, below = (p * t).sum(1), p.sum(1) + t.sum(1)
        if not self.per_sample:
            above, below = above.sum() + 0 * above, below.sum() + 0 * below
        below = below + self.smooth
        return 1 - (2 * above + self.smooth + (below == 0)) / (below + (below == 0))
