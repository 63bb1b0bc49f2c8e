# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Peaks and background as functions of (seed, epoch, index): whatever the order, nothing else changes a batch."""

from __future__ import annotations

import pickle
from itertools import pairwise

import numpy as np
import pytest
from profile_regions import LENGTHS

from seqforge.data.batches import plan
from seqforge.data.genome.tracks import reversed_within
from seqforge.data.profiles.peaks import PeakSet
from seqforge.data.profiles.store import StoredHead, Writer, opened
from seqforge.errors import DataError

PEAKS, NEGATIVES, J = 30, 12, LENGTHS.jitter
HEADS = (StoredHead("one", 1, ("a",)), StoredHead("two", 2, ("plus", "minus")))
ORDERS = ((0,), (1, 0))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory):
    """Reads and controls say where they are: row · 1000 + position, and 100,000 more per track."""
    folder, n = tmp_path_factory.mktemp("store"), PEAKS + NEGATIVES
    draw, (wide, out) = np.random.default_rng(5), LENGTHS.widths
    places = np.arange(n)[:, None] * 1000 + np.arange(wide)
    side = (wide - out) // 2
    reads = [np.stack([places[:, side : side + out] + 1e5 * t for t in range(head.width)], axis=2) for head in HEADS]
    controls = np.stack([places + 1e5 * t for t in range(3)], axis=2).astype(np.float32)
    with Writer(folder, HEADS, *LENGTHS, controls=3) as writer:
        writer.add(draw.integers(0, 5, (n, wide)).astype(np.uint8), reads, controls=controls)
        writer.finish()
    return opened(folder)


def peaks(store, ratio: float = 0.5, rc: bool = True, jitter: bool = True, seed: int = 3, **more) -> PeakSet:
    order = reversed_within([(0, 1), (2,)]) if rc else ()
    rows = np.arange(PEAKS)
    fields = {"negatives": np.arange(PEAKS, PEAKS + NEGATIVES), "negative_ratio": ratio} | more
    return PeakSet(store, rows, *LENGTHS, jitter, rc, ORDERS if rc else (), seed, order, **fields)


def row_of(batch) -> np.ndarray:
    """The store's row (n,) of each example."""
    return _first(batch) // 1000


def _first(batch) -> np.ndarray:
    """What the leftmost position of each example says."""
    return np.minimum(batch.target[0][:, 0, 0], batch.target[0][:, -1, 0]).astype(int)


def steps_of(batch) -> np.ndarray:
    """How far the window of each example was moved."""
    (wide, out), length = LENGTHS.widths, batch.target[0].shape[1]
    return _first(batch) % 1000 - (wide - out) // 2 - (out - length) // 2


def same(one, other) -> bool:
    pairs = zip((one.sequence, one.control, one.label, *one.target), (other.sequence, other.control, other.label,
                                                                      *other.target), strict=True)  # fmt: skip
    return all(np.array_equal(*pair) for pair in pairs)


@pytest.mark.parametrize(("ratio", "drawn"), [(0.0, 0), (0.1, 3), (0.29, 8), (0.5, 15), (1, 30), (2.5, 75)])
def test_an_epoch_is_peaks_and_a_share_of_negatives(store, ratio: float, drawn: int):
    assert len(peaks(store, ratio)) == PEAKS + drawn


def test_shares_are_decimals(store):
    """0.29 · 100 is 28.999999999999996 in floating point."""
    assert len(peaks(store, 0.29, negatives=np.arange(1)).kept(np.arange(31))) == PEAKS + 8
    hundred = PeakSet(store, np.zeros(100, dtype=np.int64), *LENGTHS, negatives=np.arange(1), negative_ratio=0.29)
    assert len(hundred) == 129


def test_each_peak_once_and_negatives_with_replacement(store):
    chosen = peaks(store)
    seen = set()
    for epoch in range(20):
        order = np.concatenate(plan(len(chosen), 7, 3, epoch))
        batch = chosen.batch(order, epoch)
        rows = row_of(batch)
        assert sorted(rows[batch.label == 1]) == list(range(PEAKS))
        drawn = rows[batch.label == 0]
        assert len(drawn) == 15
        assert (drawn >= PEAKS).all()
        seen.add(tuple(sorted(drawn)))
    assert len(seen) == 20


def test_negatives_are_drawn_uniformly(store):
    chosen = peaks(store, 100)
    index = np.arange(PEAKS, len(chosen))
    drawn = np.concatenate([row_of(chosen.batch(index, epoch)) for epoch in range(10)]) - PEAKS
    counts = np.bincount(drawn, minlength=NEGATIVES)
    assert counts.sum() == 30_000
    assert abs(counts / counts.mean() - 1).max() < 0.08  # 2,500 ± 50 each


def test_any_order_gives_the_same_items(store):
    chosen = peaks(store, 1, jitter_negatives=True)
    whole = chosen.batch(np.arange(len(chosen)), 4)
    draw = np.random.default_rng(1)
    chosen.batch(draw.integers(0, len(chosen), 50), 5)  # what was asked before changes nothing
    for size in (1, 2, 7, 60):
        order = draw.permutation(len(chosen))
        for part in np.array_split(order, range(size, len(order), size)):
            batch = chosen.batch(part, 4)
            assert np.array_equal(batch.sequence, whole.sequence[part])
            assert np.array_equal(batch.control, whole.control[part])
            assert np.array_equal(batch.label, whole.label[part])
            assert all(np.array_equal(one, other[part]) for one, other in zip(batch.target, whole.target, strict=True))


