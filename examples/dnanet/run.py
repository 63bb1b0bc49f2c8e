# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Train small models of electropherograms on simulated profiles, and ask what the whole profile is good for.

python examples/dnanet/run.py [--quick] [--seed N] [--runs FOLDER]

A U-Net marks alleles, an autoencoder learns profiles, then PeakNet, on the frozen autoencoder, is compared with a
classifier that sees the same peaks through their windows alone. In half of the simulated mixtures a kind of peak is an
artefact, in the other half an allele, and only three peaks far away from it say which. Every command is printed before
it runs; the exit status is 1 if a goal is missed. A model that is trained already is taken as it is.
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
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
UNET, AUTOENCODER, PEAKNET, ALONE = (
    HERE / f"dnanet-small-{name}.xml" for name in ("unet", "autoencoder", "peaknet", "peakonly")
)
COMBINERS = {"mlp": [], "film": [], "attention": ["architecture.hyperparameters.positional_encoding=sinusoidal"]}


class Goal(NamedTuple):
    """What a value must reach (`least`), or stay below."""

    what: str
    found: float
    bound: float
    least: bool = True

    @property
    def reached(self) -> bool:
        return self.found >= self.bound if self.least else self.found <= self.bound


def main() -> int:
    options = arguments()
    runs = options.runs / f"seed-{options.seed}"
    goals = [*segmentation(runs, options), *reconstruction(runs, options), *context(runs, options)]
    print(f"\n{'test set':<44}{'found':>8}  must be")
    for goal in goals:
        words = "at least" if goal.least else "at most"
        print(f"{goal.what:<44}{goal.found:>8.4g}  {words} {goal.bound:.4g}{'' if goal.reached else '  MISSED'}")
    return 0 if all(goal.reached for goal in goals) else 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="PeakNet with one combiner instead of all three")
    parser.add_argument("--seed", type=int, default=1, help="of the simulated profiles and of the models")
    parser.add_argument("--runs", type=Path, default=HERE / "runs", help="a folder for each seed is made in it")
    return parser.parse_args()


def segmentation(runs: Path, options: argparse.Namespace) -> list[Goal]:
    run = train(runs, UNET, options)
    print(f"\nalleles of the test set: {predicted(run, runs / 'alleles')}")
    scores = judged(run)
    return [Goal("U-Net: f1 of scan points", scores["f1"], 0.75)]


def reconstruction(runs: Path, options: argparse.Namespace) -> list[Goal]:
    scores = judged(train(runs, AUTOENCODER, options))
    return [Goal("autoencoder: mean squared error, scaled", scores["mean_squared_error"], 0.02, least=False)]


def context(runs: Path, options: argparse.Namespace) -> list[Goal]:
    """PeakNet against the window alone: macro F1 of peaks, allele or artefact."""
    alone = judged(train(runs, ALONE, options))["peak_f1"]
    goals = []
    for combiner, more in COMBINERS.items():
        if options.quick and combiner != "mlp":
            continue
        changes = [f"architecture.hyperparameters.combiner={combiner}", *more]
        found = judged(train(runs, PEAKNET, options, changes))["peak_f1"]
        goals.append(Goal(f"PeakNet {combiner}: f1 of peaks; alone {alone:.4g}", found, alone + 0.03))
    return goals


def train(runs: Path, definition: Path, options: argparse.Namespace, changes: list[str] | None = None) -> Path:
    """The run, by the command that a user would type."""
    seeds = [f"general.seed={options.seed}", f"data.seed={options.seed}"] if options.seed != 1 else []
    arguments = ["train", shown(definition), "--runs", shown(runs)]
    for change in [*(changes or []), *seeds]:
        arguments += ["--set", change]
    print(f"\n$ {shlex.join(['seqforge', *arguments])}", flush=True)
    start = time.monotonic()
    run = Path(answer(*arguments, "--quiet")["run"])
    print(f"{shown(run)}: {time.monotonic() - start:.0f} s", flush=True)
    return run


def judged(run: Path) -> dict[str, Any]:
    return answer("evaluate", str(run), "--no-report")


def predicted(run: Path, folder: Path) -> str:
    """The files that predictions for the run's test set are written into; those of an earlier time make room."""
    shutil.rmtree(folder, ignore_errors=True)
    arguments = ["predict", shown(run), "--set", "test", "-o", shown(folder)]
    print(f"\n$ {shlex.join(['seqforge', *arguments])}", flush=True)
    return ", ".join(shown(Path(file)) for file in answer(*arguments)["files"])


def shown(path: Path) -> str:
    """From the working directory, where that is shorter."""
    whole, here = path.resolve(), Path.cwd()
    return str(whole.relative_to(here)) if whole.is_relative_to(here) else str(whole)


def answer(*arguments: str) -> dict[str, Any]:
    """What a command prints as JSON; this process ends as the command does if that fails."""
    command = [sys.executable, "-m", "seqforge", *arguments, "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(done.returncode)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    sys.exit(main())
