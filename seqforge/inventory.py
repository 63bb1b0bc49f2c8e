# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What there is: every registered name with its hyper-parameters, and every problem id with its meaning."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqforge import registry, resources
from seqforge.definitions.catalogue import CATALOGUE
from seqforge.definitions.general import LIBRARY_NAMES
from seqforge.definitions.reader import read_tree
from seqforge.errors import UsageError, did_you_mean, nearest
from seqforge.parameters import Parameter, folded, parameters_of
from seqforge.registry import LIBRARIES, singular
from seqforge.training.process import TrainingProcess


@dataclass(frozen=True)
class Explained:
    """A problem id."""

    id: str

    def row(self) -> dict[str, Any]:
        entry = CATALOGUE[self.id]
        return {"id": self.id, "title": entry.title, "explanation": entry.explanation}

    def __str__(self) -> str:
        return f"{self.id}: {CATALOGUE[self.id].title}\n\n{CATALOGUE[self.id].explanation}"


@dataclass(frozen=True)
class Described:
    """A component: its class, and the noun of its room."""

    noun: str
    cls: Any

    @property
    def name(self) -> str:
        return getattr(self.cls, "name", "") or self.cls.__name__

    @property
    def libraries(self) -> tuple[str, ...]:
        """The backends that have it; empty if that means nothing for it."""
        owner = getattr(self.cls, "library", None)
        having = tuple(getattr(self.cls, "libraries", ()))
        return (owner,) if owner else having if having != LIBRARIES else ()

    @property
    def summary(self) -> str:
        """The first line of its documentation; what a dataclass writes by itself is none."""
        text = inspect.getdoc(self.cls) or ""
        return "" if text.startswith(f"{self.cls.__name__}(") else text.split("\n", 1)[0]

    def line(self) -> str:
        where = f" ({', '.join(self.libraries)})" if self.libraries else ""
        also = f", also {', '.join(self.cls.aliases)}" if getattr(self.cls, "aliases", ()) else ""
        return f"{self.name}{where}{also}" + (f": {self.summary}" if self.summary else "")

    def row(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "kind": self.noun,
            "aliases": list(getattr(self.cls, "aliases", ())),
            "libraries": list(self.libraries),
            "summary": self.summary,
            "hyperparameters": [_row(parameter) for parameter in parameters_of(self.cls).values()],
        }

    def __str__(self) -> str:
        text = inspect.getdoc(self.cls) or ""
        doc = [] if text.startswith(f"{self.cls.__name__}(") else [text, ""]
        where = f" on {' and '.join(self.libraries)}" if self.libraries else ""
        lines = [f"{self.noun} '{self.name}'{where}", "", *doc]
        return "\n".join([*lines, *_table(list(parameters_of(self.cls).values()))]).rstrip()


def _row(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "aliases": list(parameter.aliases),
        "expected": parameter.kind.expected,
        "required": parameter.required,
        "default": None if parameter.required else _plain(parameter.default),
        "doc": parameter.doc,
    }


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def _table(parameters: list[Parameter]) -> Iterator[str]:
    """One line per hyper-parameter: name, what it may be, default, meaning."""
    if not parameters:
        yield "no hyper-parameters"
        return
    names = [", ".join((one.name, *one.aliases)) for one in parameters]
    width = max(map(len, names))
    for name, one in zip(names, parameters, strict=True):
        default = "required" if one.required else f"default {one.default}"
        yield f"{name:<{width}}  {one.kind.expected}; {default}" + (f"; {one.doc}" if one.doc else "")


@dataclass(frozen=True)
class Shipped:
    """A definition that comes with SeqForge: its name is enough for `train`, `show`, `validate`, `simulate`."""

    path: Path

    def line(self) -> str:
        return f"{self.path.parent.name}/{self.path.name}: {self._said('name')}; {self._said('task')}"

    def row(self) -> dict[str, Any]:
        facts = {key: self._said(key) for key in ("name", "description", "task", "sequencespace", "library")}
        return {"id": self.path.stem, "path": str(self.path), **facts}

    def _said(self, key: str) -> str:
        general = read_tree(self.path).one("general")
        node = general.one(key) if general is not None else None
        return str(node.text) if node is not None else ""


def shipped() -> list[Shipped]:
    """Every definition that comes with SeqForge, models first."""
    return [Shipped(path) for room in resources.DEFINITIONS for path in sorted(resources.folder(room).glob("*.xml"))]


def inventory(room: str | None = None, library: str | None = None) -> dict[str, list[Described]]:
    """The components of one room, or of all, that a definition can name; raises UsageError for unknown words."""
    rooms = [_room(room)] if room else list(registry.ROOMS)
    owner = _library(library) if library else None
    found = {name: [one for one in _described(name) if _has(one, owner)] for name in rooms}
    return {name: entries for name, entries in found.items() if entries or room}


def _room(name: str) -> str:
    rooms = {spelling: room for room in registry.ROOMS for spelling in (room, singular(room), room.removesuffix("s"))}
    if name.casefold() not in rooms:
        raise UsageError(f"nothing is called '{name}'; {did_you_mean(name, [*registry.ROOMS, 'definitions'])}")
    return rooms[name.casefold()]


def _library(name: str) -> str:
    if name.casefold() not in LIBRARY_NAMES:
        raise UsageError(f"unknown library '{name}'; expected one of {', '.join(LIBRARIES)}")
    return LIBRARY_NAMES[name.casefold()]


def _described(room: str) -> list[Described]:
    return [Described(singular(room), cls) for cls in registry.classes(room)]


def _has(one: Described, library: str | None) -> bool:
    return library is None or not one.libraries or library in one.libraries


def explain(topic: str) -> list[Explained | Described]:
    """The problem id, or every component of that name; raises UsageError if there is neither."""
    number = re.fullmatch(r"(?:SF)?(\d+)", topic, re.IGNORECASE)
    if number:
        id = f"SF{number[1]:0>4}"
        if id not in CATALOGUE:
            raise UsageError(f"unknown problem id '{topic}'; the ids go from {min(CATALOGUE)} to {max(CATALOGUE)}")
        return [Explained(id)]
    found = [one for one in _everything() if folded(topic) in map(folded, _names(one))]
    if not found:
        known = sorted({one.name for one in _everything()})
        guess = nearest(topic, known)
        hint = f"did you mean '{guess}'?" if guess else "seqforge list shows all names"
        raise UsageError(f"nothing is called '{topic}'; {hint}")
    return list(found)


def _everything() -> Iterator[Described]:
    for room in registry.ROOMS:
        yield from _described(room)
    yield Described("section", TrainingProcess)


def _names(one: Described) -> tuple[str, ...]:
    return (one.name, *getattr(one.cls, "aliases", ()))
