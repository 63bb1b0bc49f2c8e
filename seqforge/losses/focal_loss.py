# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Cross-entropy that counts what is already right for less."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, cast

from seqforge.arrays import np
from seqforge.losses.elements import (
    LOGITS,
    Elements,
    Lookup,
    ScopedLoss,
    reference_cross_entropy,
    torch_cross_entropy,
)
from seqforge.losses.formulas import at_least
from seqforge.parameters import NonNegative, OneOf, OneOrMore, setting
from seqforge.registry import KERAS, PYTORCH, register

if TYPE_CHECKING:
    from seqforge.architectures.base import Architecture

CONSTANT, BALANCED = "constant", "balanced"
TINY = 1.1754944e-38  # 1 − pt is at least this, so that its powers below 1 have a finite gradient


class Alpha(OneOrMore):
    """A factor for all classes, or one per class."""

    expected = "a number ≥ 0, or one per class with commas between"
    brackets = "()[]"


@register("losses", "FocalLoss")
@dataclass(frozen=True, kw_only=True)
class FocalLoss(ScopedLoss):
    """Mean of α·(1 − pt)^γ·(−log pt), pt the probability of what is right; with α = 1, γ = 0 it is cross-entropy.

    α is one factor for all classes; `balanced`: α of class 1, 1 − α of class 0; a list: of every class.
    Source: Lin et al. 2017, arXiv 1708.02002.
    """

    tasks = (
        "multi-class classification",
        "multi-label classification",
        "segmentation",
        "peak classification",
        "sequence labeling",
    )
    libraries = (PYTORCH, KERAS)

    alpha: Annotated[float | tuple[float, ...], Alpha()] = setting(0.25, "the factor of all classes, or one per class")
    gamma: NonNegative = setting(2.0, "how much less counts what is right already; 0: not less")
    alpha_mode: Annotated[str, OneOf(CONSTANT, BALANCED)] = setting(
        CONSTANT, "constant: alpha as it is; balanced: alpha for class 1, 1 − alpha for class 0"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.only_pytorch:
            object.__setattr__(self, "libraries", (PYTORCH,))

    @property
    def only_pytorch(self) -> bool:
        return self.class_weights is not None or self.scope == "peaks" or self.output != LOGITS

    def problems(self) -> list[tuple[str, str]]:
        """(hyper-parameter, sentence) for each combination of values that cannot work."""
        if self.alpha_mode == CONSTANT:
            return []
        if isinstance(self.alpha, tuple):
            return [("alpha", "alpha: one number per class says everything, alpha_mode balanced makes them of one")]
        sentence = f"alpha: expected at most 1 with alpha_mode balanced, received {self.alpha:g}"
        return [("alpha", sentence)] if self.alpha > 1 else []

    def model_problems(self, architecture: Architecture, labels: Sequence[str]) -> list[tuple[str, str]]:
        found, classes = super().model_problems(architecture, labels), self.classes(labels)
        if isinstance(self.alpha, tuple) and len(self.alpha) != classes:
            found.append(("alpha", f"alpha: expected one number, or {classes}, received {len(self.alpha)}"))
        if self.alpha_mode == BALANCED and classes > 2:
            sentence = f"alpha_mode balanced is of two classes, there are {classes}"
            found.append(("alpha_mode", f"{sentence}; give alpha one number per class"))
        return found

    @property
    def alphas(self) -> tuple[float, ...] | None:
        """The factor of every class; None: alpha is that of all."""
        if isinstance(self.alpha, tuple):
            return self.alpha
        alpha = self.alpha
        return (1 - alpha, alpha) if self.alpha_mode == BALANCED else None

    def _factor(self) -> Callable[[Elements], Any]:
        return Lookup(self.alphas) if self.alphas else lambda given: self.alpha

    def torch(self) -> Callable[..., Any]:
        factor, weights = self._factor(), self.lookup()

        def loss(output: Any, target: Any) -> Any:
            given = self.elements(output, target)
            entropy = torch_cross_entropy(given, self.output)
            wrong = (-(-entropy).expm1()).clamp(min=TINY)
            means = given.means(factor(given) * wrong**self.gamma * entropy, weights(given))
            return means["loss"] if self.is_plain(target) else means

        return self.checked(loss)

    def keras(self) -> Callable[..., Any]:
        from keras import ops

        def focal(entropy: Any, factor: Any) -> Any:
            return factor * at_least(-ops.expm1(-entropy), TINY) ** self.gamma * entropy

        def loss(output: Any, target: Any) -> Any:
            if len(target.shape) > 1:
                entropy = target * ops.softplus(-output) + (1 - target) * ops.softplus(output)
                no, yes = cast("tuple[float, ...]", self.alphas or (self.alpha, self.alpha))
                return ops.mean(focal(entropy, no + (yes - no) * target), axis=-1)
            logs = ops.log_softmax(output, axis=-1)
            entropy = -ops.take_along_axis(logs, ops.expand_dims(target, -1), axis=-1)[:, 0]
            factor = ops.take(ops.cast(self.alphas, output.dtype), target) if self.alphas else self.alpha
            return focal(entropy, factor)

        return loss

    def reference(self, output: np.ndarray, target: Any) -> Any:
        """The losses (n,); of named targets, and with class_weights, a dict of means and their sizes."""
        first = output[0] if isinstance(output, (list, tuple)) else output
        given = self.elements(np.asarray(first, np.float64), target)
        entropy = reference_cross_entropy(given, self.output)
        focused = self._factor()(given) * (1 - np.exp(-entropy)) ** self.gamma * entropy
        means: Mapping[str, np.ndarray] = given.means(focused, self.lookup()(given))
        return means["loss"] if self.is_plain(target) else means
