# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Training throughput of a Keras definition through SeqForge against a minimal `train_on_batch` loop, same batches.

python benchmarks/train_keras.py [--definition model-defs/tf-mc10-dna1000-conv10w-conv10w-gmp-fc10-s1.xml] [--rounds 12]

Both train in turns, a few batches each, so that whatever else the machine does falls on both. SeqForge runs its whole
loop: batches from the set, one-hot input, loss, optimizer, running means. The plain loop is a compiled Keras model that
gets its one-hot arrays ready-made. The ratio is plain time / SeqForge time, so 1 is "no cost"; the aim is 0.97.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from seqforge.backends.keras import learner
from seqforge.data.dataset import Batch, Data, Dataset
from seqforge.definitions.reader import read_model
from seqforge.experiment import Experiment, resolve
from seqforge.training.loop import train

DEFINITION = Path(__file__).parent.parent / "model-defs" / "tf-mc10-dna1000-conv10w-conv10w-gmp-fc10-s1.xml"


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


def experiment_of(path: Path) -> Experiment:
    definition, problems = read_model(path)
    assert definition is not None, problems
    experiment, problems = resolve(definition)
    assert experiment is not None, problems
    return experiment


def through_seqforge(experiment: Experiment, examples: Codes) -> Callable[[], None]:
    process, data = replace(experiment.process, epochs=1), Data(examples, None, None, "")  # type: ignore[type-var]
    trained = learner(experiment, examples.codes.shape[1], "cpu")

    def turn() -> None:
        train(trained, data, process)

    return turn


def by_hand(experiment: Experiment, examples: Codes) -> Callable[[], None]:
    """The same architecture and optimizer, compiled by Keras, fed by `train_on_batch`."""
    size = experiment.process.batch_size  # type: ignore[union-attr]
    model: Any = experiment.architecture.keras(experiment.spec(examples.codes.shape[1]))
    model.compile(experiment.optimizers[0].optimizer.keras(), loss="categorical_crossentropy", metrics=["accuracy"])
    letters, classes = np.eye(4, dtype=np.float32), np.eye(len(experiment.labels), dtype=np.float32)
    inputs, targets = letters[examples.codes], classes[examples.target]

    def turn() -> None:
        for start in range(0, len(examples), size):
            model.train_on_batch(inputs[start : start + size], targets[start : start + size])

    return turn


def timed(turn: Callable[[], None]) -> float:
    start = time.perf_counter()
    turn()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--definition", type=Path, default=DEFINITION)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--batches", type=int, default=2)
    parser.add_argument("--length", type=int, default=1000)
    arguments = parser.parse_args()

    experiment = experiment_of(arguments.definition)
    assert experiment.process is not None
    count = arguments.batches * experiment.process.batch_size
    examples = Codes(count, arguments.length, len(experiment.labels), len(experiment.alphabet))
    ours = through_seqforge(experiment, examples)  # first: it starts Keras
    turns = [by_hand(experiment, examples), ours]
    for turn in turns:
        timed(turn)
    pairs = []
    for number in range(arguments.rounds):
        order = turns if number % 2 else turns[::-1]
        seconds = {turn: timed(turn) for turn in order}
        pairs.append((seconds[turns[0]], seconds[turns[1]]))
    report(experiment, pairs, count)


def report(experiment: Experiment, pairs: list[tuple[float, float]], count: int) -> None:
    """Rates from each side's median; the ratio as the median over the pairs, and that of the fastest turns."""
    plain, ours = (statistics.median(column) for column in zip(*pairs, strict=True))
    best = min(one for one, _ in pairs) / min(other for _, other in pairs)
    ratio = statistics.median(one / other for one, other in pairs)
    print(f"{experiment.definition.id} on cpu, {len(pairs)} pairs of turns")
    print(f"{'':14}{'examples/s':>12}")
    print(f"{'plain Keras':14}{count / plain:12.1f}\n{'SeqForge':14}{count / ours:12.1f}")
    print(f"ratio {ratio:.3f} (median of pairs), {best:.3f} (fastest turns); aim 0.97")


if __name__ == "__main__":
    main()
