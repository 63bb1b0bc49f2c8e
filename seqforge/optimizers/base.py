# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What every optimizer has: a learning rate, at most one gradient clip, and one or two framework forms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from seqforge.parameters import Positive
from seqforge.registry import Component


@dataclass(frozen=True, kw_only=True)
class Optimizer(Component):
    """Subclasses register per library, because defaults differ; they add their own fields.

    Clipping is done by the learner, after accumulation and unscaling and before the step:
    `clipnorm` c, each tensor by itself: g·c/‖g‖₂ if ‖g‖₂ > c; `clipvalue` v: each element into [−v, v];
    `global_clipnorm`: one factor over all tensors. At most one may be set.
    """

    learning_rate: Positive = 0.001
    clipnorm: Positive | None = None
    clipvalue: Positive | None = None
    global_clipnorm: Positive | None = None

    def problems(self) -> list[tuple[str, str]]:
        """(hyper-parameter, sentence) for each combination of values that cannot work; single values are kinds' work."""
        return []

    def torch(self, parameters: Iterable[Any]) -> Any:
        """The torch.optim.Optimizer over `parameters`."""
        raise NotImplementedError(f"{self.name} has no PyTorch form")

    def keras(self) -> Any:
        """The keras.optimizers.Optimizer (without clipping)."""
        raise NotImplementedError(f"{self.name} has no Keras form")
