# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The small centromere Transformer from its shipped definition to scores, reports and predicted tables."""

from __future__ import annotations

import csv
import errno
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import small_bins
from typer.testing import CliRunner

from seqforge import cli, files
from seqforge.callbacks.interrupt import Interrupted
from seqforge.errors import BackendError, DataError, RunError, UsageError
from seqforge.evaluation.bins_scores import Threshold
from seqforge.experiment import read
from seqforge.metrics.thresholds import best
from seqforge.run import Options, Run, conduct
from seqforge.run.bins import Written, predict, threshold_of
from seqforge.run.judging import judge
from seqforge.simulation.centromere_options import Landscape
from seqforge.simulation.centromeres import simulate_chromosomes, write_tables
from seqforge.training.progress import Callback, Training

ROOT = Path(__file__).parents[2]
DEFINITION = ROOT / "model-defs/torch-centromere-small.xml"
FEW = (
    "trainingprocess.epochs=4",
    "data.training_samples=12",
    "data.validation_samples=3",
    "data.test_samples=2",
    "data.bins=90",
    "data.shortest=60",
    "architecture.hyperparameters.output=logits",
    "optimizer.learning_rate=0.003",
)
pytestmark = pytest.mark.torch


def trained(folder: Path, *overrides: str, definition: Path = DEFINITION) -> Run:
    experiment = read(definition, overrides)[0]
    return conduct(experiment, Options(runs=folder, overrides=overrides, threads=1))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return trained(tmp_path_factory.mktemp("runs"), *FEW)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two chromosomes of one sample: 70 bins, and more than the run has seen."""
    folder = tmp_path_factory.mktemp("tables")
    short, long = (Landscape(bins=bins) for bins in (70, 150))
    (one,) = simulate_chromosomes(9, [1], short)
    (two,) = simulate_chromosomes(9, [2], long)
    write_tables(folder, [one, replace(two, sample="S001", name="chr2")])
    return folder


def predicted(run: Run, given: Path | None, folder: Path, **options: Any) -> dict[str, Any]:
    predict(run, given, folder, options, device="cpu", threads=1)
    document: dict[str, Any] = json.loads((folder / "predictions.json").read_text())
    return document


def test_the_run_remembers_what_prediction_needs(run: Run) -> None:
    facts = run.manifest["data"]["facts"]
    assert len(facts["normalisation"]["mean"]) == len(facts["normalisation"]["std"]) == 8
    assert facts["class_counts"][1] == 12 * 12
    assert facts["bin_sizes"] == [10_000]
    assert run.manifest["parameters"]["parameters"] == 56_436
    assert {"validation_f1", "validation_threshold", "validation_roc_auc"} <= set(run.history[0])


def test_the_threshold_comes_from_the_epoch_of_the_weights(run: Run) -> None:
    epoch = run.manifest["best"]["epoch"]
    assert run.history[epoch - 1]["validation_f1"] == max(row["validation_f1"] for row in run.history)
    found = threshold_of(run)
    assert found.value == pytest.approx(run.history[epoch - 1]["validation_threshold"])
    assert found.source == f"validation set of the run, epoch {epoch}"
    assert threshold_of(run, 0.0) == Threshold(0.0, "--threshold")


def test_test_scores_use_the_threshold_of_the_validation_set(run: Run) -> None:
    found = run.scores["test"]
    assert found["threshold"] == pytest.approx(threshold_of(run).value)
    assert found["threshold_source"] == "validation set"
    assert found["n"] == len(found["chromosomes"]) == 2
    assert found["bins"] == sum(one["bins"] for one in found["chromosomes"])
    assert found["f1"] > 0.5
    json.dumps(found, allow_nan=False)


def test_a_judgement_of_the_validation_set_is_that_of_its_epoch(run: Run) -> None:
    found = judge(run, "validation", device="cpu", threads=1)
    row = run.history[run.manifest["best"]["epoch"] - 1]
    for name in ("f1", "precision", "recall", "roc_auc", "average_precision"):
        assert found.scores[name] == pytest.approx(row[f"validation_{name}"], abs=1e-9), name
    assert found.scores["loss"] == pytest.approx(row["validation_loss"], rel=1e-6)
    assert found.report is not None
    assert "called above, true below" in found.report.read_text()
    names = {path.name for path in found.folder.iterdir()}
    assert {"scores.json", "predictions.json", "probabilities.csv", "summary.csv"} <= names


def test_its_own_test_set_predicts_what_was_judged(run: Run, tmp_path: Path) -> None:
    document = predicted(run, None, tmp_path / "out")
    assert [one["metrics"]["f1"] for one in document["chromosomes"]] == [
        one["f1"] for one in run.scores["test"]["chromosomes"]
    ]
    other = predicted(run, None, tmp_path / "other", set="validation")
    assert len(other["chromosomes"]) == 3


def test_new_tables_are_normalised_by_the_statistics_of_the_run(run: Run, tables: Path, tmp_path: Path) -> None:
    document = predicted(run, tables, tmp_path / "out")
    assert document["run"] == run.id
    one, two = document["chromosomes"]
    assert [one["chromosome"], one["seq_len"], two["chromosome"], two["seq_len"]] == ["chr1", 70, "chr2", 150]
    assert one["metrics"]["roc_auc"] > 0.9
    rows = list(csv.DictReader((tmp_path / "out/probabilities.csv").open()))
    assert [float(row["probability"]) for row in rows[:70]] == one["predictions"]
    p, labels = np.array(one["predictions"], np.float32), np.array([int(row["has_cen"]) for row in rows[:70]])
    assert 0 <= best(p, labels).f1 <= 1
    shifted = tmp_path / "shifted"
    cells = [list(row.values()) for row in csv.DictReader((tables / "S001_chr1_multi_k_summary.csv").open())]
    for row in cells:
        row[small_bins.HEADER.index("64_coverage_depth_avg")] = "50"
    small_bins.write(shifted / "S001_chr1_multi_k_summary.csv", cells)
    assert predicted(run, shifted, tmp_path / "second")["chromosomes"][0]["predictions"] != one["predictions"]


def test_windows_of_the_whole_chromosome_change_no_bit(run: Run, tables: Path, tmp_path: Path) -> None:
    whole = predicted(run, tables, tmp_path / "whole")["chromosomes"]
    wide = predicted(run, tables, tmp_path / "wide", window=150)["chromosomes"]
    assert [one["predictions"] for one in wide] == [one["predictions"] for one in whole]
    narrow = predicted(run, tables, tmp_path / "narrow", window=80, overlap=20)["chromosomes"]
    assert [one["windows"] for one in narrow] == [1, 3]
    assert narrow[0]["predictions"] == whole[0]["predictions"]
    assert "attention ends at their borders" in narrow[1]["approximation"]
    difference = np.abs(np.array(narrow[1]["predictions"]) - np.array(whole[1]["predictions"]))
    assert 0 < difference.max() < 0.9


def test_a_threshold_may_be_zero(run: Run, tables: Path, tmp_path: Path) -> None:
    document = predicted(run, tables, tmp_path / "out", threshold=0.0)
    assert (document["threshold"], document["threshold_source"]) == (0.0, "--threshold")
    assert [one["predicted_regions"][0]["length_bins"] for one in document["chromosomes"]] == [70, 150]


def test_range_scores_come_on_request_and_as_untrained(run: Run, tables: Path, tmp_path: Path) -> None:
    assert "range_scores" not in predicted(run, tables, tmp_path / "out")["chromosomes"][0]
    document = predicted(run, tables, tmp_path / "asked", range_scores=True, window=60)
    assert document["chromosomes"][0]["range_scores"]["trained"] is False
    header = (tmp_path / "asked/probabilities.csv").read_text().partition("\n")[0]
    assert header.endswith("start_score_untrained,end_score_untrained,confidence_score_untrained")


def test_trained_range_scores_are_written_unasked(tmp_path: Path) -> None:
    loss = """<hyperparameter name="loss">WeightedLoss</hyperparameter>
    <hyperparameter name="terms">WeightedBCELoss 1, RangeLoss 0.1</hyperparameter>
    <hyperparameter name="WeightedBCELoss.pos_weight">balanced</hyperparameter>"""
    old = DEFINITION.read_text()
    text = old[: old.index("<loss>") + 6] + loss + old[old.index("</loss>") :]
    definition = tmp_path / "ranges.xml"
    definition.write_text(text)
    few = ("training_samples=5", "validation_samples=1", "test_samples=1", "bins=70", "shortest=60", "train_window=50")
    overrides = [f"data.{one}" for one in few] + ["trainingprocess.epochs=1", "trainingprocess.batch_size=2"]
    run = trained(tmp_path, *overrides, definition=definition)
    document = predicted(run, None, tmp_path / "out")
    assert document["chromosomes"][0]["range_scores"]["trained"] is True
    header = (tmp_path / "out/probabilities.csv").read_text().partition("\n")[0]
    assert header.endswith("has_cen,start_score,end_score,confidence_score")
    assert run.manifest["data"]["facts"]["class_counts"][1] == 5 * 12


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"nms_iou": 0.2}, "--nms-iou would do nothing"),
        ({"threshold": float("nan")}, "--threshold: expected a number in [0, 1], received nan"),
        ({"min_prob": float("nan")}, "--min-prob: expected a number in [0, 1], received nan"),
        ({"threshold": "high"}, "--threshold: expected a number in [0, 1], received high"),
        ({"min_bins": 0}, "--min-bins: expected an integer ≥ 1, received 0"),
        ({"merge_gap": -1}, "--merge-gap: expected an integer ≥ 0, received -1"),
        ({"top_n": -1}, "--top-n: expected an integer ≥ 1, received -1"),
        ({"window": 40.5}, "--window: expected an integer ≥ 1, received 40.5"),
        ({"overlap": 5}, "--overlap is of windows"),
        ({"window": 40, "overlap": 30}, "overlap: expected 0 to 20 bins"),
        ({"top_n_scope": "genome"}, "--top-n-scope goes with --top-n"),
        ({"top_n": 1, "top_n_scope": "genom"}, "did you mean 'genome'"),
        ({"sort": "length"}, "--sort: unknown 'length'"),
        ({"candidate_thresholds": "0.2, x"}, "--candidate-thresholds: expected numbers in [0, 1]"),
        ({"set": "test"}, "--set is of the run's own data"),
        ({"treshold": 0.4}, "option: unknown 'treshold'; did you mean 'threshold'?"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    run: Run, tables: Path, tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        predicted(run, tables, tmp_path / "out", **options)
    assert message in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_filled_folder_is_not_written_into(run: Run, tables: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="the folder holds files already"):
        predicted(run, tables, tmp_path)


def test_a_folder_that_may_not_be_written_is_refused_before_anything_is_computed(
    run: Run, tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)
    monkeypatch.setattr(Run, "learner", None)
    with pytest.raises(UsageError) as caught:
        predicted(run, tables, tmp_path / "new" / "out")
    expected = f"-o {tmp_path / 'new' / 'out'}: nothing may be written into {tmp_path}; choose another folder"
    assert str(caught.value) == expected


@pytest.mark.parametrize("there", [True, False])
def test_a_disk_that_gets_full_leaves_nothing_half_written(
    run: Run, tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    whole = files.write

    def filling(path: Path, content: str) -> None:
        if path.name == "summary.csv":
            raise OSError(errno.ENOSPC, "No space left on device")
        whole(path, content)

    monkeypatch.setattr(files, "write", filling)
    output = tmp_path / "out"
    if there:
        output.mkdir()
    with pytest.raises(RunError) as caught:
        predicted(run, tables, output)
    assert str(caught.value) == f"-o {output}: nothing is written: No space left on device"
    assert list(output.iterdir()) == [] if there else not output.exists()


@pytest.mark.parametrize("option", ["--format", "--sequence-column", "--id-column", "--pad", "--crop"])
def test_options_of_files_of_sequences_are_refused(run: Run, tables: Path, tmp_path: Path, option: str) -> None:
    arguments = ["predict", str(run.path), str(tables), "-o", str(tmp_path / "out"), option, "csv"]
    found = CliRunner().invoke(cli.app, arguments)
    assert isinstance(found.exception, UsageError)
    said = f"{option} is for files of sequences; the task of this run is sequence labeling"
    assert str(found.exception) == said


def test_one_bad_table_stops_all_unless_asked_to_go_on(run: Run, tables: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for path in tables.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    bad = small_bins.write(folder / "bad_chr1_multi_k_summary.csv", small_bins.changed(3, {"start": "x"}))
    with pytest.raises(DataError, match=f"{bad}:5: SF0732"):
        predicted(run, folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with pytest.raises(DataError) as caught:
        predicted(run, folder, tmp_path / "out", keep_going=True)
    assert f"{tmp_path / 'out'}: written without 1 table that cannot be read" in str(caught.value)
    assert len(json.loads((tmp_path / "out/predictions.json").read_text())["chromosomes"]) == 2


def test_a_manifest_names_tables_of_other_names(run: Run, tables: Path, tmp_path: Path) -> None:
    table = tmp_path / "odd.csv"
    table.write_bytes((tables / "S001_chr1_multi_k_summary.csv").read_bytes())
    with pytest.raises(DataError, match="which says no sample and no chromosome"):
        predicted(run, table, tmp_path / "out")
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("file,sample,chromosome\nodd.csv,me,chr7\n")
    (one,) = predicted(run, table, tmp_path / "out", manifest=str(manifest))["chromosomes"]
    assert (one["sample"], one["chromosome"]) == ("me", "chr7")
    manifest.write_text("file,sample,chromosome\nodd.csv,me\n")
    (tmp_path / "S001_chr1_multi_k_summary.csv").write_bytes(table.read_bytes())
    with pytest.raises(DataError) as caught:  # no table, which could be left out
        predicted(run, tmp_path, tmp_path / "again", manifest=str(manifest), keep_going=True)
    assert str(caught.value) == f"{manifest}:2: SF0731: expected 3 cells, received 2"
    assert not (tmp_path / "again").exists()


def test_moved_tables_are_found_below_the_folder_where_paths_start(run: Run, tables: Path, tmp_path: Path) -> None:
    text = DEFINITION.read_text()
    data = '<data format="bins"><hyperparameter name="tables">tab</hyperparameter></data>'
    (tmp_path / "own.xml").write_text(text[: text.index("<data ")] + data + text[text.index("</data>") + 7 :])
    for number in range(3):
        small_bins.write(tmp_path / f"tab/S{number}_chr1_multi_k_summary.csv")
    own = trained(tmp_path, "trainingprocess.epochs=1", definition=tmp_path / "own.xml")
    (tmp_path / "new").mkdir()
    (tmp_path / "tab").rename(tmp_path / "new" / "tab")
    assert judge(Run(own.path, tmp_path / "new"), "test", with_report=False, device="cpu").scores["n"] == 1
    with pytest.raises(DataError) as caught:
        judge(Run(own.path, tmp_path / "new" / "tab"), "test", with_report=False, device="cpu")
    where, way_out = str(caught.value).splitlines()
    assert where.startswith(f"{tmp_path / 'new' / 'tab' / 'tab'}: SF0701")
    assert way_out == "--data is the folder at which the paths of the definition's data section start"
    with pytest.raises(RunError, match="nowhere: no such data; seqforge evaluate and predict take --data"):
        judge(Run(own.path, tmp_path / "nowhere"), "test", with_report=False, device="cpu")


def test_the_truth_may_be_a_hull(run: Run) -> None:
    assert run.scores["test"]["truth"] == "regions"
    found = judge(run, "test", with_report=False, device="cpu", threads=1, options={"truth": "hull"})
    assert found.scores["truth"] == "hull"
    with pytest.raises(UsageError, match="--truth: unknown 'donors'"):
        judge(run, "test", with_report=False, device="cpu", threads=1, options={"truth": "donors"})
    judge(run, "test", with_report=False, device="cpu", threads=1)


def test_too_little_memory_is_told_before_anything_is_computed(
    run: Run, tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seqforge.architectures.centromere_memory.free_memory", lambda device: 2**25)
    with pytest.raises(BackendError, match=r"chr2 of S001 \(150 bins\) cannot be predicted"):
        predicted(run, tables, tmp_path / "out")
    with pytest.raises(BackendError, match=r"chr1 of S0[0-9]+ \([0-9]+ bins\) cannot be trained on"):
        trained(tmp_path / "runs", *FEW, "general.seed=9")
    assert not (tmp_path / "out").exists()


def test_unknown_labels_give_no_metrics(run: Run, tmp_path: Path) -> None:
    cells = [[*row[:-1], "-1"] for row in small_bins.rows(20, size=10_000)]
    small_bins.write(tmp_path / "in/x_chr1_multi_k_summary.csv", cells)
    (one,) = predicted(run, tmp_path / "in", tmp_path / "out")["chromosomes"]
    assert "metrics" not in one
    assert (tmp_path / "out/summary.csv").read_text().endswith(",,,\n")


def test_another_bin_size_is_refused(run: Run, tmp_path: Path) -> None:
    path = small_bins.write(tmp_path / "in/x_chr1_multi_k_summary.csv")
    with pytest.raises(DataError) as caught:
        predicted(run, tmp_path / "in", tmp_path / "out")
    assert str(caught.value).startswith(f"{path}:2: SF0739: expected bins of 10,000 bp as in training, received 1,000")


def test_features_that_are_made_otherwise_are_refused(run: Run, tables: Path, tmp_path: Path) -> None:
    folder, said = tmp_path / "in", []
    folder.mkdir()
    for path in tables.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    predict(run, folder, tmp_path / "out", {}, said.append, "cpu", 1)
    assert any(line.startswith("warning: no features.json lies beside the training data") for line in said)
    run.manifest["data"]["facts"]["features"] = {"feature_version": "kmer-1", "highlight": "genome_median"}
    try:
        features = {"feature_version": "kmer-1", "highlight": "bin_median", "fasta": {}}
        (folder / "features.json").write_text(json.dumps(features))
        with pytest.raises(
            DataError,
            match=r"features\.json: SF0739: highlight: expected genome_median as in training",
        ):
            predicted(run, folder, tmp_path / "second")
        (folder / "features.json").write_text(json.dumps(features | {"highlight": "genome_median"}))
        assert predicted(run, folder, tmp_path / "third")["chromosomes"]
    finally:
        run.manifest["data"]["facts"]["features"] = None


def test_the_command_writes_a_folder(run: Run, tables: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ["predict", str(run.path), str(tables), "-o", str(out), "--min-bins", "2", "--track", "--json"]
    found = CliRunner().invoke(cli.app, [*arguments, "--device", "cpu", "--threads", "1"])
    assert found.exit_code == 0, found.output
    said = json.loads(found.stdout)
    assert said["chromosomes"] == 2
    assert {Path(path).name for path in said["files"]} == {path.name for path in out.iterdir()}
    assert (out / "regions.bed").read_text().startswith("track name=")


def test_the_command_fails_with_a_line_and_no_traceback(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = small_bins.changed(3, {"start": "x"}, source=small_bins.changed(7, {"has_cen": "7"}))
    path = small_bins.write(tmp_path / "in/x_chr1_multi_k_summary.csv", cells)
    arguments = ["seqforge", "predict", str(run.path), str(path), "-o", str(tmp_path / "out")]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == 1
    lines = [line for line in capsys.readouterr().err.splitlines() if line.strip()]
    assert len(lines) == 2
    assert [line.split(": ")[0] for line in lines] == [f"{path}:5", f"{path}:9"]


def test_predictions_in_python(run: Run, tables: Path, tmp_path: Path) -> None:
    found = predict(run, tables / "S001_chr1_multi_k_summary.csv", tmp_path / "out", threads=1, device="cpu")
    assert isinstance(found, Written)
    assert (found.count, found.unit) == (1, "chromosomes")
    assert all(path.is_file() for path in found.files)


class Stop(Callback):
    """Asks for an end in the middle of the second epoch."""

    name = "Stop"

    def step(self, training: Training) -> None:
        if (training.epoch, training.step) == (1, 1):
            training.interrupt = 2


@pytest.mark.slow
def test_crops_and_pads_are_the_same_in_an_interrupted_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from seqforge.run import conductor

    few = ("training_samples=5", "validation_samples=1", "test_samples=1", "bins=80", "shortest=60", "train_window=70")
    overrides = [f"data.{one}" for one in few] + ["trainingprocess.epochs=2", "trainingprocess.batch_size=2"]
    whole = trained(tmp_path / "whole", *overrides)
    plain = conductor.standard
    monkeypatch.setattr(conductor, "standard", lambda *given, **more: [Stop(), *plain(*given, **more)])
    with pytest.raises(Interrupted):
        trained(tmp_path / "parts", *overrides)
    monkeypatch.setattr(conductor, "standard", plain)
    parts = trained(tmp_path / "parts", *overrides)
    assert parts.id == whole.id
    for name, array in whole.weights().items():
        np.testing.assert_array_equal(array, parts.weights()[name], err_msg=name)
    assert parts.scores == whole.scores


@pytest.mark.slow
def test_the_small_model_learns(tmp_path: Path) -> None:
    run = trained(tmp_path)
    assert max(row["validation_f1"] for row in run.history) >= 0.95
    found = judge(run, "validation", with_report=False, device="cpu", threads=1).scores
    assert all(one["region_iou"] >= 0.8 for one in found["chromosomes"])
