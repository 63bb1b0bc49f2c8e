# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The sequences of regions, a chunk at a time: what a model predicts on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seqforge.data.genome import bed
from seqforge.data.genome.bigwig import Track
from seqforge.data.genome.fasta import Genome
from seqforge.data.problems import MISSING
from seqforge.errors import did_you_mean

CHUNK = 1024  # regions read at once


@dataclass(frozen=True)
class RegionChunk:
    """Some regions of a BED file, in its order, all `width` wide.

    `codes` (n, width) uint8, of the forward strand whatever `strand` says; `chrom` (n,) int64, index into
    `chromosomes`; `start`, `stop` (n,) int64, 0-based and half-open; `strand` (n,) int8: 1, −1, 0 as in the file;
    `names` column 4; `lines` (n,) the lines in the file.
    """

    codes: np.ndarray
    chromosomes: dict[str, int]
    chrom: np.ndarray
    start: np.ndarray
    stop: np.ndarray
    strand: np.ndarray
    names: tuple[str, ...]
    lines: np.ndarray

    def __len__(self) -> int:
        return len(self.codes)


def centres(regions: bed.Regions, resize: str = "center") -> np.ndarray:
    """The base (n,) int64 that a window is laid around: the middle (center, none), the summit, or the start.

    A window of width W around c is [c − W//2, c − W//2 + W). Raises DataError for a region without summit.
    """
    if resize == "summit":
        return regions.start + _summits(regions)
    return regions.start if resize == "start" else (regions.start + regions.stop) // 2


def _summits(regions: bed.Regions) -> np.ndarray:
    wrong = (regions.summit < 0) | (regions.start + regions.summit >= regions.stop)
    if wrong.any():
        row = int(np.argmax(wrong))
        received = "none" if regions.summit[row] < 0 else f"{regions.summit[row]}"
        sentence = f"resize summit needs an offset inside of the region in column 10, received {received}"
        raise regions.wrong(row, sentence, "give a narrowPeak file with summits, or choose resize center")
    return regions.summit


def known(regions: bed.Regions, genome: Genome) -> np.ndarray:
    """The index (n,) int64 of each region's chromosome in `genome.sizes`, −1 if it has none of that name."""
    numbers = {name: number for number, name in enumerate(genome.sizes)}
    return np.array([numbers.get(name, -1) for name in regions.chromosomes], dtype=np.int64)[regions.chrom]


def regions_to_codes(
    fasta: Path | str | Genome, regions: Path | str, width: int, *, resize: str = "center", chunk: int = CHUNK
) -> Iterator[RegionChunk]:
    """Windows of `width` bases around the regions of a BED file (plain or gzip), in its order.

    A base beyond the end of a chromosome is 4 (unknown), so that every region gets its prediction; one without any
    base in the chromosome, or on an unknown chromosome, is a DataError with its line.
    """
    genome = fasta if isinstance(fasta, Genome) else Genome(fasta)
    table = bed.read(regions)
    chrom = known(table, genome)
    start = centres(table, resize) - width // 2
    _refuse_outside(table, genome, chrom, start, width)
    names = list(genome.sizes)
    for first in range(0, len(table), chunk):
        rows = slice(first, first + chunk)
        codes = np.stack([
            _padded(genome, names[number], int(low), width)
            for number, low in zip(chrom[rows], start[rows], strict=True)
        ])  # fmt: skip
        yield RegionChunk(
            codes, genome.sizes, chrom[rows], start[rows], start[rows] + width,
            table.strand[rows], table.names[rows], table.line[rows],
        )  # fmt: skip


def signals(
    tracks: Sequence[Track], places: Sequence[tuple[str, int]], width: int, sizes: Mapping[str, int]
) -> np.ndarray:
    """(n, width, track) float32 from each of the `places` (chromosome, first base) on, 0 beyond a chromosome."""
    found = np.zeros((len(places), width, len(tracks)), dtype=np.float32)
    for row, (chrom, start) in enumerate(places):
        low, high = max(start, 0), min(start + width, sizes[chrom])
        for column, track in enumerate(tracks):
            found[row, low - start : high - start, column] = track.values(chrom, low, high)
    return found


def _refuse_outside(table: bed.Regions, genome: Genome, chrom: np.ndarray, start: np.ndarray, width: int) -> None:
    strange = chrom < 0
    if strange.any():
        row = int(np.argmax(strange))
        name = table.chromosomes[table.chrom[row]]
        sentence = f"{genome.path} has no chromosome '{name}'"
        raise table.wrong(row, sentence, did_you_mean(name, list(genome.sizes)), MISSING)
    size = np.array(list(genome.sizes.values()))[chrom]
    outside = (start >= size) | (start + width <= 0)
    if outside.any():
        row = int(np.argmax(outside))
        sentence = f"the region lies beyond the end of {table.chromosomes[table.chrom[row]]}, {size[row]:,} bases"
        raise table.wrong(row, sentence)


def _padded(genome: Genome, chrom: str, start: int, width: int) -> np.ndarray:
    """Codes (width,) from `start` on, 4 before the first and behind the last base."""
    low, high = max(start, 0), min(start + width, genome.sizes[chrom])
    codes = np.full(width, 4, dtype=np.uint8)
    codes[low - start : high - start] = genome.codes(chrom, low, high)
    return codes
