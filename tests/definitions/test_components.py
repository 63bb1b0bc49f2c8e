# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Hyper-parameters as written → a typed component, for every registered component."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from seqforge import registry
from seqforge.definitions.components import Subject, assemble
from seqforge.definitions.model import Hyperparameter
from seqforge.definitions.tree import Text
from seqforge.errors import Place, Problem
from seqforge.parameters import Count, Positive, parameters_of, setting
from seqforge.registry import KERAS, PYTORCH, Component

PLACE = Place("x.xml", 3, 1)


def items(*pairs: tuple[str, str]) -> list[Hyperparameter]:
    places = [Place("x.xml", 10 + number, 5) for number in range(len(pairs))]
    return [Hyperparameter(Text(n, place), Text(v, place)) for (n, v), place in zip(pairs, places, strict=True)]


def read(cls: type, *pairs: tuple[str, str]) -> tuple[Any, list[Problem]]:
    problems: list[Problem] = []
    return assemble(cls, items(*pairs), Subject("thing", PLACE), problems), problems


@dataclass(frozen=True, kw_only=True)
class Thing(Component):
    size: Count
    rate: Positive = setting(0.5, "how fast", "speed")

    def problems(self) -> list[tuple[str, str]]:
        return [("rate", "rate must not be 13")] if self.rate == 13 else []

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.size == 99:
            raise ValueError("99 is taken")


def test_values_are_typed_and_defaults_filled_in() -> None:
    assert read(Thing, ("Si_ze", "3.0")) == (Thing(size=3), [])
    assert read(Thing, ("size", "3"), ("SPEED", "2"))[0] == Thing(size=3, rate=2.0)


def test_all_problems_at_once() -> None:
    thing, problems = read(Thing, ("sise", "3"), ("rate", "-1"), ("speed", "2"), ("rate", ""))
    assert thing is None
    assert sorted((problem.id, problem.place.line) for problem in problems) == [
        ("SF0203", 10),
        ("SF0204", 11),
        ("SF0205", 13),
    ]  # size is misspelt, not missing, too
    assert "(lines 11 and 12 and 13: '-1', '2', '')" in next(p.message for p in problems if p.id == "SF0205")


def test_what_the_component_refuses_becomes_a_problem() -> None:
    assert [str(problem) for problem in read(Thing, ("size", "99"))[1]] == ["x.xml:3: SF0208: 99 is taken"]
    _, problems = read(Thing, ("size", "1"), ("rate", "13"))
    assert [(problem.id, problem.place.line) for problem in problems] == [("SF0208", 11)]


@pytest.mark.parametrize(
    ("library", "pairs", "expected"),
    [
        (PYTORCH, [("beta_1", "0.8")], {"betas": (0.8, 0.999)}),
        (PYTORCH, [("beta_2", "0.99"), ("beta_1", "0.8")], {"betas": (0.8, 0.99)}),
        (PYTORCH, [("betas", "0.8, 0.99")], {"betas": (0.8, 0.99)}),
        (KERAS, [("betas", "(0.8, 0.99)")], {"beta_1": 0.8, "beta_2": 0.99}),
        (KERAS, [("beta_2", "0.99")], {"beta_1": 0.9, "beta_2": 0.99}),
    ],
)
def test_betas_are_two_numbers_or_one_pair(library: str, pairs: list, expected: dict) -> None:
    adam, problems = read(registry.find("optimizers", "Adam", library), *pairs)
    assert not problems
    assert {name: getattr(adam, name) for name in expected} == expected


@pytest.mark.parametrize("text", ["0.9", "(0.9, 0.9, 0.9)", "'ab'", "__import__('os')", "None", "{1, 2}", "("])
@pytest.mark.parametrize("library", [PYTORCH, KERAS])
def test_betas_that_are_no_pair(library: str, text: str) -> None:
    adam, problems = read(registry.find("optimizers", "Adam", library), ("betas", text))
    assert adam is None
    assert {problem.id for problem in problems} == {"SF0204"}


@pytest.mark.parametrize("library", [PYTORCH, KERAS])
def test_betas_in_both_spellings_are_given_twice(library: str) -> None:
    _, problems = read(registry.find("optimizers", "Adam", library), ("betas", "(0.8, 0.99)"), ("beta_1", "0.8"))
    assert [problem.id for problem in problems] == ["SF0205"]


EVERY = [
    pytest.param(cls, id=f"{room}-{cls.library or 'any'}-{cls.name}")
    for room in ("losses", "optimizers", "schedules", "metrics", "layers")
    for cls in registry.classes(room)
]


@pytest.mark.parametrize("cls", EVERY)
def test_bad_values_made_from_the_declaration_are_refused_at_their_line(cls: Any) -> None:
    for name, parameter in parameters_of(cls).items():
        for text in parameter.kind.bad_values():
            component, problems = read(cls, (name, text))
            assert component is None, (name, text)
            assert any(problem.place.line == 10 and problem.id == "SF0204" for problem in problems), (name, text)


@pytest.mark.parametrize("cls", EVERY)
def test_a_misspelt_key_of_every_component_is_refused(cls: Any) -> None:
    for name in parameters_of(cls):
        _, problems = read(cls, (f"{name}q", "1"))
        assert any(problem.id == "SF0203" and name in problem.hint for problem in problems), name
