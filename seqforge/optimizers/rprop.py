# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Rprop (Riedmiller & Braun 1993): only the signs of gradients count; meant for whole sets, not for small batches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any

from seqforge.optimizers.base import Optimizer
from seqforge.parameters import Number, Positive, Tuple, setting
from seqforge.registry import PYTORCH, register


class Etas(Tuple):
    """Two factors, one that shrinks and one that grows."""

    def __init__(self, item: Number, length: int):
        super().__init__(item, length)
        self.expected = "two values, 0 < the first < 1 < the second"

    def check(self, value: Any) -> Any:
        shrink, grow = super().check(value)
        if not shrink < 1 < grow:
            raise self.unfit(value)
        return shrink, grow

    def bad_values(self) -> list[str]:
        return [*super().bad_values(), "(1.2, 0.5)", "(0.5, 1.0)", "(0.0, 1.2)"]


@register("optimizers", "Rprop", library=PYTORCH)
@dataclass(frozen=True, kw_only=True)
class TorchRprop(Optimizer):
    """Steps by the signs of gradients only; meant for whole sets, not for small batches."""

    learning_rate: Positive = setting(0.01, "step size at the start of training; schedules change it")
    etas: Annotated[tuple[float, float], Etas(Number(gt=0), 2)] = setting(
        (0.5, 1.2), "factors of the step when the sign turns and when it stays"
    )
    step_sizes: Annotated[tuple[float, float], Tuple(Number(gt=0), 2, ascending=True)] = setting(
        (1e-6, 50.0), "smallest and largest step"
    )

    def torch(self, parameters: Iterable[Any]) -> Any:
        from torch.optim import Rprop

        return Rprop(parameters, **self.own_settings())
