# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Scores of bins and regions, pooled and by chromosome."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest
from small_bins import chromosome

from seqforge.errors import DataError
from seqforge.evaluation.bins_scores import Called, Predicted, Threshold, call, of_chromosome, pooled, scores, search
from seqforge.evaluation.regions import Calling
from seqforge.metrics import ranking

HALF = Threshold(0.5, "validation set")


def predicted(p: Sequence[float], labels: Sequence[int] | None, name: str = "chr1", sample: str = "s") -> Predicted:
    return Predicted(chromosome(labels, sample, name, bins=len(p)), np.array(p, dtype=np.float32))


def called(*given: Predicted, **options) -> list[Called]:
    return call(list(given), Calling(min_bins=1, **options))


GOOD = predicted([0.1, 0.9, 0.8, 0.2, 0.1, 0.7], [0, 1, 1, 0, 0, 0])
SILENT = predicted([0.1, 0.6, 0.2], [0, 0, 0], "chr2")
PARTLY = predicted([0.9, 0.9, 0.1, 0.8], [1, -1, 0, -1], "chr3")
UNKNOWN = predicted([0.9, 0.9, 0.1], None, "chr4")


def test_one_chromosome_against_numbers_by_hand() -> None:
    found = of_chromosome(called(GOOD)[0], HALF)
    assert found is not None
    assert {key: found[key] for key in ("bins", "positives", "tp", "fp", "fn", "tn")} == {
        "bins": 6, "positives": 2, "tp": 2, "fp": 1, "fn": 0, "tn": 3,
    }  # fmt: skip
    assert (found["precision"], found["recall"]) == (pytest.approx(2 / 3), 1.0)
    assert (found["f1"], found["accuracy"]) == (pytest.approx(0.8), pytest.approx(5 / 6))
    assert (found["roc_auc"], found["average_precision"]) == (1.0, 1.0)
    assert found["probabilities"] == pytest.approx({"mean": 2.8 / 6, "max": 0.9, "mean_of_positives": 0.85})
    assert (found["region_iou"], found["region_precision"], found["region_recall"]) == (1.0, pytest.approx(2 / 3), 1.0)
    assert found["notes"] == []


def test_one_class_gives_null_and_a_note_never_zero() -> None:
    found = of_chromosome(called(SILENT)[0], HALF)
    assert found is not None
    assert (found["roc_auc"], found["average_precision"]) == (None, None)
    assert found["notes"] == ["every bin is background: ROC AUC and average precision are not defined"]
    assert (found["f1"], found["precision"], found["recall"]) == (0, 0, 0)
    assert found["probabilities"]["mean_of_positives"] is None
    assert (found["region_iou"], found["region_precision"], found["region_recall"]) == (None, 0.0, None)
    every = of_chromosome(called(predicted([0.9, 0.8], [1, 1]))[0], HALF)
    assert every is not None
    assert (every["roc_auc"], every["average_precision"]) == (None, None)


def test_only_known_bins_count_and_without_any_there_are_no_scores() -> None:
    found = of_chromosome(called(PARTLY)[0], HALF)
    assert found is not None
    assert (found["bins"], found["tp"], found["fp"], found["tn"]) == (2, 1, 0, 1)
    assert found["region_precision"] == 1.0  # what is called in unknown bins is neither right nor wrong
    assert of_chromosome(called(UNKNOWN)[0], HALF) is None


def test_pooled_scores_are_of_all_bins_together() -> None:
    found = scores(called(GOOD, SILENT, UNKNOWN), HALF)
    assert found["bins"] == 9
    assert (found["tp"], found["fp"], found["fn"], found["tn"]) == (2, 2, 0, 5)
    assert found["f1"] == pytest.approx(2 * 2 / (2 * 2 + 2))
    assert (found["threshold"], found["threshold_source"]) == (0.5, "validation set")
    assert found["region_iou"] == 1.0
    assert found["region_precision"] == pytest.approx(200 / 400)
    assert [one["chromosome"] for one in found["chromosomes"]] == ["chr1", "chr2", "chr4"]
    assert "f1" not in found["chromosomes"][2]
    assert found["notes"] == ["chr2 of s: every bin is background: ROC AUC and average precision are not defined"]
    json.dumps(found, allow_nan=False)


def test_hits_are_the_chromosomes_whose_best_regions_hold_a_true_one() -> None:
    second = predicted([0.9, 0.1, 0.7, 0.1, 0.6], [0, 0, 1, 0, 0], "chr6")
    never = predicted([0.9, 0.1, 0.1, 0.1, 0.1], [0, 0, 0, 1, 1], "chr5")
    found = scores(called(GOOD, second, never, SILENT, UNKNOWN), HALF)
    assert {name: found[name] for name in found if name.endswith("_hits")} == pytest.approx(
        {"top_1_hits": 1 / 3, "top_3_hits": 2 / 3, "top_5_hits": 2 / 3}
    )
    assert [one.get("top_1_hits") for one in found["chromosomes"]] == [1.0, 0.0, 0.0, None, None]
    assert [one.get("top_3_hits") for one in found["chromosomes"]] == [1.0, 1.0, 0.0, None, None]


def test_an_average_precision_is_one_at_most() -> None:
    draw = np.random.default_rng(0)
    for _ in range(50):
        present = draw.random(800) < 0.06
        found = ranking.average_precision((present + draw.random(800) / 2).astype(np.float32), present)
        assert found == pytest.approx(1.0)
        assert found <= 1


def test_without_labels_there_are_no_metrics() -> None:
    found = scores(called(UNKNOWN), HALF)
    assert found["bins"] == 0
    assert "f1" not in found
    assert found["region_iou"] is None
    assert "no bin has a known label" in found["notes"][0]


def test_the_threshold_is_that_of_the_best_f1_over_all_known_bins() -> None:
    assert search([GOOD, PARTLY], "validation set") == Threshold(0.7, "validation set")
    assert search([UNKNOWN], "validation set") == Threshold(0.5, "default")
    p, labels = pooled([GOOD, UNKNOWN, PARTLY])
    assert labels.tolist() == [0, 1, 1, 0, 0, 0, 1, 0]
    assert p.dtype == np.float32


def test_predictions_that_are_not_finite_are_refused() -> None:
    with pytest.raises(DataError, match="chr1 of s: 1 of 2 probabilities are not finite"):
        predicted([0.5, float("nan")], None)


def test_the_best_of_a_genome_are_those_of_a_sample() -> None:
    first = predicted([0.9, 0.1, 0.8], None, "chr1", "a")
    second = predicted([0.1, 0.95, 0.1], None, "chr2", "a")
    other = predicted([0.6, 0.1, 0.1], None, "chr1", "b")
    regions = [len(one.regions) for one in called(first, second, other, top_n=2, top_n_scope="genome")]
    assert regions == [1, 1, 1]
