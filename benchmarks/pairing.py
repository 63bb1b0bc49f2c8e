# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What the training benchmarks share: random examples, SeqForge's loop as one turn, turns timed in pairs.

Two ways to do the same work take turns, so that whatever else the machine does falls on both; the ratio is taken pair
by pair and its median quoted.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from seqforge.backends.base import Learner
from seqforge.data.dataset import Batch, Data, Dataset
from seqforge.definitions.reader import errors, load
from seqforge.errors import DefinitionError
from seqforge.experiment import Experiment, resolve
from seqforge.training.loop import train

MODELS = Path(__file__).parent.parent / "model-defs"
Turn = Callable[[], None]


class Codes(Dataset):
    """Random sequences in memory."""

    def __init__(self, examples: int, length: int, classes: int, letters: int):
        draw = np.random.default_rng(0)
        self.codes = draw.integers(0, letters, (examples, length), dtype=np.uint8)
        self.target = draw.integers(0, classes, examples)

    def __len__(self) -> int:
        return len(self.codes)

    def batch(self, indices: np.ndarray, epoch: int = 0) -> Batch:
        return Batch(indices, self.codes[indices], self.target[indices])


def arguments_of(doc: str | None, definition: str, rounds: int, batches: int) -> argparse.Namespace:
    """The command line that every training benchmark has, with its defaults."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--definition", type=Path, default=MODELS / f"{definition}.xml")
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--batches", type=int, default=batches, help="per turn")
    parser.add_argument("--batch-size", type=int, help="default: the definition's")
    parser.add_argument("--length", type=int, default=1000)
    parser.add_argument("--device", default="auto")
    return parser.parse_args()


def experiment_of(arguments: argparse.Namespace) -> Experiment:
    size = arguments.batch_size
    experiment = _resolved(load(arguments.definition, [f"trainingprocess.batch_size={size}"] if size else []))
    assert experiment.process is not None, "nothing is trained"
    return experiment


def without_data(definition: str, overrides: Sequence[str]) -> Experiment:
    """A shipped definition of other sizes than its data has; the examples come from elsewhere.

    Raises DefinitionError: a misspelt override would otherwise time a model of another size.
    """
    return _resolved(replace(load(MODELS / f"{definition}.xml", overrides), data=None))


def _resolved(definition: Any) -> Experiment:
    experiment, problems = resolve(definition)
    if experiment is None:
        raise DefinitionError(errors(problems))
    return experiment


def examples_of(arguments: argparse.Namespace, experiment: Experiment) -> Codes:
    """Enough examples for one turn."""
    count = arguments.batches * experiment.process.batch_size  # type: ignore[union-attr]
    return Codes(count, arguments.length, len(experiment.labels), len(experiment.alphabet))


def through_seqforge(trained: Learner, experiment: Experiment, examples: Codes) -> Turn:
    """One epoch of SeqForge's loop over `examples`."""
    process, data = replace(experiment.process, epochs=1), Data(examples, None, None, "")  # type: ignore[type-var]
    return lambda: train(trained, data, process) and None  # type: ignore[func-returns-value]


Clock = Callable[[], float]


def seconds_of(turn: Turn, settle: Turn = lambda: None, clock: Clock = time.perf_counter) -> float:
    """How long a turn takes; `settle` waits for the device.

    With `clock` time.process_time it is the processor's time, which other work on the machine hardly touches.
    """
    settle()
    start = clock()
    turn()
    settle()
    return clock() - start


def in_turns(
    turns: Sequence[Turn], rounds: int, settle: Turn = lambda: None, clock: Clock = time.perf_counter
) -> list[list[float]]:
    """The seconds of each of `turns`, `rounds` times, in changing order, after one round that does not count."""
    for turn in turns:
        seconds_of(turn, settle)
    seconds: list[list[float]] = [[] for _ in turns]
    for number in range(rounds):
        numbers = range(len(turns)) if number % 2 else reversed(range(len(turns)))
        for which in numbers:
            seconds[which].append(seconds_of(turns[which], settle, clock))
    return seconds


def report(title: str, names: Sequence[str], seconds: list[list[float]], count: int, aim: float) -> None:
    """Rates from each side's median; the ratio as the median over the pairs, and that of the fastest turns."""
    plain, ours = seconds
    ratio = statistics.median(one / other for one, other in zip(plain, ours, strict=True))
    print(f"{title}, {len(plain)} pairs of turns of {count} examples")
    print(f"{'':14}{'examples/s':>12}")
    for name, column in zip(names, seconds, strict=True):
        print(f"{name:14}{count / statistics.median(column):12.1f}")
    print(f"ratio {ratio:.3f} (median of pairs), {min(plain) / min(ours):.3f} (fastest turns); aim {aim}")
