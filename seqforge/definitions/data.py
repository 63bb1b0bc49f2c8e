# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The data definition (`seqgradata`) as typed, frozen records: what the simulator draws from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from seqforge.definitions.tree import Node, Text
from seqforge.errors import NOWHERE, Place

SETS = ("training", "validation", "test")


@dataclass(frozen=True)
class AlphabetDistribution:
    """Letter probabilities as written (not yet divided by their sum), for a set, a condition, both or all."""

    letters: dict[str, float]
    setname: Text | None = None
    cid: Text | None = None
    place: Place = NOWHERE


@dataclass(frozen=True)
class Background:
    minlength: int
    maxlength: int
    distributions: tuple[AlphabetDistribution, ...]
    place: Place = NOWHERE


@dataclass(frozen=True)
class Example:
    """`samples` rows that carry these conditions together."""

    samples: int
    conditions: tuple[Text, ...]
    place: Place = NOWHERE


@dataclass(frozen=True)
class DataSet:
    name: Text
    examples: tuple[Example, ...]
    place: Place = NOWHERE


@dataclass(frozen=True)
class PostProcessing:
    """An operation over every row of a set; only `kmer-frequency-preserving-shuffle` is known."""

    operation: Text
    labels: Text
    k: int = 1
    place: Place = NOWHERE


@dataclass(frozen=True)
class SpacingConstraint:
    sid1: Text
    sid2: Text
    mindistance: int
    maxdistance: int
    order: str  # "random" or "in-order"
    place: Place = NOWHERE


@dataclass(frozen=True)
class Rule:
    """`position`: "random", "start", "center", "end" or a number counted from 1."""

    position: str | int
    probability: float
    elements: tuple[Text, ...]
    constraints: tuple[SpacingConstraint, ...] = ()
    place: Place = NOWHERE


@dataclass(frozen=True)
class Condition:
    id: Text
    label: Text
    description: Text
    mode: str  # "sequential" or "mutually exclusive"
    rules: tuple[Rule, ...]
    place: Place = NOWHERE


@dataclass(frozen=True)
class SequenceElement:
    """Either `kmers` (word → probability) or `positions` (one letter → probability per position), as written."""

    id: Text
    kmers: dict[str, float] | None = None
    positions: tuple[dict[str, float], ...] | None = None
    place: Place = NOWHERE

    @property
    def widths(self) -> tuple[int, ...]:
        """The lengths that an instance can have, ascending."""
        if self.positions is not None:
            return (len(self.positions),)
        return tuple(sorted({len(word) for word in self.kmers or ()}))


@dataclass(frozen=True)
class DataDefinition:
    id: Text
    name: Text
    description: Text
    task: Text
    sequencespace: Text
    seed: int
    background: Background
    sets: tuple[DataSet, ...]
    postprocessing: tuple[PostProcessing, ...]
    conditions: tuple[Condition, ...]
    elements: tuple[SequenceElement, ...]
    tree: Node
    file: Path | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """Every label that rows of this definition can carry: condition ids, then those of post-processing."""
        extra = (label for step in self.postprocessing for label in str(step.labels).split("|") if label)
        return tuple(dict.fromkeys((*map(str, (c.id for c in self.conditions)), *extra)))
