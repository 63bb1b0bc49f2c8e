# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What every optimizer has: a learning rate, at most one gradient clip, and one or two framework forms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from seqforge.parameters import Number, Positive, Tuple, setting
from seqforge.registry import PYTORCH, Component

CLIPS = ("clipnorm", "clipvalue", "global_clipnorm")
Betas = Annotated[tuple[float, float], Tuple(Number(ge=0, lt=1), 2)]


@dataclass(frozen=True, kw_only=True)
class Optimizer(Component):
    """Subclasses register per library, because defaults differ; they add their own fields.

    Clipping is done by the learner, after accumulation and unscaling and before the step:
    `clipnorm` c, each tensor by itself: g·c/‖g‖₂ if ‖g‖₂ > c; `clipvalue` v: each element into [−v, v];
    `global_clipnorm`: one factor over all tensors. At most one may be set.
    """

    unavailable: ClassVar[str] = ""  # why this known name cannot be used, and the way out; "": it can

    learning_rate: Positive = setting(0.001, "step size at the start of training; schedules change it")
    clipnorm: Positive | None = setting(None, "largest norm of each gradient tensor by itself")
    clipvalue: Positive | None = setting(None, "largest size of each gradient element")
    global_clipnorm: Positive | None = setting(None, "largest norm of all gradient tensors together")

    def problems(self) -> list[tuple[str, str]]:
        """(hyper-parameter, sentence) for each combination of values that cannot work; kinds judge single values."""
        clips = [name for name in CLIPS if getattr(self, name) is not None]
        return [(name, f"'{clips[0]}' and '{name}' both clip gradients; keep one") for name in clips[1:]]

    def own_settings(self) -> dict[str, Any]:
        """The arguments of the framework's class: the settings without clipping; `learning_rate` is torch's `lr`."""
        own = {name: value for name, value in self.settings().items() if name not in CLIPS}
        return own if self.library != PYTORCH else {"lr": own.pop("learning_rate"), **own}

    def torch(self, parameters: Iterable[Any]) -> Any:
        """The torch.optim.Optimizer over `parameters`."""
        raise NotImplementedError(f"{self.name} has no PyTorch form")

    def keras(self) -> Any:
        """The keras.optimizers.Optimizer (without clipping)."""
        raise NotImplementedError(f"{self.name} has no Keras form")
