# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from seqforge.data.augmentation import SHIFT, STRAND, Augmentation, draws, reverse_complement, shifted
from seqforge.data.encodings import DNA

BOTH = Augmentation(reverse_complement=True, max_shift=4)


def sequences(n: int, length: int = 30) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 5, (n, length)).astype(np.uint8)


def test_reverse_complement():
    codes = DNA.encode("AACGTN")[None]
    assert DNA.decode(reverse_complement(codes, DNA)[0]) == "NACGTT"
    np.testing.assert_array_equal(reverse_complement(reverse_complement(codes, DNA), DNA), codes)


def test_shifts_fill_with_unknown():
    codes = np.stack([DNA.encode("ACGT")] * 3)
    moved = shifted(codes, np.array([1, 0, -2]), DNA.unknown)
    assert [DNA.decode(row) for row in moved] == ["NACG", "ACGT", "GTNN"]


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), epoch=st.integers(0, 1000), numbers=st.permutations(range(12)))
def test_what_an_example_becomes_does_not_depend_on_its_batch(seed, epoch, numbers):
    codes, index = sequences(12), np.array(numbers)
    together = BOTH.apply(codes[index], DNA, seed, epoch, index)
    for row, number in enumerate(numbers):
        alone = BOTH.apply(codes[[number]], DNA, seed, epoch, np.array([number]))
        np.testing.assert_array_equal(together[row], alone[0])


def test_half_of_the_examples_are_turned_and_shifts_are_uniform():
    index = np.arange(60_000)
    turned = draws(7, 2, index, STRAND) >> np.uint64(63)
    assert abs(turned.mean() - 0.5) < 0.01
    counts = np.bincount((draws(7, 2, index, SHIFT) % np.uint64(9)).astype(int), minlength=9)
    assert ((counts - len(index) / 9) ** 2 / (len(index) / 9)).sum() < 26.1  # chi-square, 8 degrees, p = 0.001
    assert abs(np.corrcoef(turned.astype(float), draws(7, 3, index, STRAND) >> np.uint64(63))[0, 1]) < 0.02


def test_no_augmentation_is_false():
    assert not Augmentation()
    assert BOTH
    np.testing.assert_array_equal(Augmentation().apply(sequences(3), DNA, 1, 1, np.arange(3)), sequences(3))
