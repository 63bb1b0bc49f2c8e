# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A profile model from its definition to a report: the scores of the training are those of `seqforge evaluate`."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seqforge import cli
from seqforge.errors import UsageError
from seqforge.experiment import read
from seqforge.run import Options, Run, conduct

ROOT = Path(__file__).parents[2]
SIZES = {"training": (4000, 60), "validation": (500, 20), "test": (500, 20)}
OVERRIDES = (
    "general.library=PyTorch",
    "trainingprocess.epochs=2",
    "trainingprocess.batch_size=20",
    "trainingprocess.early_stopping_monitor=validation_profile_js_distance",
    "trainingprocess.metrics=counts_pearson, profile_mnll_per_read",
)
pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("profiles")
    simulation = (ROOT / "data-defs/nexus-sim.xml").read_text()
    for name, (many, few) in SIZES.items():
        simulation = simulation.replace(f'name="{name}">{many}<', f'name="{name}">{few}<')
    (folder / "sim.xml").write_text(simulation)
    definition = (ROOT / "model-defs/keras-bpnet-solo-nexus.xml").read_text()
    (folder / "tiny.xml").write_text(definition.replace("../data-defs/nexus-sim.xml", "sim.xml"))
    experiment, _ = read(folder / "tiny.xml", (*OVERRIDES, "general.id=tiny"))
    return conduct(experiment, Options(runs=folder / "runs", overrides=OVERRIDES))


def test_training_ends_with_scores(run: Run) -> None:
    assert run.state == "finished"
    scores = run.scores["test"]
    assert scores["n"] == 20
    assert set(scores["losses"]) == {"nexus_profile_nll", "nexus_counts_mse"}
    total = sum(scores["loss_weights"][name] * value for name, value in scores["losses"].items())
    assert scores["loss"] == pytest.approx(total, rel=1e-5)
    assert scores["profile_mnll"] == pytest.approx(scores["losses"]["nexus_profile_nll"], rel=1e-5)
    assert scores["counts_mse"] == pytest.approx(scores["losses"]["nexus_counts_mse"], rel=1e-4)
    assert list(scores["heads"]["nexus"]["tasks"]) == ["plus", "minus"]
    line = (run.path / "log.txt").read_text().splitlines()[-1]
    assert "test: 20 examples, loss " in line
    assert "profile_js_distance" in line


def test_metrics_are_watched(run: Run) -> None:
    names = ("profile_js_distance", "counts_pearson", "profile_mnll_per_read")
    assert all(0 <= abs(row[f"validation_{name}"]) < 10 for row in run.history for name in names)
    best = min(run.history, key=lambda row: row["validation_profile_js_distance"])
    assert run.manifest["best"]["epoch"] == best["epoch"]
    assert run.loss_weights == best["loss_weights"]


def test_evaluation_gives_the_scores_of_the_training(run: Run) -> None:
    before = run.scores["test"]
    result = CliRunner().invoke(cli.app, ["evaluate", str(run.path), "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == before == Run(run.path).scores["test"]
    html = (run.path / "report.html").read_text()
    assert "<h2>Regions of head nexus</h2>" in html
    assert "factors of the counts by epoch" in html


def test_validation_scores_are_those_of_the_best_epoch(run: Run) -> None:
    scores = run.evaluate("validation")
    epoch = run.history[run.manifest["best"]["epoch"] - 1]
    assert scores["loss"] == pytest.approx(epoch["validation_loss"], rel=1e-5)
    assert scores["profile_js_distance"] == pytest.approx(epoch["validation_profile_js_distance"], rel=1e-6)
    assert scores["counts_pearson"] == pytest.approx(epoch["validation_counts_pearson"], rel=1e-6)


def test_table_and_text(run: Run) -> None:
    result = CliRunner().invoke(
        cli.app, ["evaluate", str(run.path), "--set", "validation", "--smoothing", "3", "--no-report"]
    )
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert "validation set" in lines
    assert "head nexus" in lines
    assert any(line.startswith("  profile js distance (smoothing 3)  joint  20          0") for line in lines)
    with (run.path / "evaluation/validation/regions.tsv").open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert [row["task"] for row in rows] == ["joint", "plus", "minus"] * 20
    assert "chrom" not in rows[0]


def test_the_command_judges_as_published(run) -> None:
    options = ["--undefined-as", "0", "--ties", "ordinal", "--no-report"]
    result = CliRunner().invoke(cli.app, ["evaluate", str(run.path), "--set", "validation", *options])
    assert result.exit_code == 0, result.output
    assert "  profile spearman (undefined as 0, ordinal ties)" in result.output
    scores = json.loads((run.path / "evaluation" / "validation" / "scores.json").read_text())
    assert scores["judging"] == {"pseudocount": 0, "smoothing": 0, "undefined_as": 0, "ties": "ordinal"}
    bad = CliRunner().invoke(cli.app, ["evaluate", str(run.path), "--ties", "ordnal"])
    assert "ties: unknown 'ordnal'" in str(bad.exception)


@pytest.mark.parametrize("option", [{"smoothing": 2.0}, {"undefined_as": 0.0}, {"ties": "average"}])
def test_options_of_profiles_are_refused_for_labels(option: dict) -> None:
    from types import SimpleNamespace

    from seqforge.data.dataset import Data
    from seqforge.run.judging import judged
    from seqforge.tasks import Regression

    experiment = SimpleNamespace(task=Regression())
    data = Data(None, None, SimpleNamespace(plain=lambda: None), "")
    with pytest.raises(UsageError, match=f"{next(iter(option))} is for profiles; the task is regression"):
        judged(experiment, None, data, "test", option)
