# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The example of electropherograms: its goals can be missed, its definitions read the same profiles."""

from __future__ import annotations

import sys
from pathlib import Path

import example_scripts
import pytest

from seqforge.experiment import read

FOLDER = Path(__file__).parent.parent.parent / "examples" / "dnanet"


example = example_scripts.script("dnanet")


@pytest.mark.parametrize(
    ("found", "least", "reached"),
    [(0.8, True, True), (0.7, True, False), (0.7, False, True), (0.8, False, False), (float("nan"), True, False)],
)
def test_a_goal_is_reached_or_not(found: float, least: bool, reached: bool) -> None:
    assert example.Goal("x", found, 0.75, least).reached is reached


def test_a_missed_goal_is_marked_and_counts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "argv", ["run.py", "--runs", str(tmp_path)])
    for step, found in (("segmentation", 0.9), ("reconstruction", 0.8), ("context", 0.7)):
        monkeypatch.setattr(example, step, lambda runs, options, found=found: [example.Goal("goal", found, 0.75)])
    assert example.main() == 1
    printed = capsys.readouterr().out
    assert printed.count("MISSED") == 1
    assert len(printed.strip().splitlines()) == 4


def test_all_definitions_read_the_same_profiles(tmp_path: Path) -> None:
    said = []
    for path in sorted(FOLDER.glob("*.xml")):
        experiment, problems = read(path, runs=tmp_path)
        assert {problem.severity for problem in problems} <= {"note", "warning"}
        assert experiment.source is not None
        said.append(experiment.source.options)
    assert len(said) == 5
    assert len(set(said)) == 1


def test_the_other_combiners_validate(tmp_path: Path) -> None:
    for combiner, more in example.COMBINERS.items():
        experiment, _ = read(
            example.PEAKNET, [f"architecture.hyperparameters.combiner={combiner}", *more], runs=tmp_path
        )
        assert experiment.architecture.settings()["combiner"] == combiner
