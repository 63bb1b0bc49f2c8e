# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Random numbers by counter: word i of a stream is a hash of (stream, i), so any part can be drawn alone, in any order.

The hash is SplitMix64 (Steele, Lea & Flood 2014, doi 10.1145/2660193.2660195); a stream's key is a BLAKE2 hash of its
name.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

import numpy as np

GAMMA = 0x9E3779B97F4A7C15
WORD = (1 << 64) - 1
BLOCK = 1 << 15  # words hashed at a time: they stay in the cache


@lru_cache(maxsize=1 << 16)
def stream(*name: int | str) -> int:
    """The key of the stream called `name`, such as (seed, set, purpose)."""
    digest = hashlib.blake2b(repr(name).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def words(key: int, rows: np.ndarray, width: int = 1) -> np.ndarray:
    """Words (n, width) uint64 of `rows` (n,): row r owns the counters r·width … r·width + width − 1 of the stream."""
    first = rows.astype(np.uint64) * np.uint64(width * GAMMA & WORD) + np.uint64((key + GAMMA) & WORD)
    return _mixed(np.add.outer(first, np.arange(width, dtype=np.uint64) * np.uint64(GAMMA)))


def _mixed(state: np.ndarray) -> np.ndarray:
    """SplitMix64's finaliser, in place."""
    scratch = np.empty_like(state)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        np.right_shift(state, np.uint64(shift), out=scratch)
        np.bitwise_xor(state, scratch, out=state)
        np.multiply(state, np.uint64(factor), out=state)
    np.right_shift(state, np.uint64(31), out=scratch)
    return np.bitwise_xor(state, scratch, out=state)


def uniforms(key: int, rows: np.ndarray) -> np.ndarray:
    """One number in [0, 1) for each of `rows` (n,), float64 with 53 random bits."""
    return (words(key, rows)[:, 0] >> np.uint64(11)) * 2.0**-53


def integers(key: int, rows: np.ndarray, size: np.ndarray | int) -> np.ndarray:
    """One of 0 … size − 1 for each of `rows` (n,), int64; `size` one number or (n,)."""
    return (uniforms(key, rows) * size).astype(np.int64)


def permutation(key: int, size: int) -> np.ndarray:
    """A uniform permutation of 0 … size − 1, int64."""
    return np.argsort(words(key, np.arange(size))[:, 0], kind="stable")


def bits(key: int, rows: np.ndarray, length: int) -> np.ndarray:
    """Random numbers (n, length) uint32, two to a word."""
    pairs = words(key, rows, -(-length // 2)).astype("<u8", copy=False)
    return pairs.view("<u4")[:, :length]
