# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Sequences per second of the simulator, and of the per-example reference of its tests, on the 50-class definition.

python benchmarks/simulator.py [--rows 100000] [--reference-rows 1000]
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "simulation"))

import reference

from seqforge.definitions.data import DataDefinition
from seqforge.definitions.reader import load
from seqforge.resources import folder
from seqforge.simulation import Simulator

GOAL = 20


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=100_000)
    options.add_argument("--reference-rows", type=int, default=1_000)
    chosen = options.parse_args()
    definition = load(next(folder("data-defs").glob("mc50-dna1000-sim-*.xml")))
    assert isinstance(definition, DataDefinition)
    ours = chosen.rows / _seconds(lambda: _vectorised(_sized(definition, chosen.rows)))
    plain = chosen.reference_rows / _seconds(lambda: _plain(_sized(definition, chosen.reference_rows)))
    print(f"{definition.id}: {definition.background.maxlength} letters")
    print(f"  {'simulator':<24}{ours:>12,.0f} sequences/s   {chosen.rows:,} in {chosen.rows / ours:.1f} s")
    print(f"  {'per-example reference':<24}{plain:>12,.0f} sequences/s")
    print(f"  {'ratio':<24}{ours / plain:>12.0f}   goal ≥ {GOAL}")
    print(f"  {'peak memory':<24}{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:>12,.0f} MiB")


def _sized(definition: DataDefinition, rows: int) -> DataDefinition:
    """The definition with `rows` training examples."""
    training = definition.sets[0]
    share = rows // len(training.examples)
    examples = tuple(replace(example, samples=share) for example in training.examples)
    return replace(definition, sets=(replace(training, examples=examples), *definition.sets[1:]))


def _vectorised(definition: DataDefinition) -> None:
    for _ in Simulator(definition).chunks("training"):
        pass


def _plain(definition: DataDefinition) -> None:
    reference.simulate(definition, "training")


def _seconds(work) -> float:
    """Of processor time: both run in one process, and other programs do not count."""
    start = time.process_time()
    work()
    return time.process_time() - start


if __name__ == "__main__":
    main()
