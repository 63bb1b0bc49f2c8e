# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge new`: definitions that are valid as written."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
import small_bins
from typer.testing import CliRunner

from seqforge.cli import app
from seqforge.data.epg.panel_files import write_panel
from seqforge.data.epg.reading import write_table
from seqforge.errors import DefinitionError, UsageError
from seqforge.simulation.electropherograms import Simulator
from seqforge.simulation.epg_options import Options
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


ARRAYS = ["unet", "autoencoder", "peak-classifier", "peaknet", "peak-only", "centromere"]


@pytest.mark.parametrize("like", ARRAYS)
def test_models_of_arrays_are_valid_on_simulated_data(like: str) -> None:
    run("mine", "--like", like, "--seed", "3", "--epochs", "7")
    assert validate("mine.xml", second_opinion=True) == []
    run("mine", "--like", like, "-o", "mine.json")
    assert validate("mine.json") == []
    text = Path("mine.xml").read_text(encoding="utf-8")
    assert "-simulation" in text
    assert '<hyperparameter name="epochs">7<' in text
    assert "simulated; your own: format" in text


@pytest.mark.parametrize(
    ("task", "classname"),
    [
        ("segmentation", "UNet"),
        ("Reconstruction", "PerDyeConv1dAutoencoder"),
        ("peak classification", "PeakClassifier"),
        ("sequence labelling", "CentromereTransformer"),
    ],
)
def test_a_task_has_a_template_of_its_own(task: str, classname: str) -> None:
    run("m", "--task", task)
    assert f'classname="{classname}"' in Path("m.xml").read_text(encoding="utf-8")
    run("n", "--like", classname)
    assert Path("n.xml").read_text(encoding="utf-8") == Path("m.xml").read_text(encoding="utf-8").replace(
        '"m"', '"n"'
    ).replace("<name>m<", "<name>n<")


def test_the_length_is_that_of_simulated_profiles_and_chromosomes() -> None:
    run("p", "--like", "peaknet", "--length", "1024", "--labels", "noise,peak")
    run("c", "--like", "centromere", "--length", "120")
    text = Path("p.xml").read_text(encoding="utf-8")
    assert '<hyperparameter name="length">1024<' in text
    assert "<label>noise</label>" in text
    assert '<hyperparameter name="bins">120<' in Path("c.xml").read_text(encoding="utf-8")
    assert validate("p.xml") == validate("c.xml") == []


def test_a_table_of_profiles_is_taken_with_the_panel_beside_it() -> None:
    simulator = Simulator(Options(profiles=12, donors=12, length=1024, contributors=(1,)))
    write_table(simulator.table(), Path("plate.npz"))
    write_panel(simulator.panel, Path("plate-panel.xml"))
    Path("models").mkdir()
    run("m", "--like", "peaknet", "--data", "plate.npz", "-o", "models/m.xml")
    text = Path("models/m.xml").read_text(encoding="utf-8")
    assert '<data format="epg">' in text
    assert ">../plate.npz<" in text
    assert ">../plate-panel.xml<" in text
    assert validate("models/m.xml") == []


def test_tables_of_bins_are_taken() -> None:
    small_bins.write(Path("tables/training_data/s1_chr1_multi_k_summary.csv"))
    run("m", "--task", "sequence labeling", "--data", "tables")
    assert '<data format="bins">' in Path("m.xml").read_text(encoding="utf-8")
    assert validate("m.xml") == []


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
        (
            ["m", "--like", "unet", "--task", "reconstruction"],
            "unet is for segmentation, not for reconstruction",
        ),
        (["m", "--like", "peaknet", "--space", "DNA"], "--like peaknet is for signal, not for DNA; leave --space out"),
        (["m", "--like", "unet", "--library", "Keras"], "UNet does not exist on Keras; use --library PyTorch"),
        (["m", "--like", "u-nett"], "did you mean 'unet'"),
        (["m", "--like", "basset", "--task", "segmentation"], "use --like unet or peaknet or peak-only"),
        (["m", "--space", "features"], "for features use --like centromere"),
        (["m", "--like", "autoencoder", "--labels", "2"], "reconstruction has no labels; leave --labels out"),
        (["m", "--like", "centromere", "--labels", "3"], "tells 2 labels apart"),
        (["m", "--like", "unet", "--length", "1000"], "the nearest are 992 and 1008"),
        (["m", "--like", "unet", "--data", "mine.xml"], "a data definition is of sequences; expected a table"),
        (["m", "--like", "unet", "--data", "mine.npz"], "mine.npz: no such file or folder"),
        (["m", "--like", "unet", "--data", "mine.npz", "--length", "1024"], "no such file or folder"),
    ],
)
def test_wrong_wishes(arguments: list[str], says: str) -> None:
    with pytest.raises((UsageError, DefinitionError), match=re.escape(says)):
        run(*arguments)
    assert not list(Path().glob("*.xml"))
