# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Gradients into steps on Keras: which optimizer owns what, clipping, loss scaling; the same formulas as on PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import keras
from keras import ops

from seqforge.backends.assignment import assign
from seqforge.experiment import OptimizerUse
from seqforge.training.process import TrainingProcess

Tensors = list[Any]
START, FACTOR, PATIENCE = 2.0**16, 2.0, 2000  # of the loss scale: at first, per change, steps without overflow


def _norm(gradient: Any) -> Any:
    return ops.sqrt(ops.sum(ops.square(gradient)))


def _factor(limit: float, norm: Any) -> Any:
    return ops.where(norm > limit, limit / ops.maximum(norm, 1e-30), ops.ones_like(norm))


def clip_norm(gradients: Tensors, limit: float) -> Tensors:
    """Each tensor by itself: g·limit/‖g‖₂ where ‖g‖₂ > limit."""
    return [gradient * _factor(limit, _norm(gradient)) for gradient in gradients]


def clip_value(gradients: Tensors, limit: float) -> Tensors:
    """Each element into [−limit, limit]."""
    return [ops.clip(gradient, -limit, limit) for gradient in gradients]


def clip_global_norm(gradients: Tensors, limit: float) -> Tensors:
    """One factor over all tensors, limit/‖all‖₂ where that norm > limit."""
    factor = _factor(limit, _norm(ops.stack([_norm(gradient) for gradient in gradients])))
    return [gradient * factor for gradient in gradients]


CLIPS: Mapping[str, Callable[[Tensors, float], Tensors]] = {
    "clipnorm": clip_norm,
    "clipvalue": clip_value,
    "global_clipnorm": clip_global_norm,
}


class Group(NamedTuple):
    """An optimizer, the numbers of its variables among all trainable ones, and its clips (kind, limit)."""

    optimizer: Any
    numbers: Sequence[int]
    clips: Sequence[tuple[str, float]]


class Updates:
    """The optimizers of an experiment over the named trainable variables of its model and loss."""

    def __init__(
        self, uses: Sequence[OptimizerUse], variables: Mapping[str, Any], process: TrainingProcess, engine: Any
    ):
        self.variables, self._engine = list(variables.values()), engine
        names = list(variables)
        owned = assign([use.pattern for use in uses], names)
        self.groups = [
            Group(use.optimizer.keras(), [names.index(name) for name in mine], _clips(use.optimizer))
            for use, mine in zip(uses, owned, strict=True)
        ]
        for group in self.groups:
            group.optimizer.build(self._own(group, self.variables))
        self._clips = _clips(process)
        self._rates = [float(use.optimizer.learning_rate) for use in uses]
        self.scale = _Scale() if process.precision == "fp16" else None

    @property
    def state(self) -> list[Any]:
        """Every variable that a resumed training needs."""
        return [
            *(variable for group in self.groups for variable in group.optimizer.variables),
            *(self.scale.state if self.scale else []),
        ]

    @property
    def learning_rates(self) -> list[float]:
        return list(self._rates)

    @learning_rates.setter
    def learning_rates(self, rates: Sequence[float]) -> None:
        for number, (group, rate) in enumerate(zip(self.groups, rates, strict=True)):
            if rate != self._rates[number]:
                group.optimizer.learning_rate = rate
        self._rates = [float(rate) for rate in rates]

    def keep_rates(self, rates: Sequence[float]) -> None:
        """The rates that loaded optimizers already have."""
        self._rates = [float(rate) for rate in rates]

    def scaled(self, objective: Any) -> Any:
        return objective if self.scale is None else objective * ops.cast(self.scale.value, objective.dtype)

    def step(self, gradients: Tensors, factor: Any = None) -> None:
        """One step along `gradients` of all variables, times `factor`; with fp16 none where they overflowed."""
        if factor is not None:
            gradients = [gradient * factor for gradient in gradients]
        if self.scale is None:
            self._engine.update(lambda: self._apply(gradients))
            return
        plain = [gradient / self.scale.value for gradient in gradients]
        finite = ops.all(ops.stack([ops.all(ops.isfinite(gradient)) for gradient in plain]))
        self._engine.update_if(finite, lambda: self._apply(plain))
        self._engine.update(lambda: self.scale.follow(finite))  # type: ignore[union-attr]

    def _apply(self, gradients: Tensors) -> None:
        clipped = list(gradients)
        for group in self.groups:
            own = _clipped(self._own(group, gradients), group.clips)
            for number, gradient in zip(group.numbers, own, strict=True):
                clipped[number] = gradient
        clipped = _clipped(clipped, self._clips)
        for group in self.groups:
            group.optimizer.apply(self._own(group, clipped), self._own(group, self.variables))

    @staticmethod
    def _own(group: Group, things: Sequence[Any]) -> list[Any]:
        return [things[number] for number in group.numbers]


class _Scale:
    """The loss scale of fp16: halved when a gradient overflows, doubled after many steps without."""

    def __init__(self) -> None:
        self.value = keras.Variable(START, dtype="float32", trainable=False, name="loss_scale")
        self.good = keras.Variable(0, dtype="int32", trainable=False, name="good_steps")

    @property
    def state(self) -> list[Any]:
        return [self.value, self.good]

    def follow(self, finite: Any) -> None:
        good = ops.where(finite, self.good.value + 1, 0)
        raised = good >= PATIENCE
        kept = ops.where(raised, self.value.value * FACTOR, self.value.value)
        self.value.assign(ops.where(finite, kept, ops.maximum(self.value.value / FACTOR, 1.0)))
        self.good.assign(ops.where(raised, 0, good))


def _clips(settings: Any) -> list[tuple[str, float]]:
    return [(kind, limit) for kind in CLIPS if (limit := getattr(settings, kind)) is not None]


def _clipped(gradients: Tensors, clips: Sequence[tuple[str, float]]) -> Tensors:
    for kind, limit in clips:
        gradients = CLIPS[kind](gradients, limit)
    return gradients
