# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Limited-memory BFGS (Liu & Nocedal 1989). Each step evaluates the same batch up to `max_eval` times."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any

from seqforge.optimizers.base import Optimizer
from seqforge.parameters import Count, NonNegative, OneOf, Positive, setting
from seqforge.registry import PYTORCH, register


@register("optimizers", "LBFGS", library=PYTORCH)
@dataclass(frozen=True, kw_only=True)
class TorchLBFGS(Optimizer):
    """A quasi-Newton method with limited memory; its step needs a closure that computes loss and gradients."""

    learning_rate: Positive = setting(1.0, "step size at the start of training; schedules change it")
    max_iter: Count = setting(20, "iterations per step")
    max_eval: Count | None = setting(None, "evaluations per step; None: 1.25 times max_iter")
    tolerance_grad: NonNegative = setting(1e-7, "a step ends when no gradient element is larger")
    tolerance_change: NonNegative = setting(1e-9, "a step ends when loss and weights change by less")
    history_size: Count = setting(100, "updates remembered")
    line_search_fn: Annotated[str, OneOf("strong_wolfe")] | None = setting(
        None, "how far to go along a direction; None: learning_rate"
    )

    def torch(self, parameters: Iterable[Any]) -> Any:
        from torch.optim import LBFGS

        return LBFGS(parameters, **self.own_settings())
