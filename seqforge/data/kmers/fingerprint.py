# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Fingerprints of 64 bits for every k-mer of a sequence, made by doubling: ~log2 k array operations, no text.

A word of up to 32 bases is its own number (two bits per base), scrambled by an invertible mixer: no two share a
fingerprint. Longer words are joined of two overlapping or touching ones, h(uv) = scramble(h(u) + ODD·h(v)); the chance
that any two of 4e8 distinct ones share a fingerprint is then about 0.4 %.
"""

from __future__ import annotations

import numpy as np

from seqforge.data.kmers.codes import GAP

TILE = 1 << 15  # positions at a time: what is in work stays in a processor's second cache
EXACT = 32  # bases that fit into 64 bits
HOLDS = (*[np.uint8] * 4, np.uint16, np.uint32, np.uint64)  # 2^i bits
MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))  # splitmix64, Steele et al. 2014
JOIN = np.uint64(0xD6E8FEB86659FD93)
SPREAD = np.uint64(0x9E3779B97F4A7C15)


def keys(codes: np.ndarray, k: int, canonical: bool, found: np.ndarray) -> None:
    """A key for each k-mer of `codes` (base,) into `found` (base − k + 1,) uint64, spread evenly over all 64 bits.

    `canonical`: a k-mer and its reverse complement have one key. Where a k-mer holds a gap the key means nothing.
    """
    for start in range(0, len(found), TILE):
        tile = codes[start : start + TILE + k - 1]
        out = found[start : start + TILE]
        forward = _fingerprints(tile, k, reverse=False)
        if canonical:
            forward = np.minimum(forward, _fingerprints(np.uint8(3) - tile, k, reverse=True), out=forward)
        np.multiply(forward, SPREAD, out=out)  # invertible; the smaller of two has a skewed first bit


def valid(codes: np.ndarray, k: int) -> np.ndarray | None:
    """Which k-mers hold no gap (base − k + 1,) bool; None: all of them."""
    gaps = np.flatnonzero(codes == GAP)
    count = max(len(codes) - k + 1, 0)
    if not len(gaps):
        return None
    # a gap spoils the k starts up to itself: +1 at the first of them, −1 behind the last
    change = np.zeros(count + 1, dtype=np.int32)
    np.add.at(change, np.clip(gaps - k + 1, 0, count), 1)
    np.add.at(change, np.clip(gaps + 1, 0, count), -1)
    return np.cumsum(change[:-1]) == 0


def _fingerprints(codes: np.ndarray, k: int, reverse: bool) -> np.ndarray:
    """Of each k-mer; `reverse`: of the complements `codes` read backwards, so that places stay those of `codes`."""
    words, length = _numbers(codes, min(k, EXACT), reverse)
    words = _scrambled(words)
    spare = np.empty_like(words)
    while length < k:
        step = min(length, k - length)
        words, spare = _joined(words, spare, step, reverse)
        length += step
    return words


def _numbers(codes: np.ndarray, k: int, reverse: bool) -> tuple[np.ndarray, int]:
    """Each k-mer's bases as the digits of one number, k ≤ 32; the narrowest type that holds them is the fastest."""
    words, length = codes, 1
    while length < k:
        step = min(length, k - length)
        words = words.astype(HOLDS[(2 * (length + step) - 1).bit_length()], copy=False)
        left, right = words[:-step], words[step:]
        if reverse:
            new = (right >> 2 * (length - step)) << 2 * length if step < length else right << 2 * length
            words = new | left
        else:
            new = right & words.dtype.type(4**step - 1) if step < length else right
            words = (left << 2 * step) | new
        length += step
    return words.astype(np.uint64, copy=words is codes), length


def _scrambled(words: np.ndarray) -> np.ndarray:
    """A permutation of all numbers of 64 bits, in place: x ^= x >> s and multiplication by odd numbers."""
    spare = np.empty_like(words)
    for shift, factor in zip((30, 27), MIX, strict=True):
        words ^= np.right_shift(words, shift, out=spare)
        words *= factor
    words ^= np.right_shift(words, 31, out=spare)
    return words


def _joined(words: np.ndarray, spare: np.ndarray, step: int, reverse: bool) -> tuple[np.ndarray, np.ndarray]:
    """Of words that begin `step` apart → those of `step` more bases, and the array that is free now."""
    left, right = words[:-step], words[step:]
    if reverse:
        left, right = right, left
    joined = np.multiply(right, JOIN, out=spare[: len(left)])
    joined += left
    free = words[: len(left)]
    joined ^= np.right_shift(joined, 32, out=free)
    return joined, free
