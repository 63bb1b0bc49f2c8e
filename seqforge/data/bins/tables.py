# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""One table of bins: `*_multi_k_summary.csv` read as it is, with every violation of its format at its line.

A row is one bin of a chromosome, 0-based and half-open. Rows of a block (one chromosome) touch, are in order and of one
size; the last may be shorter.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from seqforge.arrays import np
from seqforge.data.problems import DAMAGED, EMPTY, MISSING
from seqforge.errors import Place, Problem, nearest, quoted

if TYPE_CHECKING:
    from collections.abc import Callable

COLUMN, BINS, CENTROMERE, VALUE, SHORT = "SF0731", "SF0732", "SF0733", "SF0734", "SF0735"

ENDING = "_multi_k_summary.csv"
KMERS = (64, 128, 256, 512)
HIGHLIGHTED, DEPTH = "highlighted_percent", "coverage_depth_avg"
FEATURES = tuple(f"{k}_{what}" for k in KMERS for what in (HIGHLIGHTED, DEPTH))
LABEL = "has_cen"
PLACES = ("start", "end")
NAMES = ("sample", "chromosome")
KNOWN = (*NAMES, *PLACES, *FEATURES, LABEL)
UNKNOWN = -1  # of a label

FEWEST_BINS = 10  # of a chromosome
MOST_ALIKE = 20  # problems of one kind in one column that are named one by one


@dataclass(frozen=True)
class Block:
    """The adjacent rows of one chromosome of a table.

    `edges` (bin + 1,) int64: bin i is [edges[i], edges[i + 1]); `features` (bin, feature) float64 in the order of
    `FEATURES`; `labels` (bin,) int8: 1 centromere, 0 not, −1 unknown; None: the table has no such column.
    `line`: of its first row. `sample`, `chromosome`: what columns say; None: there is no such column.
    """

    file: Path
    line: int
    edges: np.ndarray
    features: np.ndarray
    labels: np.ndarray | None
    sample: str | None = None
    chromosome: str | None = None

    def __len__(self) -> int:
        return len(self.features)


class TableRead(NamedTuple):
    """The blocks of a table without problems, all of its problems, and the columns that nothing reads."""

    blocks: list[Block]
    problems: list[Problem]
    surplus: tuple[str, ...] = ()


def read_table(path: Path, labelled: bool = True) -> TableRead:
    """The table `path`. `labelled`: has_cen must be there, 0 or 1; else it may be missing or −1 (unknown)."""
    reader = _Reader(path, labelled)
    blocks = reader.read()
    return TableRead([] if reader.problems else blocks, sorted(reader.problems), reader.surplus)


