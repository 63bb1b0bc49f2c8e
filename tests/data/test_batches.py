# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqforge.data.batches import order, plan


@settings(max_examples=60, deadline=None)
@given(n=st.integers(0, 300), size=st.integers(1, 50), seed=st.integers(0, 2**32 - 1), epoch=st.integers(0, 10**6))
def test_every_example_exactly_once(n, size, seed, epoch):
    batches = plan(n, size, seed, epoch)
    assert sorted(np.concatenate([np.empty(0, int), *batches])) == list(range(n))
    assert all(len(batch) == size for batch in batches[:-1])


def test_an_epoch_depends_on_seed_and_epoch_alone():
    first = plan(100, 7, seed=5, epoch=3)
    plan(100, 7, seed=5, epoch=4)
    np.random.default_rng(0).random(9)
    for again, batch in zip(plan(100, 7, seed=5, epoch=3), first, strict=True):
        np.testing.assert_array_equal(again, batch)
    assert not np.array_equal(order(100, 5, 3), order(100, 5, 4))
    assert not np.array_equal(order(100, 5, 3), order(100, 6, 3))


def philox4x64(counter: int, key: tuple[int, int]) -> list[int]:
    """The four words of one block of Philox4x64-10 (Salmon et al. 2011)."""
    word = 2**64 - 1
    a, b, c, d = counter, 0, 0, 0
    one, two = key
    for _ in range(10):
        left, right = 0xD2E7470EE14C6C93 * a, 0xCA5A826395121157 * c
        a, b, c, d = (right >> 64) ^ b ^ one, right & word, (left >> 64) ^ d ^ two, left & word
        one, two = (one + 0x9E3779B97F4A7C15) & word, (two + 0xBB67AE8584CAA73B) & word
    return [a, b, c, d]


@pytest.mark.parametrize(("seed", "epoch"), [(1, 0), (2**32 - 1, 7)])
def test_the_order_is_the_documented_one(seed, epoch):
    """A change of this algorithm would change every training."""
    key = (seed, (2 << 32) + epoch)
    words = [word for block in range(1, 6) for word in philox4x64(block, key)]
    assert order(20, seed, epoch).tolist() == sorted(range(20), key=lambda example: words[example])


def test_without_shuffle_the_order_is_that_of_the_file():
    assert np.concatenate(plan(10, 3, 1, 5, shuffle=False)).tolist() == list(range(10))


def test_a_shuffle_mixes_the_whole_set():
    places = np.argsort(order(20_000, 1, 0))
    moved = np.abs(places - np.arange(20_000))
    assert moved.mean() == pytest.approx(20_000 / 3, rel=0.02)  # of a uniform permutation


@pytest.mark.parametrize(
    ("n", "join", "sizes"),
    [(10, True, [3, 3, 4]), (10, False, [3, 3, 3, 1]), (11, True, [3, 3, 3, 2]), (1, True, [1]), (3, True, [3])],
)
def test_a_single_left_over_example_joins_the_batch_before_it(n, join, sizes):
    assert [len(batch) for batch in plan(n, 3, 0, 0, join_single=join)] == sizes
