# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Promoter recognition on real sequences: five splits and initialisations, beside the figures of the paper.

python examples/promoters/run.py [--data FOLDER] [--seeds 5] [--only NAME …] [--runs FOLDER]

The paper is Umarov & Solovyev, PLOS ONE 12(2): e0171410 (2017); its FASTA files (repository CNNPromoterData) belong in
`--data`, by default `promoters` beside this file. Each seed decides the split (70 % training, 10 % validation, 20 %
test, stratified), the order of the batches and the initial weights. The positive class is the promoter, the threshold
0.5; the best epoch is chosen on the validation set.

Note on the sets: non-promoters of E. coli and Bacillus are overlapping windows of genes, so 87 % of those of a test set
share 20 letters with one of the training set. Random splits, which the paper uses, reward remembering them.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
DATA = HERE / "promoters"
MARGIN = 0.03


class Published(NamedTuple):
    """A definition, the paper's sensitivity, specificity and Matthews correlation, and one file to know the data by."""

    definition: str
    figures: tuple[float, float, float]
    file: str


PUBLISHED = (
    Published("promoter-ecoli", (0.90, 0.96, 0.84), "Ecoli_prom.fa"),
    Published("promoter-ecoli-keras", (0.90, 0.96, 0.84), "Ecoli_prom.fa"),
    Published("promoter-bsubtilis", (0.91, 0.95, 0.86), "Bacillus_prom.fa"),
    Published("promoter-arabidopsis", (0.95, 0.97, 0.91), "Arabidopsis_tata.fa"),
)
FIGURES = ("sensitivity", "specificity", "matthews_correlation")


def main() -> int:
    options = arguments()
    if not (options.data / "Ecoli_prom.fa").is_file():
        print(f"skipped: {options.data} has not the paper's FASTA files; name their folder with --data")
        return 0
    rows = [row for row in PUBLISHED if not options.only or row.definition in options.only]
    seeds = range(1, (1 if options.quick else options.seeds) + 1)
    print(header(), flush=True)
    good = [compare(row, options.data, seeds, options) for row in rows]
    return 0 if options.quick or all(good) else 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", nargs="*", default=[], choices=[row.definition for row in PUBLISHED])
    parser.add_argument("--runs", type=Path, default=HERE / "runs")
    parser.add_argument("--quick", action="store_true", help="one seed and two epochs: does it run?")
    options = parser.parse_args()
    if options.data != DATA and not options.data.is_dir():
        parser.error(f"--data {options.data}: no such folder")
    return options


def compare(row: Published, data: Path, seeds: Iterable[int], options: argparse.Namespace) -> bool:
    """Train and test a definition with every seed; True if each mean lies within the margin of the paper's figure."""
    found = [train(row.definition, data, seed, options) for seed in seeds]
    columns = list(zip(*found, strict=True))
    means = [statistics.mean(column) for column in columns]
    spreads = [statistics.stdev(column) if len(column) > 1 else 0.0 for column in columns]
    reached = all(mean >= figure - MARGIN for mean, figure in zip(means, row.figures, strict=True))
    cells = [f"{m:.3f} ± {s:.3f} ({p:.2f})" for m, s, p in zip(means, spreads, row.figures, strict=True)]
    print(line(row.definition, *cells, "yes" if reached else "no"), flush=True)
    return reached


def train(definition: str, data: Path, seed: int, options: argparse.Namespace) -> tuple[float, ...]:
    """Sensitivity, specificity and Matthews correlation of one run on its test set."""
    program = str(Path(sys.executable).with_name("seqforge"))
    command = [program, "train", str(ROOT / "model-defs" / f"{definition}.xml"), "--json"]
    command += ["--quiet", "--threads", "1", "--runs", str(options.runs)]
    values = {"general.seed": seed, "data.folder": data.resolve()}
    values |= {"trainingprocess.epochs": 2} if options.quick else {}
    for path, value in values.items():
        command += ["--set", f"{path}={value}"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    if done.returncode:
        raise SystemExit(done.returncode)
    promoter = json.loads(done.stdout)["scores"]["test"]["labels"]["promoter"]
    return tuple(promoter[figure] for figure in FIGURES)


def header() -> str:
    title = line("mean ± deviation (paper)", "sensitivity", "specificity", "Matthews correlation", f"within {MARGIN}")
    return f"{title}\n{'-' * len(title)}"


def line(first: str, *cells: str) -> str:
    return f"{first:26}" + "".join(f"{cell:>24}" for cell in cells[:-1]) + f"{cells[-1]:>13}"


if __name__ == "__main__":
    sys.exit(main())
