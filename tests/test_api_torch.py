# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The Python API, and the verbs that judge and use a run, on one small model trained once."""

from __future__ import annotations

import csv
import gzip
import json
import subprocess
import sys
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from toy_runs import write_data_definition, write_definition

import seqforge
from seqforge.errors import DataError, DefinitionError, RunError
from seqforge.run.judging import judge

SEQUENCES = ["TTTTACACTTTT", "TTTTGTGTTTTT", "NNNNNNNNNNNN"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("api")


@pytest.fixture(scope="module")
def run(folder: Path) -> seqforge.Run:
    model = seqforge.load(write_definition(folder))
    data = write_data_definition(folder / "data-defs")
    return model.train(data=data, set={"trainingprocess.epochs": 25}, runs=folder / "runs", threads=1)


def command(*arguments: object, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "seqforge", *map(str, arguments)]
    return subprocess.run(line, input=stdin, capture_output=True, text=True, timeout=120)


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text), delimiter="\t"))


def fasta(path: Path) -> Path:
    path.write_text("".join(f">s{i} more words\n{s[:5]}\n{s[5:]}\n" for i, s in enumerate(SEQUENCES)))
    return path


def test_model_says_what_is_wrong_with_it(folder: Path) -> None:
    path = write_definition(folder / "wrong", id="wrong")
    path.write_text(path.read_text().replace("learning_rate", "learning_rat"))
    model = seqforge.load(path)
    assert [problem.id[:4] for problem in model.validate() if problem.severity == "error"] == ["SF02"]
    with pytest.raises(DefinitionError, match="did you mean 'learning_rate'"):
        model.train(runs=folder / "runs")


def test_what_is_no_definition_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.xml").write_text("<notes/>")
    with pytest.raises(DefinitionError, match=r"notes\.xml:1"):
        seqforge.load(tmp_path / "notes.xml")
    with pytest.raises(RunError, match="no run is here"):
        seqforge.load(tmp_path)


def test_run_has_learned(run: seqforge.Run) -> None:
    assert run.state == "finished"
    assert run.scores["test"]["accuracy"] > 0.9
    assert len(run.history) <= 25


def test_run_is_loaded_and_predicts_the_same(run: seqforge.Run, folder: Path) -> None:
    again = seqforge.load(run.path)
    found = again.predict(SEQUENCES)
    assert found.label[:2] == ["c1", "c2"]
    assert found.labels == ("c1", "c2")
    np.testing.assert_allclose(found.scores.sum(axis=1), 1, rtol=1e-5)
    from_file = run.predict(fasta(folder / "three.fa"))
    assert from_file.ids == ["s0", "s1", "s2"]
    np.testing.assert_allclose(from_file.scores, found.scores, rtol=1e-5)


def test_no_sequences_give_no_predictions(run: seqforge.Run) -> None:
    assert run.predict([]).scores.shape == (0, 2)


def test_sequence_of_another_length_is_named(run: seqforge.Run) -> None:
    with pytest.raises(DataError, match="sequence:2: SF0705: the model reads 12 letters, received 4"):
        run.predict([SEQUENCES[0], "ACGT"])


def test_evaluate_from_python_equals_training(run: seqforge.Run) -> None:
    assert run.evaluate("test") == seqforge.load(run.path).scores["test"]


@pytest.mark.slow
def test_evaluate_writes_scores_curves_and_report(run: seqforge.Run) -> None:
    done = command("evaluate", run.path, "--set", "validation")
    assert done.returncode == 0, done.stderr
    assert "matthews correlation" in done.stdout
    place = run.path / "evaluation" / "validation"
    assert json.loads((place / "scores.json").read_text())["n"] == 40
    for name, columns in (("roc", {"false_positive_rate", "true_positive_rate"}), ("pr", {"recall", "precision"})):
        rows = table((place / f"{name}.tsv").read_text())
        assert columns | {"label", "threshold"} == rows[0].keys()
        assert {"c1", "c2", "micro"} <= {row["label"] for row in rows}
    assert "<h2>Confusion</h2>" in (place / "report.html").read_text()
    assert not (run.path / "report.html").exists()
    assert command("evaluate", run.path).returncode == 0
    assert (run.path / "report.html").is_file()


