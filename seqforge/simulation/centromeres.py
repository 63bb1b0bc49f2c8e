# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Chromosomes with a centromere, as functions of a seed: tables of bins, and sequence with satellite arrays.

Tables: features at one level inside and another outside of a centromere, with noise. Sequence: random bases around an
array of higher-order repeats, in which monomers differ much and copies of the whole repeat hardly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from seqforge import files
from seqforge.data.bins.identity import Chromosome
from seqforge.data.bins.tables import ENDING, FEATURES, Block, write_table
from seqforge.simulation.centromere_options import Landscape, Satellite
from seqforge.simulation.draws import stream

BASES = np.frombuffer(b"ACGT", dtype=np.uint8)
LINE = 80  # bases of a line of FASTA


def simulate_chromosomes(seed: int, samples: Iterable[int], landscape: Landscape | None = None) -> Iterator[Chromosome]:
    """The chromosomes chr1 … of the samples S001 …; each depends on (seed, sample, chromosome) alone."""
    landscape = landscape or Landscape()
    for sample in samples:
        for number in range(1, landscape.chromosomes + 1):
            name = f"S{sample:03}"
            block = _block(seed, sample, number, landscape)
            yield Chromosome(name, f"chr{number}", name, block)


def _block(seed: int, sample: int, number: int, landscape: Landscape) -> Block:
    draw = np.random.Generator(np.random.Philox(key=stream(seed, "bins", sample, number)))
    shortest = landscape.bins if landscape.shortest is None else landscape.shortest
    bins = int(draw.integers(shortest, landscape.bins + 1))
    first = int(draw.integers(landscape.margin, bins - landscape.centromere - landscape.margin))
    labels = np.zeros(bins, dtype=np.int8)
    labels[first : first + landscape.centromere] = 1
    inside = labels[:, None] == 1
    shape = (bins, len(FEATURES) // 2)
    highlighted = np.where(inside, landscape.highlighted_inside, landscape.highlighted_outside)
    depth = np.where(inside, landscape.depth_inside, landscape.depth_outside)
    features = np.empty((bins, len(FEATURES)))
    features[:, ::2] = np.clip(highlighted + landscape.highlighted_noise * draw.standard_normal(shape), 0, 1)
    features[:, 1::2] = np.maximum(depth + landscape.depth_noise * draw.standard_normal(shape), 0)
    edges = np.arange(bins + 1, dtype=np.int64) * landscape.bin_size
    return Block(Path(f"S{sample:03}_chr{number}{ENDING}"), 2, edges, features, labels)


def write_tables(folder: Path, chromosomes: Iterable[Chromosome]) -> list[Path]:
    """A table per chromosome, `{sample}_{chromosome}_multi_k_summary.csv`, in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for one in chromosomes:
        path = folder / f"{one.sample}_{one.name}{ENDING}"
        write_table(path, [one.block])
        written.append(path)
    return written


# sequence


class Record(NamedTuple):
    """A chromosome: `bases` (position,) uint8 in ASCII, and its array [start, end), 0-based."""

    name: str
    bases: np.ndarray
    start: int
    end: int


def simulate_genome(
    seed: int, flanks: Sequence[tuple[int, int]] = ((200_000, 200_000),), satellite: Satellite | None = None
) -> list[Record]:
    """Chromosomes chr1 …, one for each pair of `flanks`: random bases before and after a satellite array, in bp.

    Chromosomes have repeats of their own; each depends on (seed, number) alone.
    """
    satellite = satellite or Satellite()
    return [_record(seed, number, *pair, satellite) for number, pair in enumerate(flanks, 1)]


def _record(seed: int, number: int, left: int, right: int, satellite: Satellite) -> Record:
    draw = np.random.Generator(np.random.Philox(key=stream(seed, "genome", number)))
    before, after = (BASES[draw.integers(0, 4, size)] for size in (left, right))
    array = _array(draw, satellite)
    return Record(f"chr{number}", np.concatenate([before, BASES[array], after]), left, left + len(array))


def _array(draw: np.random.Generator, satellite: Satellite) -> np.ndarray:
    """Base numbers 0 … 3 (position,)."""
    ancestor = draw.integers(0, 4, satellite.monomer)
    # two monomers that each left their ancestor in the share x of bases differ in 2x(1 − x) + 2x²/3
    share = (1 - np.sqrt(1 - 4 * satellite.divergence / 3)) * 3 / 4
    repeat = _mutated(draw, np.tile(ancestor, satellite.monomers), share)
    return _mutated(draw, np.tile(repeat, satellite.copies), satellite.drift)


def _mutated(draw: np.random.Generator, bases: np.ndarray, share: float) -> np.ndarray:
    """A `share` of the bases replaced by one of the other three."""
    changed = draw.random(len(bases)) < share
    steps = draw.integers(1, 4, len(bases))
    mutated: np.ndarray = np.where(changed, (bases + steps) % 4, bases)
    return mutated


def write_genome(folder: Path, records: Sequence[Record], name: str = "genome") -> tuple[Path, Path]:
    """`{name}.fa` and the truth, `{name}.bed` with a line per array; 0-based and half-open."""
    folder.mkdir(parents=True, exist_ok=True)
    fasta, bed = folder / f"{name}.fa", folder / f"{name}.bed"
    files.write(fasta, b"".join(map(_fasta, records)))
    rows = (f"{record.name}\t{record.start}\t{record.end}\tcentromere\n" for record in records)
    files.write(bed, "".join(rows))
    return fasta, bed


def _fasta(record: Record) -> bytes:
    text = record.bases.tobytes()
    lines = [text[start : start + LINE] for start in range(0, len(text), LINE)]
    return b"\n".join([f">{record.name}".encode(), *lines, b""])
