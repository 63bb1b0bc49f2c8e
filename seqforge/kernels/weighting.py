# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Learned factors of the terms of a loss, with the rule that freezes them (see seqforge.losses.weighting)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from seqforge.errors import BackendError, TrainingError

START = 1.0
SIZES = "sizes"


class LearnedWeights(nn.Module):
    """f(output, target) → the parts (n,) each and their weighted total as "loss".

    While it trains, the factors, the parameters and their gradients are among what it returns, as vectors of one value,
    so that they are logged like losses. `terms`: parameter → the parts that it weighs, one per group; a parameter has
    `groups` elements, 1 or one per group, that begin at `start` (1 where it does not say). Parts may come with "sizes"
    (n,), over how many elements each of their means is taken.
    """

    def __init__(
        self,
        parts: Callable[..., dict[str, Tensor]],
        terms: Mapping[str, Sequence[str]],
        groups: int = 1,
        freeze_below: float = 1.0,
        freeze_on: str = "last_batch",
        start: Mapping[str, float] | None = None,
    ):
        super().__init__()
        self.parts, self.terms, self.groups = parts, {name: list(members) for name, members in terms.items()}, groups
        self.freeze_below, self.by_mean = freeze_below, freeze_on == "epoch_mean"
        self.frozen = False
        for name in self.terms:
            first = (start or {}).get(name, START)
            self.register_parameter(name, nn.Parameter(torch.full((groups,), first)))
        self._sum = torch.zeros(())  # of the first parameter's gradient over batches, or that of the last one
        self._batches: Any = 0  # a number, or one on the device

    # whose they are

    def adopt(self, model: nn.Module) -> list[str]:
        """Learn the parameters of `model` that are called like those of `terms`, instead of own ones; their names."""
        theirs = {name: getattr(model, name) for name in self.terms if isinstance(getattr(model, name, None), Tensor)}
        for name, parameter in theirs.items():
            if tuple(parameter.shape) != (self.groups,):
                message = f"the loss learns {self.groups} value(s) of '{name}', the model has {tuple(parameter.shape)}"
                raise BackendError(f"{message}; give both the same weight_scope")
            self.register_parameter(name, parameter)
        return list(theirs)

    @property
    def learned(self) -> dict[str, nn.Parameter]:
        return {name: self.get_parameter(name) for name in self.terms}

    # the formula

    def forward(self, output: Any, target: Any, *more: Any) -> dict[str, Tensor]:
        parts = self.parts(output, target, *more)
        total = self._total(parts)
        if not self.training:
            return {"loss": total, **parts}
        with torch.no_grad():
            return {"loss": total, **parts, **self._logs(parts, total)}

    def _total(self, parts: Mapping[str, Tensor]) -> Tensor:
        weighed = [
            (self._factor(name)[:, None] * torch.stack([parts[part] for part in members])).sum(0)
            for name, members in self.terms.items()
        ]
        total = torch.stack(weighed).sum(0)
        if self.frozen:
            return total
        return total + torch.stack([value.log().square().sum() for value in self.learned.values()]).sum()

    def _factor(self, name: str) -> Tensor:
        return 0.5 / self.learned[name].square()

    def _logs(self, parts: Mapping[str, Tensor], total: Tensor) -> dict[str, Tensor]:
        found: dict[str, Tensor] = {}
        for number, name in enumerate(self.terms):
            gradient = self._gradient(name, parts)
            if number == 0 and not self.frozen:
                self._remember(gradient.abs().mean(), parts.get(SIZES))
            values = {name: self.learned[name], f"{name}_factor": self._factor(name), f"{name}_gradient": gradient}
            for key, value in values.items():
                found |= _named(key, value.detach())
        return {name: value.to(total.dtype).expand(total.shape) for name, value in found.items()}

    def _gradient(self, name: str, parts: Mapping[str, Tensor]) -> Tensor:
        """∂(mean total)/∂lw in closed form: −L/lw³ + 2·ln(lw)/lw; 0 after freezing."""
        lw = self.learned[name].detach()
        if self.frozen:
            return torch.zeros_like(lw)
        means = torch.stack([_mean(parts[part].detach(), parts.get(SIZES)) for part in self.terms[name]])
        losses = means if self.groups > 1 else means.sum(0, keepdim=True)
        return -losses / lw**3 + 2 * lw.log() / lw

    # freezing

    def _remember(self, gradient: Tensor, sizes: Tensor | None) -> None:
        """The gradient of a batch; one without any element has none and does not count."""
        before = self._sum.to(gradient.device)
        now = before + gradient if self.by_mean else gradient
        if sizes is None:
            self._sum, self._batches = now, self._batches + 1
            return
        counts = sizes.sum() > 0
        self._sum, self._batches = torch.where(counts, now, before), self._batches + counts

    def end_epoch(self) -> None:
        """Freeze the parameters if the gradient of the first is small by now; it is a wait for the device."""
        batches = int(self._batches)
        if not self.frozen and batches:
            size = float(self._sum) / (batches if self.by_mean else 1)
            if size < self.freeze_below:
                self.freeze()
        self._sum, self._batches = torch.zeros_like(self._sum), 0

    def freeze(self) -> None:
        """No gradient, no step, no decay from now on; the logarithms leave the total. Nothing undoes it."""
        self.frozen = True
        for parameter in self.learned.values():
            parameter.requires_grad_(False)
            parameter.grad = None

    def judge(self) -> None:
        """Raise TrainingError where a parameter is no positive number any more."""
        for name, parameter in self.learned.items():
            if not bool((parameter.detach() > 0).all()):
                message = f"the learned weight '{name}' became {_shown(parameter)}; its logarithm must exist"
                raise TrainingError(f"{message}; lower its learning_rate (an optimizer of its own), or weights=fixed")

    def state(self) -> dict[str, Any]:
        """What the parameters do not hold."""
        return {"frozen": self.frozen, "gradient": self._sum, "batches": int(self._batches)}

    def restore(self, state: Mapping[str, Any]) -> None:
        self._sum, self._batches = state["gradient"], int(state["batches"])
        if state["frozen"]:
            self.freeze()


def _mean(values: Tensor, sizes: Tensor | None) -> Tensor:
    """The mean of means (n,) over elements of `sizes` (n,); None: of one each. Without elements it is 0."""
    if sizes is None:
        return values.mean()
    total = sizes.sum()
    return (values * sizes).sum() / (total + (total == 0))


def _named(name: str, values: Tensor) -> dict[str, Tensor]:
    """One value by its name, several by their numbers."""
    return {name: values[0]} if len(values) == 1 else {f"{name}_{g}": value for g, value in enumerate(values)}


def _shown(values: Tensor) -> str:
    return ", ".join(f"{value:g}" for value in values.detach().tolist())
