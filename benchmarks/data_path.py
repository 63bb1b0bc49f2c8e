# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The data path alone: how fast text becomes codes, how fast batches come, how much memory an example takes.

python benchmarks/data_path.py [--examples 100000] [--length 1000] [--batch 100]
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np

from seqforge import registry
from seqforge.data.batches import plan
from seqforge.data.dataset import Data
from seqforge.data.encodings import DNA
from seqforge.data.sources.base import Wanted
from seqforge.data.sources.table import TableSource

CLASSES = ("a", "b")


def write_table(path: Path, examples: int, length: int) -> None:
    """Random DNA as a table, a piece at a time."""
    draw = np.random.default_rng(1)
    letters = np.frombuffer(b"ACGT", dtype=np.uint8)
    with path.open("wb") as out:
        out.write(b"x\ty\n")
        for start in range(0, examples, 10_000):
            rows = letters[draw.integers(0, 4, (min(10_000, examples - start), length), dtype=np.uint8)]
            out.writelines(row.tobytes() + (b"\ta\n" if number % 2 else b"\tb\n") for number, row in enumerate(rows))


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def wanted(folder: Path) -> Wanted:
    return Wanted(registry.find("tasks", "multi-class classification")(), DNA, CLASSES, 1, folder)


def an_epoch(data: Data, batch_size: int, epoch: int) -> None:
    assert data.training is not None
    for indices in plan(len(data.training), batch_size, 1, epoch):
        data.training.batch(indices, epoch)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("examples", 100_000), ("length", 1000), ("batch", 100)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="seqforge-") as name:
        folder = Path(name)
        os.environ["SEQFORGE_CACHE"] = str(folder / "cache")
        write_table(folder / "training.txt", options.examples, options.length)
        measure(folder, options.examples, options.length, options.batch)


def measure(folder: Path, examples: int, length: int, batch_size: int) -> None:
    source = TableSource(folder=".")
    megabytes = (folder / "training.txt").stat().st_size / 1e6
    first = timed(lambda: source.open(wanted(folder)))
    again = timed(lambda: source.open(wanted(folder)))
    tracemalloc.start()
    data = source.open(wanted(folder))
    an_epoch(data, batch_size, 0)
    per_example = tracemalloc.get_traced_memory()[0] / examples  # mapped files apart: the system may drop those pages
    tracemalloc.stop()
    rows = [
        ("text to codes", f"{megabytes / first:,.0f} MB/s", f"{examples / first:,.0f} examples/s"),
        ("opening the cache again", f"{megabytes / again:,.0f} MB/s", f"{first / again:.1f} times as fast"),
    ]
    for title, options in (("", {}), (", strands and shifts", {"reverse_complement": True, "max_shift": 10})):
        augmented = TableSource(folder=".", **options).open(wanted(folder))
        seconds = min(timed(lambda epoch=epoch, data=augmented: an_epoch(data, batch_size, epoch)) for epoch in (1, 2))
        rows.append(
            (
                f"batches{title}",
                f"{examples / batch_size / seconds:,.0f} batches/s",
                f"{examples / seconds:,.0f} examples/s",
            )
        )
    rows.append(("resident bytes per example", f"{per_example:.0f}", f"float32 one-hot: {16 * length:,}"))
    rows.append(("bytes per example on disk", f"{disk(folder / 'cache') / examples:,.0f}", f"text: {length + 3:,}"))
    print(f"{examples:,} examples of {length:,} letters, batches of {batch_size}\n")
    for row in rows:
        print("{:32} {:>18} {:>24}".format(*row))


def disk(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    main()
