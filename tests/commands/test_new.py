# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge new`: definitions that are valid as written."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seqforge.cli import app
from seqforge.errors import DefinitionError, UsageError
from seqforge.validation import validate

ROOT = Path(__file__).parent.parent.parent


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["new", *arguments])
    if isinstance(result.exception, (UsageError, DefinitionError)):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("task", ["multi-class classification", "multi-label classification", "regression"])
@pytest.mark.parametrize("library", ["PyTorch", "tensorflow"])
@pytest.mark.parametrize("like", ["basset", "chromdragonn", "deepsea", "danq", "sequential", "cnn"])
def test_every_combination_is_valid(task: str, library: str, like: str) -> None:
    run("mine", "--task", task, "--library", library, "--like", like)
    assert validate("mine.xml", second_opinion=True) == []


@pytest.mark.parametrize("space", ["DNA", "rna", "Protein"])
def test_other_alphabets_lengths_and_labels(space: str) -> None:
    run("m", "--space", space, "--length", "90", "--labels", "first, second", "--like", "sequential", "--seed", "7")
    assert validate("m.xml") == []
    text = Path("m.xml").read_text(encoding="utf-8")
    assert "<label>second</label>" in text
    assert "<seed>7</seed>" in text
    assert f"(90, {20 if space == 'Protein' else 4})" in text


def test_comments_come_from_the_registries() -> None:
    run("m")
    text = Path("m.xml").read_text(encoding="utf-8")
    assert "weight_decay=0.0" in text
    assert "early_stopping_patience=10" in text
    assert "one of multi-class classification" in text


def test_json_definitions_and_json_output() -> None:
    assert json.loads(run("m", "-o", "m.json", "--json")) == {"file": "m.json", "id": "m"}
    assert "seqgramodel" in json.loads(Path("m.json").read_text(encoding="utf-8"))
    assert validate("m.json") == []


def test_the_bayes_classifier_needs_a_data_definition() -> None:
    data = str(ROOT / "tests/definitions/bad/data/two-motifs.xml")
    run("m", "--library", "BayesOptimalClassifier", "--data", data, "--labels", "c1,c2")
    assert validate("m.xml") == []
    with pytest.raises(UsageError, match="--data"):
        run("n", "--library", "BayesOptimalClassifier")


def test_data_is_written_into_the_definition() -> None:
    data = str(ROOT / "tests/definitions/bad/data/two-motifs.xml")
    run("m", "--data", data, "--labels", "c1,c2", "--length", "200")
    assert validate("m.xml") == []


@pytest.mark.parametrize("library", ["PyTorch", "BayesOptimalClassifier"])
def test_what_is_not_said_comes_from_the_data(library: str, tmp_path: Path) -> None:
    shutil.copy(ROOT / "tests/definitions/bad/data/two-motifs.xml", tmp_path / "two.xml")
    (tmp_path / "models").mkdir()
    run("m", "--library", library, "--like", "sequential", "--data", "two.xml", "-o", "models/m.xml")
    assert validate("models/m.xml") == []
    text = Path("models/m.xml").read_text(encoding="utf-8")
    assert ">../two.xml<" in text
    assert "<label>c1</label>" in text


def test_nothing_is_overwritten() -> None:
    Path("m.xml").write_text("mine")
    with pytest.raises(UsageError, match=r"m\.xml exists"):
        run("m")
    assert Path("m.xml").read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["m", "--task", "multiclass"], "did you mean 'multi-class classification'"),
        (["m", "--library", "JAX"], "unknown library 'JAX'"),
        (["m", "--like", "baset"], "did you mean 'basset'"),
        (["m", "--space", "XNA"], "unknown sequence space 'XNA'"),
        (["m m"], "name: expected letters"),
        (["m", "--labels", ","], "labels: expected"),
        (["m", "-o", "no/where/m.xml"], "No such file"),
        (["m", "--labels", "0"], "labels: expected a number ≥ 1"),
        (["m", "--labels", "-3"], "labels: expected a number ≥ 1"),
        (["m", "--labels", "a,b,a"], "do not go together: label 'a' occurs twice"),
        (["m", "--labels", "a|b,c"], "label 'a|b' contains"),
        (["m", "--like", "deepsea", "--length", "10"], "DeepSEA needs inputs of at least 163 positions, received 10"),
        (["m", "--data", "none.xml"], "no such file"),
    ],
)
def test_wrong_wishes(arguments: list[str], says: str) -> None:
    with pytest.raises((UsageError, DefinitionError), match=re.escape(says)):
        run(*arguments)
    assert not list(Path().glob("*.xml"))
