# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""How chains of convolutions and pools shorten their input."""

from __future__ import annotations

import itertools

import pytest

from seqforge.architectures.stages import Stage, length_after, positions_left, shortest

CHAINS = [
    (),
    (Stage(19, pool=3), Stage(11, pool=4), Stage(7, pool=4)),
    (Stage(pool=3), Stage(padding=3, pool=4), Stage(7, padding=4, pool=4)),
    (Stage(8, padding=4, pool=4),) * 3,
]


@pytest.mark.parametrize("chain", CHAINS)
def test_shortest_is_the_first_length_that_leaves_something(chain: tuple[Stage, ...]) -> None:
    first = next(length for length in itertools.count(1) if length_after(length, chain) > 0)
    assert shortest(chain) == first
    assert positions_left("Net", first, chain) >= 1


def test_lengths_of_basset() -> None:
    assert length_after(1000, CHAINS[1]) == 18
    with pytest.raises(ValueError, match="Net needs inputs of at least 168 positions, received 167"):
        positions_left("Net", 167, CHAINS[1])
