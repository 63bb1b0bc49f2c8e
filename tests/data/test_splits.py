# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqforge.data.splits import by_folds, by_fractions, permutation, strata_of

SHARES = {"training": 0.7, "validation": 0.1, "test": 0.2}


@settings(max_examples=50, deadline=None)
@given(strata=st.lists(st.integers(0, 3), min_size=1, max_size=200).map(np.array), seed=st.integers(0, 2**32 - 1))
def test_fractions_share_out_every_row_once(strata, seed):
    sets = by_fractions(strata, SHARES, seed)
    assert sorted(np.concatenate(list(sets.values()))) == list(range(len(strata)))
    for stratum in np.unique(strata):
        count = (strata == stratum).sum()
        for name, rows in sets.items():
            assert abs((strata[rows] == stratum).sum() - SHARES[name] * count) <= 1


def test_exact_counts():
    strata = np.repeat([0, 1], [839, 3000])
    sets = by_fractions(strata, SHARES, 1)
    assert {name: np.bincount(strata[rows]).tolist() for name, rows in sets.items()} == {
        "training": [587, 2100],
        "validation": [84, 300],
        "test": [168, 600],
    }


def test_a_split_is_a_function_of_the_seed():
    strata = np.zeros(100, dtype=int)
    one, again, other = (by_fractions(strata, SHARES, seed)["test"] for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


@settings(max_examples=30, deadline=None)
@given(
    strata=st.lists(st.integers(0, 2), min_size=12, max_size=90).map(np.array),
    folds=st.integers(3, 6),
    seed=st.integers(0, 99),
)
def test_folds_test_every_row_once(strata, folds, seed):
    splits = [by_folds(strata, folds, fold, seed) for fold in range(1, folds + 1)]
    assert sorted(np.concatenate([sets["test"] for sets in splits])) == list(range(len(strata)))
    assert sorted(np.concatenate([sets["validation"] for sets in splits])) == list(range(len(strata)))
    for sets in splits:
        assert sorted(np.concatenate(list(sets.values()))) == list(range(len(strata)))
        for stratum in np.unique(strata):
            assert abs((strata[sets["test"]] == stratum).sum() - (strata == stratum).sum() / folds) < 1


def test_strata_of_label_combinations():
    targets = np.array([[1, 0], [0, 1], [1, 0], [1, 1], [0, 0], [0, 1]])
    strata = strata_of(targets)
    assert len(np.unique(strata)) == 4
    assert strata[0] == strata[2]
    assert strata[1] == strata[5]


def test_permutations_of_different_purposes_differ():
    assert not np.array_equal(permutation(50, 1, 1), permutation(50, 1, 2))
    with pytest.raises(OverflowError):
        permutation(5, -1, 1)
