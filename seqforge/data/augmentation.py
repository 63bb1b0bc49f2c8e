# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Reverse complements and shifts of training examples, drawn from (seed, epoch, index) alone."""

from __future__ import annotations

from typing import NamedTuple

from seqforge.arrays import np
from seqforge.data.encodings import Alphabet

STRAND, SHIFT = 1, 2  # purposes: the draws of one example are independent of each other


class Augmentation(NamedTuple):
    """`reverse_complement`: each example with probability 1/2; `max_shift`: by −max..max letters, all alike."""

    reverse_complement: bool = False
    max_shift: int = 0

    def __bool__(self) -> bool:
        return self.reverse_complement or self.max_shift > 0

    def apply(self, codes: np.ndarray, alphabet: Alphabet, seed: int, epoch: int, index: np.ndarray) -> np.ndarray:
        """`codes` (n, length) as `epoch` sees the examples `index` (n,); emptied places become unknown."""
        if self.reverse_complement:
            turned = draws(seed, epoch, index, STRAND) >> np.uint64(63) == 1
            codes = codes.copy()
            codes[turned] = reverse_complement(codes[turned], alphabet)
        if self.max_shift:
            span = np.uint64(2 * self.max_shift + 1)
            steps = (draws(seed, epoch, index, SHIFT) % span).astype(np.int64) - self.max_shift
            codes = shifted(codes, steps, alphabet.unknown)
        return codes


def reverse_complement(codes: np.ndarray, alphabet: Alphabet) -> np.ndarray:
    """The other strand of `codes` (n, length), read in its own direction."""
    complement = alphabet.complement
    if complement is None:
        raise ValueError(f"{alphabet.name} has no complement")
    return complement[codes[:, ::-1]]


def shifted(codes: np.ndarray, steps: np.ndarray, unknown: int) -> np.ndarray:
    """Every row of `codes` (n, length) moved right by its number in `steps` (n,)."""
    n, length = codes.shape
    reach = min(int(np.abs(steps).max(initial=0)), length)
    wide = np.full((n, length + 2 * reach), unknown, dtype=np.uint8)
    wide[:, reach : reach + length] = codes
    windows = np.lib.stride_tricks.sliding_window_view(wide, length, axis=1)
    return windows[np.arange(n), reach - np.clip(steps, -reach, reach)]


def draws(seed: int, epoch: int, index: np.ndarray, purpose: int) -> np.ndarray:
    """64 random bits (n,) uint64 for each example: SplitMix64 finalisers chained over the four counters."""
    state = np.zeros(len(index), dtype=np.uint64)
    for counter in (seed, epoch, purpose, index):
        state = _mixed(state ^ np.asarray(counter, dtype=np.uint64))
    return state


def _mixed(word: np.ndarray) -> np.ndarray:
    """The finaliser of SplitMix64 (Steele, Lea & Flood 2014), a bijection of 64-bit words."""
    with np.errstate(over="ignore"):
        word = word + np.uint64(0x9E3779B97F4A7C15)  # of the golden ratio
        word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))
