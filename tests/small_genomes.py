# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Small genomes, regions and tracks, for the tests that read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from seqforge.data.genome import bigwig

SIZES = {"chr1": 200, "chr2": 200, "chr3": 200}


def sequences(sizes: Mapping[str, int] = SIZES, seed: int = 1) -> dict[str, str]:
    draw = np.random.default_rng(seed)
    return {name: "".join(draw.choice(list("ACGT"), size)) for name, size in sizes.items()}


def write_fasta(path: Path, found: Mapping[str, str], width: int = 30) -> Path:
    lines = []
    for name, text in found.items():
        lines += [f">{name} of a small genome", *(text[at : at + width] for at in range(0, len(text), width))]
    path.write_text("\n".join(lines) + "\n")
    return path


def write_bed(path: Path, rows: Iterable[tuple]) -> Path:
    path.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows))
    return path


def signal(sizes: Mapping[str, int] = SIZES, seed: int = 2, mean: float = 3.0) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(seed)
    return {name: draw.poisson(mean, size).astype(np.float32) for name, size in sizes.items()}


def write_track(path: Path, found: Mapping[str, np.ndarray]) -> Path:
    """Every base of `found` (chromosome → values), NaN left out."""
    sizes = {name: len(values) for name, values in found.items()}
    spans = [
        (name, at, at + 1, float(value))
        for name in sorted(found)
        for at, value in enumerate(found[name])
        if not np.isnan(value)
    ]
    bigwig.write(path, sizes, spans)
    return path
