# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Sets of chromosomes: z-scores, padding, crops, range targets."""

from __future__ import annotations

import math

import numpy as np
import pytest
from small_bins import chromosome

from seqforge.data.bins.dataset import FAR, BinsSet, edge_distances, range_targets
from seqforge.data.bins.normalising import Normalisation, of_facts, of_training
from seqforge.data.bins.tables import FEATURES
from seqforge.errors import DataError
from seqforge.losses.range_loss import RangeLoss

AS_IT_IS = Normalisation(np.zeros(8), np.ones(8))


def several(*lengths: int, train_window: int | None = None, seed: int = 0) -> BinsSet:
    return BinsSet(
        tuple(chromosome([0, 1, 1] + [0] * (bins - 3), f"s{bins}") for bins in lengths), AS_IT_IS, train_window, seed
    )


def test_statistics_are_those_of_all_bins_of_the_training_set() -> None:
    draw = np.random.default_rng(0)
    parts = [draw.normal(5, 3, (bins, 8)) for bins in (10, 25)]
    found = of_training(parts)
    every = np.concatenate(parts)
    np.testing.assert_allclose(found.mean, every.mean(axis=0), rtol=1e-13)
    np.testing.assert_allclose(found.std, every.std(axis=0, ddof=0), rtol=1e-13)
    scores = found.apply(every)
    assert scores.dtype == np.float32
    np.testing.assert_array_equal(scores, ((every - found.mean) / found.std).astype(np.float32))
    assert found.notes == []


def test_large_means_do_not_cost_precision() -> None:
    values = np.full((1000, 8), 1e8) + np.arange(1000)[:, None] % 2
    np.testing.assert_allclose(of_training([values]).std, 0.5, rtol=1e-9)


def test_a_feature_that_does_not_vary_is_divided_by_one_and_named() -> None:
    values = np.arange(80, dtype=np.float64).reshape(10, 8)
    values[:, 2] = 0.25
    found = of_training([values])
    assert found.std[2] == 1
    assert found.flat == (FEATURES[2],)
    assert found.notes[0].startswith("128_highlighted_percent hardly varies")
    assert (found.apply(values)[:, 2] == 0).all()


def test_statistics_survive_a_run() -> None:
    found = of_training([np.random.default_rng(1).random((20, 8))])
    again = of_facts({"normalisation": found.facts})
    np.testing.assert_array_equal(again.mean, found.mean)
    np.testing.assert_array_equal(again.std, found.std)
    with pytest.raises(DataError, match="expected a mean and a standard deviation > 0 for each of 8 features"):
        of_facts({})


def test_a_batch_is_padded_to_its_longest_and_masked() -> None:
    batch = several(10, 14).batch(np.array([1, 0]))
    arrays, target = batch.arrays, batch.target
    assert arrays is not None
    assert arrays["features"].shape == (2, 14, 8)
    assert arrays["features"].dtype == np.float32
    assert arrays["padding"].tolist() == [[False] * 14, [False] * 10 + [True] * 4]
    assert (arrays["features"][1, 10:] == 0).all()
    assert arrays["offset"].tolist() == [0, 0]
    assert target["labels"][1].tolist() == [0, 1, 1] + [0] * 7 + [-1] * 4
    assert target["labels"].dtype == np.int8
    assert (target["range"][1, 10:] == 0).all()
    assert target["range_valid"].tolist() == [True, True]


def test_without_pads_there_is_no_mask() -> None:
    assert set(several(12, 12).batch(np.array([0, 1])).arrays or {}) == {"features", "offset"}
    assert set(several(10, 14).batch(np.array([1])).arrays or {}) == {"features", "offset"}


def test_lengths_are_those_of_crops() -> None:
    assert several(10, 14, 30).lengths.tolist() == [10, 14, 30]
    assert several(10, 14, 30, train_window=12).lengths.tolist() == [10, 12, 12]


