# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Peaks and background of BED files: where their windows lie, to which set they belong, and why some are dropped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from seqforge.data.genome import bed
from seqforge.data.problems import FILTERED, refuse
from seqforge.errors import DataError

UNKNOWN_CHROMOSOME, EDGE, EXCLUDED = "unknown chromosome", "chromosome edge", "exclusion_lists"
MOST_NAMED = 5  # chromosomes in a sentence


@dataclass
class Tally:
    """What became of the loci of a set: `read` of them, `dropped` by reason in the order of the filters."""

    name: str
    read: int
    dropped: dict[str, int] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)  # what a filter judged, in words

    @property
    def kept(self) -> int:
        return self.read - sum(self.dropped.values())

    def drop(self, reason: str, number: int, seen: str = "") -> None:
        """Count `number` loci as dropped; raises DataError if none is left."""
        if number:
            self.dropped[reason] = self.dropped.get(reason, 0) + number
            self.seen |= {reason: seen} if seen else {}
        if self.read and not self.kept:
            raise self.nothing_left()

    def nothing_left(self) -> DataError:
        """The error that names the filters, the one that removed most first."""
        order = sorted(self.dropped, key=lambda reason: -self.dropped[reason])
        shares = ", ".join(f"{self.dropped[reason]:,} in {reason}" for reason in order)
        seen = self.seen.get(order[0], "")
        return refuse(FILTERED, f"all {self.read:,} {self.name} dropped: {shares}", seen and f"{order[0]} saw {seen}")

    def row(self) -> dict[str, Any]:
        """As JSON."""
        return {"name": self.name, "read": self.read, "dropped": self.dropped, "kept": self.kept}

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Tally:
        return cls(row["name"], row["read"], dict(row["dropped"]))

    def __str__(self) -> str:
        reasons = ", ".join(f"{number:,} {reason}" for reason, number in self.dropped.items())
        lost = f", {self.read - self.kept:,} dropped ({reasons})" if reasons else ""
        return f"{self.name}: {self.read:,} read{lost}, {self.kept:,} kept"


@dataclass(frozen=True)
class Loci:
    """The regions of some BED files, in their order; columns (locus,).

    `chromosomes` that they name; `chrom` index into those; `centre` of their windows; `names` column 4; `tables` the
    files, `table` and `row` where a locus stands in them. `missing`: how many have no summit where one is asked for.
    """

    chromosomes: tuple[str, ...]
    chrom: np.ndarray
    centre: np.ndarray
    names: tuple[str, ...]
    tables: tuple[bed.Regions, ...]
    table: np.ndarray
    row: np.ndarray
    missing: int = 0

    def __len__(self) -> int:
        return len(self.chrom)

    def on(self, chromosomes: Sequence[str]) -> np.ndarray:
        """The loci (n,) on any of `chromosomes`, ascending."""
        wanted = np.array([name in chromosomes for name in self.chromosomes], dtype=bool)
        return np.flatnonzero(wanted[self.chrom])

    def among(self, sizes: Mapping[str, int]) -> np.ndarray:
        """The number (locus,) of each locus' chromosome in `sizes`, −1 where it has none of that name."""
        numbers = {name: number for number, name in enumerate(sizes)}
        return np.array([numbers.get(name, -1) for name in self.chromosomes], dtype=np.int64)[self.chrom]

    def counts(self, loci: np.ndarray) -> dict[str, int]:
        """How many of `loci` (n,) lie on each chromosome, the most first."""
        found = np.bincount(self.chrom[loci], minlength=len(self.chromosomes))
        order = np.argsort(-found, kind="stable")
        return {self.chromosomes[number]: int(found[number]) for number in order if found[number]}


