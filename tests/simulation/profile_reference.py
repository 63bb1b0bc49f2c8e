# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The formulas of simulated profiles once more, base by base in float64."""

from __future__ import annotations

import math

import numpy as np

from seqforge.definitions.profile_data import Motif

COMPLEMENT = {0: 3, 1: 2, 2: 1, 3: 0}


def score(codes: list[int], position: int, strand: int, bias: np.ndarray) -> float:
    """S of one base (an index of the sequence) and strand."""
    half, total = len(bias) // 2, 0.0
    for d in range(-half, half + 1):
        at = position + d if strand == 0 else position - d
        if 0 <= at < len(codes):
            base = codes[at] if strand == 0 else COMPLEMENT[codes[at]]
            total += bias[d + half][base]
    return total


def kernel(motif: Motif, offset: int, strand: int) -> float:
    """K of one offset from the centre and strand of the reads, the motif standing on the plus strand."""

    def plus(x: int) -> float:
        return sum(p.weight / p.sd * math.exp(-((x - p.position) ** 2) / (2 * p.sd**2)) for p in motif.peaks)

    total = 2 * sum(plus(x) for x in range(-400, 401))
    return plus(offset if strand == 0 else -offset) / total


def signal(
    instances: list[tuple[int, int, int, float]], motifs: tuple[Motif, ...], position: int, strand: int, g: float
) -> float:
    """The bracket at one base of the sequence; instances: motif, start, strand (1, -1), amplitude."""
    total = g
    for number, start, direction, amplitude in instances:
        motif = motifs[number]
        offset = position - (start + len(motif.consensus) // 2)
        if direction < 0:  # mirrored, strands swapped
            total += amplitude * kernel(motif, -offset, 1 - strand)
        else:
            total += amplitude * kernel(motif, offset, strand)
    return total
