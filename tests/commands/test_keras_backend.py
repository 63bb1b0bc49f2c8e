# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`--keras-backend` of the verbs that may start Keras; what a run was trained on is what it goes on with."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import toy_runs
from typer.testing import CliRunner

from seqforge import backends
from seqforge.backends.fake import FakeLearner
from seqforge.cli import app
from seqforge.errors import UsageError
from seqforge.run import load


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(backends, "open_learner", lambda experiment, length, **_: FakeLearner(length, 2))
    monkeypatch.setattr(backends, "prove", lambda experiment, threads: [])
    monkeypatch.setenv("KERAS_BACKEND", "")
    monkeypatch.chdir(tmp_path)
    toy_runs.write_data(tmp_path / "data")
    toy_runs.write_definition(tmp_path)
    return tmp_path


@pytest.mark.parametrize("verb", ["train toy.xml", "evaluate runs", "predict runs -", "validate .", "twin toy.xml"])
def test_an_unknown_backend_is_a_wrong_call(verb: str, place: Path) -> None:
    error = CliRunner().invoke(app, [*verb.split(), "--keras-backend", "numpy"]).exception
    assert isinstance(error, UsageError)
    assert str(error) == "--keras-backend 'numpy' is not supported; expected one of tensorflow, torch"
    assert os.environ["KERAS_BACKEND"] == ""


def test_the_choice_is_in_the_environment_before_keras_starts(place: Path) -> None:
    done = CliRunner().invoke(app, ["validate", "toy.xml", "--keras-backend", "torch"])
    assert done.exit_code == 0
    assert os.environ["KERAS_BACKEND"] == "torch"


def test_a_run_goes_on_with_what_it_was_trained_on(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = CliRunner().invoke(app, ["train", "toy.xml", "--data", "data", "--quiet"])
    run = load(done.output.strip())
    assert run.keras_backend is None
    run.learner()
    assert os.environ["KERAS_BACKEND"] == ""
    manifest = json.loads((run.path / "manifest.json").read_text())
    manifest["identity"]["policy_values"]["keras_backend"] = "torch"
    (run.path / "manifest.json").write_text(json.dumps(manifest))
    load(run.path).learner()
    assert os.environ["KERAS_BACKEND"] == "torch"
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    load(run.path).learner()
    assert os.environ["KERAS_BACKEND"] == "tensorflow"
