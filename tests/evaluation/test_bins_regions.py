# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Regions out of probabilities, their choice, and their agreement with the truth."""

from __future__ import annotations

import numpy as np
import pytest

from seqforge.evaluation.regions import Calling, Region, agreement, find_regions, iou, merged, suppressed, truth

EXAMPLE = np.array([0.1, 0.6, 0.7, 0.8, 0.2, 0.9, 0.9, 0.1, 0.5, 0.5, 0.5, 0.95, 0.85, 0.9])


def places(bins: int, size: int = 10) -> np.ndarray:
    edges = np.arange(bins + 1) * size
    return np.stack([edges[:-1], edges[1:]], axis=1)


def found(p: np.ndarray = EXAMPLE, **options) -> list[tuple[int, int, float]]:
    regions = find_regions(p, places(len(p)), **options)
    return [(one.start_bin, one.end_bin, round(one.avg_prob, 4)) for one in regions]


def region(start: int, end: int, p: float = 0.9) -> Region:
    return Region(start // 10, end // 10 - 1, start, end, p, p)


def test_the_worked_example() -> None:
    assert found() == [(11, 13, 0.9), (1, 3, 0.7)]
    assert found(min_bins=2) == [(5, 6, 0.9), (11, 13, 0.9), (1, 3, 0.7)]
    assert found(merge_gap=1) == [(11, 13, 0.9), (1, 6, 0.6833)]
    assert found(threshold=0.4) == [(1, 3, 0.7), (8, 13, 0.7)]


def test_all_called_is_one_region_and_none_is_none() -> None:
    assert found(np.full(12, 0.6)) == [(0, 11, 0.6)]
    assert found(np.full(12, 0.5)) == []
    assert found(np.zeros(0)) == []
    assert found(np.array([0.7]), min_bins=1) == [(0, 0, 0.7)]


def test_a_region_has_inclusive_bins_and_half_open_positions() -> None:
    positions = places(6)
    positions[-1, 1] = 57
    (one,) = find_regions(np.array([0, 0, 0, 0.6, 0.8, 0.7]), positions)
    assert (one.start_bin, one.end_bin, one.start_pos, one.end_pos) == (3, 5, 30, 57)
    assert (one.length_bins, one.length_bp) == (3, 27)
    assert one.avg_prob == pytest.approx(0.7)
    assert one.max_prob == 0.8


def test_the_threshold_is_rounded_to_the_type_of_the_probabilities() -> None:
    p = np.full(5, 0.3, dtype=np.float32)
    assert float(p[0]) > 0.3  # as float64 it would be called
    assert found(p, threshold=0.3) == []
    assert found(p, threshold=0.0)[0][:2] == (0, 4)


def test_nan_is_not_called() -> None:
    assert found(np.array([0.9, 0.9, np.nan, 0.9, 0.9]), min_bins=2) == [(0, 1, 0.9), (3, 4, 0.9)]


def test_a_gap_may_be_joined_but_not_at_the_ends() -> None:
    p = np.array([0.1, 0.9, 0.1, 0.1, 0.9, 0.1])
    assert found(p, merge_gap=1) == []
    assert found(p, merge_gap=2) == [(1, 4, 0.5)]


def test_means_are_taken_in_float64() -> None:
    p = np.full(100_001, 0.9, dtype=np.float32)
    assert find_regions(p, places(len(p)))[0].avg_prob == pytest.approx(float(p[0]), rel=1e-12)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((0, 100), (50, 150), 1 / 3),
        ((0, 100), (100, 200), 0),
        ((0, 100), (0, 100), 1),
        ((0, 100), (25, 75), 0.5),
        ((5, 5), (5, 5), 0),
    ],
)
def test_iou(one: tuple[int, int], other: tuple[int, int], expected: float) -> None:
    assert iou(one, other) == iou(other, one) == pytest.approx(expected)