@dataclass
class _Reader:
    """One table being judged; `lines` (row,) is where each row ends, `after` holds the rows behind one left out."""

    path: Path
    labelled: bool
    problems: list[Problem] = field(default_factory=list)
    surplus: tuple[str, ...] = ()
    lines: list[int] = field(default_factory=list)
    after: set[int] = field(default_factory=set)

    def refuse(self, line: int, id: str, message: str, hint: str = "") -> None:
        self.problems.append(Problem(Place(str(self.path), line), id, message, hint))

    def read(self) -> list[Block]:
        rows = self._rows()
        if not rows:
            return []
        columns = self._columns(rows[0], rows[1:])
        if columns is None:
            return []
        if not self.lines:
            self.refuse(1, EMPTY, "the table has a header and no rows", f"expected {FEWEST_BINS} or more")
            return []
        return [self._block(columns, rows) for rows in self._blocks(columns)]

    def _rows(self) -> list[list[str]]:
        """The cells of every line that is not blank, the header first; rows of another width are left out."""
        try:
            text = self.path.read_bytes()
        except OSError as error:
            self.refuse(0, MISSING, f"cannot read the table: {error.strerror or error}")
            return []
        try:
            decoded = text.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            self.refuse(text.count(b"\n", 0, error.start) + 1, DAMAGED, "expected UTF-8, received other bytes")
            return []
        return self._cells(decoded)

    def _cells(self, text: str) -> list[list[str]]:
        rows: list[list[str]] = []
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        try:
            for row in reader:
                if row and rows and len(row) != len(rows[0]):
                    message = f"expected {len(rows[0])} cells as in the header, received {len(row)}"
                    self.refuse(reader.line_num, COLUMN, message)
                    self.after.add(len(rows) - 1)
                elif row:
                    self.lines.append(reader.line_num)
                    rows.append(row)
        except csv.Error as error:
            self.refuse(reader.line_num, DAMAGED, f"expected comma-separated values: {error}")
            return []
        if not rows:
            self.refuse(0, EMPTY, "the table is empty", "expected a header line")
        self.lines = self.lines[1:]
        return rows

    def _columns(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, list[str]] | None:
        """Name → cells; None where a column is missing or stands twice."""
        names = [name.strip() for name in header]
        before = len(self.problems)
        for name in dict.fromkeys(name for name in names if name in KNOWN and names.count(name) > 1):
            self.refuse(1, COLUMN, f"{name}: expected one such column, received {names.count(name)}")
        needed = (*PLACES, *FEATURES, *((LABEL,) if self.labelled else ()))
        others = [name for name in names if name not in KNOWN]
        for name in needed:
            if name not in names:
                self.refuse(1, COLUMN, f"{name}: expected such a column, received none", _way_out(name, names, others))
        if len(self.problems) > before:
            return None
        self.surplus = tuple(dict.fromkeys(others))
        return {name: [row[place].strip() for row in rows] for place, name in enumerate(names) if name in KNOWN}

    def _blocks(self, columns: Mapping[str, list[str]]) -> Iterator[slice]:
        """The rows of each chromosome: as long as sample and chromosome stay the same."""
        for name in NAMES:
            empty = np.array([not cell for cell in columns.get(name, ())], dtype=bool)
            self._each(name, np.flatnonzero(empty), "a name", columns)
        keys = list(zip(*(columns[name] for name in NAMES if name in columns), strict=True)) or [()] * len(self.lines)
        start = 0
        for _, rows in groupby(keys):
            stop = start + sum(1 for _ in rows)
            yield slice(start, stop)
            start = stop

    def _block(self, columns: Mapping[str, list[str]], rows: slice) -> Block:
        part = {name: cells[rows] for name, cells in columns.items()}
        edges = self._edges(part, rows.start)
        features = np.stack([self._feature(name, part, rows.start) for name in FEATURES], axis=1)
        labels = self._labels(part, rows.start) if LABEL in part else None
        if len(features) < FEWEST_BINS:
            message = f"expected {FEWEST_BINS} or more bins of a chromosome, received {len(features)}"
            self.refuse(self.lines[rows.start], SHORT, message)
        names = {name: part[name][0] for name in NAMES if name in part}
        return Block(self.path, self.lines[rows.start], edges, features, labels, **names)

    # places of bins

    def _edges(self, part: Mapping[str, list[str]], first: int) -> np.ndarray:
        """(bin + 1,) int64; without meaning where something was refused."""
        start, end = (self._integers(name, part, first) for name in PLACES)
        sound = (start >= 0) & (end >= 0)
        reversed_ = sound & (start >= end)

        def say(row: int) -> str:
            return f"start, end: expected start < end, received {start[row]} and {end[row]}"

        self._told(np.flatnonzero(reversed_), say, BINS, first)
        sound &= ~reversed_
        self._touching(start, end, sound, first)
        self._sizes(end - start, sound, first)
        return np.append(start, end[-1:])

    def _integers(self, name: str, part: Mapping[str, list[str]], first: int) -> np.ndarray:
        """(row,) int64, −1 where a cell is refused."""
        found = np.array([_integer(cell) for cell in part[name]], dtype=np.int64)
        self._each(name, np.flatnonzero(found < 0), "an integer ≥ 0", part, BINS, first)
        return found

    def _touching(self, start: np.ndarray, end: np.ndarray, sound: np.ndarray, first: int) -> None:
        def say(row: int) -> str:
            here, before = int(start[row]), int(end[row - 1])
            kind = "gap" if here > before else "overlap"
            message = f"start: expected {before}, the end of the row before, received {here}"
            return f"{message}: {kind} of {abs(here - before)} bp"

        follows = [first + row not in self.after for row in range(1, len(start))]
        apart = np.flatnonzero(sound[1:] & sound[:-1] & (start[1:] != end[:-1]) & np.array(follows, dtype=bool)) + 1
        self._told(apart, say, BINS, first, "rows are read in order")

    def _sizes(self, sizes: np.ndarray, sound: np.ndarray, first: int) -> None:
        if not sound.any():
            return
        values, counts = np.unique(sizes[sound], return_counts=True)
        usual = int(values[counts.argmax()])
        wrong = sound & (sizes != usual)
        wrong[-1] &= bool(sizes[-1] > usual)

        def say(row: int) -> str:
            most = "at most " if row == len(sizes) - 1 else ""
            return f"end: expected a bin of {most}{usual} bp as the others, received {sizes[row]} bp"

        self._told(np.flatnonzero(wrong), say, BINS, first, "only the last bin of a chromosome may be shorter")

    # values of bins

    def _feature(self, name: str, part: Mapping[str, list[str]], first: int) -> np.ndarray:
        values = np.array([_real(cell) for cell in part[name]], dtype=np.float64)
        self._each(name, np.flatnonzero(~np.isfinite(values)), "a finite number", part, VALUE, first)
        expected, wrong = _RANGES[name.partition("_")[2]]
        rows = np.flatnonzero(np.isfinite(values) & wrong(values))
        percent = name.endswith(HIGHLIGHTED) and bool(((values[rows] > 1) & (values[rows] <= 100)).all())
        hint = "a fraction, not percent: divide the column by 100" if percent else ""
        self._each(name, rows, expected, part, VALUE, first, hint)
        return values

    def _labels(self, part: Mapping[str, list[str]], first: int) -> np.ndarray:
        allowed = (0.0, 1.0) if self.labelled else (0.0, 1.0, float(UNKNOWN))
        values = np.array([_real(cell) for cell in part[LABEL]], dtype=np.float64)
        if self.labelled and (values == UNKNOWN).all():
            message = f"{LABEL}: expected 0 or 1, received {UNKNOWN} (unknown) in every row"
            self.refuse(self.lines[first], CENTROMERE, message, "prepare the table with --labels, or leave it out")
            return values.astype(np.int8)
        wrong = np.flatnonzero(~np.isin(values, allowed))
        expected = "0 or 1" if self.labelled else "0, 1 or -1 (unknown)"
        unknown = self.labelled and bool((values[wrong] == UNKNOWN).all())
        hint = "a chromosome with unknown labels can be predicted, not trained or judged on" if unknown else ""
        self._each(LABEL, wrong, expected, part, CENTROMERE, first, hint)
        return np.where(np.isin(values, allowed), values, UNKNOWN).astype(np.int8)

    # saying so

    def _each(
        self,
        column: str,
        rows: np.ndarray,
        expected: str,
        cells: Mapping[str, list[str]],
        id: str = COLUMN,
        first: int = 0,
        hint: str = "",
    ) -> None:
        """A problem for each cell of `column` in `rows`."""

        def say(row: int) -> str:
            cell = cells[column][row]
            return f"{column}: expected {expected}, received {quoted(cell) if cell else 'an empty cell'}"

        self._told(rows, say, id, first, hint)

    def _told(self, rows: np.ndarray, say: Callable[[int], str], id: str, first: int, hint: str = "") -> None:
        """A problem for each of `rows`, counted from row `first`; after `MOST_ALIKE` one that counts the others."""
        for row in rows[:MOST_ALIKE].tolist():
            self.refuse(self.lines[first + row], id, say(row), hint)
        if len(rows) > MOST_ALIKE:
            more, last = len(rows) - MOST_ALIKE, self.lines[first + int(rows[-1])]
            message = f"{say(int(rows[MOST_ALIKE]))}; the same in {more - 1:,} more rows up to line {last}"
            self.refuse(
                self.lines[first + int(rows[MOST_ALIKE])], id, message if more > 1 else say(int(rows[-1])), hint
            )


