# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
from __future__ import annotations

import pickle

import numpy as np
import pytest
from profile_regions import LENGTHS, SEVERAL, TWO, coordinates, regions, stored

from seqforge.data.augmentation import STRAND, draws
from seqforge.data.profiles import dataset
from seqforge.data.profiles.checks import Lengths
from seqforge.data.profiles.dataset import COMPLEMENT, Locus, ProfileSet, turned_over

ORDERS = ((0,), (1, 0), (2, 1, 0))
J = LENGTHS.jitter


@pytest.fixture
def several(tmp_path):
    codes, reads = regions(200, SEVERAL)
    return codes, reads, stored(tmp_path, codes, reads, SEVERAL)


def profiles(store, jitter: bool = False, rc: bool = False, seed: int = 3, rows=None, lengths=LENGTHS, orders=ORDERS):
    rows = np.arange(len(store)) if rows is None else rows
    return ProfileSet(store, rows, *lengths, jitter, rc, orders if rc else (), seed)


def offsets(batch, codes) -> np.ndarray:
    """The offset of each window, found by comparison."""
    width = batch.sequence.shape[1]
    found = [
        [at for at in range(codes.shape[1] - width + 1) if np.array_equal(codes[row, at : at + width], window)]
        for row, window in zip(batch.index, batch.sequence, strict=True)
    ]
    assert all(len(places) == 1 for places in found)
    return np.array(found)[:, 0]


class TestFixed:
    def test_windows_lie_in_the_middle(self, several):
        codes, reads, store = several
        for epoch in (0, 5):
            batch = profiles(store).batch(np.array([4, 0, 199]), epoch)
            assert np.array_equal(batch.sequence, codes[[4, 0, 199], J:-J])
            assert batch.sequence.dtype == np.uint8
            assert batch.index.tolist() == [4, 0, 199]
            assert batch.weight is None
            for target, values in zip(batch.target, reads, strict=True):
                assert target.shape == (3, 8, values.shape[2])
                assert np.array_equal(target, values[[4, 0, 199], J:-J])

    def test_two_passes_give_equal_bytes(self, several):
        chosen = profiles(several[2])
        one, two = (chosen.batch(np.arange(200), epoch) for epoch in (1, 2))
        assert one.sequence.tobytes() == two.sequence.tobytes()
        assert [values.tobytes() for values in one.target] == [values.tobytes() for values in two.target]

    def test_plain_is_fixed(self, several):
        moved, fixed = profiles(several[2], jitter=True, rc=True), profiles(several[2])
        assert np.array_equal(moved.plain().batch(np.arange(200), 7).sequence, fixed.batch(np.arange(200)).sequence)
        assert moved.plain().reach == 0
        assert not moved.plain().reverse_complement

    def test_rows_are_those_of_the_set(self, several):
        codes, _, store = several
        chosen = profiles(store, rows=np.array([7, 3, 150]))
        assert len(chosen) == 3
        assert np.array_equal(chosen.batch(np.array([2, 1])).sequence, codes[[150, 3], J:-J])
        assert chosen.kept(np.array([False, True, True])).rows.tolist() == [3, 150]
        assert chosen.place(1) == "row 3"

    def test_no_jitter_stored(self, tmp_path):
        codes, reads = regions(3, lengths=Lengths(20, 8))
        chosen = ProfileSet(stored(tmp_path, codes, reads, lengths=Lengths(20, 8)), np.arange(3), 20, 8, 0, True)
        batch = chosen.batch(np.arange(3), 4)
        assert np.array_equal(batch.sequence, codes)
        assert np.array_equal(batch.target[0], reads[0])
        assert chosen.mean_reads() == (pytest.approx(reads[0].sum(axis=(1, 2)).mean()),)


