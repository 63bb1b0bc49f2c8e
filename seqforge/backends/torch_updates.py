# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Gradients into steps: which optimizer owns what, clipping, loss scaling."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import torch

from seqforge.backends.assignment import assign
from seqforge.errors import BackendError
from seqforge.experiment import OptimizerUse
from seqforge.training.process import TrainingProcess

Tensors = list[torch.Tensor]


def clip_norm(gradients: Tensors, limit: float) -> None:
    """Each tensor by itself: g·limit/‖g‖₂ where ‖g‖₂ > limit."""
    factors = [torch.clamp(limit / norm, max=1.0) for norm in torch._foreach_norm(gradients)]
    torch._foreach_mul_(gradients, factors)


def clip_value(gradients: Tensors, limit: float) -> None:
    """Each element into [−limit, limit]."""
    torch._foreach_clamp_min_(gradients, -limit)
    torch._foreach_clamp_max_(gradients, limit)


def clip_global_norm(gradients: Tensors, limit: float) -> None:
    """One factor over all tensors, limit/‖all‖₂ where that norm > limit."""
    norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
    torch._foreach_mul_(gradients, torch.clamp(limit / norm, max=1.0))


CLIPS: Mapping[str, Callable[[Tensors, float], None]] = {
    "clipnorm": clip_norm,
    "clipvalue": clip_value,
    "global_clipnorm": clip_global_norm,
}


class Clip(NamedTuple):
    """One clipping rule over the gradients of some parameters."""

    kind: str
    limit: float
    parameters: Sequence[torch.nn.Parameter]

    def __call__(self) -> None:
        gradients = [parameter.grad for parameter in self.parameters if parameter.grad is not None]
        if gradients:
            CLIPS[self.kind](gradients, self.limit)


class Updates:
    """The optimizers of an experiment over the named trainable parameters of its model and loss."""

    def __init__(
        self,
        uses: Sequence[OptimizerUse],
        parameters: Mapping[str, torch.nn.Parameter],
        process: TrainingProcess,
        scaler: torch.amp.GradScaler,
        frozen: Sequence[str] = (),
    ):
        self.parameters = list(parameters.values())
        self.owned = owned = assign([use.pattern for use in uses], list(parameters), frozen) if uses else []
        groups = [[parameters[name] for name in names] for names in owned]
        self.optimizers = [_optimizer(use, group) for use, group in zip(uses, groups, strict=True)]
        self.clips = [clip for use, group in zip(uses, groups, strict=True) for clip in _clips(use.optimizer, group)]
        self.clips += _clips(process, self.parameters)
        self.scaler = scaler
        self.needs_closure = any(isinstance(optimizer, torch.optim.LBFGS) for optimizer in self.optimizers)
        if self.needs_closure:
            _check_closure(len(uses), process)

    @property
    def learning_rates(self) -> list[float]:
        return [float(optimizer.param_groups[0]["lr"]) for optimizer in self.optimizers]

    @learning_rates.setter
    def learning_rates(self, rates: Sequence[float]) -> None:
        for optimizer, rate in zip(self.optimizers, rates, strict=True):
            for group in optimizer.param_groups:
                group["lr"] = rate

    def forget_gradients(self) -> None:
        for parameter in self.parameters:
            parameter.grad = None

    def clip(self) -> None:
        for clip in self.clips:
            clip()

    def step(self, factor: float = 1.0) -> None:
        """One step from the gradients gathered so far, times `factor`; the gradients are forgotten."""
        for optimizer in self.optimizers:
            self.scaler.unscale_(optimizer)
        if factor != 1.0:
            gradients = [parameter.grad for parameter in self.parameters if parameter.grad is not None]
            torch._foreach_mul_(gradients, factor)
        self.clip()
        for optimizer in self.optimizers:
            self.scaler.step(optimizer)
        self.scaler.update()
        self.forget_gradients()

    def step_with(self, closure: Callable[[], Any]) -> None:
        """A step of an optimizer that evaluates `closure` (gradients and objective) as often as it likes."""
        self.optimizers[0].step(closure)
        self.forget_gradients()


def _optimizer(use: OptimizerUse, parameters: list[torch.nn.Parameter]) -> Any:
    try:
        return use.optimizer.torch(parameters)
    except ValueError as error:
        raise BackendError(f"optimizer {use.optimizer.name}: {error}") from None


def _clips(settings: Any, parameters: Sequence[torch.nn.Parameter]) -> list[Clip]:
    limits = {kind: getattr(settings, kind) for kind in CLIPS}
    return [Clip(kind, limit, parameters) for kind, limit in limits.items() if limit is not None]


def _check_closure(optimizers: int, process: TrainingProcess) -> None:
    obstacles = {
        "a second optimizer": optimizers > 1,
        f"gradient_accumulation {process.gradient_accumulation}": process.gradient_accumulation > 1,
        "precision fp16": process.precision == "fp16",
    }
    for what, present in obstacles.items():
        if present:
            raise BackendError(f"LBFGS evaluates one batch several times, which does not go with {what}; use Adam")