def test_epochs_and_seeds_differ_and_come_back(store):
    index = np.arange(45)
    batches = {(seed, epoch): peaks(store, seed=seed).batch(index, epoch) for seed in (3, 4) for epoch in (5, 2, 0)}
    again = pickle.loads(pickle.dumps(peaks(store)))
    assert same(again.batch(index, 2), batches[3, 2])
    assert same(again.batch(index, 5), batches[3, 5])
    assert not any(same(*pair) for pair in pairwise(batches.values()))


@pytest.mark.parametrize("reach", [2, 3])
def test_all_jitters_occur_alike(store, reach: int):
    """Over 10⁵ draws each of the 2J + 1 within 3 % of its share; input, reads and controls move together."""
    lengths = LENGTHS._replace(jitter=reach)
    wide = PeakSet(store, np.zeros(100_000, dtype=np.int64), *lengths, jitter=True, seed=1)
    found = np.concatenate([steps_of(wide.batch(np.arange(at, at + 10_000), 2)) for at in range(0, 100_000, 10_000)])
    shares = np.bincount(found + reach) * (2 * reach + 1) / len(found)
    assert len(shares) == 2 * reach + 1
    assert abs(shares - 1).max() < 0.03


@pytest.mark.parametrize("moving", [False, True])
def test_background_moves_only_where_it_is_asked_for(store, moving: bool):
    chosen = peaks(store, 10, jitter_negatives=moving)
    batch = chosen.batch(np.arange(len(chosen)), 1)
    steps = steps_of(batch)
    assert set(steps[batch.label == 1]) == set(range(-J, J + 1))
    assert set(steps[batch.label == 0]) == (set(range(-J, J + 1)) if moving else {0})
    turned = batch.target[0][:, 0, 0] > batch.target[0][:, -1, 0]
    assert 0.35 < turned[batch.label == 0].mean() < 0.65


def test_everything_of_an_example_moves_and_turns_together(store):
    chosen = peaks(store)
    batch = chosen.batch(np.arange(len(chosen)), 3)
    rows, steps = row_of(batch), steps_of(batch)
    turned = batch.target[0][:, 0, 0] > batch.target[0][:, -1, 0]
    length, out = batch.sequence.shape[1], batch.target[0].shape[1]
    assert 0 < turned.sum() < len(turned)
    for n, (row, step) in enumerate(zip(rows, steps, strict=True)):
        first = (store.widths[0] - length) // 2 + step
        codes, control = store.codes[row, first : first + length], store.controls[row, first : first + length]
        at = (store.widths[1] - out) // 2 + step
        two = store.reads[1][row, at : at + out]
        if turned[n]:  # twice is identity: the inverse of what was done is done to the original
            codes, control, two = np.array([3, 2, 1, 0, 4])[codes[::-1]], control[::-1, [1, 0, 2]], two[::-1, ::-1]
        assert np.array_equal(batch.sequence[n], codes)
        assert np.array_equal(batch.control[n], control)
        assert np.array_equal(batch.target[1][n], two)


@pytest.mark.parametrize(
    ("groups", "order"), [([1, 2], (0, 2, 1)), ([2, 1], (1, 0, 2)), ([1], (0,)), ([3, 2], (2, 1, 0, 4, 3))]
)
def test_tracks_are_reversed_within_their_group(groups: list[int], order: tuple[int, ...]):
    assert reversed_within([range(width) for width in groups]) == order
    assert tuple(order[track] for track in order) == tuple(range(sum(groups)))


def test_plain_is_the_peaks_as_they_are(store):
    plain = peaks(store).plain()
    batch = plain.batch(np.arange(len(plain)), 9)
    assert len(plain) == PEAKS
    assert row_of(batch).tolist() == list(range(PEAKS))
    assert set(steps_of(batch)) == {0}
    assert batch.label.tolist() == [1] * PEAKS


def test_means_and_minima_are_of_both(store):
    chosen = peaks(store, 0.5)
    of_peaks = PeakSet(store, chosen.rows, *LENGTHS).mean_reads()
    background = PeakSet(store, chosen.negatives, *LENGTHS).mean_reads()
    expected = [(30 * one + 15 * other) / 45 for one, other in zip(of_peaks, background, strict=True)]
    assert chosen.mean_reads() == pytest.approx(expected)
    least = chosen.least_reads()
    assert [len(one) for one in least] == [PEAKS + NEGATIVES] * 2
    fixed = chosen.plain().least_reads()[0]
    assert (least[0][:PEAKS] < fixed).all()


def test_what_is_kept(store):
    chosen = peaks(store, 0.5).kept(np.array([*range(20), 35]))
    assert (len(chosen.rows), chosen.negatives.tolist(), len(chosen)) == (20, [35], 30)
    with pytest.raises(DataError, match="no negative is left of 12; set negative_ratio to 0"):
        peaks(store).kept(np.arange(20))
    with pytest.raises(DataError, match="no peak is left of 30"):
        peaks(store).kept(np.arange(30, 42))


def test_where_examples_lie(store):
    assert peaks(store).place(4) == "row 4"
    assert peaks(store).place(40) == "one of 12 negatives"


def test_the_digest_is_of_the_controls_too(store, tmp_path):
    with Writer(tmp_path, HEADS, *LENGTHS, controls=3) as writer:
        writer.add(store.codes, store.reads, controls=store.controls + 1)
        writer.finish()
    assert opened(tmp_path).digest != store.digest


def test_controls_are_finite_and_not_negative(store, tmp_path):
    with Writer(tmp_path, HEADS, *LENGTHS, controls=3) as writer, pytest.raises(DataError, match=r"SF0712: .*controls"):
        writer.add(store.codes, store.reads, controls=-store.controls)
