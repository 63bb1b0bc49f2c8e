# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Data definitions → sequences. Any part of a set can be made alone; its bytes depend on (definition, set, row) only.

Simulator(definition).rows("training", 0, 1000)    one Chunk
Simulator(definition).chunks("training")           the whole set, in bounded memory
codes(definition, "training", 0, 1000), count(definition, "training")
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from seqforge.data.encodings import alphabet
from seqforge.definitions import data_checks
from seqforge.definitions.data import AlphabetDistribution, DataDefinition, DataSet
from seqforge.definitions.reader import errors
from seqforge.errors import DataError, DefinitionError, did_you_mean
from seqforge.simulation import draws
from seqforge.simulation.placement import Canvas, apply_condition
from seqforge.simulation.shuffle import shuffled
from seqforge.simulation.tables import Letters, element

CHUNK_LETTERS = 8_000_000  # of a chunk by default: some 50 MB while it is made
ANY = -1  # one of all distributions, uniformly


@dataclass(frozen=True)
class Chunk:
    """Rows `start` … `start + n − 1` of a set.

    `codes` (n, maxlength) uint8, `len(alphabet)` after the end; `lengths` (n,) int64; `covered` (n, maxlength) bool:
    what an element ever covered; `label` (n,) int64, an index of `names`. `overwritten`: element letters lost.
    """

    start: int
    codes: np.ndarray
    lengths: np.ndarray
    covered: np.ndarray
    label: np.ndarray
    names: tuple[str, ...]
    overwritten: int = 0

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def labels(self) -> tuple[str, ...]:
        """The label of every row as files spell it: condition ids joined by `|`."""
        return tuple(self.names[number] for number in self.label)


