# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Small regions with reads, for the tests of profile data."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from seqforge import registry
from seqforge.data.encodings import DNA
from seqforge.data.profiles import store
from seqforge.data.profiles.checks import Lengths
from seqforge.data.profiles.hdf5 import FileWriter
from seqforge.data.profiles.store import COORDS, ProfileStore
from seqforge.data.sources.base import Wanted
from seqforge.heads import Head

LENGTHS = Lengths(20, 8, 3)
TWO = (Head(name="nexus", tasks=("plus", "minus"), counts_loss_weight=1.0),)
SEVERAL = (
    Head(name="one", tasks=("0",), counts_loss_weight=1.0),
    Head(name="two", tasks=("plus", "minus"), counts_loss_weight=1.0),
    Head(name="three", tasks=("a", "b", "c"), counts_loss_weight=1.0),
)


def regions(n: int, heads=TWO, lengths: Lengths = LENGTHS, seed: int = 1, highest: int = 9):
    """Codes (n, position_in) with unknown bases, and per head reads (n, position_out, task) ≥ 1."""
    draw = np.random.default_rng(seed)
    wide_in, wide_out = lengths.widths
    codes = draw.integers(0, 5, (n, wide_in), dtype=np.uint8)
    return codes, [draw.integers(1, highest + 1, (n, wide_out, head.width)).astype(np.float32) for head in heads]


def coordinates(n: int, lengths: Lengths = LENGTHS, chromosomes: int = 2) -> np.ndarray:
    coords = np.zeros(n, dtype=COORDS)
    coords["chrom"] = np.arange(n) % chromosomes
    coords["start"] = 100 * np.arange(n)
    coords["stop"] = coords["start"] + lengths.output
    coords["strand"] = np.where(np.arange(n) % 2, -1, 1)
    return coords


def stored(
    folder: Path, codes, reads, heads=TWO, lengths: Lengths = LENGTHS, chunk: int = 7, **options
) -> ProfileStore:
    """A store of these regions, written `chunk` at a time; `coords`, `names`, `truth` and options of the Writer."""
    whole = {name: options.pop(name, None) for name in ("coords", "names")}
    truth = options.pop("truth", {})
    folder.mkdir(exist_ok=True)
    with store.Writer(folder, heads, *lengths, **options) as writer:
        for first in range(0, len(codes), chunk):
            part = slice(first, first + chunk)
            extra = {name: values[part] for name, values in whole.items() if values is not None}
            extra["truth"] = {name: values[part] for name, values in truth.items()}
            writer.add(codes[part], [values[part] for values in reads], **extra)
        writer.finish()
    return store.opened(folder)


def written(path: Path, codes, reads, heads=TWO, lengths: Lengths = LENGTHS, chunk: int = 50, coords=None, **options):
    """A training file of these regions."""
    with FileWriter(path, len(codes), heads, lengths, **options) as file:
        for first in range(0, len(codes), chunk):
            part = slice(first, first + chunk)
            file.add(codes[part], [values[part] for values in reads], None if coords is None else coords[part])
    return path


def wanted(folder: Path, heads=TWO, lengths: Lengths = LENGTHS, pseudocount: float | None = None, **others) -> Wanted:
    task = registry.find("tasks", "profile prediction")()
    asked = Wanted(task, DNA, (), 3, folder, heads=tuple(heads), pseudocount=pseudocount)
    return asked._replace(input_length=lengths.input, output_length=lengths.output, **others)


def one_hot(codes: np.ndarray) -> np.ndarray:
    return np.eye(5, 4, dtype=np.uint8)[codes]