@pytest.mark.slow
def test_evaluate_as_json(run: seqforge.Run) -> None:
    done = command("evaluate", run.path, "--json", "--no-report")
    assert json.loads(done.stdout)["confusion_matrix"] == run.scores["test"]["confusion_matrix"]


@pytest.mark.slow
def test_unknown_set_and_missing_run(run: seqforge.Run, tmp_path: Path) -> None:
    done = command("evaluate", run.path, "--set", "tests")
    assert (done.returncode, done.stderr) == (2, "unknown set 'tests'; did you mean 'test'?\n")
    done = command("evaluate", tmp_path)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_predict_streams_every_format_alike(run: seqforge.Run, tmp_path: Path) -> None:
    (tmp_path / "lines.txt").write_text("\n".join(SEQUENCES) + "\n")
    (tmp_path / "t.csv").write_text("name,dna\n" + "".join(f"n{i},{s}\n" for i, s in enumerate(SEQUENCES)))
    with gzip.open(tmp_path / "three.fa.gz", "wb") as file:
        file.write(fasta(tmp_path / "three.fa").read_bytes())
    results = [
        command("predict", run.path, tmp_path / "three.fa"),
        command("predict", run.path, tmp_path / "three.fa.gz"),
        command("predict", run.path, tmp_path / "lines.txt"),
        command("predict", run.path, tmp_path / "t.csv", "--sequence-column", "dna", "--id-column", "name"),
        command("predict", run.path, "-", stdin=(tmp_path / "three.fa").read_text()),
    ]
    assert [done.stderr for done in results] == [""] * 5
    rows = [table(done.stdout) for done in results]
    assert [row["id"] for row in rows[0]] == ["s0", "s1", "s2"]
    assert [row["id"] for row in rows[3]] == ["n0", "n1", "n2"]
    numbers = [[(row["prediction"], row["c1"], row["c2"]) for row in each] for each in rows]
    assert all(each == numbers[0] for each in numbers)
    assert [called for called, *_ in numbers[0]][:2] == ["c1", "c2"]


@pytest.mark.slow
def test_predict_writes_a_file_at_once_or_not_at_all(run: seqforge.Run, tmp_path: Path) -> None:
    good, bad = fasta(tmp_path / "three.fa"), tmp_path / "bad.fa"
    bad.write_text(good.read_text() + ">short\nACGT\n")
    done = command("predict", run.path, bad, "-o", tmp_path / "out.tsv")
    assert done.returncode == 1
    assert "bad.fa:10: " in done.stderr
    assert "--pad centre or right brings all to one length" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.fa", "three.fa"]
    done = command("predict", run.path, bad, "-o", tmp_path / "out.tsv", "--pad", "right", "--json")
    assert json.loads(done.stdout)["sequences"] == 4
    assert len(table((tmp_path / "out.tsv").read_text())) == 4


@pytest.mark.parametrize("arguments", [("-o", "nosuch/x.tsv"), ("-o", "."), ("--pad", "middle")], ids=str)
def test_options_of_predict_are_checked_before_it_starts(
    run: seqforge.Run, tmp_path: Path, arguments: tuple[str, str]
) -> None:
    done = command("predict", run.path, fasta(tmp_path / "three.fa"), *arguments)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


@pytest.mark.slow
def test_a_wrong_input_prints_no_header(run: seqforge.Run, tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_text("ACGT\n")
    done = command("predict", run.path, tmp_path / "bad.txt")
    assert (done.returncode, done.stdout) == (1, "")


@pytest.mark.slow
def test_a_full_disk_is_one_line(run: seqforge.Run, tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    line = [sys.executable, "-m", "seqforge", "predict", str(run.path), str(fasta(tmp_path / "three.fa"))]
    with open("/dev/full", "w") as full:
        done = subprocess.run(line, stdout=full, stderr=subprocess.PIPE, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (1, "seqforge: No space left on device\n")


def test_json_and_predictions_do_not_share_stdout(run: seqforge.Run, tmp_path: Path) -> None:
    done = command("predict", run.path, fasta(tmp_path / "three.fa"), "--json")
    assert done.returncode == 2
    assert "name a file with -o" in done.stderr


@pytest.mark.slow
def test_scores_need_no_report(run: seqforge.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    lines: list[str] = []
    found = judge(run, "validation", say=lines.append)
    assert found.report is None
    assert found.scores["n"] == 40
    assert lines[-1] == "note: no report: reports need jinja2; pip install 'seqforge[report]'"
