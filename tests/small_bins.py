# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Small tables of genome bins, for the tests that read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from seqforge.data.bins.identity import Chromosome
from seqforge.data.bins.tables import ENDING, FEATURES, LABEL, Block

HEADER = ["start", "end", *FEATURES, LABEL]


def rows(bins: int = 12, size: int = 1000, inside: Sequence[int] = (4, 5, 6), seed: int = 1) -> list[list[str]]:
    """Cells of `bins` rows, in the order of `HEADER`."""
    draw = np.random.default_rng(seed)
    found = []
    for row in range(bins):
        features = [f"{value:.4f}" for _ in range(4) for value in (draw.random(), 10 * draw.random())]
        found.append([str(row * size), str((row + 1) * size), *features, str(int(row in inside))])
    return found


def write(
    path: Path, cells: Sequence[Sequence[str]] | None = None, header: Sequence[str] = HEADER, **columns: str
) -> Path:
    """A table; `columns`: name → what every row has there, before the others."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cells = rows() if cells is None else cells
    lines = [[*columns, *header], *([*columns.values(), *row] for row in cells)]
    path.write_text("".join(",".join(line) + "\n" for line in lines), encoding="utf-8")
    return path


def changed(
    row: int, cells: Mapping[str, str], bins: int = 12, source: list[list[str]] | None = None
) -> list[list[str]]:
    """Rows with other `cells` (column → text) in one row, counted from 0: it stands in line row + 2."""
    found = source or rows(bins)
    for name, text in cells.items():
        found[row][HEADER.index(name)] = text
    return found


def chromosome(
    labels: Sequence[int] | None, sample: str = "s", name: str = "chr1", group: str = "", size: int = 100, bins: int = 0
) -> Chromosome:
    """A chromosome with these labels, and features that count up."""
    count = bins or len(labels or ())
    edges = np.arange(count + 1, dtype=np.int64) * size
    features = np.arange(count * len(FEATURES), dtype=np.float64).reshape(count, -1)
    known = None if labels is None else np.array(labels, dtype=np.int8)
    block = Block(Path(f"{sample}_{name}{ENDING}"), 2, edges, features, known)
    return Chromosome(sample, name, group or sample, block)
