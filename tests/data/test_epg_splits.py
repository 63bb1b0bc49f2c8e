# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Splits of profiles: donors and mixtures stay together, or it is said what leaks."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from small_epg import REAL, real_data, table

from seqforge.data.epg import reading, splitting
from seqforge.data.epg.tables import ProfileTable
from seqforge.errors import DataError

SHARES = {"training": 0.6, "validation": 0.2, "test": 0.2}


def grouped_table(sets: list[str], donors: list[str], contributors: Any = None) -> ProfileTable:
    signal = np.zeros((len(sets), 1, 4), dtype=np.int16)
    split = tuple(tuple(filter(None, one.split(";"))) for one in donors)
    return ProfileTable(profiles=signal, mixture_set=tuple(sets), donors=split, contributors=contributors)


def many(n: int = 300, seed: int = 1) -> ProfileTable:
    """Mixtures of two to five donors out of groups of people, each injected one to three times."""
    generator = np.random.default_rng(seed)
    sets, donors = [], []
    while len(sets) < n:
        family, size = int(generator.integers(0, 60)), int(generator.integers(2, 6))
        people = generator.choice(6, size, replace=False)
        for _ in range(int(generator.integers(1, 4))):
            sets.append(f"m{len(sets)}")
            donors.append(";".join(f"f{family}p{person}" for person in people))
    return grouped_table(sets[:n], donors[:n], np.array([len(one.split(";")) for one in donors[:n]]))


def test_groups_are_connected_by_mixtures_and_donors() -> None:
    given = grouped_table(["A", "A", "B", "C", "", ""], ["", "x", "x;y", "z", "y", "w"])
    assert splitting.groups_of(given).tolist() == [0, 0, 0, 1, 0, 2]
    assert splitting.components([["a"], ["b"], ["c"], ["c", "a"], ["b", "d"]]).tolist() == [0, 1, 0, 0, 1]


@pytest.mark.parametrize("seed", range(5))
def test_no_donor_is_in_two_sets(seed: int) -> None:
    given = many(seed=seed)
    sets = splitting.grouped(given, SHARES, seed)
    assert sorted(np.concatenate(list(sets.values())).tolist()) == list(range(len(given)))
    assert splitting.leaks(given, sets) == {}
    for name, rows in sets.items():
        assert abs(len(rows) / len(given) - SHARES[name]) < 0.1
        for count in (2, 3, 4, 5):
            assert (given.contributors[rows] == count).any()
    folds = [splitting.k_folds(given, 4, fold, seed) for fold in (1, 2, 3, 4)]
    assert sorted(np.concatenate([one["test"] for one in folds]).tolist()) == list(range(len(given)))
    assert all(not splitting.leaks(given, one) for one in folds)
    assert np.array_equal(folds[0]["validation"], folds[1]["test"])
    assert np.array_equal(folds[3]["validation"], folds[0]["test"])


def test_splits_depend_on_the_seed_alone() -> None:
    given = many()
    again = splitting.grouped(given, SHARES, 7)
    assert all(np.array_equal(rows, again[name]) for name, rows in splitting.grouped(given, SHARES, 7).items())
    assert not np.array_equal(splitting.grouped(given, SHARES, 8)["test"], again["test"])


def test_every_set_gets_a_group() -> None:
    given = grouped_table(["A"] * 20 + ["B", "C"], [""] * 22)
    sets = splitting.grouped(given, {"training": 0.9, "validation": 0.05, "test": 0.05}, 1)
    assert sorted(map(len, sets.values())) == [1, 1, 20]
    assert len(sets["training"]) == 20


def test_a_share_of_nothing_is_no_set() -> None:
    given = grouped_table(["A", "B"], ["", ""])
    assert list(splitting.grouped(given, {"training": 0.5, "validation": 0.0, "test": 0.5}, 1)) == ["training", "test"]


def test_too_few_groups_are_refused() -> None:
    given = grouped_table(["A", "A", "B", "C"], ["p;q", "p", "q", "r"])
    with pytest.raises(DataError) as caught:
        splitting.grouped(given, SHARES, 1)
    said = str(caught.value)
    assert "SF0723: the table has 2 groups of profiles, but 3 are needed (training, validation, test)" in said
    assert "the largest group has 3 profiles (profile_0, profile_1, profile_2)" in said
    assert "would leak donor p, donor q, mixture set A" in said or "donor p, mixture set A, donor q" in said
    with pytest.raises(DataError, match="5 are needed \\(5 folds\\)"):
        splitting.k_folds(given, 5, 1, 1)


def test_missing_groups_are_refused() -> None:
    with pytest.raises(DataError, match="have neither mixture_set nor donors"):
        splitting.grouped(table(4, mixture_set=None, donors=None), SHARES, 1)
    with pytest.raises(DataError, match="1 of 3 profiles have neither mixture_set nor donors \\(profile_1\\)"):
        splitting.grouped(grouped_table(["A", "", "B"], ["", "", ""]), SHARES, 1)


def test_a_random_split_says_what_leaks() -> None:
    given = many(60)
    sets = splitting.at_random(given, SHARES, 3)
    assert sum(map(len, sets.values())) == 60
    found = splitting.leaks(given, sets)
    assert found
    people = {name: {donor for row in rows.tolist() for donor in given.donors[row]} for name, rows in sets.items()}
    shared = set().union(*(people[one] & people[other] for one, other in combinations(sets, 2)))
    assert {key for key in found if key.startswith("donor")} == {f"donor {name}" for name in shared}
    note = splitting.leak_note(given, sets)
    assert note is not None
    assert all(key in note for key in list(found)[:10])
    assert note.endswith(f"and {len(found) - 10} more")
    unknown = splitting.leak_note(table(4, mixture_set=None, donors=None), {})
    assert unknown is not None
    assert "does not say" in unknown
    assert splitting.leak_note(given, {"training": np.arange(60)}) is None


@real_data
def test_replicate_injections_are_never_parted() -> None:
    from dataclasses import replace

    found = replace(reading.read_table(REAL), mixture_set=("1A2", "1A2"))
    for shares in (SHARES, {"training": 0.5, "validation": 0.0, "test": 0.5}):
        with pytest.raises(DataError, match="the largest group has 2 profiles \\(1A2_A01_01, 1A2_E01_13\\)"):
            splitting.grouped(found, shares, 1)
    with pytest.raises(DataError, match="neither mixture_set nor donors"):
        splitting.grouped(reading.read_table(REAL), SHARES, 1)
