# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What verbs that need no framework cost from the prompt and back.

python benchmarks/verbs.py [--rounds 10] [--against FOLDER]

Every round runs each command in a fresh process, and beside it what it is compared with: a process that only imports
typer and lxml, or, with `--against`, the same command of the checkout FOLDER. Seconds are medians, processor time (user
and system) is that of the fastest round; the ratio is the median of the pairs' processor times, which other work on the
machine disturbs least.
"""

from __future__ import annotations

import argparse
import compileall
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
MODEL = str(ROOT / "model-defs" / "torch-mc50-dna1000-basset-s1.xml")
LAYERED = str(ROOT / "model-defs" / "tf-mc10-dna1000-conv10-gmp-fc10-s1.xml")
COMMANDS = (("--help",), ("validate", MODEL), ("validate", LAYERED), ("show", MODEL), ("list", "losses"))
COMMAND = "from seqforge.cli import main; main()"
BARE = "import typer, lxml.etree"


class Cost(NamedTuple):
    seconds: float
    processor: float


def cost(code: str, arguments: tuple[str, ...], root: Path) -> Cost:
    """Of one process that runs `code` with the package in `root`."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    environment = os.environ | {"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-P", "-c", code, *arguments], env=environment, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return Cost(time.perf_counter() - began, processor)


def row(arguments: tuple[str, ...], rounds: int, against: Path | None) -> str:
    other = (COMMAND, arguments, against) if against else (BARE, (), ROOT)
    pairs = [(cost(COMMAND, arguments, ROOT), cost(*other)) for _ in range(rounds)]
    mine, theirs = zip(*pairs, strict=True)
    ratio = statistics.median(one.processor / two.processor for one, two in pairs)
    figures = (
        statistics.median(one.seconds for one in mine),
        *(min(one.processor for one in side) for side in (mine, theirs)),
        ratio,
    )
    return f"{' '.join(Path(word).stem for word in arguments):<48}" + "".join(f"{figure:>12.2f}" for figure in figures)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--against", type=Path, help="the checkout of another state")
    wanted = parser.parse_args()
    for root in filter(None, (ROOT, wanted.against)):
        compileall.compile_dir(root / "seqforge", quiet=1)
    heads = ("seconds", "processor", "theirs" if wanted.against else "bare", "ratio")
    print(f"{'seqforge …':<48}" + "".join(f"{head:>12}" for head in heads))
    for arguments in COMMANDS:
        print(row(arguments, wanted.rounds, wanted.against), flush=True)


if __name__ == "__main__":
    main()
