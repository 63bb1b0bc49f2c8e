# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Time from the command to the first training step, and where it goes.

python benchmarks/start_up.py [--rounds 5] [DEFINITION…]

Every round is a fresh process that runs `seqforge train DEFINITION` and ends itself when the first step is done. The
data is in the cache from a round that is not counted. Stages, as medians in seconds: `definition` Python itself, the
package, reading and resolving; `data` opening the sets and furnishing the run folder; `framework` its import and the
model; `first step` with whatever the framework compiles. `bare` is a process that only imports the framework and makes
an optimizer (PyTorch loads a good part of itself only then): nobody can start faster.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parent.parent
DEFINITIONS = (ROOT / "model-defs" / "torch-mc50-dna1000-basset-s1.xml",)
STAGES = ("definition", "data", "framework", "first step")

CHILD = """
import json, os, sys, time
marks = []
import seqforge.run.conductor as conducting
from seqforge import cli
from seqforge.training.progress import Training

def marked(function):
    def inner(*arguments, **options):
        marks.append(time.time())
        return function(*arguments, **options)
    return inner

def first(self, examples):
    marks.append(time.time())
    print("MARKS", json.dumps(marks), flush=True)
    os._exit(0)

conducting.open_data = marked(conducting.open_data)
conducting.Conductor._learner = marked(conducting.Conductor._learner)
conducting.Conductor._train = marked(conducting.Conductor._train)
Training.advance = first
cli.main()
"""
BARE = {
    "PyTorch": "import torch; torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)",
    "Keras": "import keras; keras.optimizers.SGD()",
}


def stages(definition: Path, runs: str) -> list[float]:
    """Seconds of each stage, in one process."""
    began = time.time()
    command = [sys.executable, "-c", CHILD, "train", str(definition), "--runs", runs, "--again"]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"})
    if "MARKS" not in done.stdout:
        sys.exit(done.stderr)
    marks = [began, *json.loads(done.stdout.rsplit("MARKS", 1)[1])]
    return [after - before for before, after in pairwise(marks)]


def bare(library: str) -> float:
    began = time.time()
    subprocess.run([sys.executable, "-c", BARE[library]], capture_output=True, check=True)
    return time.time() - began


def library_of(definition: Path) -> str:
    return "PyTorch" if "PyTorch" in definition.read_text(encoding="utf-8") else "Keras"


def measure(definition: Path, rounds: int) -> str:
    with tempfile.TemporaryDirectory() as runs:
        stages(definition, runs)
        columns = list(zip(*(stages(definition, runs) for _ in range(rounds)), strict=True))
    alone = statistics.median(bare(library_of(definition)) for _ in range(rounds))
    medians = [statistics.median(column) for column in columns]
    cells = "".join(f"{seconds:>12.2f}" for seconds in (*medians, sum(medians), alone))
    return f"{definition.stem:<42}{cells}{sum(medians) / alone:>10.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("definitions", nargs="*", type=Path, default=DEFINITIONS)
    parser.add_argument("--rounds", type=int, default=5)
    wanted = parser.parse_args()
    heads = "".join(f"{head:>12}" for head in (*STAGES, "together", "bare"))
    print(f"{'definition':<42}{heads}{'ratio':>10}")
    for definition in wanted.definitions:
        print(measure(definition, wanted.rounds), flush=True)


if __name__ == "__main__":
    main()
