# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A module built from an experiment, and its tensors by name together with those of the loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from seqforge.architectures.base import InputSpec
from seqforge.backends.assignment import matching
from seqforge.errors import BackendError
from seqforge.experiment import Experiment


def build(experiment: Experiment, spec: InputSpec) -> torch.nn.Module:
    """The new module, its initial weights drawn from the seed alone, whatever was drawn before."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(spec.seed)
        model = experiment.architecture.torch(spec)
    _leave_out(experiment, model)
    if experiment.process is not None and experiment.process.gradient_checkpointing:
        if not hasattr(model, "gradient_checkpointing"):
            raise BackendError(
                f"architecture {experiment.architecture.name or type(model).__name__} has no gradient checkpointing "
                "(no attribute 'gradient_checkpointing'); remove gradient_checkpointing from the training process"
            )
        model.gradient_checkpointing = True
    return model


def _leave_out(experiment: Experiment, model: torch.nn.Module) -> None:
    """Freeze what the loss does not reach."""
    if experiment.loss is None:
        return
    patterns = experiment.architecture.unused_parameters(experiment.loss)
    unused = matching(dict(model.named_parameters()), patterns)
    for name in unused:
        model.get_parameter(name).requires_grad_(False)
    model.unused = unused


class Nets:
    """The model and the loss as one set of named tensors; the loss' own parameters are called `loss.…`.

    A loss that can `adopt` parameters of the model learns those. What the model keeps for a loss (`loss_parameters`)
    and no loss adopts is frozen.
    """

    def __init__(self, model: torch.nn.Module, loss: Callable[..., Any]):
        self.model, self.loss = model, loss
        adopted = loss.adopt(model) if hasattr(loss, "adopt") else []
        for name in set(getattr(model, "loss_parameters", ())) - set(adopted):
            model.get_parameter(name).requires_grad_(False)
        self.unused: list[str] = getattr(model, "unused", [])
        self.modules = [("", model), *([("loss.", loss)] if isinstance(loss, torch.nn.Module) else [])]

    def parameters(self) -> dict[str, torch.nn.Parameter]:
        """The trainable parameters, each once."""
        return {name: tensor for name, tensor in self.tensors().items() if tensor.requires_grad}

    def frozen(self) -> list[str]:
        """The names of parameters that are not trained."""
        tensors = self.tensors().items()
        return [name for name, one in tensors if isinstance(one, torch.nn.Parameter) and not one.requires_grad]

    def tensors(self) -> dict[str, Any]:
        """Parameters and persistent buffers in model order, each once even if it is registered twice."""
        found: dict[int, tuple[str, Any]] = {}
        for prefix, module in self.modules:
            for name, tensor in module.state_dict(keep_vars=True).items():
                found.setdefault(id(tensor), (prefix + name, tensor))
        return dict(found.values())

    def train(self, mode: bool) -> None:
        for _, module in self.modules:
            if module.training != mode:
                module.train(mode)
