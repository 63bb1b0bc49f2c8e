# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Trained models as parts: where they are looked for, what is known of them, and every way not to find one."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from seqforge.architectures.parts import FilePart, RunPart
from seqforge.definitions.reader import errors, read_model
from seqforge.errors import Problem
from seqforge.experiment import Experiment, resolve

MODELS = Path(__file__).parents[2] / "model-defs"
SOLO, STAGE_2 = MODELS / "keras-bpnet-solo-nexus.xml", MODELS / "keras-bpnet-transformation-nexus.xml"
PART = 'run="keras-bpnet-solo-nexus" freeze="true"'


def made(folder: Path, state: str = "finished", pseudocount: str = "0") -> Path:
    """A run folder of the solo model, as training leaves it."""
    folder.mkdir(parents=True)
    (folder / "definition.xml").write_text(SOLO.read_text())
    overrides = [f"loss.pseudocount={pseudocount}"]
    facts = {"definition": "definition.xml", "overrides": overrides, "files": {}, "data_definition": None}
    manifest = {"state": state, "model": "keras-bpnet-solo-nexus", "run": folder.name, **facts}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    save_file({"solo_conv_0/bias": np.zeros(16, np.float32)}, folder / "weights.safetensors")
    return folder


def stage_2(folder: Path, part: str = PART) -> tuple[Experiment | None, list[Problem]]:
    """The second stage in `folder`/defs with another `<part>`."""
    home = folder / "defs"
    home.mkdir(exist_ok=True)
    file = home / STAGE_2.name
    file.write_text(STAGE_2.read_text().replace(PART, part))
    definition, problems = read_model(file)
    assert definition is not None, problems
    return resolve(definition, need_files=True)


def part_of(experiment: Experiment | None) -> RunPart:
    assert experiment is not None
    part = experiment.architecture.given["solo"]
    assert isinstance(part, RunPart)
    return part


@pytest.mark.parametrize("spelt", ["../runs/solo/abc", "../runs/solo"])
def test_a_run_or_the_folder_of_its_model(tmp_path: Path, spelt: str) -> None:
    run = made(tmp_path / "runs" / "solo" / "abc")
    experiment, problems = stage_2(tmp_path, f'run="{spelt}"')
    assert not errors(problems)
    part = part_of(experiment)
    assert (part.origin, part.trained, part.window) == ("keras-bpnet-solo-nexus/abc", True, (240, 200))
    assert part.weights == run / "weights.safetensors"
    assert [head.tasks for head in part.heads] == [("plus", "minus")]
    assert experiment is not None
    assert experiment.length == 240


def test_the_id_of_a_model_in_the_folder_of_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made(tmp_path / "runs" / "my-solo" / "abc")
    experiment, problems = stage_2(tmp_path, 'run="my-solo"')
    assert not errors(problems)
    assert part_of(experiment).trained


def test_before_the_training_its_definition_says_what_is_needed(tmp_path: Path) -> None:
    (tmp_path / "defs").mkdir()
    (tmp_path / "defs" / SOLO.name).write_text(SOLO.read_text())
    experiment, problems = stage_2(tmp_path)
    assert [(problem.id, problem.severity) for problem in problems if problem.id == "SF0436"] == [("SF0436", "warning")]
    part = part_of(experiment)
    assert (part.trained, part.window, part.heads[0].name) == (False, (240, 200), "nexus")


def test_a_keras_file(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bias.keras", "w") as file:
        file.writestr("config.json", json.dumps({"class_name": "Functional", "config": {"layers": []}}))
    experiment, problems = stage_2(tmp_path, 'run="../bias.keras"')
    assert experiment is not None, problems
    part = experiment.architecture.given["solo"]
    assert isinstance(part, FilePart)
    assert part.path.name == "bias.keras"


def test_another_part_is_another_model(tmp_path: Path) -> None:
    one, other = made(tmp_path / "runs" / "a" / "x"), made(tmp_path / "runs" / "b" / "x")
    save_file({"solo_conv_0/bias": np.ones(16, np.float32)}, other / "weights.safetensors")
    prints = []
    for run in (one, other):
        experiment, _ = stage_2(tmp_path, f'run="{run}"')
        assert experiment is not None
        prints.append(experiment.architecture.fingerprint())
    assert prints[0] != prints[1]
    assert "" not in prints


def refused(folder: Path, part: str) -> list[str]:
    return [str(problem.id) + " " + problem.message for problem in errors(stage_2(folder, part)[1])]


def test_an_unfinished_run(tmp_path: Path) -> None:
    made(tmp_path / "runs" / "solo" / "abc", state="interrupted")
    (line,) = refused(tmp_path, 'run="../runs/solo"')
    assert line.startswith("SF0435 part 'solo': the run ")
    assert line.endswith("is interrupted")


def test_several_finished_runs(tmp_path: Path) -> None:
    for name in "ab":
        made(tmp_path / "runs" / "solo" / name)
    (line,) = refused(tmp_path, 'run="../runs/solo"')
    assert line.startswith("SF0435 part 'solo': 2 finished runs are in ")


def test_a_damaged_run(tmp_path: Path) -> None:
    (made(tmp_path / "runs" / "solo" / "abc") / "manifest.json").write_text("{")
    (line,) = refused(tmp_path, 'run="../runs/solo"')
    assert line.startswith("SF0435 part 'solo': ")
    assert "is damaged" in line


def test_a_file_that_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "bias.txt").write_text("")
    (line,) = refused(tmp_path, 'run="../bias.txt"')
    assert line.startswith("SF0435 part 'solo': '")


def test_a_damaged_keras_file(tmp_path: Path) -> None:
    (tmp_path / "bias.keras").write_bytes(b"PK")
    (line,) = refused(tmp_path, 'run="../bias.keras"')
    assert line.startswith("SF0435 part 'solo': ")
    assert "no .keras file" in line


def test_a_definition_instead_of_a_run(tmp_path: Path) -> None:
    (line,) = refused(tmp_path, 'definition="solo.xml"')
    assert line == "SF0434 part 'solo' must be a trained model"


def test_a_part_given_twice(tmp_path: Path) -> None:
    run = made(tmp_path / "runs" / "solo" / "abc")
    (line,) = refused(tmp_path, f'run="{run}"/>\n        <part name="solo" run="{run}"')
    assert line.startswith("SF0431 part 'solo' is given twice (lines ")


def test_another_pseudocount(tmp_path: Path) -> None:
    run = made(tmp_path / "runs" / "solo" / "abc", pseudocount="1")
    (line,) = refused(tmp_path, f'run="{run}"')
    assert line == "SF0334 pseudocount is 0, but part 'solo' was trained with 1"
