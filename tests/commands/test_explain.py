# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge explain` and `seqforge list`: what there is."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from seqforge import registry
from seqforge.cli import app
from seqforge.definitions.catalogue import CATALOGUE
from seqforge.errors import UsageError
from seqforge.inventory import explain, inventory
from seqforge.parameters import parameters_of


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments))
    if isinstance(result.exception, UsageError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("id", CATALOGUE)
def test_every_problem_is_explained(id: str) -> None:
    assert CATALOGUE[id].explanation in str(explain(id.lower())[0])


@pytest.mark.parametrize("room", [room for room in registry.ROOMS if registry.names(room)])
def test_every_component_is_listed_and_explained(room: str) -> None:
    lines = run("list", room)
    for cls in registry.classes(room):
        assert cls.name in lines
        text = "\n\n".join(map(str, explain(cls.name)))
        assert all(name in text for name in parameters_of(cls))
        assert json.loads(run("explain", cls.aliases[0] if cls.aliases else cls.name, "--json"))


def test_the_number_of_a_problem_is_enough() -> None:
    assert run("explain", "203") == run("explain", "sf0203") == run("explain", "SF0203")


def test_a_name_of_two_libraries_shows_both() -> None:
    text = run("explain", "adam")
    assert "optimizer 'Adam' on PyTorch" in text
    assert "optimizer 'Adam' on Keras" in text
    assert "betas" in text
    assert "beta_1" in text


def test_sections_are_explained_too() -> None:
    assert "early_stopping_patience" in run("explain", "TrainingProcess")


def test_lists_by_room_and_library() -> None:
    assert set(json.loads(run("list", "--json"))) >= {"losses", "optimizers", "layers", "architectures", "tasks"}
    keras = {one.name for one in inventory("losses", "tensorflow")["losses"]}
    assert "categorical_crossentropy" in keras
    assert "NLLLoss" not in keras
    assert inventory("loss") == inventory("losses")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["explain", "SF9999"], "unknown problem id 'SF9999'; the ids go from SF0001 to SF"),
        (["explain", "Adm"], "did you mean 'Adam'"),
        (["explain", "qqqqqq"], "seqforge list"),
        (["list", "lossess"], "did you mean 'losses'"),
        (["list", "losses", "--library", "JAX"], "unknown library 'JAX'"),
    ],
)
def test_unknown_words(arguments: list[str], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        run(*arguments)
