# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Data and model of profiles are compared before an example is read: `seqforge validate` says what does not fit."""

from __future__ import annotations

from pathlib import Path

import pytest
import small_profiles as small

from seqforge.definitions.reader import errors, read_model
from seqforge.errors import DefinitionError, Problem
from seqforge.experiment import read, resolve

SHIPPED = Path(__file__).parents[2] / "model-defs/keras-bpnet-solo-nexus.xml"
SIMULATED = "data-defs/nexus-sim.xml: "
TURNED = '<hyperparameter name="reverse_complement">True</hyperparameter>'


def found(file: Path, *changes: tuple[str, str], need_files: bool = True) -> list[Problem]:
    """The problems at the data section of a definition that was changed."""
    text = file.read_text()
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    file.write_text(text)
    definition, problems = read_model(file)
    assert definition is not None, problems
    assert definition.data is not None
    return [
        one for one in resolve(definition, need_files=need_files)[1] if one.place.line == definition.data.place.line
    ]


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    """The first stage on simulated data of 288 bases and 200 positions, a head with 2 tasks."""
    home = tmp_path / "model-defs"
    home.mkdir()
    (tmp_path / "data-defs").mkdir()
    definition = SHIPPED.parents[1] / "data-defs/nexus-sim.xml"
    (tmp_path / "data-defs/nexus-sim.xml").write_text(definition.read_text())
    file = home / SHIPPED.name
    file.write_text(SHIPPED.read_text())
    return file


@pytest.mark.parametrize(
    ("changes", "id", "words"),
    [
        ([('input_length">240', 'input_length">300')], "SF0710", "the data have 288 bases"),
        ([('sample">control<', 'sample">control</hyperparameter><hyperparameter name="max_jitter">30<')], "SF0710",
         "input_length 240, output_length 200 and max_jitter 30 need 300 and 260"),
        ([('tasks="plus, minus"', 'tasks="3"')], "SF0711", "the data have 2 tasks (plus, minus), the definition 3"),
        ([('head name="nexus"', 'head name="atac"')], "SF0711", "head 1 of the data is 'nexus', of the definition"),
        ([('tasks="plus, minus"', 'tasks="3"'), ("</data>", f"{TURNED}</data>")], "SF0707",
         "head 'nexus' has 3 tasks, auto knows what becomes of one or two"),
    ],
)  # fmt: skip
def test_simulated_profiles(
    shipped: Path, changes: list[tuple[str, str]], id: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shipped.parents[1])
    assert found(shipped) == []
    (problem,) = found(shipped, *changes)
    assert (problem.id, problem.severity) == (id, "error")
    assert words in problem.message
    assert problem.message.startswith(SIMULATED) == (id != "SF0707")


def test_heads_that_cannot_be_read_are_said_once(shipped: Path) -> None:
    assert found(shipped, ('head name="nexus"', 'head name="validation_x"')) == []


def test_training_files(tmp_path: Path) -> None:
    pytest.importorskip("h5py")
    small.write_data(tmp_path, 28)
    file = small.write_definition(tmp_path / "solo.xml", "BPNet", small.SOLO | small.WIDTHS)
    assert found(file) == []
    (problem,) = found(file, ("28/training.h5<", '28/training.h5</hyperparameter><hyperparameter name="max_jitter">2<'))
    assert problem.id == "SF0710"
    assert "training.h5: the data have 28 bases and 20 positions" in problem.message
    with pytest.raises(DefinitionError, match="SF0710"):
        read(file)
    assert [one.severity for one in found(file, need_files=False)] == ["note"]
    (tmp_path / "28/training.h5").write_bytes(b"no HDF5")
    (damaged,) = found(file)
    assert (damaged.id, damaged.severity) == ("SF0708", "error")
    (tmp_path / "28/training.h5").unlink()
    assert {(one.id, one.severity) for one in found(file, ("28/training.h5", "28/gone.h5"))} >= {("SF0421", "warning")}


def test_data_of_a_part_may_have_gone(tmp_path: Path) -> None:
    """What a trained part was trained on does not matter to the model that it is part of."""
    small.write_data(tmp_path, 28)
    (tmp_path / "28/validation.h5").write_bytes(b"no HDF5")
    small.write_definition(tmp_path / "solo.xml", "BPNet", small.SOLO | small.WIDTHS)
    sets = '<part name="solo" run="solo"/>'
    file = small.write_definition(tmp_path / "trans.xml", "BPNetTransformation", small.SIMPLE, part=sets)
    definition, _ = read_model(file)
    assert definition is not None
    experiment, problems = resolve(definition)
    assert [one.id for one in errors(problems)] == ["SF0708"]
    assert experiment is None
    (tmp_path / "28/validation.h5").unlink()
    experiment, problems = resolve(definition)
    assert experiment is not None
    assert "SF0436" in [one.id for one in problems]
