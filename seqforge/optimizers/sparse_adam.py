# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""SparseAdam: a known name that no model here can use."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from seqforge.optimizers.base import Betas, Optimizer
from seqforge.parameters import Positive, setting
from seqforge.registry import PYTORCH, register


@register("optimizers", "SparseAdam", library=PYTORCH)
@dataclass(frozen=True, kw_only=True)
class TorchSparseAdam(Optimizer):
    """Adam for sparse gradients."""

    unavailable = "needs sparse gradients, which no definable model has; use Adam"

    betas: Betas = setting((0.9, 0.999), "decay of the running means of the gradient and of its square")
    eps: Positive = setting(1e-8, "keeps the division by the root of squared gradients finite", "epsilon")

    def torch(self, parameters: Iterable[Any]) -> Any:
        raise NotImplementedError(f"{self.name} {self.unavailable}")
