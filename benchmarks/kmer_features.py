# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge prepare centromere` on a simulated genome: bases per second, processor time by round, peak memory.

python benchmarks/kmer_features.py [--megabases 50] [--workers 2] [--memory 1G] [--unique]

A third of the genome are satellites and copies of transposons; --unique: all of it is random, which is slower to sort.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

LETTERS = np.frombuffer(b"ACGT", dtype=np.uint8)
CHROMOSOMES, LINE = 5, 80
MEASURED = """
import json, os, resource, sys, time
from pathlib import Path
from seqforge.data.kmers.features import settings, write
options = json.loads(sys.argv[3])
spent = lambda: sum(os.times()[:4])
before, cpu = time.perf_counter(), spent()
steps = []
write(settings(sys.argv[1], options), Path(sys.argv[2]), lambda text: steps.append((text, time.perf_counter())))
after = time.perf_counter()
ends = [moment for _, moment in steps[1:]] + [after]
print(json.dumps({
    "seconds": after - before, "processor": spent() - cpu,
    "steps": [(text, end - begin) for (text, begin), end in zip(steps, ends)],
    "peak": max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) * 1024,
}))
"""


def chromosome(length: int, unique: bool, draw: np.random.Generator) -> np.ndarray:
    """Letters (length,) uint8: random, with a satellite array in the middle and copies of two transposons."""
    codes = draw.integers(0, 4, length, dtype=np.uint8)
    if unique:
        return LETTERS[codes]
    array = length // 10
    codes[length // 2 : length // 2 + array] = mutated(np.resize(draw.integers(0, 4, 2052), array), 0.005, draw)
    for _ in range(2):
        element = draw.integers(0, 4, 8000, dtype=np.uint8)
        for at in draw.integers(0, max(length - 8000, 1), length // 80_000):
            piece = codes[at : at + 8000]
            piece[:] = mutated(element[: len(piece)], 0.02, draw)
    return LETTERS[codes]


def mutated(codes: np.ndarray, share: float, draw: np.random.Generator) -> np.ndarray:
    return np.where(draw.random(len(codes)) < share, draw.integers(0, 4, len(codes)), codes).astype(np.uint8)


def write_genome(path: Path, bases: int, unique: bool) -> None:
    draw = np.random.default_rng(1)
    length = bases // CHROMOSOMES // LINE * LINE
    with path.open("wb") as file:
        for number in range(CHROMOSOMES):
            lines = chromosome(length, unique, draw).reshape(-1, LINE)
            file.write(f">chr{number + 1}\n".encode())
            file.write(np.column_stack([lines, np.full(len(lines), ord("\n"), dtype=np.uint8)]).tobytes())


def measured(genome: Path, folder: Path, options: dict[str, object]) -> dict[str, object]:
    """One call in a process of its own."""
    command = [sys.executable, "-c", MEASURED, str(genome), str(folder), json.dumps(options)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabases", type=float, default=50)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--memory", default="1G")
    parser.add_argument("--unique", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="seqforge-") as name:
        genome = Path(name) / "genome.fa"
        begun = time.perf_counter()
        write_genome(genome, int(chosen.megabases * 1e6), chosen.unique)
        kind = "random" if chosen.unique else "a third repeats"
        print(f"{chosen.megabases:g} Mb, {kind}, written in {time.perf_counter() - begun:.1f} s\n")
        tables = [report(genome, Path(name), workers, chosen.memory) for workers in sorted({1, chosen.workers})]
    print("same bytes:", "yes" if all(one == tables[0] for one in tables) else "NO")


def report(genome: Path, home: Path, workers: int, memory: str) -> list[bytes]:
    folder = home / f"tables-{workers}"
    found = measured(genome, folder, {"workers": workers, "memory": memory})
    bases = genome.stat().st_size * LINE / (LINE + 1) / 1e6
    print(f"{workers} worker{'s'[: workers > 1]}, memory {memory}")
    print(f"  wall clock          {found['seconds']:8.1f} s {bases / found['seconds']:8.2f} Mb/s")
    each = found["processor"] / bases * 1e3
    alone = f"{workers * 1e3 / each:.2f} Mb/s were the cores idle"
    print(f"  processor time      {found['processor']:8.1f} s {each:8.0f} ns per base, {alone}")
    for text, seconds in found["steps"]:
        print(f"  {text.split('/')[0][:20]:18}{seconds:10.1f} s")
    print(f"  peak memory         {found['peak'] / 2**20:8.0f} MiB in a process\n")
    return [path.read_bytes() for path in sorted(folder.iterdir())]


if __name__ == "__main__":
    main()
