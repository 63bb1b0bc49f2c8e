# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Fingerprints and counts: which words share a key, and numbers that no division of the work changes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from seqforge.data.kmers import counting, sharing
from seqforge.data.kmers import spill as spilling
from seqforge.data.kmers.codes import GAP
from seqforge.data.kmers.desk import Desk
from seqforge.data.kmers.fingerprint import keys, valid
from seqforge.data.kmers.once import gathered, proven
from seqforge.data.kmers.spill import Spill


def keys_of(codes: np.ndarray, k: int, canonical: bool = True) -> np.ndarray:
    found = np.empty(max(len(codes) - k + 1, 0), dtype=np.uint64)
    keys(np.asarray(codes, dtype=np.uint8), k, canonical, found, Desk())
    return found


@pytest.mark.parametrize("k", [1, 2, 3, 5, 6])
def test_every_short_word_has_a_key_of_its_own(k: int):
    words = np.array(np.meshgrid(*[np.arange(4)] * k, indexing="ij")).reshape(k, -1).T
    forward = [int(keys_of(word, k, canonical=False)[0]) for word in words]
    assert len(set(forward)) == 4**k
    both = [int(keys_of(word, k)[0]) for word in words]
    palindromes = 4 ** (k // 2) if k % 2 == 0 else 0
    assert len(set(both)) == (4**k + palindromes) // 2


@pytest.mark.parametrize("k", [1, 8, 31, 32, 33, 63, 64, 100, 129, 512])
def test_both_strands_have_the_same_keys(k: int):
    codes = np.random.default_rng(k).integers(0, 4, 70_000, dtype=np.uint8)  # more than one tile
    assert (keys_of(codes, k) == keys_of(3 - codes[::-1], k)[::-1]).all()
    assert (keys_of(codes, k, canonical=False) != keys_of(3 - codes[::-1], k, canonical=False)[::-1]).mean() > 0.5


@pytest.mark.parametrize("k", [40, 64, 100, 512])
def test_keys_tell_one_changed_base_anywhere(k: int):
    codes = np.random.default_rng(2).integers(0, 4, k, dtype=np.uint8)
    found = {int(keys_of(codes, k)[0])}
    for at in range(k):
        for other in range(1, 4):
            changed = codes.copy()
            changed[at] = (changed[at] + other) % 4
            found.add(int(keys_of(changed, k)[0]))
    assert len(found) == 3 * k + 1


def test_keys_do_not_depend_on_where_a_word_stands():
    word = np.random.default_rng(3).integers(0, 4, 300, dtype=np.uint8)
    around = np.random.default_rng(4).integers(0, 5, 40_000, dtype=np.uint8)
    for at in (0, 32_768 - 100, 39_000):
        around[at : at + 300] = word
        assert keys_of(around, 300)[at] == keys_of(word, 300)[0]


def test_keys_of_tandem_repeats_differ():
    """Periods that divide the halves are what doubling could confuse."""
    found = set()
    for period in (1, 2, 3, 4, 8, 16, 32, 64):
        for seed in range(50):
            unit = np.random.default_rng(seed).integers(0, 4, period)
            found.add(tuple(np.resize(unit, 512)))
    assert len({int(keys_of(np.array(text), 512, canonical=False)[0]) for text in found}) == len(found)


@pytest.mark.parametrize("k", [1, 3, 10])
def test_gaps_spoil_the_words_over_them(k: int):
    codes = np.array([0, 1, 4, 2, 3, 0, 4, 4, 1, 1, 1, 1], dtype=np.uint8)
    expected = [GAP not in codes[at : at + k] for at in range(len(codes) - k + 1)]
    found = valid(codes, k)
    assert found is not None
    assert found.tolist() == expected
    assert valid(codes[3:6], k) is None


def test_a_sequence_shorter_than_a_word():
    assert len(keys_of(np.zeros(3, dtype=np.uint8), 4)) == 0


def numbers(found: list[int], base: int = 0, shift: int = 0) -> tuple[list[int], dict[int, int]]:
    counts, tally = counting._numbers(np.array(found, dtype=np.uint64), base, shift, Desk())
    return counts.tolist(), {count: places for count, places in tally.items() if places}


def test_counts_stand_in_the_order_of_keys():
    assert numbers([9 << 40, 5 << 40, 9 << 40, 7 << 40, 9 << 40]) == ([3, 1, 3, 1, 3], {1: 2, 3: 3})
    assert numbers([5]) == ([1], {1: 1})
    assert numbers([]) == ([], {})


def test_keys_that_differ_in_their_last_bits_only_are_told_apart():
    """The bits that sorting replaces by places: a key and its neighbour alternate, others lie between."""
    draw = np.random.default_rng(5)
    found = [int(value) for value in draw.integers(0, 3, 500)]  # 9 bits hold the place
    found += [(1 << 63) + int(value) for value in draw.integers(0, 40, 400)]
    found += [int(value) << 20 for value in draw.integers(0, 1 << 40, 100)]
    found = [found[at] for at in draw.permutation(len(found))]
    counts = Counter(found)
    assert numbers(found)[0] == [counts[key] for key in found]
    shifted = [(key >> 3) + (5 << 61) for key in found]
    counts = Counter(shifted)
    assert numbers(shifted, 5 << 61, 3)[0] == [counts[key] for key in shifted]


def test_one_mark_proves_a_word_on_a_strand_two_on_both():
    marks = np.array([0, 1, 0, 0, 1, 1, 0], dtype=np.uint8)
    assert proven(marks, 3, canonical=False).tolist() == [True, True, True, True, True]
    assert proven(marks, 3, canonical=True).tolist() == [False, False, False, True, True]
    assert proven(marks, 1, canonical=False).tolist() == marks.astype(bool).tolist()
    assert not proven(marks, 1, canonical=True).any()


@pytest.mark.parametrize("share", [0.001, 0.05, 0.5, 1.0])
def test_gathered_codes_hold_the_same_words(share: float):
    draw = np.random.default_rng(7)
    codes, k = draw.integers(0, 4, 3000, dtype=np.uint8), 20
    places = np.flatnonzero(draw.random(len(codes) - k + 1) < share)
    found, at = gathered(codes, places, k)
    assert len(found) == np.count_nonzero(np.isin(np.arange(len(codes)), (places[:, None] + np.arange(k)).ravel()))
    assert all((found[new : new + k] == codes[old : old + k]).all() for new, old in zip(at, places, strict=True))


@pytest.mark.parametrize("keys", [0, 1, 90, 400, 1000])
@pytest.mark.parametrize("parts", [1, 7, 64])
def test_parts_are_joined_where_few_keys_are_left(keys: int, parts: int):
    plan = counting.Plan(((0, 500), (500, 1000)), parts, 10**6, 2)
    joined = counting._joined(plan, keys)
    assert [part for first, last in joined for part in range(first, last)] == list(range(parts))
    assert len(joined) >= min(parts, 2)
    assert len(joined) == parts or keys < 1000


@pytest.mark.parametrize("parts", [1, 2, 7, 64, 1000, 3000])
def test_parts_cover_every_key(parts: int):
    bounds = counting._bounds(parts)
    assert bounds[0] == 0
    assert (np.diff(bounds.astype(object)) > 0).all()
    found = np.concatenate([bounds, bounds[1:] - np.uint64(1), np.array([2**64 - 1], dtype=np.uint64)])
    cuts, places = counting._divided(found, bounds, Desk())
    where = np.searchsorted(bounds, found, side="right") - 1
    assert sorted(places.tolist()) == list(range(len(found)))
    for part in range(parts):
        assert (where[places[cuts[part] : cuts[part + 1]]] == part).all()
    # a part's keys less its bound have no bits among the first log2 of the number of parts
    free = np.uint64(64 - (parts.bit_length() - 1))
    assert parts == 1 or not ((found - bounds[where]) >> free).any()


def test_parts_and_places_that_do_not_fit_into_half_a_number():
    bounds = counting._bounds(1 << 20)
    found = np.random.default_rng(6).integers(0, 1 << 64, 5000, dtype=np.uint64)
    cuts, places = counting._divided(found, bounds, Desk())
    where = np.searchsorted(bounds, found, side="right") - 1
    assert sorted(places.tolist()) == list(range(len(found)))
    assert (np.diff(where[places]) >= 0).all()
    assert (np.diff(cuts.astype(np.int64)) == np.bincount(where, minlength=1 << 20)).all()


def test_plans_are_cut_at_bins_only():
    cuts = np.array([0, 100, 200, 300, 350, 450, 500])
    plan = counting.Plan.of(520, cuts, 1 << 20, 2, stretch=150)
    assert plan.stretches == ((0, 200), (200, 300), (300, 450), (450, 520))
    assert counting.Plan.of(520, cuts, 1 << 20, 2).stretches == ((0, 520),)


def test_less_memory_means_more_parts():
    cuts = np.arange(0, 400_000_000, 10_000)
    much = counting.Plan.of(400_000_000, cuts, 1 << 30, 2)
    little = counting.Plan.of(400_000_000, cuts, 1 << 24, 2)
    assert much.parts < little.parts
    longest = max(stop - start for start, stop in little.stretches)
    assert (longest - 10_000) * counting.BYTES * 2 <= (1 << 24)  # it ends with the bin that it has begun
    assert 400_000_000 / little.parts * counting.BYTES * 2 <= (1 << 24)


def test_a_spill_gives_back_what_was_written(tmp_path: Path):
    spill = Spill(tmp_path / "x", np.uint32)
    spill.write(np.arange(10, 20), 5)
    spill.write(np.arange(5), 0)
    spill.write(np.empty(0, dtype=np.uint32), 3)
    found = np.empty(15, dtype=np.uint32)
    spill.read(found, 0)
    assert found.tolist() == [0, 1, 2, 3, 4, *range(10, 20)]
    with pytest.raises(OSError, match="shorter"):
        spill.read(found, 1)
    spill.close()


def test_a_spill_reaches_over_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(spilling, "BLOCK", 7)
    monkeypatch.setattr(spilling, "FILES", 3)
    spill, values = Spill(tmp_path / "x", np.uint64), np.arange(100, dtype=np.uint64)
    for at in (60, 0, 13, 30):
        spill.write(values[at : at + 40], at)
    found = np.empty(95, dtype=np.uint64)
    spill.read(found, 2)
    assert found.tolist() == list(range(2, 97))
    assert len(list(tmp_path.iterdir())) == 3
    spill.close()


@pytest.mark.parametrize("forks", [True, False])
def test_shared_work_keeps_the_order_of_jobs_and_passes_errors_on(monkeypatch: pytest.MonkeyPatch, forks: bool):
    monkeypatch.setattr(sharing, "FORKS", forks and sharing.FORKS)
    jobs = [(number, 10 - number) for number in range(10)]
    for workers in (1, 2):
        found = list(sharing.shared(lambda one, other: (one * other, np.full(2, one)), jobs, workers))
        assert [value for value, _ in found] == [one * other for one, other in jobs]
        assert all(np.array_equal(array, np.full(2, number)) for number, (_, array) in enumerate(found))
        with pytest.raises(ZeroDivisionError):
            list(sharing.shared(lambda one, other: one // (other - 5), jobs, workers))
