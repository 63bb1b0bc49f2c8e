# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""How the Cherimoya example judges scores, and what it changes in the shipped definition."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import example_scripts
import pytest

from seqforge.definitions.reader import read_simulation
from seqforge.experiment import read

FOLDER = Path(__file__).parent.parent.parent / "examples" / "cherimoya"


example = example_scripts.script("cherimoya")


def scores(counts: float = 0.7, profile: float = 0.7, mnll: float = 400.0) -> dict[str, Any]:
    floors = {"uniform": {"mean": 500.0}, "mean_training": {"mean": 450.0}}
    heads = {"nexus": {"joint": {"profile_mnll": {"mean": mnll, "floors": floors}}}}
    return {"counts_pearson": counts, "profile_pearson": profile, "profile_mnll": mnll, "heads": heads}


@pytest.mark.parametrize(
    ("found", "missed"),
    [
        (scores(), 0),
        (scores(counts=0.49), 1),
        (scores(profile=0.1), 1),
        (scores(mnll=500.0), 1),
        (scores(counts=float("nan"), mnll=501.0), 2),
    ],
)
def test_a_goal_that_is_missed_is_marked(
    found: dict[str, Any], missed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert example.good({"validation": scores(), "test": found}) is (missed == 0)
    printed = capsys.readouterr().out
    assert printed.count("MISSED") == missed
    assert len(printed.strip().splitlines()) == 7


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("quick", [True, False])
def test_another_seed_is_that_of_reads_and_model(seed: int, quick: bool, tmp_path: Path) -> None:
    options = argparse.Namespace(seed=seed, quick=quick, runs=tmp_path)
    data = example.simulation(tmp_path, options)
    definition, problems = read_simulation(data)
    assert definition is not None
    assert not problems
    assert definition.seed == seed
    assert definition.options.training == (1500 if quick else 4000)
    changes = example.changes(data, options)
    assert ("general.seed" in changes) == (seed != 1)
    settings = [f"{path}={value}" for path, value in changes.items()]
    experiment = read(FOLDER.parent.parent / "model-defs" / f"{example.DEFINITION}.xml", settings)[0]
    assert experiment.process is not None
    assert (experiment.seed, experiment.process.epochs, experiment.batch_size) == (seed, 6 if quick else 5, 8)