_RANGES: dict[str, tuple[str, Callable[[np.ndarray], np.ndarray]]] = {
    HIGHLIGHTED: ("a fraction in [0, 1]", lambda values: (values < 0) | (values > 1)),
    DEPTH: ("a depth ≥ 0", lambda values: values < 0),
}


def _way_out(name: str, names: Sequence[str], others: Sequence[str]) -> str:
    if len(names) == 1:
        return "columns are separated by commas"
    counted = [other for other in others if _is_feature(other)]
    guess = nearest(name, [other for other in others if other not in counted])
    if guess:
        return f"did you mean to call '{guess}' so?"
    return f"prepare the table with --k {','.join(map(str, KMERS))}" if counted and name in FEATURES else ""


def _is_feature(column: str) -> bool:
    """Whether it is called as a feature, of whatever k."""
    k, _, what = column.partition("_")
    return k.isdecimal() and what in (HIGHLIGHTED, DEPTH)


def _real(cell: str) -> float:
    """NaN for what is no number; Python's "1_000" is none."""
    try:
        return float(cell) if "_" not in cell else math.nan
    except ValueError:
        return math.nan


def _integer(cell: str) -> int:
    """−1 for what is no integer from 0 to 2**62."""
    try:
        value = int(cell) if "_" not in cell else -1
    except ValueError:
        real = _real(cell)
        value = int(real) if math.isfinite(real) and real.is_integer() else -1
    return value if 0 <= value < 1 << 62 else -1


def write_table(path: Path, blocks: Iterable[Block]) -> None:
    """The `blocks` as a table, with a column for what they have of sample, chromosome and labels.

    Numbers in the shortest form that reads back the same.
    """
    from seqforge import files

    given = list(blocks)
    names = [name for name in NAMES if getattr(given[0], name) is not None]
    labelled = given[0].labels is not None
    with files.new_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*names, *PLACES, *FEATURES, *((LABEL,) if labelled else ())])
        for block in given:
            writer.writerows(_written(block, names, labelled))


def _written(block: Block, names: Sequence[str], labelled: bool) -> Iterator[list[object]]:
    head = [getattr(block, name) for name in names]
    edges, values = block.edges.tolist(), block.features.tolist()
    labels = block.labels.tolist() if labelled and block.labels is not None else None
    for row, features in enumerate(values):
        tail = [labels[row]] if labels is not None else []
        yield [*head, edges[row], edges[row + 1], *map(repr, features), *tail]
