# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Sequences that occur more than once: within a set, in several sets, with contradicting targets."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import NamedTuple

from seqforge.arrays import np
from seqforge.data.store import Store


class Repeats(NamedTuple):
    """`sentence` for the user; `pair`: the first two rows concerned."""

    sentence: str
    pair: tuple[int, int]


def first_occurrences(store: Store) -> np.ndarray:
    """The rows (ascending) that are no repetition of an earlier row."""
    return np.sort(np.unique(store.digests, return_index=True)[1])


def repeats(store: Store, sets: Mapping[str, np.ndarray]) -> list[Repeats]:
    """Everything a user should know about repeated sequences, the worst (across sets, contradictions) first."""
    found = [_across(store, one, two, sets[one], sets[two]) for one, two in combinations(sets, 2)]
    used = np.sort(np.concatenate(list(sets.values()))) if sets else np.empty(0, dtype=np.int64)
    found.append(_contradictions(store, used))
    found.extend(_within(store, name, rows) for name, rows in sets.items())
    return [one for one in found if one is not None]


def _across(store: Store, one: str, two: str, rows: np.ndarray, others: np.ndarray) -> Repeats | None:
    common, mine, theirs = np.intersect1d(store.digests[rows], store.digests[others], return_indices=True)
    if not len(common):
        return None
    first = int(np.argmin(rows[mine]))
    pair = int(rows[mine[first]]), int(others[theirs[first]])
    count = "1 sequence of the {} set is" if len(common) == 1 else f"{len(common)} sequences of the {{}} set are"
    return _told(store, f"{count.format(one)} also in the {two} set", pair)


def _within(store: Store, name: str, rows: np.ndarray) -> Repeats | None:
    first, later = _pairs(store, rows)
    if not len(later):
        return None
    again = f"{len(later)} repetition{'' if len(later) == 1 else 's'}"
    sentence = f"{_sequences(len(np.unique(first)))} more than once in the {name} set, {again}"
    return _told(store, sentence, (int(first[0]), int(later[0])))


def _contradictions(store: Store, rows: np.ndarray) -> Repeats | None:
    first, later = _pairs(store, rows)
    differ = store.targets[first] != store.targets[later]
    differ = differ if differ.ndim == 1 else differ.any(axis=1)
    if not differ.any():
        return None
    first, later = first[differ], later[differ]
    return _told(
        store, f"{_sequences(len(np.unique(first)))} with contradicting labels", (int(first[0]), int(later[0]))
    )


def _pairs(store: Store, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(first occurrence, repetition) of every repeated row of `rows`, in the order of the repetitions."""
    _, first, inverse = np.unique(store.digests[rows], return_index=True, return_inverse=True)
    origin = first[inverse.reshape(-1)]
    again = np.flatnonzero(origin != np.arange(len(rows)))
    return rows[origin[again]], rows[again]


def _sequences(count: int) -> str:
    return "1 sequence occurs" if count == 1 else f"{count} sequences occur"


def _told(store: Store, sentence: str, pair: tuple[int, int]) -> Repeats:
    return Repeats(f"{sentence} (first: {store.place(pair[0])} and {store.place(pair[1])})", pair)
