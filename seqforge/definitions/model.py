# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The model definition as typed, frozen records. Every text is a `Text`: a str that knows its place in the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from seqforge.definitions.tree import Node, Text
from seqforge.errors import NOWHERE, Place


@dataclass(frozen=True)
class Hyperparameter:
    """`<hyperparameter name="…">value</hyperparameter>`; name and value stripped, as spelt in the file."""

    name: Text
    value: Text


@dataclass(frozen=True)
class Section:
    """A list of hyper-parameters: loss, optimizer, schedule, trainingprocess, data.

    `attributes` are those of the element itself (optimizer@parameters, data@format, schedule@optimizer).
    """

    hyperparameters: tuple[Hyperparameter, ...] = ()
    attributes: dict[str, Text] = field(default_factory=dict)
    place: Place = NOWHERE


@dataclass(frozen=True)
class Pattern:
    """`<pattern>`: prefix + i + postfix for i = min..max."""

    prefix: str
    postfix: str
    min: int
    max: int
    place: Place = NOWHERE

    def __iter__(self) -> Iterator[str]:
        return (f"{self.prefix}{i}{self.postfix}" for i in range(self.min, self.max + 1))


@dataclass(frozen=True)
class Head:
    """`<head>`: an output of a profile model. `tasks`: a number of tracks, or their names."""

    name: Text
    tasks: Text
    hyperparameters: tuple[Hyperparameter, ...] = ()
    place: Place = NOWHERE


@dataclass(frozen=True)
class General:
    id: Text
    name: Text
    description: Text
    task: Text
    sequencespace: Text
    library: Text
    seed: int
    implementation: Text | None = None
    inputencoding: Text | None = None  # None: the default, 1D
    labels: tuple[str, ...] = ()  # expanded, in column order; each a `Text` if written singly
    pattern: Pattern | None = None
    labels_place: Place = NOWHERE
    seed_place: Place = NOWHERE
    heads: tuple[Head, ...] = ()  # instead of labels
    unread: frozenset[str] = frozenset()  # "seed", "labels": what the file says is no number, so it is a stand-in


@dataclass(frozen=True)
class Operation:
    """One layer of `<sequential>`: its name and attributes as written."""

    name: Text
    attributes: dict[str, Text]

    @property
    def place(self) -> Place:
        return self.name.place


@dataclass(frozen=True)
class External:
    path: Text
    format: Text
    classname: Text | None = None
    layout: Text | None = None


@dataclass(frozen=True)
class Part:
    """`<part>`: a nested sub-model, from a definition or a finished run; `freeze` None: not said."""

    name: Text
    definition: Text | None = None
    run: Text | None = None
    freeze: bool | None = None
    place: Place = NOWHERE


@dataclass(frozen=True)
class Architecture:
    """Exactly one of `operations` (from `<sequential>`) and `external`."""

    operations: tuple[Operation, ...] | None = None
    external: External | None = None
    hyperparameters: tuple[Hyperparameter, ...] = ()
    place: Place = NOWHERE
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True)
class ModelDefinition:
    general: General
    architecture: Architecture
    loss: Section | None
    optimizers: tuple[Section, ...]
    schedules: tuple[Section, ...]
    trainingprocess: Section | None
    data: Section | None  # attributes["format"]
    version: int
    tree: Node  # as read: for writing, converting, hashing
    file: Path | None = None

    @property
    def id(self) -> str:
        return str(self.general.id)

    @property
    def folder(self) -> Path:
        """Where relative paths of the definition start."""
        return self.file.parent if self.file else Path.cwd()
