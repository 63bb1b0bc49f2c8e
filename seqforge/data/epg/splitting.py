# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Training, validation and test sets that share no donor and no mixture; and the random split and what it leaks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seqforge.arrays import np
from seqforge.data.epg.problems import GROUPS
from seqforge.data.problems import refuse
from seqforge.data.splits import SPLIT, by_fractions, permutation
from seqforge.errors import DataError

if TYPE_CHECKING:
    from seqforge.data.epg.tables import ProfileTable

SETS = ("training", "validation", "test")
UNGROUPED = "add mixture_set or donors to the table, or choose split random, which reports what it leaks"
NAMED = 3  # names that a message lists
LISTED = 10  # leaks that a note lists; facts have all
PASSES = 50  # over all groups; a few are enough


def groups_of(table: ProfileTable) -> np.ndarray:
    """The group (n,) int64 of each profile: connected through a mixture set or any donor; raises DataError.

    Groups are numbered in the order of their first profile.
    """
    keys = [_keys(table, row) for row in range(len(table))]
    alone = [row for row, found in enumerate(keys) if not found]
    if alone:
        raise _ungrouped(table, alone)
    return components(keys)


def components(keys: Sequence[Iterable[str]]) -> np.ndarray:
    """The connected component (n,) int64 of each element, where elements with a key in common are connected."""
    parent = list(range(len(keys)))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    first: dict[str, int] = {}
    for row, own in enumerate(keys):
        for key in own:
            a, b = sorted((root(first.setdefault(key, row)), root(row)))
            parent[b] = a
    return np.unique([root(row) for row in range(len(keys))], return_inverse=True)[1].astype(np.int64).reshape(-1)


def _keys(table: ProfileTable, row: int) -> list[str]:
    """What connects a profile to others."""
    donors = [f"donor {name}" for name in (table.donors[row] if table.donors else ())]
    mixture = table.mixture_set[row] if table.mixture_set else ""
    return [*donors, *([f"mixture set {mixture}"] if mixture else [])]


def _ungrouped(table: ProfileTable, rows: Sequence[int]) -> DataError:
    if table.donors is None and table.mixture_set is None:
        return without_groups(table.file)
    names = _listed([table.names[row] for row in rows])
    message = f"{len(rows)} of {len(table)} profiles have neither mixture_set nor donors ({names})"
    return refuse(GROUPS, message, UNGROUPED, table.file)


def without_groups(file: Path | str) -> DataError:
    """The exception to raise for a table that does not say what its profiles are made of."""
    return refuse(
        GROUPS, "profiles are to be split by groups, but have neither mixture_set nor donors", UNGROUPED, file
    )


def grouped(table: ProfileTable, shares: Mapping[str, float], seed: int) -> dict[str, np.ndarray]:
    """Rows (ascending) of every set with a share > 0; a group goes to one of them.

    Stratified by the number of contributors as far as groups allow. Raises DataError where there are too few groups.
    """
    asked = {name: share for name, share in shares.items() if share > 0}
    groups = groups_of(table)
    _refuse_few(table, groups, len(asked), ", ".join(asked))
    owner = _dealt(groups, _strata(table), list(asked.values()), seed)
    return {name: np.flatnonzero(owner == number) for number, name in enumerate(asked)}


def k_folds(table: ProfileTable, folds: int, fold: int, seed: int) -> dict[str, np.ndarray]:
    """As `grouped`, in `folds` ≥ 3 parts: fold `fold` (from 1) is the test set, the next one validation."""
    groups = groups_of(table)
    _refuse_few(table, groups, folds, f"{folds} folds")
    owner = _dealt(groups, _strata(table), [1 / folds] * folds, seed)
    test, validation = owner == fold - 1, owner == fold % folds
    return {
        "training": np.flatnonzero(~(test | validation)),
        "validation": np.flatnonzero(validation),
        "test": np.flatnonzero(test),
    }


def at_random(table: ProfileTable, shares: Mapping[str, float], seed: int) -> dict[str, np.ndarray]:
    """Rows (ascending) of every set, whatever its profiles share; stratified by the number of contributors."""
    asked = {name: share for name, share in shares.items() if share > 0}
    return by_fractions(_strata(table), asked, seed)


