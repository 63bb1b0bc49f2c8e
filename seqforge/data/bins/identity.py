# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Which sample and chromosome the rows of a table are of: its columns, else a manifest, else the name of its file.

Never the name of a folder, and never a default: a chromosome under a wrong name straddles sets unnoticed.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from seqforge.arrays import np
from seqforge.data.bins.tables import COLUMN, ENDING, Block
from seqforge.data.problems import DAMAGED, MISSING
from seqforge.errors import Place, Problem, nearest

IDENTITY = "SF0736"

NAME_PATTERN = "{sample}_{chromosome}" + ENDING
MANIFEST = ("file", "sample", "chromosome", "group")
WAY_OUT = f"name it in a manifest ({','.join(MANIFEST[:3])}[,group]), or by columns sample and chromosome"


@dataclass(frozen=True)
class Chromosome:
    """One example: a chromosome, or a fragment, of a sample. Arrays as in `Block`; `group` is the unit of splitting."""

    sample: str
    name: str
    group: str
    block: Block = field(repr=False)

    def __len__(self) -> int:
        return len(self.block)

    @property
    def labels(self) -> np.ndarray | None:
        return self.block.labels

    @property
    def bin_size(self) -> int:
        """Of its first bin, in bp."""
        return int(self.block.edges[1] - self.block.edges[0])

    @property
    def place(self) -> Place:
        return Place(str(self.block.file), self.block.line)

    def __str__(self) -> str:
        return f"{self.name} of {self.sample}"


class Entry(NamedTuple):
    """A row of a manifest; "" where it says nothing."""

    sample: str
    chromosome: str
    group: str
    line: int


@dataclass(frozen=True)
class Names:
    """What says who a table is of: the manifest by file (absolute), and the pattern of names."""

    manifest: Mapping[Path, Entry] = field(default_factory=dict)
    pattern: str = NAME_PATTERN

    def of(self, block: Block) -> Chromosome | Problem:
        """The block with its names, or why it has none."""
        entry = self.manifest.get(block.file.resolve(), Entry("", "", "", 0))
        sample, chromosome = block.sample or entry.sample, block.chromosome or entry.chromosome
        if not (sample and chromosome):
            found = parsed(block.file.name, self.pattern, chromosome)
            sample, chromosome = sample or found.get("sample", ""), chromosome or found.get("chromosome", "")
        place = Place(str(block.file), block.line)
        lacking = " and ".join(
            f"no {what}" for what, name in (("sample", sample), ("chromosome", chromosome)) if not name
        )
        if lacking:
            message = f"expected a name as {self.pattern}, received {block.file.name}, which says {lacking}"
            return Problem(place, IDENTITY, message, WAY_OUT)
        if len(chromosome.split()) != 1:
            message = f"chromosome: expected a name without blanks, as BED files need it, received '{chromosome}'"
            return Problem(place, IDENTITY, message)
        return Chromosome(sample, chromosome, entry.group or sample, block)


def named(blocks: Iterable[Block], names: Names) -> tuple[list[Chromosome], list[Problem]]:
    """Every block with its names, and what is wrong: no name, or one that another block has."""
    found: list[Chromosome] = []
    problems: list[Problem] = []
    first: dict[tuple[str, str], Chromosome] = {}
    for block in blocks:
        one = names.of(block)
        if isinstance(one, Problem):
            problems.append(one)
            continue
        found.append(one)
        other = first.setdefault((one.sample, one.name), one)
        if other is not one:
            message = f"expected each chromosome of a sample once, received {one} again, first at {other.place}"
            same = one.block.file == other.block.file
            hint = "rows of a chromosome lie together" if same else "leave one of the two tables out"
            problems.append(Problem(one.place, IDENTITY, message, hint))
    return found, problems


def pattern_problem(pattern: str) -> str:
    """What is wrong with a name_pattern; "" if nothing is."""
    fields = re.findall(r"\{(.*?)\}", pattern)
    if sorted(fields) not in (["sample"], ["chromosome"], ["chromosome", "sample"]):
        return f"name_pattern: expected {{sample}} and {{chromosome}}, each once at most, received '{pattern}'"
    return ""


def parsed(name: str, pattern: str = NAME_PATTERN, chromosome: str = "") -> dict[str, str]:
    """What a file name says of "sample" and "chromosome"; {} where it does not fit the pattern.

    A chromosome is what has no underscore, so that of `human_hap1_chr3` it is `chr3`; one that is known already is
    looked for as it is, but for characters that file names do not have.
    """
    known = re.sub(r"\\?[^A-Za-z0-9]", ".", chromosome)
    for spelt in (known, "[^_]+") if known else ("[^_]+",):
        regex = "".join(_piece(piece, spelt) for piece in re.split(r"(\{.*?\})", pattern))
        found = re.fullmatch(regex, name)
        if found:
            return found.groupdict()
    return {}


def _piece(piece: str, chromosome: str) -> str:
    known = {"{sample}": "(?P<sample>.+)", "{chromosome}": f"(?P<chromosome>{chromosome})"}
    return known.get(piece, re.escape(piece))


def read_manifest(path: Path, tables: Sequence[Path], roots: Sequence[Path]) -> tuple[dict[Path, Entry], list[Problem]]:
    """The rows of a manifest by the (resolved) table that they name, and every problem.

    A file is named by its path from one of `roots` or from the manifest's folder, or by its bare name if only one of
    `tables` is called so.
    """
    problems: list[Problem] = []
    found: dict[Path, Entry] = {}

    def refuse(line: int, id: str, message: str, hint: str = "") -> None:
        problems.append(Problem(Place(str(path), line), id, message, hint))

    for line, row in _rows(path, refuse):
        target = _target(row["file"], path, tables, roots)
        if target is None:
            guess = nearest(row["file"], [table.name for table in tables])
            hint = f"did you mean '{guess}'?" if guess else ""
            refuse(line, IDENTITY, f"file: expected one of the tables, received '{row['file']}'", hint)
        elif target in found:
            refuse(line, IDENTITY, f"file: expected each table once, received '{row['file']}' again")
        else:
            found[target] = Entry(row["sample"], row["chromosome"], row.get("group", ""), line)
    return found, problems


def _rows(path: Path, refuse) -> Iterator[tuple[int, dict[str, str]]]:  # type: ignore[no-untyped-def]
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        refuse(0, MISSING, f"cannot read the manifest: {getattr(error, 'strerror', None) or error}")
        return
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        missing = [name for name in MANIFEST[:3] if name not in header]
        surplus = [name for name in header if name not in MANIFEST or header.count(name) > 1]
        if missing or surplus:
            expected = f"expected columns {', '.join(MANIFEST[:3])} and perhaps group"
            refuse(1, COLUMN, f"{expected}, received {', '.join(header) or 'none'}")
            return
        for row in reader:
            if row and len(row) != len(header):
                refuse(reader.line_num, COLUMN, f"expected {len(header)} cells, received {len(row)}")
            elif row:
                yield reader.line_num, dict(zip(header, (cell.strip() for cell in row), strict=True))
    except csv.Error as error:
        refuse(reader.line_num, DAMAGED, f"expected comma-separated values: {error}")


def _target(name: str, manifest: Path, tables: Sequence[Path], roots: Sequence[Path]) -> Path | None:
    known = {table.resolve() for table in tables}
    for root in (*roots, manifest.parent):
        target = (root / name).resolve()
        if target in known:
            return target
    called = [table.resolve() for table in tables if table.name == name]
    return called[0] if len(called) == 1 else None