def gathered(paths: Sequence[Path], summits: bool = False) -> Loci:
    """The regions of `paths`; with `summits` windows are laid around start + column 10 where that is ≥ 0.

    Raises DataError for a file that cannot be read, a summit outside of its region, or a file without any summit.
    """
    tables = tuple(bed.read(path) for path in paths)
    chromosomes = tuple(dict.fromkeys(name for table in tables for name in table.chromosomes))
    numbers = {name: number for number, name in enumerate(chromosomes)}
    chrom = [np.array([numbers[name] for name in table.chromosomes])[table.chrom] for table in tables]
    return Loci(
        chromosomes,
        np.concatenate(chrom),
        np.concatenate([_centres(table, summits) for table in tables]),
        tuple(name for table in tables for name in table.names),
        tables,
        np.repeat(np.arange(len(tables)), [len(table) for table in tables]),
        np.concatenate([np.arange(len(table)) for table in tables]),
        sum(int(np.count_nonzero(table.summit < 0)) for table in tables) if summits else 0,
    )


def _centres(table: bed.Regions, summits: bool) -> np.ndarray:
    middle = (table.start + table.stop) // 2
    if not summits:
        return middle
    if (table.summit < 0).all():
        hint = "give a narrowPeak file, or leave summits out: windows are then laid around the middle"
        raise table.wrong(0, "summits: no region of the file has an offset in column 10", hint)
    beyond = table.start + table.summit >= table.stop
    if beyond.any():
        row = int(np.argmax(beyond))
        raise table.wrong(row, f"summits: column 10 is {table.summit[row]}, outside of the region")
    return np.where(table.summit < 0, middle, table.start + table.summit)


@dataclass(frozen=True)
class Extent:
    """The widest windows of loci, `width` bases of which `before` lie before the centre, in a genome of `sizes`."""

    sizes: Mapping[str, int]
    before: int
    width: int

    def known(self, loci: Loci, chosen: np.ndarray) -> np.ndarray:
        """Whether the genome has the chromosome, (n,) bool."""
        found: np.ndarray = loci.among(self.sizes)[chosen] >= 0
        return found

    def inside(self, loci: Loci, chosen: np.ndarray) -> np.ndarray:
        """Whether the window lies in the chromosome from its first to its last base, (n,) bool."""
        low = loci.centre[chosen] - self.before
        size = np.array(list(self.sizes.values()), dtype=np.int64)[loci.among(self.sizes)[chosen]]
        found: np.ndarray = (low >= 0) & (low + self.width <= size)
        return found

    def apart(self, loci: Loci, chosen: np.ndarray, excluded: Loci | None) -> np.ndarray:
        """Whether the window has no base in common with any region of `excluded`, (n,) bool."""
        free = np.ones(len(chosen), dtype=bool)
        low = loci.centre[chosen] - self.before
        for table in excluded.tables if excluded else ():
            for number, name in enumerate(table.chromosomes):
                here = np.flatnonzero(loci.chrom[chosen] == _number(loci.chromosomes, name))
                theirs = table.chrom == number
                # windows meet k regions if k more begin before their end than end before their begin
                begun = np.searchsorted(np.sort(table.start[theirs]), low[here] + self.width, side="left")
                ended = np.searchsorted(np.sort(table.stop[theirs]), low[here], side="right")
                free[here] &= begun == ended
        return free


def _number(names: Sequence[str], name: str) -> int:
    return names.index(name) if name in names else -1


def placed(loci: Loci, chosen: np.ndarray, tally: Tally, extent: Extent, excluded: Loci | None = None) -> np.ndarray:
    """Those of the loci `chosen` (n,) whose widest window can be cut, ascending; the others are counted in `tally`."""
    filters = {
        UNKNOWN_CHROMOSOME: extent.known,
        EDGE: extent.inside,
        EXCLUDED: lambda loci, chosen: extent.apart(loci, chosen, excluded),
    }
    for reason, keeps in filters.items():
        keep = keeps(loci, chosen)
        tally.drop(reason, int(np.count_nonzero(~keep)))
        chosen = chosen[keep]
    return chosen


def named(counts: Mapping[str, int]) -> str:
    """Chromosomes and how many loci they have: "chr3 (20), chrM (2)"."""
    shown = [f"{name} ({number:,})" for name, number in list(counts.items())[:MOST_NAMED]]
    return ", ".join(shown) + (", …" if len(counts) > MOST_NAMED else "")
