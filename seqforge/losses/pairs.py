# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""PyTorch losses that are known by name but compare pairs of inputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seqforge.arrays import np
from seqforge.losses.base import Loss
from seqforge.registry import PYTORCH, register


class PairLoss(Loss):
    """A loss between two inputs, or an input and ±1."""

    tasks = ()
    libraries = ()
    output = "values"
    target = "values"
    unavailable = "needs pairs of inputs, which no sequence task provides; use CrossEntropyLoss"

    def torch(self) -> Callable[..., Any]:
        raise NotImplementedError(f"{self.name} {self.unavailable}")

    def keras(self) -> Callable[..., Any]:
        raise NotImplementedError(f"{self.name} {self.unavailable}")

    def reference(self, output: np.ndarray, target: np.ndarray) -> np.ndarray:
        raise NotImplementedError(f"{self.name} {self.unavailable}")


@register("losses", "HingeEmbeddingLoss", library=PYTORCH)
@dataclass(frozen=True, kw_only=True)
class HingeEmbeddingLoss(PairLoss):
    """Pulls pairs marked 1 together and pushes pairs marked −1 apart."""


@register("losses", "CosineEmbeddingLoss", library=PYTORCH)
@dataclass(frozen=True, kw_only=True)
class CosineEmbeddingLoss(PairLoss):
    """Pulls pairs marked 1 together and pushes pairs marked −1 apart, by the angle between them."""


@register("losses", "MarginRankingLoss", library=PYTORCH)
@dataclass(frozen=True, kw_only=True)
class MarginRankingLoss(PairLoss):
    """Ranks the first of two inputs above the second, or below."""