class TestJitter:
    def test_every_offset_occurs_and_both_ends(self, several):
        codes, _, store = several
        found = np.concatenate(
            [offsets(profiles(store, jitter=True).batch(np.arange(200), epoch), codes) for epoch in range(5)]
        )
        counts = np.bincount(found, minlength=2 * J + 1)
        assert len(counts) == 2 * J + 1
        assert counts.min() > 1000 / 7 * 0.7
        assert counts.max() < 1000 / 7 * 1.3

    def test_one_offset_for_sequence_and_all_heads(self, several):
        codes, reads, store = several
        batch = profiles(store, jitter=True).batch(np.arange(200), 1)
        for row, at in enumerate(offsets(batch, codes)):
            for target, values in zip(batch.target, reads, strict=True):
                assert np.array_equal(target[row], values[row, at : at + LENGTHS.output])

    def test_it_is_a_function_of_seed_epoch_and_row(self, several):
        chosen = profiles(several[2], jitter=True, rc=True)
        whole = chosen.batch(np.arange(200), 3)
        order = np.random.default_rng(1).permutation(200)
        for part in np.array_split(order, 9):
            batch = chosen.batch(part, 3)
            assert np.array_equal(batch.sequence, whole.sequence[part])
            assert all(np.array_equal(one, all_[part]) for one, all_ in zip(batch.target, whole.target, strict=True))
        again = profiles(several[2], jitter=True, rc=True).batch(np.arange(200), 3)
        assert again.sequence.tobytes() == whole.sequence.tobytes()

    def test_epochs_and_seeds_differ(self, several):
        texts = {
            profiles(several[2], jitter=True, seed=seed).batch(np.arange(200), epoch).sequence.tobytes()
            for seed in (1, 2)
            for epoch in (0, 1)
        }
        assert len(texts) == 4

    def test_less_jitter_than_is_stored(self, several):
        codes, _, store = several
        chosen = profiles(store, jitter=True, lengths=Lengths(20, 8, 1))
        found = np.concatenate([offsets(chosen.batch(np.arange(200), epoch), codes) for epoch in range(3)])
        assert set(found) == {J - 1, J, J + 1}


class TestNarrower:
    def test_a_smaller_model_is_cut_from_the_middle(self, several):
        codes, reads, store = several
        chosen = profiles(store, lengths=Lengths(14, 4, 3))
        batch = chosen.batch(np.arange(5))
        assert np.array_equal(batch.sequence, codes[:5, 6:20])
        assert np.array_equal(batch.target[1], reads[1][:5, 5:9])

    def test_it_moves_about_the_same_middle(self, several):
        codes, _, store = several
        chosen = profiles(store, jitter=True, lengths=Lengths(14, 4, 2))
        found = np.concatenate([offsets(chosen.batch(np.arange(200), epoch), codes) for epoch in range(3)])
        assert set(found) == {4, 5, 6, 7, 8}

    @pytest.mark.parametrize("lengths", [Lengths(19, 8, 3), Lengths(20, 7, 3), Lengths(22, 8, 3), Lengths(20, 10, 3)])
    def test_what_is_not_in_the_middle_is_refused(self, several, lengths):
        with pytest.raises(ValueError, match="are not in the middle of"):
            profiles(several[2], jitter=True, lengths=lengths)


class TestReverseComplement:
    def test_half_of_the_rows_are_turned_over(self, several):
        codes, reads, store = several
        batch = profiles(store, rc=True).batch(np.arange(200), 2)
        turned = draws(3, 2, np.arange(200), STRAND) >> np.uint64(63) == 1
        assert 70 < turned.sum() < 130
        windows, targets = codes[:, J:-J], [values[:, J:-J] for values in reads]
        assert np.array_equal(batch.sequence[~turned], windows[~turned])
        expected = np.array([3, 2, 1, 0, 4])[windows[turned, ::-1]]
        assert np.array_equal(batch.sequence[turned], expected)
        for order, target, values in zip(ORDERS, batch.target, targets, strict=True):
            assert np.array_equal(target[~turned], values[~turned])
            for task, other in enumerate(order):
                assert np.array_equal(target[turned][:, :, other], values[turned][:, ::-1, task])

    def test_unknown_bases_stay_unknown(self, several):
        codes, _, store = several
        batch = profiles(store, rc=True).batch(np.arange(200), 2)
        assert (batch.sequence == 4).sum() == (codes[:, J:-J] == 4).sum() > 0
        assert COMPLEMENT.tolist() == [3, 2, 1, 0, 4]

    def test_an_order_that_keeps_a_task(self, several):
        _, reads, store = several
        orders = ((0,), (0, 1), (1, 0, 2))
        batch = profiles(store, rc=True, orders=orders).batch(np.arange(200), 2)
        turned = draws(3, 2, np.arange(200), STRAND) >> np.uint64(63) == 1
        middle = reads[2][turned, J:-J]
        assert np.array_equal(batch.target[2][turned], middle[:, ::-1][:, :, [1, 0, 2]])
        assert np.array_equal(batch.target[1][turned], reads[1][turned, J:-J][:, ::-1])

    def test_the_complement_of_stored_regions(self, several):
        codes, reads, _ = several
        there, back = turned_over(codes, reads, ORDERS)
        again, reads_again = turned_over(there, back, ORDERS)
        assert np.array_equal(again, codes)
        assert all(np.array_equal(one, two) for one, two in zip(reads_again, reads, strict=True))
        assert np.array_equal(back[2][:, :, 0], reads[2][:, ::-1, 2])

    def test_it_needs_an_order_per_head(self, several):
        with pytest.raises(ValueError, match="3 heads, but 1 task orders"):
            profiles(several[2], rc=True, orders=((0,),))