def test_suppression_keeps_the_best_of_what_overlaps() -> None:
    best, lower, apart = region(0, 100, 0.9), region(50, 150, 0.8), region(120, 200, 0.7)
    assert suppressed([lower, apart, best]) == [best, apart]
    assert suppressed([lower, best], nms_iou=0.34) == [best, lower]
    assert suppressed([lower, best], nms_iou=1 / 3) == [best, lower]  # strictly more drops
    assert suppressed([region(10, 20, 0.5), region(0, 20, 0.5)], 0.4) == [region(0, 20, 0.5)]


def test_filters_come_in_order() -> None:
    p, positions = EXAMPLE, places(14)
    assert [one.start_bin for one in Calling(min_prob=0.7).of(p, positions)] == [11, 1]  # inclusive
    assert [one.start_bin for one in Calling(min_prob=0.71).of(p, positions)] == [11]
    assert [one.start_bin for one in Calling(top_n=1).of(p, positions)] == [11]
    several = Calling(candidate_thresholds=(0.4, 0.5), min_bins=3)
    assert [(one.start_bin, one.end_bin) for one in several.of(p, positions)] == [(11, 13), (1, 3)]
    loose = Calling(candidate_thresholds=(0.4, 0.5), nms_iou=0.5)
    assert [(one.start_bin, one.end_bin) for one in loose.of(p, positions)] == [(11, 13), (1, 3), (8, 13)]


def test_the_best_of_a_genome_are_chosen_over_its_chromosomes() -> None:
    regions = {"chr2": [region(0, 100, 0.9), region(200, 300, 0.6)], "chr10": [region(0, 50, 0.9)], "chr3": []}
    chosen = Calling(top_n=2, top_n_scope="genome").of_genome(regions)
    assert {name: len(kept) for name, kept in chosen.items()} == {"chr2": 1, "chr10": 1, "chr3": 0}
    assert Calling(top_n=1, top_n_scope="genome").of_genome(regions)["chr10"] == [region(0, 50, 0.9)]
    assert Calling(top_n=1).of_genome(regions) == regions


def test_true_regions_are_runs_of_ones_in_order() -> None:
    labels = np.array([1, 1, 0, -1, 1, 0], dtype=np.int8)
    assert [(one.start_bin, one.end_bin) for one in truth(labels, places(6))] == [(0, 1), (4, 4)]


def test_agreement_counts_nothing_twice() -> None:
    said = [region(40, 80, 0.9), region(0, 60, 0.8)]
    true = [region(0, 50), region(70, 100)]
    got = agreement(said, true)
    assert (got.predicted, got.true, got.shared) == (80, 80, 60)
    assert (got.precision, got.recall) == (60 / 80, 60 / 80)
    assert got.iou == pytest.approx(10 / 60)  # 70 … 80 of 40 … 100; with 0 … 50 it is 10/80


def test_the_hull_joins_true_regions() -> None:
    got = agreement([region(0, 100)], [region(0, 50), region(70, 100)], hull=True)
    assert (got.iou, got.true, got.precision) == (1.0, 100, 1.0)


def test_agreement_without_regions_or_truth() -> None:
    nothing = agreement([], [])
    assert (nothing.iou, nothing.precision, nothing.recall) == (None, None, None)
    missed = agreement([], [region(0, 50)])
    assert (missed.iou, missed.precision, missed.recall) == (0.0, 0.0, 0.0)
    wrong = agreement([region(0, 50)], [])
    assert (wrong.iou, wrong.precision, wrong.recall) == (None, 0.0, None)


def test_only_known_places_count() -> None:
    got = agreement([region(0, 100)], [region(0, 50)], known=[(0, 60)])
    assert (got.predicted, got.precision) == (60, 50 / 60)


def test_unions() -> None:
    assert merged([(5, 9), (0, 6), (9, 12), (20, 30)]) == [(0, 9), (9, 12), (20, 30)]
