# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Factors that a loss of several terms learns together with the model (Kendall et al. 2018, arXiv 1705.07115).

A term L has the factor w = 1/(2·lw²), where lw is a parameter, and log(lw)² is added to the total. The square of the
logarithm keeps lw from growing without end: for a constant L it comes to rest at L = 2·lw²·ln lw. Any composite loss
can have them: it says which parts share a parameter. A model that has parameters of these names gives them to the loss,
so that they lie among its weights; else they are the loss' own (`loss.lw0`). Any losses become the terms of one by
WeightedLoss.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from seqforge.arrays import np
from seqforge.losses.base import Loss
from seqforge.parameters import NonNegative, OneOf, setting

LEARNED, FIXED = "learned", "fixed"
FREEZE_ON = ("last_batch", "epoch_mean")

Terms = Mapping[str, Sequence[str]]  # parameter → the parts that it weighs, one per group
_CHOICE = "learned: 1/(2·lw²), lw trains with the model; fixed: as the weights say"


@dataclass(frozen=True, kw_only=True)
class Learning(Loss):
    """The hyper-parameters of a loss whose factors can be learned.

    Learned factors stop for good at the end of an epoch in which the gradient of the first of them, as its mean size,
    is below `freeze_below`. The logarithms then leave the total.
    """

    weighting: Annotated[str, OneOf(LEARNED, FIXED)] = setting(FIXED, _CHOICE, "weights")
    regulariser: Annotated[str, OneOf("log_squared", "none")] = setting(
        "log_squared", "what keeps learned factors from vanishing; none: nothing, for fixed ones", "regularizer"
    )
    freeze_below: NonNegative = setting(1.0, "size of the gradient below which learned factors stop; 0: never")
    freeze_on: Annotated[str, OneOf(*FREEZE_ON)] = setting(
        "last_batch", "whose gradient that is: the epoch's last batch's, or the mean over its batches"
    )

    @property
    def learned(self) -> bool:
        return self.weighting == LEARNED

    def problems(self) -> list[tuple[str, str]]:
        """(hyper-parameter, sentence) for each combination of values that cannot work."""
        if not self.learned or self.regulariser != "none":
            return []
        reason = "learned weights vanish without a regulariser: nothing would be learned"
        return [("regulariser", f"{reason}; use log_squared, or weights=fixed")]


@dataclass(frozen=True, kw_only=True)
class Weighting(Learning):
    """A loss of profiles and counts of heads whose factors are learned, or fixed."""

    weighs_heads: ClassVar[bool] = False

    weighting: Annotated[str, OneOf(LEARNED, FIXED)] = setting(LEARNED, _CHOICE, "weights")
    weight_scope: Annotated[str, OneOf("shared", "group")] = setting(
        "shared", "one pair of learned factors for all heads, or one per head; as the model's"
    )

    @abstractmethod
    def terms(self) -> dict[str, list[str]]:
        """Which parts each learned parameter weighs: its name → names of parts, one per group."""

    @abstractmethod
    def fixed(self) -> dict[str, float]:
        """The factors of the parts where none is learned."""

    @abstractmethod
    def parts(self) -> Callable[..., dict[str, Any]]:
        """f(output, target) → the parts in PyTorch, (n,) each."""

    def head_problems(self) -> list[tuple[str, str]]:
        """(hyper-parameter, sentence) for what does not fit the heads."""
        return []

    def learned_parameters(self) -> list[str]:
        return list(self.terms()) if self.learned else []

    def weights(self) -> dict[str, float]:
        return {} if self.learned else self.fixed()

    def torch(self) -> Callable[..., Any]:
        if not self.learned:
            return self.parts()
        from seqforge.kernels.weighting import LearnedWeights

        groups = max(map(len, self.terms().values()), default=1) if self.weight_scope == "group" else 1
        return LearnedWeights(self.parts(), self.terms(), groups, self.freeze_below, self.freeze_on)


def factor(lw: np.ndarray) -> np.ndarray:
    """w = 1/(2·lw²)."""
    return 1 / (2 * np.square(lw))


def start_of(weight: float) -> float:
    """lw = 1/√(2w), the parameter whose factor is `weight`."""
    return math.sqrt(0.5 / weight)


def reference_total(parts: Mapping[str, np.ndarray], terms: Terms, lw: Mapping[str, np.ndarray]) -> np.ndarray:
    """Σ w·L + Σ log(lw)² (n,) of parts (n,) in NumPy float64; lw: parameter → (1,) or (group,)."""
    total = sum(float(np.square(np.log(values)).sum()) for values in lw.values())
    for name, members in terms.items():
        weights = np.broadcast_to(factor(np.asarray(lw[name], np.float64)), len(members))
        total = total + sum(w * np.asarray(parts[part], np.float64) for w, part in zip(weights, members, strict=True))
    return np.asarray(total)


def reference_gradient(lw: np.ndarray, losses: np.ndarray) -> np.ndarray:
    """∂total/∂lw for the mean losses (group,) that it weighs: −L/lw³ + 2·ln(lw)/lw; of a shared lw their sum."""
    losses = np.asarray(losses, np.float64)
    return -(losses if len(lw) > 1 else losses.sum(keepdims=True)) / lw**3 + 2 * np.log(lw) / lw
