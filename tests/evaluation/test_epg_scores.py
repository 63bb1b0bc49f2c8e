# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Scores of electropherograms, against numbers worked out by hand and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from seqforge.data.epg.peaks import find_peaks
from seqforge.data.epg.tables import Peaks
from seqforge.evaluation import epg_scores as scoring
from seqforge.evaluation.epg_calling import Call
from seqforge.evaluation.epg_scores import AlleleRules, Alleles, Points

BINARY = ("background", "allele")


def made(marker: str, allele: str, rfu: float = 100.0) -> Call:
    return Call(0, 0, 1, 0, 100.0, rfu, 1.0, marker, allele, 0.1)


def test_points_are_counted_over_all_profiles_and_ignored_ones_leave_both_sides():
    points = Points(BINARY)
    points.add(np.array([[1, 1, 0, 0, 1]]), np.array([[1, 0, 0, 1, -100]]), np.zeros((1, 5)))
    points.add(np.array([[1, 1, 1, 0, 0]]), np.array([[1, 1, 1, 1, 0]]), np.zeros((1, 5)))
    found = points.scores()
    assert found["labels"]["allele"]["tp"] == 4
    assert (found["precision"], found["recall"]) == (4 / 5, 4 / 6)
    assert found["f1"] == pytest.approx(8 / 11)
    assert found["iou"] == pytest.approx(4 / 7)
    assert found["iou_per_profile"] == pytest.approx((1 / 3 + 3 / 4) / 2)
    assert found["confusion_matrix"] == [[2, 1], [2, 4]]


def test_profiles_without_truth_and_prediction_are_left_out_of_the_mean_iou_and_counted():
    points = Points(BINARY)
    for mask, truth in (([[0, 0]], [[0, 0]]), ([[1, 0]], [[0, 0]]), ([[1, 0]], [[1, 0]])):
        points.add(np.array(mask), np.array(truth), np.zeros((1, 2)))
    found = points.scores()
    assert (found["iou_per_profile"], found["iou_left_out"]) == (0.5, 1)
    assert any("1 of 3 profiles" in note for note in points.notes())


def test_nothing_to_find_gives_0_and_a_note():
    points = Points(BINARY)
    points.add(np.zeros((1, 4)), np.zeros((1, 4)), np.zeros((1, 4)))
    found = points.scores()
    assert [found[name] for name in ("precision", "recall", "f1", "iou")] == [0, 0, 0, 0]
    assert (found["f1_macro"], found["iou_per_profile"]) == (1, None)
    assert "scan points of 'allele': precision, recall, f1 0/0, given as 0, left out of means" in points.notes()


def test_several_classes_agree_with_scikit_learn():
    rng = np.random.default_rng(3)
    said, true = rng.integers(0, 3, (2, 4, 50))
    points = Points(("background", "allele", "stutter"))
    points.add(said, true, np.zeros(said.shape))
    found = points.scores()
    assert found["f1_macro"] == pytest.approx(metrics.f1_score(true.ravel(), said.ravel(), average="macro"))
    assert found["f1"] == found["f1_macro"]
    pair = true.ravel(), said.ravel()
    assert found["precision"] == pytest.approx(metrics.precision_score(*pair, average="macro"))
    assert found["iou"] == pytest.approx(metrics.jaccard_score(*pair, average="macro"))


def test_strata_by_height_have_logarithmic_edges_and_sum_to_the_whole():
    ratios = np.divide(scoring.EDGES[1:], scoring.EDGES[:-1])
    assert np.allclose(ratios, ratios[0])
    points = Points(BINARY)
    rfu = np.array([[9, 10, 19.9, 20, 50_000]])
    points.add(np.array([[1, 1, 0, 1, 1]]), np.array([[1, 0, 1, 1, 1]]), rfu, contributors=2)
    rows = points.strata.by_rfu()
    assert [(row["from"], row["to"]) for row in rows] == [(None, 10), (10, 20), (20, 40), (40960, None)]
    assert [(row["tp"], row["fp"], row["fn"]) for row in rows] == [(1, 0, 0), (0, 1, 1), (1, 0, 0), (1, 0, 0)]
    (by_people,) = points.contributors.by_key("contributors")
    assert (by_people["contributors"], by_people["tp"], by_people["fp"], by_people["fn"]) == (2, 3, 1, 1)


