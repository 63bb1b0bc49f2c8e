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
from seqforge.data.kmers.desk import Desk

TILE = 1 << 15  # positions at a time: what is in work stays in a processor's second cache
EXACT = 32  # bases that fit into 64 bits
HOLDS = (*[np.uint8] * 4, np.uint16, np.uint32, np.uint64)  # 2^i bits
MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))  # splitmix64, Steele et al. 2014
JOIN = np.uint64(0xD6E8FEB86659FD93)
SPREAD = np.uint64(0x9E3779B97F4A7C15)


def keys(codes: np.ndarray, k: int, canonical: bool, found: np.ndarray, desk: Desk) -> None:
    """A key for each k-mer of `codes` (base,) into `found` (base − k + 1,) uint64, spread evenly over all 64 bits.

    `canonical`: a k-mer and its reverse complement have one key. Where a k-mer holds a gap the key means nothing.
    """
    room = [desk.array(name, TILE + k - 1) for name in ("words", "wide", "spare")]
    for start in range(0, len(found), TILE):
        tile = codes[start : start + TILE + k - 1]
        out = found[start : start + TILE]
        np.copyto(out, _fingerprints(tile, k, room, reverse=False))
        if canonical:
            np.minimum(out, _fingerprints(np.uint8(3) - tile, k, room, reverse=True), out=out)
        out *= SPREAD  # invertible; the smaller of two numbers has a skewed first bit


def valid(codes: np.ndarray, k: int) -> np.ndarray | None:
    """Which k-mers hold no gap (base − k + 1,) bool; None: all of them."""
    if not len(codes) or codes.max() < GAP:
        return None
    gaps = np.flatnonzero(codes == GAP)
    count = max(len(codes) - k + 1, 0)
    # a gap spoils the k starts up to itself: +1 at the first of them, −1 behind the last
    change = np.zeros(count + 1, dtype=np.int32)
    np.add.at(change, np.clip(gaps - k + 1, 0, count), 1)
    np.add.at(change, np.clip(gaps + 1, 0, count), -1)
    return np.cumsum(change[:-1]) == 0


def _fingerprints(codes: np.ndarray, k: int, room: list[np.ndarray], reverse: bool) -> np.ndarray:
    """Of each k-mer; `reverse`: of the complements `codes` read backwards, so that places stay those of `codes`.

    The result lies in one of the three arrays of `room`, which are used up.
    """
    words, length = codes, 1
    while length < min(k, EXACT):
        step = min(length, min(k, EXACT) - length)
        words = _appended(words, length, step, room, reverse)
        length += step
    if words.dtype != room[0].dtype:
        np.copyto(room[1][: len(words)], words)
        room[0], room[1] = room[1], room[0]
    words = _scrambled(room[0][: len(words)], room[2])
    while length < k:
        step = min(length, k - length)
        words = _joined(words, step, room, reverse)
        length += step
    return words


def _appended(words: np.ndarray, length: int, step: int, room: list[np.ndarray], reverse: bool) -> np.ndarray:
    """Each word's `length` bases and the next `step` as the digits of one number, in the narrowest type: the fastest.

    The first base is the first digit, or the last one (`reverse`).
    """
    kind = HOLDS[(2 * (length + step) - 1).bit_length()]
    wide, new = room[1].view(kind)[: len(words)], room[2].view(kind)[: len(words) - step]
    np.copyto(wide, words)
    left, right = wide[:-step], wide[step:]
    spare = room[0].view(kind)[: len(new)]  # words' own, which have served
    if reverse:
        if step < length:
            right = np.right_shift(right, 2 * (length - step), out=spare)
        np.left_shift(right, 2 * length, out=new)
        new |= left
    else:
        if step < length:
            right = np.bitwise_and(right, 4**step - 1, out=spare)
        np.left_shift(left, 2 * step, out=new)
        new |= right
    room[0], room[2] = room[2], room[0]
    return new


def _scrambled(words: np.ndarray, spare: np.ndarray) -> np.ndarray:
    """A permutation of all numbers of 64 bits, in place: x ^= x >> s and multiplication by odd numbers."""
    spare = spare[: len(words)]
    for shift, factor in zip((30, 27), MIX, strict=True):
        words ^= np.right_shift(words, shift, out=spare)
        words *= factor
    words ^= np.right_shift(words, 31, out=spare)
    return words


def _joined(words: np.ndarray, step: int, room: list[np.ndarray], reverse: bool) -> np.ndarray:
    """Of words that begin `step` apart → those of `step` more bases."""
    left, right = words[:-step], words[step:]
    if reverse:
        left, right = right, left
    joined = np.multiply(right, JOIN, out=room[1][: len(left)])
    joined += left
    joined ^= np.right_shift(joined, 32, out=room[2][: len(left)])
    room[0], room[1] = room[1], room[0]
    return joined
