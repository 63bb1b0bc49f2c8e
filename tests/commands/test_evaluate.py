# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge evaluate` and `predict` on runs of the NumPy learner whose data lie elsewhere than in training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import toy_runs
from typer.testing import CliRunner

from seqforge import cli
from seqforge.errors import RunError
from seqforge.experiment import read
from seqforge.run import Options, Run, conduct, load

SECTION = ("data.format=table", "data.unknown=zeros")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    toy_runs.prepare(tmp_path, monkeypatch)
    return tmp_path


def trained(given: str | None, overrides: tuple[str, ...]) -> Run:
    data = Path(given) if given else None
    experiment, _ = read("toy.xml", overrides, data=data)
    return conduct(experiment, Options(given=data, overrides=overrides))


def called(*arguments: str) -> Any:
    return CliRunner().invoke(cli.app, arguments)


@pytest.mark.parametrize(
    ("given", "overrides", "moved"),
    [
        ("data", (), "new/data"),
        ("data/training.txt", (), "new/data/training.txt"),
        ("data/training.txt", (*SECTION, "data.folds=4", "data.fold=2"), "new/data/training.txt"),
        (None, (*SECTION, "data.folder=data"), "new/data"),
        (None, (*SECTION, "data.training=data/training.txt", "data.test=data/test.txt"), "new"),
        (None, (*SECTION, "data.file=data/training.txt"), "new/data/training.txt"),
    ],
)
def test_data_that_moved_are_found_where_the_caller_says(
    place: Path, given: str | None, overrides: tuple[str, ...], moved: str
) -> None:
    run = trained(given, overrides)
    before = run.evaluate("training")
    (place / "new").mkdir()
    (place / "data").rename("new/data")
    assert called("evaluate", str(run.path), "--no-report").exit_code == 1
    assert Run(run.path).evaluate("training", data=moved) == before
    result = called("evaluate", str(run.path), "--set", "training", "--no-report", "--data", moved)
    assert result.exit_code == 0
    assert result.output.startswith("training set")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("other", "other: not the data that runs/toy/[0-9a-f]+ was trained on; .*the INPUT of seqforge predict"),
        ("nowhere", "nowhere: no such data; seqforge evaluate and predict take --data"),
    ],
)
def test_other_data_are_refused(place: Path, data: str, message: str) -> None:
    run = trained("data", ())
    toy_runs.write_data(place / "other", seed=5)
    with pytest.raises(RunError, match=message):
        load(run.path, Path(data)).data()
    assert isinstance(called("evaluate", str(run.path), "--data", data).exception, RunError)


def test_sequences_are_predicted_without_the_data_of_the_training(place: Path) -> None:
    run = trained("data", SECTION)
    (place / "data").rename("elsewhere")
    (place / "x.fa").write_text(">a\nACGTACGTACGT\n")
    result = called("predict", str(run.path), "x.fa")
    assert result.exit_code == 0, result.exception
    refused = called("predict", str(run.path), "x.fa", "--data", "elsewhere").exception
    assert str(refused).startswith("--data is for runs of profiles and electropherograms and bins; the task")
    assert getattr(Run(run.path).experiment.source, "unknown") == "zeros"  # noqa: B009
    with pytest.raises(RunError, match="/data: no such data; seqforge evaluate and predict take --data with where"):
        Run(run.path).data()
