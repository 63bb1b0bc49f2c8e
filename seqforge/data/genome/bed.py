# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Regions of a genome: BED and narrowPeak, plain or gzip. Coordinates are 0-based and half-open."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seqforge.data.problems import COLUMNS, DAMAGED, EMPTY, refuse
from seqforge.data.readers import opened
from seqforge.errors import DataError, quoted

STRANDS = {b"+": 1, b"-": -1, b".": 0}
HEADERS = (b"#", b"track", b"browser")
NO_SUMMIT = -1  # narrowPeak's own sign for a peak without one
PEAK = 9  # narrowPeak's column 10


@dataclass(frozen=True)
class Regions:
    """The lines of a BED file as columns, each (region,), in the order of the file.

    `chrom` int64, index into `chromosomes`; `start`, `stop` int64; `strand` int8: 1, −1, or 0 for unstranded;
    `summit` int64: column 10, an offset from `start`, −1 where there is none; `line` int64, from 1.
    """

    path: Path
    chromosomes: tuple[str, ...]
    chrom: np.ndarray
    start: np.ndarray
    stop: np.ndarray
    strand: np.ndarray
    summit: np.ndarray
    names: tuple[str, ...]
    line: np.ndarray

    def __len__(self) -> int:
        return len(self.chrom)

    def wrong(self, row: int, message: str, hint: str = "", id: str = DAMAGED) -> DataError:
        """The exception for a region, with its line."""
        return refuse(id, message, hint, self.path, int(self.line[row]))


def read(path: Path | str) -> Regions:
    """The regions of a file; header lines (#, track, browser) and empty lines are skipped; raises DataError."""
    path = Path(path)
    known: dict[bytes, int] = {}
    numbers: list[tuple[int, int, int, int, int, int]] = []
    names: list[str] = []
    with opened(path) as stream:
        for line, text in enumerate(stream, 1):
            if not text.strip() or text.startswith(HEADERS):
                continue
            fields = text.rstrip(b"\r\n").split(b"\t") if b"\t" in text else text.split()
            start, stop = _ends(fields, path, line)
            chrom = known.setdefault(fields[0].strip(), len(known))
            numbers.append((chrom, start, stop, _strand(fields, path, line), _summit(fields), line))
            names.append(fields[3].strip().decode("utf-8", "replace") if len(fields) > 3 else "")
    if not numbers:
        raise refuse(EMPTY, "the file has no regions", file=path)
    columns = np.array(numbers, dtype=np.int64).T
    chromosomes = tuple(name.decode("utf-8", "replace") for name in known)
    chrom, start_, stop_, strand, summit, lines = columns
    return Regions(path, chromosomes, chrom, start_, stop_, strand.astype(np.int8), summit, tuple(names), lines)


def _ends(fields: list[bytes], path: Path, line: int) -> tuple[int, int]:
    if len(fields) < 3:
        sentence = f"a region has chromosome, start and stop, separated by tabs; received {len(fields)} columns"
        raise refuse(COLUMNS, sentence, file=path, line=line)
    try:
        start, stop = int(fields[1]), int(fields[2])
    except ValueError:
        shown = " and ".join(quoted(field.decode("utf-8", "replace")) for field in fields[1:3])
        raise refuse(DAMAGED, f"expected start and stop as integers, received {shown}", file=path, line=line) from None
    if not 0 <= start < stop:
        raise refuse(DAMAGED, f"expected 0 ≤ start < stop, received {start} and {stop}", file=path, line=line)
    return start, stop


def _strand(fields: list[bytes], path: Path, line: int) -> int:
    word = fields[5].strip() if len(fields) > 5 else b"."
    if word not in STRANDS:
        shown = quoted(word.decode("utf-8", "replace"))
        raise refuse(DAMAGED, f"expected +, - or . as strand (column 6), received {shown}", file=path, line=line)
    return STRANDS[word]


def _summit(fields: list[bytes]) -> int:
    """Column 10, −1 where it is no offset; whoever asks for summits refuses the line."""
    word = fields[PEAK].strip() if len(fields) > PEAK else b""
    return int(word) if word.isdigit() else NO_SUMMIT
