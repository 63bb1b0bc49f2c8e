# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The order of an epoch and its cut into batches: pure functions of (seed, epoch), the same for every backend.

An epoch's order is one permutation of the whole training set: the stable argsort of n raw 64-bit words of a
Philox4x64-10 generator whose key is (seed, purpose · 2³² + epoch).
"""

from __future__ import annotations

from seqforge.arrays import np
from seqforge.data.splits import EPOCH, permutation

BATCHES = 4  # the purpose of an order (`splits.permutation`): which batch of similar examples comes when
POOL = 16  # batches: similar examples are looked for among as many at a time


def order(n: int, seed: int, epoch: int, shuffle: bool = True) -> np.ndarray:
    """The examples 0..n-1 (n,) int64 in the order of `epoch`."""
    return permutation(n, seed, EPOCH, epoch) if shuffle else np.arange(n)


def plan(
    n: int,
    batch_size: int,
    seed: int = 0,
    epoch: int = 0,
    shuffle: bool = True,
    join_single: bool = True,
    lengths: np.ndarray | None = None,
) -> list[np.ndarray]:
    """The index arrays of an epoch's batches: every example once, the last smaller batch kept.

    `lengths` (n,) of examples that are padded: batches of similar ones, cut from runs of `POOL` batches of the order.

    `join_single`: a single left-over example joins the batch before it, because batch normalisation over one example
    is not defined; evaluation, which has no such trouble, may cut as it likes.
    """
    ordered = order(n, seed, epoch, shuffle)
    starts = list(range(0, n, batch_size))
    if join_single and batch_size > 1 and len(starts) > 1 and n - starts[-1] == 1:
        starts.pop()
    if lengths is None or batch_size == 1 or not shuffle:
        return np.split(ordered, starts[1:]) if starts else []
    batches = np.split(_alike(ordered, lengths, POOL * batch_size), starts[1:]) if starts else []
    return [batches[number] for number in permutation(len(batches), seed, BATCHES, epoch)]


def _alike(ordered: np.ndarray, lengths: np.ndarray, pool: int) -> np.ndarray:
    """The same examples, every `pool` of them sorted by length."""
    pools = np.split(ordered, range(pool, len(ordered), pool))
    return np.concatenate([one[np.argsort(lengths[one], kind="stable")] for one in pools])
