# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Mean squared error of values, and of signals in the scale that they are fed in or in RFU."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple

from seqforge.arrays import np
from seqforge.errors import DataError
from seqforge.losses.base import Loss
from seqforge.losses.formulas import float64
from seqforge.parameters import OneOf, setting
from seqforge.registry import KERAS, PYTORCH, register

if TYPE_CHECKING:
    from seqforge.architectures.base import Architecture
    from seqforge.tasks import Task

SCALED, RFU = "scaled", "rfu"
MAX_RFU = 33000.0
MOST = 40.0  # exponents of a signal are not followed further: its square stays a float32


class Scale(NamedTuple):
    """How RFU were scaled: "log1p", "linear" (both up to `most` RFU) or "none"."""

    kind: str
    most: float

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Scale | None:
        """As the facts of the training data say under "normalisation"."""
        said = facts.get("normalisation") or {}
        kind = said.get("scale", said.get("kind"))
        return cls(str(kind), float(said.get("max_rfu") or MAX_RFU)) if kind else None

    def rfu(self, values: Any, expm1: Callable[[Any], Any]) -> Any:
        """The RFU of scaled `values`; not floored at 0, where a gradient would end."""
        if self.kind == "log1p":
            return expm1((values * math.log1p(self.most)).clip(-MOST, MOST))
        return values * self.most if self.kind == "linear" else values


@register("losses", "mean_squared_error", "mse", library=KERAS)
@dataclass(frozen=True, kw_only=True)
class MeanSquaredError(Loss):
    """Mean over the labels of (output − target)²; both (n, label) → (n,)."""

    tasks: ClassVar[tuple[str, ...]] = ("regression",)
    libraries = (PYTORCH, KERAS)
    output = "values"
    target = "values"

    def torch(self) -> Callable[..., Any]:
        def loss(output: Any, target: Any) -> Any:
            return ((output - target) ** 2).mean(-1)

        return loss

    def keras(self) -> Callable[..., Any]:
        from keras import ops

        def loss(output: Any, target: Any) -> Any:
            return ops.mean(ops.square(output - target), axis=-1)

        return loss

    def reference(self, output: np.ndarray, target: np.ndarray) -> np.ndarray:
        p, t = float64(output, target)
        return ((p - t) ** 2).mean(axis=-1)


@register("losses", "MSELoss", library=PYTORCH)
@dataclass(frozen=True, kw_only=True)
class MSELoss(MeanSquaredError):
    """Mean over the labels of (output − target)²; it also fits several labels, though cross-entropy fits better.

    Of signals the mean over all scan points, as they are fed (`scaled`) or mapped back to RFU first: there a few high
    peaks rule.
    """

    tasks = ("regression", "reconstruction")
    tolerated = ("multi-label classification",)

    space: Annotated[str, OneOf(SCALED, RFU)] = setting(SCALED, "reconstruction: of scaled signals, or back in RFU")
    targets: str = field(default="values", init=False, repr=False)  # the form of the task's targets
    scale: Scale | None = field(default=None, init=False, repr=False)  # of the training data

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.space == RFU:
            object.__setattr__(self, "libraries", (PYTORCH,))

    @property
    def target(self) -> str:  # type: ignore[override]
        return "signal" if self.targets == "signal" else "values"

    def for_task(self, task: Task) -> Loss:
        return self._with("targets", task.targets)

    def for_facts(self, facts: Mapping[str, Any]) -> Loss:
        return self._with("scale", Scale.of(facts)) if self.space == RFU else self

    def _with(self, name: str, value: Any) -> Loss:
        bound = copy(self)
        object.__setattr__(bound, name, value)
        return bound

    def model_problems(self, architecture: Architecture, labels: Sequence[str]) -> list[tuple[str, str]]:
        """(hyper-parameter, sentence) for what does not fit the model and its labels."""
        if self.space == SCALED or self.targets == "signal":
            return []
        return [("space", "space rfu is one of signals, which only task 'reconstruction' has; remove it")]

    def torch(self) -> Callable[..., Any]:
        import torch

        back = self._back(torch.expm1)

        def loss(output: Any, target: Any) -> Any:
            return ((back(output) - back(target)) ** 2).flatten(1).mean(1)

        return loss

    def reference(self, output: np.ndarray, target: np.ndarray) -> np.ndarray:
        back = self._back(np.expm1)
        p, t = (back(array).reshape(len(array), -1) for array in float64(output, target))
        return np.asarray(((p - t) ** 2).mean(axis=1))

    def _back(self, expm1: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """f(values) → in the space of the loss; only f refuses a scale not known yet, for a proof needs none."""
        return lambda values: values if self.space == SCALED else self._known_scale.rfu(values, expm1)

    @property
    def _known_scale(self) -> Scale:
        if self.scale is None:
            raise DataError(f"loss {self.name}: space rfu needs data that say how their signals are scaled")
        return self.scale
