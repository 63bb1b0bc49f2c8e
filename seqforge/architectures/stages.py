# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""How a chain of convolutions and pools shortens its input: the length after, and the shortest input that survives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Stage(NamedTuple):
    """A convolution of stride 1 (`padding` on both ends), then a pool without overlap; 1 means none."""

    kernel: int = 1
    padding: int = 0
    pool: int = 1

    def after(self, length: int) -> int:
        """Positions left of `length`."""
        return max(length + 2 * self.padding - self.kernel + 1, 0) // self.pool

    def before(self, length: int) -> int:
        """The fewest positions that leave `length`."""
        return max(length * self.pool + self.kernel - 1 - 2 * self.padding, 1)


def length_after(length: int, stages: Iterable[Stage]) -> int:
    for stage in stages:
        length = stage.after(length)
    return length


def shortest(stages: Sequence[Stage]) -> int:
    """The shortest input of which one position is left."""
    length = 1
    for stage in reversed(stages):
        length = stage.before(length)
    return length


def positions_left(name: str, length: int, stages: Sequence[Stage]) -> int:
    """`length_after`, or a ValueError that names the minimum."""
    if length < shortest(stages):
        raise ValueError(f"{name} needs inputs of at least {shortest(stages)} positions, received {length}")
    return length_after(length, stages)
