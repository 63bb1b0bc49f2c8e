# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""From FASTA to called centromeres on simulated genomes, command by command.

python examples/centromere/run.py [--quick] [--seed N] [--runs FOLDER]

Writes genomes with a satellite array per chromosome, makes tables of k-mer statistics of them, trains a small
centromere Transformer on some samples, and judges it on others; every command is printed before it is run. The exit
status is 1 if a goal is missed. Tables and models that are there already are taken as they are.
"""

from __future__ import annotations

import argparse
import json
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from genomes import Plan, write_samples

HERE = Path(__file__).resolve().parent
DEFINITION = HERE / "centromere-satellites.xml"
WHOLE = Plan(samples=12, chromosomes=3, bin_size=10_000)
QUICK = Plan(samples=10, chromosomes=3, bin_size=2_500)
HELD_OUT = "S01"  # one of the definition's test samples
GOALS = {"f1": 0.9, "region_iou": 0.8}  # to reach, on the chromosomes of the test samples


def main() -> int:
    options = arguments()
    folder = options.runs / f"{'quick-' if options.quick else ''}seed-{options.seed}"
    folder.mkdir(parents=True, exist_ok=True)
    plan = QUICK if options.quick else WHOLE
    tables = prepared(write_samples(folder / "genomes", options.seed, plan), folder / "tables", plan)
    run = trained(folder, tables, options.seed)
    scores = answer("evaluate", shown(run), "--set", "test")
    predicted(run, tables / HELD_OUT, folder / f"predicted-{HELD_OUT}")
    return 0 if good(scores) else 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--quick", action="store_true", help="14 Mb in bins of 2.5 kb instead of 70 Mb in bins of 10 kb"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the genomes and of the model")
    parser.add_argument("--runs", type=Path, default=HERE / "runs", help="a folder for each seed is made in it")
    return parser.parse_args()


def prepared(genomes: list[Path], tables: Path, plan: Plan) -> Path:
    """A folder of tables for each sample, in `tables`."""
    for genome in genomes:
        labels = shown(genome.with_suffix(".bed"))
        where = ["--labels", labels, "--bin-size", str(plan.bin_size), "-o", shown(tables / genome.stem)]
        answer("prepare", "centromere", shown(genome), *where, quietly=True)
    return tables


def trained(folder: Path, tables: Path, seed: int) -> Path:
    """The run; paths in a definition begin at its own folder."""
    whole = tables.resolve()
    settings = {"data.tables": whole.relative_to(HERE) if whole.is_relative_to(HERE) else whole, "general.seed": seed}
    changes = [word for path, value in settings.items() for word in ("--set", f"{path}={value}")]
    return Path(answer("train", shown(DEFINITION), "--runs", shown(folder), *changes)["run"])


def predicted(run: Path, tables: Path, output: Path) -> None:
    """Called regions of a sample that the model has not seen, into a new folder; they are printed."""
    shutil.rmtree(output, ignore_errors=True)
    answer("predict", shown(run), shown(tables), "-o", shown(output), "--merge-gap", "1")
    print((output / "regions.detailed.bed").read_text(encoding="utf-8"), end="")


def shown(path: Path) -> str:
    """From the working directory, where that is shorter."""
    whole, here = path.resolve(), Path.cwd()
    return str(whole.relative_to(here)) if whole.is_relative_to(here) else str(whole)


def answer(*arguments: str, quietly: bool = False) -> dict[str, Any]:
    """Print a command, run it, and return what it says as JSON; this process ends as the command does if it fails."""
    print(f"$ {shlex.join(['seqforge', *arguments])}", flush=True)
    start = time.monotonic()
    command = [sys.executable, "-m", "seqforge", *arguments, "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE if quietly else None, text=True)
    if done.returncode:
        print(done.stderr or "", file=sys.stderr, end="")
        raise SystemExit(done.returncode)
    print(f"{time.monotonic() - start:.0f} s", flush=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def good(scores: dict[str, Any]) -> bool:
    """Print the scores of every test chromosome and of all together, beside the goals; whether these are reached."""
    print(f"\nthreshold {scores['threshold']:g}, of the {scores['threshold_source']}")
    print(row("chromosome", "F1", "IoU"))
    for one in scores["chromosomes"]:
        print(row(f"{one['sample']} {one['chromosome']}", *(f"{one[name]:.3f}" for name in GOALS)))
    missed = [name for name, goal in GOALS.items() if not float(scores[name]) >= goal]
    print(row("all", *(f"{scores[name]:.3f}" for name in GOALS)))
    print(row("at least", *map(str, GOALS.values())) + "".join(f"  MISSED {name}" for name in missed))
    return not missed


def row(name: str, *cells: str) -> str:
    return f"{name:<16}" + "".join(f"{cell:>8}" for cell in cells)


if __name__ == "__main__":
    sys.exit(main())
