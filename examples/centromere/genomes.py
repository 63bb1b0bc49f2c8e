# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Genomes with a satellite array per chromosome, and with what looks like one: short repeats, mobile elements, gaps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from seqforge.simulation.centromere_options import Satellite
from seqforge.simulation.centromeres import BASES, Record, simulate_genome, write_genome

MONOMER = 171  # bases
REPEAT = 12  # monomers of a higher-order repeat
GAP = ord("N")


class Plan(NamedTuple):
    """How large a genome is. Lengths are ranges in bins, so that one model reads plans of all bin sizes."""

    samples: int
    chromosomes: int
    bin_size: int
    arm: tuple[int, int] = (60, 110)  # each of two per chromosome
    array: tuple[int, int] = (8, 24)
    decoy: tuple[int, int] = (1, 3)  # tandem repeats of one monomer, as frequent as the array and as alike
    decoys: int = 4  # per chromosome
    elements: int = 12  # copies of one mobile element, of 0.6 bins, per chromosome
    gaps: int = 2  # of one bin each, in the arms
    gapped: float = 1 / 3  # of the arrays have a gap of one bin within


def write_samples(folder: Path, seed: int, plan: Plan) -> list[Path]:
    """S01.fa, S01.bed, S02.fa … in `folder`: the FASTA files. A genome depends on (seed, sample) and plan alone."""
    names = [f"S{number:02}" for number in range(1, plan.samples + 1)]
    return [write_genome(folder, list(genome(seed, number, plan)), name)[0] for number, name in enumerate(names, 1)]


def genome(seed: int, sample: int, plan: Plan) -> Iterator[Record]:
    draw = np.random.default_rng([seed, sample])
    element = BASES[draw.integers(0, 4, round(0.6 * plan.bin_size))]
    for number in range(1, plan.chromosomes + 1):
        arms = [arm(draw, element, plan) for _ in range(2)]
        middle = array(draw, REPEAT, plan.array, plan.bin_size)
        if draw.random() < plan.gapped:
            cut(draw, middle, plan.bin_size)
        start = len(arms[0])
        bases = np.concatenate([arms[0], middle, arms[1]])
        yield Record(f"chr{number}", bases, start, start + len(middle))


def arm(draw: np.random.Generator, element: np.ndarray, plan: Plan) -> np.ndarray:
    """Random bases (position,) with repeats and gaps put over them, which may lie over each other."""
    bases = BASES[draw.integers(0, 4, drawn(draw, plan.arm, plan.bin_size))]
    for _ in range(plan.elements // 2):
        put(draw, bases, drifted(draw, element))
    for _ in range(plan.decoys // 2):
        put(draw, bases, array(draw, 1, plan.decoy, plan.bin_size))
    for _ in range(plan.gaps // 2):
        cut(draw, bases, plan.bin_size)
    return bases


def array(draw: np.random.Generator, monomers: int, bins: Sequence[int], bin_size: int) -> np.ndarray:
    """Copies of a repeat of `monomers` that is found nowhere else."""
    copies = max(2, drawn(draw, bins, bin_size) // (monomers * MONOMER))
    (record,) = simulate_genome(int(draw.integers(2**31)), [(0, 0)], Satellite(copies, monomers, MONOMER))
    return record.bases


def drawn(draw: np.random.Generator, bins: Sequence[int], bin_size: int) -> int:
    """A length in bases."""
    return int(draw.integers(bins[0] * bin_size, bins[1] * bin_size + 1))


def drifted(draw: np.random.Generator, bases: np.ndarray, share: float = 0.005) -> np.ndarray:
    """A copy with this share of other bases."""
    new = BASES[draw.integers(0, 4, len(bases))]
    return np.where(draw.random(len(bases)) < share * 4 / 3, new, bases)


def put(draw: np.random.Generator, bases: np.ndarray, piece: np.ndarray) -> None:
    start = int(draw.integers(0, len(bases) - len(piece)))
    bases[start : start + len(piece)] = piece


def cut(draw: np.random.Generator, bases: np.ndarray, length: int) -> None:
    """Letters N over `length` bases, not at the ends."""
    start = int(draw.integers(length, len(bases) - 2 * length))
    bases[start : start + length] = GAP
