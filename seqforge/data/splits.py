# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Training, validation and test sets out of one: by fractions or by folds, stratified, a pure function of a seed.

The order behind a split is the stable argsort of raw Philox4x64-10 words (the generator's bits, not NumPy's
`permutation`, whose algorithm may change between versions).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from seqforge.arrays import np

SPLIT, EPOCH = 1, 2  # purposes: the second word of a key, so that equal seeds give unrelated orders


def permutation(n: int, seed: int, purpose: int, number: int = 0) -> np.ndarray:
    """The numbers 0..n-1 (n,) int64 in an order that depends on nothing but the arguments (`number` < 2**32)."""
    key = np.array([seed, (purpose << 32) | number], dtype=np.uint64)
    return np.argsort(np.random.Philox(key=key).random_raw(n), kind="stable")


def strata_of(targets: np.ndarray) -> np.ndarray:
    """The stratum (n,) of each row: its class, or its combination of labels."""
    if targets.ndim == 1:
        return np.unique(targets, return_inverse=True)[1]
    return np.unique(np.packbits(targets.astype(bool), axis=1), axis=0, return_inverse=True)[1].reshape(-1)


def by_fractions(strata: np.ndarray, shares: Mapping[str, float], seed: int) -> dict[str, np.ndarray]:
    """Rows (ascending) of each name of `shares` (sum ≤ 1); every stratum is shared out in the same proportions."""
    edges = np.cumsum(list(shares.values()))
    owner = np.full(len(strata), len(shares))
    for rows in _shuffled(strata, seed):
        # 1e-9: 0.7 + 0.1 + 0.2 is not quite 1 in floating point
        cuts = np.floor(edges * len(rows) + 0.5 + 1e-9).astype(int)
        owner[rows] = np.searchsorted(cuts, np.arange(len(rows)), side="right")
    return {name: np.flatnonzero(owner == number) for number, name in enumerate(shares)}


def by_folds(strata: np.ndarray, folds: int, fold: int, seed: int) -> dict[str, np.ndarray]:
    """Fold `fold` (from 1) is the test set, the next one validation, the others training; `folds` ≥ 3."""
    owner = np.empty(len(strata), dtype=np.int64)
    dealt = 0
    for rows in _shuffled(strata, seed):
        owner[rows] = (dealt + np.arange(len(rows))) % folds
        dealt += len(rows)
    test, validation = (fold - 1) % folds, fold % folds
    return {
        "training": np.flatnonzero((owner != test) & (owner != validation)),
        "validation": np.flatnonzero(owner == validation),
        "test": np.flatnonzero(owner == test),
    }


def _shuffled(strata: np.ndarray, seed: int) -> Iterator[np.ndarray]:
    """The rows of each stratum in random order."""
    order = permutation(len(strata), seed, SPLIT)
    for stratum in np.unique(strata):
        yield order[strata[order] == stratum]
