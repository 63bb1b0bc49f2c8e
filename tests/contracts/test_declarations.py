# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Every loss, optimizer, schedule and metric: its declaration is complete; what it forbids is refused with a line."""

from __future__ import annotations

import json
import re

import pytest

from seqforge.definitions.components import Subject, assemble
from seqforge.definitions.model import Hyperparameter
from seqforge.definitions.tree import Text
from seqforge.errors import Place
from seqforge.parameters import Unfit, folded, parameters_of
from seqforge.registry import classes

ROOMS = ("losses", "optimizers", "schedules", "metrics")
COMPONENTS = [
    pytest.param(cls, id=f"{room}-{cls.name}-{cls.library or 'all'}") for room in ROOMS for cls in classes(room)
]
PARAMETERS = [
    pytest.param(cls, parameter, id=f"{cls.__name__}.{parameter.name}")
    for room in ROOMS
    for cls in classes(room)
    for parameter in parameters_of(cls).values()
]


@pytest.mark.parametrize("cls", COMPONENTS)
def test_has_defaults_that_fit(cls):
    required = [name for name, parameter in parameters_of(cls).items() if parameter.required]
    if required:
        pytest.skip(f"needs {', '.join(required)}")
    component = cls()
    assert getattr(component, "problems", list)() == []
    assert json.dumps(component.settings(), allow_nan=False)
    assert cls(**component.settings()) == component


@pytest.mark.parametrize("cls", COMPONENTS)
def test_is_described(cls):
    assert cls.__doc__
    assert not cls.__doc__.startswith(f"{cls.__name__}(")  # the docstring that a dataclass makes up is its signature
    assert not re.match(r"(PyTorch|Keras) form|The same", cls.__doc__)  # read in a list it must say what it is
    spellings = [folded(s) for parameter in parameters_of(cls).values() for s in (parameter.name, *parameter.aliases)]
    assert len(spellings) == len(set(spellings))


@pytest.mark.parametrize(("cls", "parameter"), PARAMETERS)
def test_every_field_has_a_doc_and_a_schema(cls, parameter):
    assert parameter.doc
    assert len(parameter.doc) < 100
    assert json.dumps(parameter.kind.schema())
    assert parameter.kind.expected


@pytest.mark.parametrize(("cls", "parameter"), PARAMETERS)
def test_a_default_is_read_back_from_its_text(cls, parameter):
    if not parameter.required:
        assert parameter.kind.parse(str(parameter.default)) == parameter.default


@pytest.mark.parametrize(("cls", "parameter"), PARAMETERS)
def test_bad_values_are_refused_with_a_line(cls, parameter):
    for text in parameter.kind.bad_values():
        with pytest.raises(Unfit):
            parameter.kind.parse(text)
        problems = []
        value = Text(text, Place("model.xml", 7, 40))
        item = Hyperparameter(Text(parameter.name, Place("model.xml", 7, 5)), value)
        assert assemble(cls, [item], Subject("component", Place("model.xml", 1, 1)), problems) is None
        own = [str(problem) for problem in problems if parameter.name in problem.message]
        assert own[0].startswith("model.xml:7: SF")
        assert "expected" in own[0]
        assert len(own[0].splitlines()) == 1
