# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The files of a prediction, byte by byte, and the report."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from small_bins import chromosome

from seqforge.evaluation.bins_outputs import Output, score, write
from seqforge.evaluation.bins_report import MOST_DRAWN, BinsFindings, render
from seqforge.evaluation.bins_scores import Called, Predicted, Threshold, call, scores
from seqforge.evaluation.regions import Calling

THRESHOLD = Threshold(0.5, "validation set of the run, epoch 3")
P = [0.1, 0.87654, 0.87654, 0.25, 1 / 3, 0.6, 0.7]
LABELS = [0, 1, 1, 0, -1, 0, 0]


def called(**options) -> list[Called]:
    ranges = np.full((7, 3), 0.25, dtype=np.float32) if options.pop("ranges", False) else None
    one = Predicted(chromosome(LABELS, "a", "chr2"), np.array(P, dtype=np.float32), ranges)
    two = Predicted(chromosome(None, "a", "chr10", bins=3), np.array([0.9, 0.95, 0.99], dtype=np.float32), None, 4)
    given = [one] if ranges is not None else [one, two]
    return call(given, Calling(min_bins=2, **options))


def files(folder: Path, output: Output) -> dict[str, str]:
    return {path.name: path.read_text() for path in write(folder, output)}


def test_every_file_is_there(tmp_path: Path) -> None:
    assert list(files(tmp_path, Output(called(), THRESHOLD))) == [
        "regions.bed", "regions.detailed.bed", "probabilities.bedgraph", "probabilities.csv", "summary.csv",
        "predictions.json",
    ]  # fmt: skip
    assert len(list(tmp_path.iterdir())) == 6


def test_bed_files(tmp_path: Path) -> None:
    found = files(tmp_path, Output(called(), THRESHOLD))
    assert found["regions.bed"] == (
        "chr10\t0\t300\tcentromere_0_300\t946\t.\n"
        "chr2\t100\t300\tcentromere_100_300\t876\t.\n"
        "chr2\t500\t700\tcentromere_500_700\t650\t.\n"
    )
    assert found["regions.detailed.bed"].splitlines()[:2] == [
        "#chrom\tstart\tend\tname\tscore\tstrand\tavg_prob\tmax_prob\tlength_bp\tlength_bins",
        "chr10\t0\t300\tcentromere_0_300\t946\t.\t0.9467\t0.9900\t300\t3",
    ]
    assert found["probabilities.bedgraph"].splitlines()[:5] == [
        "chr10\t0\t100\t0.9", "chr10\t100\t200\t0.95", "chr10\t200\t300\t0.99", "chr2\t0\t100\t0.1",
        "chr2\t100\t200\t0.87654",
    ]  # fmt: skip
    assert "chr2\t400\t500\t0.333333\n" in found["probabilities.bedgraph"]


def test_sorted_by_score_and_with_a_track_line(tmp_path: Path) -> None:
    bed = files(tmp_path, Output(called(), THRESHOLD, sort="score", track=True))["regions.bed"].splitlines()
    assert bed[0].startswith('track name="')
    assert [line.split("\t")[4] for line in bed[1:]] == ["946", "876", "650"]


@pytest.mark.parametrize(
    ("probability", "expected"),
    [(0.87654, 876), (1.0, 1000), (0.0, 0), (0.9999, 999), (0.57, 570), (0.29, 290), (0.001, 1), (0.0009, 0)],
)
def test_scores_are_floors(probability: float, expected: int) -> None:
    assert score(probability) == expected


def test_probabilities(tmp_path: Path) -> None:
    rows = files(tmp_path, Output(called(), THRESHOLD))["probabilities.csv"].splitlines()
    assert rows[:3] == [
        "sample,chromosome,start,end,probability,predicted,has_cen",
        "a,chr2,0,100,0.1,0,0",
        "a,chr2,100,200,0.87654,1,1",
    ]
    assert rows[5] == "a,chr2,400,500,0.33333334,0,"
    assert rows[8] == "a,chr10,0,100,0.9,1,"
    assert len(rows) == 11


def test_range_scores_say_whether_they_are_trained(tmp_path: Path) -> None:
    trained = files(tmp_path, Output(called(ranges=True), THRESHOLD))
    header, first = trained["probabilities.csv"].splitlines()[:2]
    assert header.endswith(",has_cen,start_score,end_score,confidence_score")
    assert first == "a,chr2,0,100,0.1,0,0,0.25,0.25,0.25"
    untrained = files(tmp_path, Output(called(ranges=True), THRESHOLD, untrained=True))
    assert "start_score_untrained,end_score_untrained,confidence_score_untrained" in untrained["probabilities.csv"]
    assert json.loads(untrained["predictions.json"])["chromosomes"][0]["range_scores"]["trained"] is False


