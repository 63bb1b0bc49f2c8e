# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What the published architectures of fixed length share: sizes that the input decides unless the definition does."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from seqforge.architectures.base import Architecture, InputSpec
from seqforge.architectures.stages import Stage, shortest
from seqforge.errors import NOWHERE, Problem
from seqforge.parameters import Count
from seqforge.registry import PYTORCH


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Inside, PyTorch draws from `seed`; outside, as if nothing had been drawn."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


@dataclass(frozen=True, kw_only=True)
class Sized(Architecture):
    """`num_classes`, `input_length`, `in_channels`: None takes the labels, the window, the alphabet's size."""

    libraries: ClassVar[tuple[str, ...]] = (PYTORCH,)

    num_classes: Count | None = None
    input_length: Count | None = None
    in_channels: Count | None = None

    @property
    @abstractmethod
    def stages(self) -> Sequence[Stage]:
        """What shortens the input."""

    @abstractmethod
    def module(self, **sizes: int) -> Any:
        """The nn.Module with `num_classes`, `input_length` and `in_channels`."""

    def sizes(self, spec: InputSpec) -> dict[str, int]:
        """The three sizes; those known are checked by `check`, an input of any length is a ValueError."""
        length = self.input_length or spec.length
        if length is None:
            raise ValueError(f"{self.name} needs inputs of one length; set input_length")
        return {
            "num_classes": self.num_classes or spec.outputs,
            "input_length": length,
            "in_channels": self.in_channels or spec.channels,
        }

    def torch(self, spec: InputSpec) -> Any:
        with seeded(spec.seed):
            return self.module(**self.sizes(spec))

    def check(self, spec: InputSpec) -> list[Problem]:
        return [Problem(NOWHERE, id, message, hint) for id, message, hint in self._unfit(spec)]

    def _unfit(self, spec: InputSpec) -> Iterator[tuple[str, str, str]]:
        said = {"num_classes": spec.outputs, "input_length": spec.length, "in_channels": spec.channels}
        nouns = {"num_classes": "labels", "input_length": "positions", "in_channels": "letters in the alphabet"}
        for name, is_so in said.items():
            given = getattr(self, name)
            if None not in (given, is_so) and given != is_so:
                yield "SF0502", f"{name} is {given}, but there are {is_so} {nouns[name]}", f"leave {name} out"
        length, least = self.input_length or spec.length, shortest(self.stages)
        if length is not None and length < least:
            yield "SF0503", f"{self.name} needs inputs of at least {least} positions, received {length}", ""
        if spec.encoding != "1D":
            yield "SF0501", f"{self.name} takes the input encoding 1D, received {spec.encoding}", ""