class Simulator:
    """A definition made ready for drawing."""

    def __init__(self, definition: DataDefinition):
        """Raises DefinitionError with everything that keeps the definition from being simulated."""
        wrong = errors(data_checks.check(definition))
        if wrong:
            raise DefinitionError(wrong)
        self.definition = definition
        self.alphabet = alphabet(definition.sequencespace)
        self.elements = {str(declared.id): element(declared, self.alphabet) for declared in definition.elements}
        self.background = Letters.of((one.letters for one in definition.background.distributions), self.alphabet)
        self.sets = {str(declared.name): _Set(declared, self) for declared in definition.sets}

    def __getitem__(self, setname: str) -> _Set:
        try:
            return self.sets[setname]
        except KeyError:
            raise DataError(f"unknown set '{setname}'; {did_you_mean(setname, list(self.sets))}") from None

    def count(self, setname: str) -> int:
        """The number of rows of a set, those made by post-processing included."""
        return self[setname].count

    def rows(self, setname: str, start: int = 0, stop: int | None = None) -> Chunk:
        """The rows start … stop − 1 of a set (all by default)."""
        drawn = self[setname]
        stop = drawn.count if stop is None else min(stop, drawn.count)
        parts = [self._part(drawn, first, last) for first, last in drawn.segments(start, max(start, stop))]
        return _joined(start, parts, drawn.names, self.definition.background.maxlength)

    def chunks(self, setname: str, size: int | None = None) -> Iterator[Chunk]:
        """A whole set, `size` rows at a time."""
        size = size or max(1, CHUNK_LETTERS // self.definition.background.maxlength)
        for start in range(0, self.count(setname), size):
            yield self.rows(setname, start, start + size)

    def _part(self, drawn: _Set, start: int, stop: int) -> Chunk:
        """Rows that share their post-processing: bit j of `applied` says that operation j was applied to them."""
        applied = start // drawn.size
        rows = np.arange(start, stop) % drawn.size
        canvas = drawn.draw(rows)
        label = drawn.kinds[rows]
        for number, step in enumerate(self.definition.postprocessing):
            if applied >> number & 1:
                made = rows + drawn.size * (applied & ((2 << number) - 1))
                canvas.codes = shuffled(
                    canvas.codes, canvas.lengths, step.k, len(self.alphabet), drawn.stream("shuffle", number), made
                )
                label = np.full(len(rows), len(drawn.declared.examples) + number)
        if applied:
            canvas.covered[:] = False
            canvas.overwritten = 0
        return Chunk(start, canvas.codes, canvas.lengths, canvas.covered, label, drawn.names, canvas.overwritten)


class _Set:
    """One set of a definition; rows are numbered as in the file."""

    def __init__(self, declared: DataSet, simulator: Simulator):
        self.declared = declared
        self.simulator = simulator
        self.definition = simulator.definition
        self.size = sum(example.samples for example in declared.examples)
        self.count = self.size << len(self.definition.postprocessing)
        self.names = (
            *("|".join(example.conditions) for example in declared.examples),
            *(str(step.labels) for step in self.definition.postprocessing),
        )
        numbers = {str(condition.id): number for number, condition in enumerate(self.definition.conditions)}
        self.together = max(1, *(len(example.conditions) for example in declared.examples))
        self.references = np.full((len(declared.examples), self.together), -1)  # (example, place) → condition, or −1
        for row, example in enumerate(declared.examples):
            self.references[row, : len(example.conditions)] = [numbers[cid] for cid in example.conditions]

    @property
    def sizes(self) -> np.ndarray:
        """Rows of each of `names`."""
        sizes = [example.samples for example in self.declared.examples]
        return np.array([*sizes, *(self.size << number for number in range(len(self.definition.postprocessing)))])

    def stream(self, *purpose: int | str) -> int:
        return draws.stream(*self.name, *purpose)

    @property
    def name(self) -> tuple[int | str, ...]:
        return (self.definition.seed, str(self.declared.name))

    def segments(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """start … stop cut where the post-processing changes."""
        while start < stop:
            end = min(stop, (start // self.size + 1) * self.size)
            yield start, end
            start = end

    @cached_property
    def kinds(self) -> np.ndarray:
        """(size,): the number of the `example` that each row before post-processing belongs to, shuffled."""
        ordered = np.repeat(np.arange(len(self.declared.examples)), [one.samples for one in self.declared.examples])
        return ordered[draws.permutation(self.stream("labels"), self.size)]

    @cached_property
    def alphabets(self) -> np.ndarray:
        """(condition + 1,): the letter distribution of rows whose first condition it is; last: rows without any."""
        declared = self.definition.background.distributions
        chosen = [_distribution(declared, str(self.declared.name), str(one.id)) for one in self.definition.conditions]
        return np.array([*chosen, _distribution(declared, str(self.declared.name), None)])

    def draw(self, rows: np.ndarray) -> Canvas:
        """Sequences of `rows` (n,) before post-processing."""
        conditions = self._ordered(rows)
        canvas = self._background(rows, conditions[:, 0])
        for place in range(self.together):
            for number, condition in enumerate(self.definition.conditions):
                which = np.flatnonzero(conditions[:, place] == number)
                if len(which):
                    apply_condition(condition, canvas, which, self.simulator.elements, self.name)
        return canvas

    def _ordered(self, rows: np.ndarray) -> np.ndarray:
        """Conditions (n, place) of `rows` in random order, −1 after the last one."""
        conditions = self.references[self.kinds[rows]]
        if self.together == 1:
            return conditions
        keys = draws.words(self.stream("order"), rows, self.together)
        keys[conditions < 0] = draws.WORD
        return np.take_along_axis(conditions, np.argsort(keys, axis=1, kind="stable"), axis=1)

    def _background(self, rows: np.ndarray, first: np.ndarray) -> Canvas:
        declared = self.definition.background
        choices = declared.maxlength - declared.minlength + 1
        lengths = declared.minlength + draws.integers(self.stream("length"), rows, choices)
        which = self.alphabets[first]
        any_one = draws.integers(self.stream("alphabet"), rows, len(declared.distributions))
        which = np.where(which == ANY, any_one, which)
        codes = np.empty((len(rows), declared.maxlength), dtype=np.uint8)
        step = max(1, 2 * draws.BLOCK // declared.maxlength)
        for at in (slice(start, start + step) for start in range(0, len(rows), step)):
            numbers = draws.bits(self.stream("background"), rows[at], declared.maxlength)
            codes[at] = self.simulator.background.codes(numbers, which[at, None])
        if choices > 1:
            codes[np.arange(declared.maxlength) >= lengths[:, None]] = self.simulator.alphabet.unknown
        return Canvas(rows, codes, lengths, np.zeros(codes.shape, dtype=bool))


def _distribution(declared: tuple[AlphabetDistribution, ...], setname: str, cid: str | None) -> int:
    """The number of the distribution for a set and the row's first condition (None: a row without conditions)."""

    def those(of_set: str | None, of_condition: str | None) -> list[int]:
        wanted = (of_set, of_condition)
        return [number for number, one in enumerate(declared) if (one.setname, one.cid) == wanted]

    exact, of_set, everywhere = those(setname, cid), those(setname, None), those(None, None)
    if cid is None:
        return next(iter([*of_set, *everywhere]), ANY)
    if exact:
        return exact[0]
    return next(found[-1] for found in (of_set, those(None, cid), everywhere, [ANY]) if found)


def _joined(start: int, parts: list[Chunk], names: tuple[str, ...], maxlength: int) -> Chunk:
    if len(parts) == 1:
        return parts[0]
    empty = np.zeros((0, maxlength), dtype=np.uint8)
    none = np.zeros(0, dtype=np.int64)
    return Chunk(
        start,
        np.concatenate([empty, *(part.codes for part in parts)]),
        np.concatenate([none, *(part.lengths for part in parts)]),
        np.concatenate([empty.astype(bool), *(part.covered for part in parts)]),
        np.concatenate([none, *(part.label for part in parts)]),
        names,
        sum(part.overwritten for part in parts),
    )


_ready: list[Simulator] = []


def simulator(definition: DataDefinition) -> Simulator:
    """The simulator of a definition; the last few are kept."""
    for known in _ready:
        if known.definition is definition:
            return known
    _ready[:] = [Simulator(definition), *_ready[:3]]
    return _ready[0]


def count(definition: DataDefinition, setname: str) -> int:
    """The number of rows of a set."""
    return simulator(definition).count(setname)


def simulate(definition: DataDefinition, setname: str, start: int = 0, stop: int | None = None) -> Chunk:
    """The rows start … stop − 1 of a set."""
    return simulator(definition).rows(setname, start, stop)


def codes(
    definition: DataDefinition, setname: str, start: int = 0, stop: int | None = None
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Codes (n, maxlength) uint8 padded with `unknown`, lengths (n,) int64 and labels (n,) such as "c1|c2"."""
    chunk = simulate(definition, setname, start, stop)
    return chunk.codes, chunk.lengths, chunk.labels