class TestCounts:
    def test_mean_reads_of_the_fixed_window(self, several, monkeypatch):
        monkeypatch.setattr(dataset, "BLOCK", 100)
        _, reads, store = several
        expected = [values[:, J:-J].sum(axis=(1, 2)).mean() for values in reads]
        assert profiles(store, jitter=True).mean_reads() == pytest.approx(expected)
        rows = np.array([5, 9])
        assert profiles(store, rows=rows).mean_reads()[1] == pytest.approx(reads[1][rows, J:-J].sum(axis=(1, 2)).mean())

    @pytest.mark.parametrize("jitter", [True, False])
    @pytest.mark.parametrize("fractions", [True, False])
    @pytest.mark.parametrize("per_task", [True, False])
    def test_least_reads_against_every_window(self, tmp_path, monkeypatch, jitter, fractions, per_task):
        monkeypatch.setattr(dataset, "BLOCK", 500)
        codes, reads = regions(60, SEVERAL, highest=3)
        draw = np.random.default_rng(5)
        for values in reads:
            values *= draw.random(values.shape) < 0.2
            values *= 0.1 if fractions else 1
        store = stored(tmp_path, codes, reads, SEVERAL)
        chosen = profiles(store, jitter=jitter)
        spots, zeros = range(2 * J + 1) if jitter else [J], []
        for values, least in zip(reads, chosen.least_reads([per_task] * 3), strict=True):
            sums = np.stack([values[:, at : at + 8].astype(np.float64).sum(axis=1) for at in spots], axis=1)
            expected = (sums if per_task else sums.sum(axis=2, keepdims=True)).min(axis=(1, 2))
            assert least == pytest.approx(expected)
            assert np.array_equal(least == 0, expected == 0)
            zeros.append((expected == 0).mean())
        assert 0 < np.mean(zeros) < 1

    def test_rounding_makes_no_reads_and_loses_none(self, tmp_path):
        lengths = Lengths(20, 4, 6)
        codes, reads = regions(2, lengths=lengths)
        reads[0][:] = 0
        reads[0][:, :6] = 1e7 + 0.1  # what comes before must not be left in later differences
        reads[0][1, 6:] = 1e-12
        chosen = ProfileSet(stored(tmp_path, codes, reads, lengths=lengths), np.arange(2), *lengths, True)
        least = chosen.least_reads()[0]
        assert least[0] == 0
        assert least[1] > 0


class TestCoordinates:
    def test_they_are_those_of_the_fixed_window(self, tmp_path):
        codes, reads = regions(6)
        store = stored(tmp_path, codes, reads, coords=coordinates(6), chromosomes={"chrI": 1000, "chrII": 900})
        chosen = profiles(store, rows=np.array([5, 0]))
        assert chosen.coordinates(0) == Locus("chrII", 500, 508, -1)
        assert chosen.coordinates(1) == Locus("chrI", 0, 8, 1)
        narrow = profiles(store, lengths=Lengths(14, 4))
        assert narrow.coordinates(2) == Locus("chrI", 202, 206, 1)
        assert narrow.coords["stop"].tolist() == [6, 106, 206, 306, 406, 506]

    def test_there_may_be_none(self, several):
        assert profiles(several[2]).coordinates(0) is None
        assert profiles(several[2]).coords is None


def test_it_is_sent_to_another_process_without_its_arrays(tmp_path):
    codes, reads = regions(2000, lengths=Lengths(200, 100))
    store = stored(tmp_path, codes, reads, lengths=Lengths(200, 100), chunk=1000)
    chosen = ProfileSet(store, np.arange(2000), 200, 100, 0, True, True, ((1, 0),), 4)
    batch = chosen.batch(np.arange(50), 1)
    sent = pickle.dumps(chosen)
    assert len(sent) < 20_000
    assert np.array_equal(pickle.loads(sent).batch(np.arange(50), 1).target[0], batch.target[0])


def test_words_about_it(several):
    assert repr(profiles(several[2])) == "ProfileSet(200 regions, 20 bases to 8 positions)"
    assert profiles(several[2]).length == 20
    assert TWO[0].width == 2