def test_a_crop_is_a_function_of_seed_epoch_and_index() -> None:
    dataset = several(10, 60, 70, train_window=12, seed=5)
    starts = {}
    for epoch in range(40):
        batch = dataset.batch(np.array([0, 1, 2]), epoch)
        assert batch.arrays is not None
        again = dataset.batch(np.array([2, 1]), epoch)
        assert again.arrays is not None
        np.testing.assert_array_equal(again.arrays["features"][1], batch.arrays["features"][1])
        starts[epoch] = batch.arrays["offset"].tolist()
    assert {one[0] for one in starts.values()} == {0}
    assert {one[1] for one in starts.values()} <= set(range(49))
    assert len({one[1] for one in starts.values()}) > 15
    other = several(10, 60, 70, train_window=12, seed=6)
    assert [other.batch(np.array([1]), epoch).arrays["offset"][0] for epoch in range(5)] != [
        starts[epoch][1] for epoch in range(5)
    ]


def test_a_crop_is_the_bins_at_its_offset_and_the_range_targets_of_the_whole() -> None:
    dataset = several(60, train_window=12)
    whole = dataset.plain().batch(np.array([0]))
    assert whole.arrays is not None
    assert whole.arrays["features"].shape[1] == 60
    for epoch in range(10):
        batch = dataset.batch(np.array([0]), epoch)
        assert batch.arrays is not None
        first = int(batch.arrays["offset"][0])
        part = slice(first, first + 12)
        np.testing.assert_array_equal(batch.arrays["features"][0], whole.arrays["features"][0, part])
        for name in ("labels", "range", "edges"):
            np.testing.assert_array_equal(batch.target[name][0], whole.target[name][0, part])


def test_range_targets_are_the_formula() -> None:
    labels = np.zeros(40, dtype=np.int8)
    labels[10:15] = labels[17] = 1
    found = range_targets(labels, sigma=2.0)
    expected = np.zeros((40, 3))
    for i in range(40):
        for channel, centres in enumerate(((10, 17), (14, 17))):
            value = max(math.exp(-((i - centre) ** 2) / 8) for centre in centres)
            expected[i, channel] = value if value >= 0.01 else 0.0
    expected[:, 2] = labels
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-7)
    assert found[16, 0] == pytest.approx(math.exp(-1 / 8))
    assert found[3, 0] == 0  # 7 bins away: 0.0022
    assert found[4, 0] == pytest.approx(math.exp(-36 / 8))


def test_edges_are_as_far_as_counted() -> None:
    labels = np.zeros(30, dtype=np.int8)
    labels[0] = labels[4:7] = labels[29] = 1
    wanted = [[min(abs(i - edge) for edge in edges) for edges in ((0, 4, 29), (0, 6, 29))] for i in range(30)]
    assert edge_distances(labels).tolist() == wanted
    one = np.array([0, 0, 1, 0], dtype=np.int8)
    assert edge_distances(one).tolist() == [[2, 2], [1, 1], [0, 0], [1, 1]]
    assert (edge_distances(np.zeros(3, dtype=np.int8)) == FAR).all()


@pytest.mark.parametrize("sigma", [1.0, 2.0, 5.0])
def test_crops_have_exact_range_targets_for_every_sigma(sigma: float) -> None:
    dataset = BinsSet((chromosome([0] * 20 + [1] * 9 + [0] * 31),), AS_IT_IS, 12)
    whole = range_targets(dataset.labels(0), sigma)
    loss = RangeLoss(sigma=sigma)
    for first in range(49):
        _, target = dataset.crops(np.array([0]), np.array([first]), np.array([12]))
        np.testing.assert_allclose(loss.targets_of(target)[0], whole[first : first + 12], atol=1e-6)


def test_a_chromosome_with_unknown_bins_has_no_range_targets() -> None:
    dataset = BinsSet((chromosome([0, 1, -1] + [0] * 8), chromosome([0, 1, 1] + [0] * 8, "t")), AS_IT_IS)
    target = dataset.batch(np.array([0, 1])).target
    assert target["range_valid"].tolist() == [False, True]
    assert (target["range"][0] == 0).all()
    assert target["labels"][0, :3].tolist() == [0, 1, -1]


def test_a_table_without_labels_is_unknown_everywhere() -> None:
    target = BinsSet((chromosome(None, bins=12),), AS_IT_IS).batch(np.array([0])).target
    assert (target["labels"] == -1).all()


def test_the_identity_of_a_set_is_its_content() -> None:
    assert several(10, 14).identity() == several(10, 14).identity()
    assert several(10, 14).identity() != several(10, 15).identity()
    changed = chromosome([0, 1, 0] + [0] * 7, "s10")
    assert BinsSet((changed,), AS_IT_IS).identity() != several(10).identity()