def _strata(table: ProfileTable) -> np.ndarray:
    """The stratum (n,) of each profile: how many contributors it has."""
    if table.contributors is not None:
        counts = table.contributors
    else:
        counts = np.array([len(names) for names in table.donors] if table.donors else [0] * len(table))
    return np.unique(counts, return_inverse=True)[1].reshape(-1)


def _dealt(groups: np.ndarray, strata: np.ndarray, shares: Sequence[float], seed: int) -> np.ndarray:
    """The set (n,) of each profile: large groups first, each to the set that it brings nearest to its share; then
    groups are moved as long as that brings the sets nearer to theirs."""
    counts = np.zeros((groups.max() + 1, strata.max() + 1))
    np.add.at(counts, (groups, strata), 1)
    counts = np.c_[counts, counts.sum(axis=1)]  # the total counts like a stratum
    wanted = np.outer(shares, counts.sum(axis=0))
    filled = np.zeros_like(wanted)
    order = sorted(permutation(len(counts), seed, SPLIT).tolist(), key=lambda group: -counts[group, -1])
    owner = np.full(len(counts), -1)
    for _ in range(PASSES):
        before = owner.copy()
        for group in order:
            _put(group, counts[group], owner, filled, wanted)
        if (owner == before).all():
            break
    _fill_empty(owner, counts[:, -1], len(shares))
    return owner[groups]


def _put(group: int, size: np.ndarray, owner: np.ndarray, filled: np.ndarray, wanted: np.ndarray) -> None:
    """Take `group` out of its set, if it is in one, and put it where the squared distances to `wanted` become least."""
    if owner[group] >= 0:
        filled[owner[group]] -= size
    worse = (size * (2 * (filled - wanted) + size)).sum(axis=1)
    # a group that fits as well where it is stays there: so every pass ends nearer, or is the last
    best = int(np.argmin(worse))
    owner[group] = owner[group] if owner[group] >= 0 and worse[owner[group]] <= worse[best] else best
    filled[owner[group]] += size


def _fill_empty(owner: np.ndarray, sizes: np.ndarray, sets: int) -> None:
    """Give every set without a group the smallest one of the set that has most groups."""
    for number in range(sets):
        if not (owner == number).any():
            richest = np.bincount(owner, minlength=sets).argmax()
            own = np.flatnonzero(owner == richest)
            owner[own[np.argmin(sizes[own])]] = number


def _refuse_few(table: ProfileTable, groups: np.ndarray, needed: int, asked: str) -> None:
    sizes = np.bincount(groups)
    if len(sizes) >= needed:
        return
    rows = np.flatnonzero(groups == sizes.argmax()).tolist()
    shared = [key for key, count in Counter(key for row in rows for key in _keys(table, row)).items() if count > 1]
    members = _listed([table.names[row] for row in rows])
    having = f"{len(sizes)} group{'s' if len(sizes) != 1 else ''} of profiles, but {needed} are needed ({asked})"
    largest = f"the largest group has {len(rows)} profile{'s' if len(rows) != 1 else ''} ({members})"
    leaking = f"; parting it would leak {_listed(shared)} from one set to another" if shared else ""
    hint = "add profiles of other donors, ask for fewer sets, or choose split random, which reports what it leaks"
    raise refuse(GROUPS, f"the table has {having}; {largest}{leaking}", hint, table.file)


def leaks(table: ProfileTable, sets: Mapping[str, np.ndarray]) -> dict[str, list[str]]:
    """Per donor and mixture set that is in more than one set: in which; sorted by name."""
    where: dict[str, list[str]] = defaultdict(list)
    for name, rows in sets.items():
        for key in {key for row in rows.tolist() for key in _keys(table, row)}:
            where[key].append(name)
    return {key: names for key, names in sorted(where.items()) if len(names) > 1}


def leak_note(table: ProfileTable, sets: Mapping[str, np.ndarray]) -> str | None:
    """One sentence on what the sets share; None if nothing."""
    if table.donors is None and table.mixture_set is None:
        return "split random: the table does not say which profiles share donors or mixtures; scores may be flattered"
    found = leaks(table, sets)
    if not found:
        return None
    spelt = "; ".join(f"{key} in {' and '.join(names)}" for key, names in list(found.items())[:LISTED])
    more = f" and {len(found) - LISTED:,} more" if len(found) > LISTED else ""
    return f"split random leaks {len(found):,} donors or mixture sets, scores are flattered: {spelt}{more}"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
