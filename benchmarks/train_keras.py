# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Training throughput of a Keras definition through SeqForge against a minimal `train_on_batch` loop, same batches.

python benchmarks/train_keras.py [--definition model-defs/tf-mc10-dna1000-conv10w-conv10w-gmp-fc10-s1.xml] [--rounds 12]

Both train in turns, a few batches each, so that whatever else the machine does falls on both. SeqForge runs its whole
loop: batches from the set, one-hot input, loss, optimizer, running means. The plain loop is a compiled Keras model that
gets its one-hot arrays ready-made. The ratio is plain time / SeqForge time, so 1 is "no cost"; the aim is 0.97.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from pairing import Codes, Turn, arguments_of, examples_of, experiment_of, in_turns, report, through_seqforge

from seqforge.backends.keras import learner
from seqforge.experiment import Experiment


def by_hand(experiment: Experiment, examples: Codes) -> Turn:
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


def main() -> None:
    arguments = arguments_of(__doc__, "tf-mc10-dna1000-conv10w-conv10w-gmp-fc10-s1", rounds=12, batches=10)
    experiment = experiment_of(arguments)
    examples = examples_of(arguments, experiment)
    ours = through_seqforge(learner(experiment, arguments.length, arguments.device), experiment, examples)
    seconds = in_turns([by_hand(experiment, examples), ours], arguments.rounds)  # after the learner: it starts Keras
    report(experiment.definition.id, ("plain Keras", "SeqForge"), seconds, len(examples), aim=0.97)


if __name__ == "__main__":
    main()
