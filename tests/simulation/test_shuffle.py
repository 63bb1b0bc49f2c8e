# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Shuffles keep k-mer counts and ends, and are uniform over all that do."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from scipy.stats import chisquare

from seqforge.simulation.shuffle import shuffled

KEY = 11


def shuffle(codes: np.ndarray, k: int, letters: int = 4, lengths: np.ndarray | None = None) -> np.ndarray:
    lengths = np.full(len(codes), codes.shape[1]) if lengths is None else lengths
    return shuffled(codes, lengths, k, letters, KEY, np.arange(len(codes)))


def kmers(row: np.ndarray, k: int) -> Counter:
    return Counter(tuple(row[at : at + k]) for at in range(len(row) - k + 1))


@pytest.mark.parametrize("letters", [4, 20])
@pytest.mark.parametrize("k", [1, 2, 3, 4, 7])
def test_counts_and_ends_stay(k: int, letters: int):
    random = np.random.default_rng(k)
    codes = random.integers(0, letters, (40, 130)).astype(np.uint8)
    codes[:, 40:80] = random.integers(0, 2, (40, 40))  # repeats, so that there is something to shuffle
    made = shuffle(codes, k, letters)
    assert all(kmers(old, k) == kmers(new, k) for old, new in zip(codes, made, strict=True))
    assert np.array_equal(made[:, : k - 1], codes[:, : k - 1])
    assert np.array_equal(made[:, 130 - k + 1 :], codes[:, 130 - k + 1 :])
    if k < 5:
        assert (made != codes).any(axis=1).all()


@pytest.mark.parametrize("k", [1, 2, 3])
def test_padding_stays_behind(k: int):
    random = np.random.default_rng(0)
    codes = random.integers(0, 3, (60, 40)).astype(np.uint8)
    lengths = random.integers(0, 41, 60)
    codes[np.arange(40) >= lengths[:, None]] = 4
    made = shuffle(codes, k, 4, lengths)
    for old, new, length in zip(codes, made, lengths, strict=True):
        assert kmers(old[:length], k) == kmers(new[:length], k)
        assert (new[length:] == 4).all()


@pytest.mark.parametrize("k", [2, 3, 5])
def test_shorter_than_k_plus_1_stays(k: int):
    codes = np.random.default_rng(1).integers(0, 4, (50, k)).astype(np.uint8)
    assert np.array_equal(shuffle(codes, k), codes)
    padded = np.concatenate([codes, np.full((50, 5), 4, dtype=np.uint8)], axis=1)
    assert np.array_equal(shuffle(padded, k, 4, np.full(50, k)), padded)


@pytest.mark.parametrize(
    ("word", "k"),
    [("0012", 1), ("001010110", 2), ("0102012021", 2), ("012021102", 2), ("0010100110", 3), ("01001020010", 3)],
)
def test_uniform_over_all_that_keep_the_counts(word: str, k: int):
    start = tuple(map(int, word))
    goal = kmers(np.array(start), k)
    possible = [one for one in _arrangements(start) if kmers(np.array(one), k) == goal]
    assert len(possible) > 1
    made = Counter(map(tuple, shuffle(np.tile(np.array(start, dtype=np.uint8), (6000, 1)), k).tolist()))
    assert set(made) <= set(possible)
    assert chisquare([made[one] for one in possible]).pvalue > 1e-3


def _arrangements(letters: tuple[int, ...]) -> set[tuple[int, ...]]:
    """Distinct orders of letters."""
    found = {()}
    for _ in letters:
        found = {
            (*one, letter) for one in found for letter in set(letters) if one.count(letter) < letters.count(letter)
        }
    return found


def test_rows_are_drawn_by_their_numbers():
    codes = np.random.default_rng(2).integers(0, 4, (30, 50)).astype(np.uint8)
    lengths = np.full(30, 50)
    for k in (1, 2, 3):
        whole = shuffled(codes, lengths, k, 4, KEY, np.arange(30))
        part = shuffled(codes[12:17], lengths[12:17], k, 4, KEY, np.arange(12, 17))
        assert np.array_equal(whole[12:17], part)
        assert not np.array_equal(whole, shuffled(codes, lengths, k, 4, KEY + 1, np.arange(30)))