def test_summary(tmp_path: Path) -> None:
    rows = files(tmp_path, Output(called(), THRESHOLD))["summary.csv"].splitlines()
    assert rows == [
        "file,sample,chromosome,seq_len,num_regions,top_region_start,top_region_end,top_region_prob,f1,precision,"
        "recall,auc",
        "a_chr2_multi_k_summary.csv,a,chr2,7,2,100,300,0.8765,0.666667,0.5,1,1",
        "a_chr10_multi_k_summary.csv,a,chr10,3,1,0,300,0.9467,,,,",
    ]


def test_json(tmp_path: Path) -> None:
    output = Output(called(), THRESHOLD, run="model/abc", options={"min_bins": 2})
    document = json.loads(files(tmp_path, output)["predictions.json"])
    head = {key: value for key, value in document.items() if key != "chromosomes"}
    assert head == {
        "version": 1, "run": "model/abc", "threshold": 0.5,
        "threshold_source": "validation set of the run, epoch 3", "options": {"min_bins": 2},
    }  # fmt: skip
    one, two = document["chromosomes"]
    assert one["predictions"][1] == 0.87654
    assert one["positions"][1] == [100, 200]
    assert {key: one[key] for key in ("sample", "chromosome", "bin_size", "seq_len", "windows")} == {
        "sample": "a", "chromosome": "chr2", "bin_size": 100, "seq_len": 7, "windows": 1,
    }  # fmt: skip
    assert one["num_predicted_regions"] == len(one["predicted_regions"]) == 2
    assert one["predicted_regions"][0] == {
        "start_bin": 1, "end_bin": 2, "start_pos": 100, "end_pos": 300, "avg_prob": pytest.approx(0.87654),
        "max_prob": pytest.approx(0.87654), "length_bins": 2, "length_bp": 200,
    }  # fmt: skip
    assert [one["num_true_regions"], one["metrics"]["bins"]] == [1, 6]
    assert "approximation" not in one
    assert "metrics" not in two
    assert (two["windows"], "attention ends" in two["approximation"]) == (4, True)


def test_samples_that_share_a_name_have_files_of_their_own(tmp_path: Path) -> None:
    p = np.array([0.9, 0.9, 0.1], dtype=np.float32)
    given = [Predicted(chromosome([0, 0, 0], sample, "chr1"), p) for sample in ("x/1", "x 1", "y")]
    found = files(tmp_path, Output(call(given, Calling(min_bins=1)), THRESHOLD))
    assert {name for name in found if name.endswith("regions.bed")} == {
        "x-1.regions.bed", "x-1-.regions.bed", "y.regions.bed",
    }  # fmt: skip
    assert found["y.regions.bed"].count("\n") == 1
    assert len([name for name in found if name.endswith(".bedgraph")]) == 3
    assert found["summary.csv"].count("\n") == 4


def test_a_report_draws_chromosomes_with_their_regions() -> None:
    found = called()
    text = render(
        BinsFindings(
            title="Centromeres",
            set_name="test",
            scores={"n": 2, "loss": 0.5} | scores(found, THRESHOLD),
            called=found,
            history=[{"epoch": 1, "loss": 1.0, "validation_loss": 0.9, "validation_f1": 0.5}],
            record={"run": "r"},
            definition="<seqgramodel/>",
        )
    )
    assert "chr2 of a, called: 100-300 (0.877); 500-700 (0.650)" in text
    assert "threshold 0.5 from: validation set of the run, epoch 3" in text
    assert text.count("<svg") == 2 + 2 + 2  # of the training, of all bins, of each chromosome
    assert "nan" not in text.lower().replace("nanum", "")


@pytest.mark.slow
def test_of_many_chromosomes_the_worst_are_drawn() -> None:
    p = np.array([0.1, 0.9, 0.2], dtype=np.float32)
    given = [Predicted(chromosome([0, int(n > 3), 0], "s", f"chr{n}"), p) for n in range(MOST_DRAWN + 2)]
    found = call(given, Calling(min_bins=1))
    text = render(BinsFindings("t", "test", {"n": 26} | scores(found, THRESHOLD), found))
    assert "chr0 of s, called" in text
    assert f"chr{MOST_DRAWN + 1} of s, called" not in text
    assert "2 more are not drawn" in text
