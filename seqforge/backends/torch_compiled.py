# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Models whose forward and backward pass torch.compile makes faster; eager from where a compiler fails."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from seqforge.backends.torch_tensors import each
from seqforge.errors import named_line

log = logging.getLogger(__name__)


class Compiled:
    """What calls a model: compiled where that was asked for, for batches of `size`, and where it works.

    A model itself stays as it is: its tensors, their names, its hooks. Each is rehearsed with the first batch of every
    shape, forward and backward, so that a compiler fails before a step has begun. There is a program for every shape,
    because one for all sizes depends on the size that came first, and with it the numbers of a continued training; a
    last batch that is not full is not worth one.
    """

    def __init__(self, wanted: bool, size: int):
        self._wanted, self._size = wanted, size
        self._calls: dict[int, Callable[..., Any]] = {}
        self._rehearsed: set[Any] = set()

    def __call__(self, model: torch.nn.Module, inputs: tuple[torch.Tensor | None, ...]) -> Any:
        """The output of `model` for `inputs`."""
        if not self._wanted or self._size not in {len(one) for one in inputs if one is not None}:
            return model(*inputs)
        occasion = (id(model), model.training, torch.is_grad_enabled(), *(_shape(one) for one in inputs))
        if occasion not in self._rehearsed:
            self._rehearsed.add(occasion)
            self._try(model, inputs)
        return self._calls[id(model)](*inputs) if self._wanted else model(*inputs)

    def _try(self, model: torch.nn.Module, inputs: tuple[torch.Tensor | None, ...]) -> None:
        """Rehearse; whatever a compiler raises, this and all later calls are eager after it."""
        try:
            if id(model) not in self._calls:
                self._calls[id(model)] = _compiled(model)
            with _silent(), _unmoved(model):
                _rehearse(model, self._calls[id(model)], inputs)
        except Exception as error:  # of a compiler, of any kind; what the model itself raises, it raises again
            self._wanted = False
            self._calls.clear()
            reason = named_line(getattr(error, "inner_exception", error))
            log.warning("compile: not possible here, the model runs without it (%s)", reason)


def _compiled(model: torch.nn.Module) -> Callable[..., Any]:
    """Its own cache of what was compiled, where PyTorch can: others' shapes do not count against its limit."""
    alone = "isolate_recompiles" in inspect.signature(torch.compile).parameters
    found: Callable[..., Any] = torch.compile(model, dynamic=False, **({"isolate_recompiles": True} if alone else {}))
    return found


def _shape(one: torch.Tensor | None) -> Any:
    return None if one is None else tuple(one.shape)


def _rehearse(model: torch.nn.Module, call: Callable[..., Any], inputs: tuple[torch.Tensor | None, ...]) -> None:
    outputs: list[torch.Tensor] = []
    each(outputs.append, call(*inputs))
    wanted = [one for one in model.parameters() if one.requires_grad]
    reached = [one for one in outputs if one.requires_grad]
    if wanted and reached:
        torch.autograd.grad([one.float().sum() for one in reached], wanted, allow_unused=True)


@contextmanager
def _silent() -> Iterator[None]:
    """Compilers log tracebacks of what they raise, too, and of what they try in vain."""
    before = logging.root.manager.disable
    logging.disable(max(before, logging.ERROR))
    try:
        yield
    finally:
        logging.disable(before)


@contextmanager
def _unmoved(model: torch.nn.Module) -> Iterator[None]:
    """Buffers and generators are afterwards what they were."""
    buffers = list(model.buffers())
    kept = [one.clone() for one in buffers]
    devices = {one.device for one in (*model.parameters(), *buffers) if one.is_cuda}
    try:
        with torch.random.fork_rng(devices=list(devices)):
            yield
    finally:
        with torch.no_grad():
            for one, before in zip(buffers, kept, strict=True):
                one.copy_(before)