def test_peaks_are_counted_by_class_and_height_without_the_ignored():
    peaks = scoring.Peaks(BINARY)
    peaks.add([1, 0, 1, 1], np.array([1, 1, 0, -100]), np.array([30, 60, 100, 100]), np.array([1, 2, 2, 2]))
    found = peaks.scores()
    assert (found["n"], found["precision"], found["recall"], found["f1"]) == (3, 0.25, 0.25, 0.25)
    assert [found["labels"]["allele"][name] for name in ("precision", "recall", "f1")] == [0.5, 0.5, 0.5]
    assert [(row["from"], row["tp"], row["fp"], row["fn"]) for row in peaks.strata.by_rfu()] == [
        (20, 1, 0, 0),
        (40, 0, 0, 1),
        (80, 0, 1, 0),
    ]
    people = peaks.contributors.by_key("contributors")
    assert [(row["contributors"], row["tp"], row["fp"], row["fn"]) for row in people] == [(1, 1, 0, 0), (2, 0, 1, 1)]


def test_labels_without_a_detected_peak_are_counted():
    rfu = np.zeros((1, 1, 30))
    rfu[0, 0, 10] = 100
    truth = np.zeros((1, 30), dtype=np.int8)
    truth[0, 8:13] = truth[0, 20:24] = 1
    missed = scoring.Unreachable()
    missed.add(truth, find_peaks(rfu, 25))
    assert missed.plain() == {"points": 8, "of_points": 9, "labels": 1, "of_labels": 2}
    missed.add(truth, Peaks(*np.zeros((3, 0), dtype=np.int64)))
    assert missed.plain() == {"points": 17, "of_points": 18, "labels": 3, "of_labels": 4}


def test_alleles_are_sets_per_profile():
    alleles = Alleles(AlleleRules(markers="all"))
    calls = [made("D1", "8"), made("D1", "8", 300), made("D1", "9"), made("D2", "12")]
    alleles.add(calls, {("D1", "8"): 250.0, ("D2", "13"): None}, contributors=1)
    found = alleles.scores()
    assert (found["tp"], found["fp"], found["fn"]) == (1, 2, 1)
    assert (found["precision"], found["recall"]) == (1 / 3, 1 / 2)
    assert found["per_marker"]["D2"]["fp"] == found["per_marker"]["D2"]["fn"] == 1
    assert [(row["from"], row["tp"], row["fp"]) for row in alleles.strata.by_rfu()] == [(80, 0, 2), (160, 1, 0)]


def test_what_is_out_of_bin_counts_once_per_marker_or_not_at_all():
    calls = [made("D1", "OB"), made("D1", "OB"), made("off-marker", "OB"), made("D1", "8")]
    for ob, wrong in (("count", 2), ("ignore", 0)):
        alleles = Alleles(AlleleRules(ob=ob))
        alleles.add(calls, {("D1", "8"): None})
        assert (alleles.total.tp, alleles.total.fp, alleles.total.fn) == (1, wrong, 0)


def test_true_alleles_out_of_bin_are_no_alleles():
    alleles = Alleles(AlleleRules())
    alleles.add([made("D1", "OB")], {("D1", "OB"): 100.0, ("D1", "8"): 100.0})
    assert (alleles.total.tp, alleles.total.fp, alleles.total.fn) == (0, 1, 1)
    assert any("in no bin of the panel are left out: 1" in note for note in alleles.notes())


def test_autosomal_drops_the_sex_chromosomes():
    calls = [made(marker, "1") for marker in ("AMEL", "DYS391", "Yindel", "Y-indel", "D8S1179")]
    for markers, count in (("autosomal", 1), ("all", 5)):
        alleles = Alleles(AlleleRules(markers=markers))
        alleles.add(calls, {})
        assert alleles.total.fp == count


def test_profiles_without_known_alleles_are_counted_and_left_out():
    alleles = Alleles(AlleleRules(truth="donors"))
    alleles.add([made("D1", "8")], None)
    found = alleles.scores()
    assert (found["truth"], found["profiles"], found["profiles_without_truth"], found["fp"]) == ("donors", 0, 1, 0)
    assert any("(donors) are left out: 1" in note for note in alleles.notes())


def test_reconstructions_are_judged_scaled_and_in_rfu_by_dye():
    judged = scoring.Reconstruction(("blue", "red"))
    said, true = np.zeros((1, 2, 4)), np.array([[[0, 0, 0, 1.0], [0.5, 0.5, 0.5, 0.5]]])
    judged.add(said, true, said * 1000, true * 1000)
    judged.add(true, true, true * 1000, true * 1000)
    found = judged.scores()
    assert found["dyes"]["blue"] == {"mean_squared_error": 0.125, "mean_squared_error_rfu": 125_000}
    assert found["mean_squared_error"] == pytest.approx(0.125)
    assert judged.by_profile == [(0.25, 250_000), (0, 0)]
