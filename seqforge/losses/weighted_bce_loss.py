# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Binary cross-entropy in which the rare ones weigh more."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from seqforge.arrays import np
from seqforge.errors import BackendError, DataError
from seqforge.losses.base import UnfitFacts
from seqforge.losses.elements import BALANCED, LOGITS, ElementLoss, Elements, elements
from seqforge.parameters import Kind, Number, Positive, setting
from seqforge.registry import PYTORCH, register

FAR = 5.0  # times the ratio of negatives to positives; a weight beyond is probably of other data


class PositiveWeight(Kind):
    """A number, or `balanced`: negatives per positive."""

    expected = "a number > 0, or balanced"
    words = (BALANCED,)
    number = Number(gt=0)

    def parse(self, text: str) -> Any:
        try:
            return BALANCED if text.casefold() == BALANCED else self.number.parse(text)
        except ValueError:
            raise self.unfit(text) from None

    def check(self, value: Any) -> Any:
        if isinstance(value, str) and value.casefold() == BALANCED:
            return BALANCED
        try:
            return self.number.check(value)
        except ValueError:
            raise self.unfit(value) from None

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [self.number.schema(), {"enum": [BALANCED]}]}

    def bad_values(self) -> list[str]:
        return ["heavy", "0", "-1"]


@register("losses", "WeightedBCELoss", library=PYTORCH)
@dataclass(frozen=True, kw_only=True)
class WeightedBCELoss(ElementLoss):
    """Mean over the bins that are known of −w·[y·ln p + (1 − y)·ln(1 − p)], with a weight w for each of the two labels.

    The mean is not divided by the weights. Probabilities are kept in [eps, 1 − eps]: beyond, a bin has no gradient.
    Logits need no bounds: a bin that is surely wrong keeps the gradient −pos_weight.
    """

    tasks = ("sequence labeling", "segmentation", "multi-label classification")
    libraries = (PYTORCH,)

    pos_weight: Annotated[float | str, PositiveWeight()] = setting(
        50.0, "weight where the label is 1; balanced: negatives per positive of the training data"
    )
    neg_weight: Positive = setting(1.0, "weight where the label is 0")
    eps: Annotated[float, Number(gt=0, lt=0.5)] = setting(1e-7, "probabilities are kept this far from 0 and 1")

    @property
    def target(self) -> str:
        return self.targets or "bins"

    def for_facts(self, facts: Mapping[str, Any]) -> WeightedBCELoss:
        counts = facts.get("class_counts")
        if self.pos_weight == BALANCED:
            return self.changed(pos_weight=_balanced(counts))
        if counts is not None and sum(counts[1:]):
            self._compare(counts[0] / sum(counts[1:]))
        return self

    def _compare(self, ratio: float) -> None:
        weight = float(self.pos_weight)
        if ratio and not ratio / FAR <= weight <= ratio * FAR:
            message = f"pos_weight is {weight:g}, but the training data have {ratio:.3g} negatives per positive"
            warnings.warn(f"{message}; pos_weight balanced takes what the data say", stacklevel=3)

    @property
    def weights_of_labels(self) -> tuple[float, float]:
        """(pos_weight, neg_weight) as numbers."""
        if self.pos_weight == BALANCED:
            raise DataError(f"loss {self.name}: pos_weight balanced needs data that say how often labels occur")
        return float(self.pos_weight), self.neg_weight

    def torch(self) -> Callable[..., Any]:
        from torch.nn.functional import softplus

        def costs(given: Elements) -> Any:
            positive, negative = self.weights_of_labels
            x, y = given.output, (given.target > 0.5).to(given.output.dtype)
            if self.output == LOGITS:
                return positive * y * softplus(-x) + negative * (1 - y) * softplus(x)
            p = x.clamp(self.eps, 1 - self.eps)
            return -positive * y * p.log() - negative * (1 - y) * (1 - p).log()

        def loss(output: Any, target: Any) -> Any:
            given = elements(output, target)
            means = given.means(costs(given))
            return means if isinstance(target, Mapping) else means["loss"]

        return self.checked(loss)

    def keras(self) -> Callable[..., Any]:
        raise BackendError(f"{self.name} does not exist on Keras")

    def reference(self, output: Any, target: Any) -> Any:
        """The losses (n,); of named targets a dict of means and their sizes."""
        positive, negative = self.weights_of_labels
        first = output[0] if isinstance(output, (list, tuple)) else output
        given = elements(np.asarray(first, np.float64), target)
        y = given.target > 0.5
        if self.output == LOGITS:
            yes, no = np.logaddexp(0, -given.output), np.logaddexp(0, given.output)
        else:
            p = np.clip(given.output, self.eps, 1 - self.eps)
            yes, no = -np.log(p), -np.log(1 - p)
        means = given.means(np.where(y, positive * yes, negative * no))
        return means if isinstance(target, Mapping) else means["loss"]


def _balanced(counts: Sequence[int] | None) -> float:
    """Negatives per positive; `counts` of the labels: negatives first, None where they are not known."""
    if counts is None:
        raise UnfitFacts(
            "pos_weight", "pos_weight balanced needs data that say how often labels occur", "give a number"
        )
    negatives, positives = counts[0], sum(counts[1:])
    if not positives or not negatives:
        raise UnfitFacts(
            "pos_weight", "pos_weight balanced: the training data have labels of one kind only", "give a number"
        )
    return float(negatives / positives)
