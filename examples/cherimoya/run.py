# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Train a small Cherimoya on simulated reads, and ask whether it has learned counts and profiles.

python examples/cherimoya/run.py [--quick] [--seed N] [--runs FOLDER]

Trains torch-cherimoya-nexus-small by a command that is printed, and prints its metrics on the validation and test sets
beside what must be reached; the exit status is 1 if one is missed. A model that is trained already is taken as it is.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
DEFINITION = "torch-cherimoya-nexus-small"
PLANTED, SHIPPED = HERE / "planted.xml", ROOT / "data-defs" / "nexus-sim.xml"
QUICK = {"trainingprocess.epochs": 6}  # of fewer regions
COUNTS, PROFILE = 0.5, 0.6  # correlations to reach, of the counts of regions and of the profile of a region


class Goal(NamedTuple):
    """A metric, what it must reach, read from the scores of a set, and whether a value does."""

    metric: str
    bound: Callable[[dict[str, Any]], float]
    reached: Callable[[float, float], bool]
    words: str


def uniform(scores: dict[str, Any]) -> float:
    """MNLL of the same reads under a profile that is equal everywhere."""
    (head,) = scores["heads"].values()
    return float(head["joint"]["profile_mnll"]["floors"]["uniform"]["mean"])


GOALS = (
    Goal("counts_pearson", lambda scores: COUNTS, lambda found, bound: found >= bound, "at least"),
    Goal("profile_pearson", lambda scores: PROFILE, lambda found, bound: found >= bound, "at least"),
    Goal("profile_mnll", uniform, lambda found, bound: found < bound, "below a uniform profile's"),
)


def main() -> int:
    options = arguments()
    folder = options.runs / f"{'quick-' if options.quick else ''}seed-{options.seed}"
    folder.mkdir(parents=True, exist_ok=True)
    run = train(folder, changes(simulation(folder, options), options), options.quick)
    scores = {name: judged(run, name) for name in ("validation", "test")}
    return 0 if good(scores) else 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="1,500 regions with one motif, 6 epochs: about a minute")
    parser.add_argument("--seed", type=int, default=1, help="of the simulated reads and of the model")
    parser.add_argument("--runs", type=Path, default=HERE / "runs", help="a folder for each seed is made in it")
    return parser.parse_args()


def simulation(folder: Path, options: argparse.Namespace) -> Path:
    """The data definition; with another seed than 1 a copy of it."""
    shipped = PLANTED if options.quick else SHIPPED
    if options.seed == 1:
        return shipped
    copy, text = folder / shipped.name, shipped.read_text(encoding="utf-8")
    copy.write_text(re.sub(r"<seed>\d+</seed>", f"<seed>{options.seed}</seed>", text), encoding="utf-8")
    return copy


def changes(data: Path, options: argparse.Namespace) -> dict[str, Any]:
    """What differs from the shipped definition."""
    changed: dict[str, Any] = {} if data == SHIPPED else {"data.definition": shown(data)}
    changed |= {} if options.seed == 1 else {"general.seed": options.seed}
    return changed | (QUICK if options.quick else {})


def shown(path: Path) -> str:
    """From the working directory, where that is shorter."""
    whole, here = path.resolve(), Path.cwd()
    return str(whole.relative_to(here)) if whole.is_relative_to(here) else str(whole)


def train(folder: Path, settings: dict[str, Any], quietly: bool) -> Path:
    """The run, by the command that a user would type."""
    arguments = ["train", DEFINITION, "--runs", shown(folder)]
    for path, value in settings.items():
        arguments += ["--set", f"{path}={value}"]
    print(f"$ {shlex.join(['seqforge', *arguments])}", flush=True)
    start = time.monotonic()
    run = Path(answer(*arguments, *(["--quiet"] if quietly else []))["run"])
    print(f"{shown(run)}: {time.monotonic() - start:.0f} s", flush=True)
    return run


def judged(run: Path, name: str) -> dict[str, Any]:
    return answer("evaluate", str(run), "--set", name, "--no-report")


def answer(*arguments: str) -> dict[str, Any]:
    """What a command prints as JSON; this process ends as the command does if that fails."""
    command = [sys.executable, "-m", "seqforge", *arguments, "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(done.returncode)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def good(scores: dict[str, dict[str, Any]]) -> bool:
    """Print every metric of every set beside its goal; whether all are reached."""
    all_reached = True
    print(f"\n{'metric':<16}{'set':<12}{'found':>8}  must be")
    for goal in GOALS:
        for name, of_set in scores.items():
            found, bound = float(of_set[goal.metric]), goal.bound(of_set)
            reached = goal.reached(found, bound)
            all_reached &= reached
            print(f"{goal.metric:<16}{name:<12}{found:>8.4g}  {goal.words} {bound:.4g}{'' if reached else '  MISSED'}")
    return all_reached


if __name__ == "__main__":
    sys.exit(main())
