# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`precision` fp32 against bf16: training throughput of a definition on this machine, and what the loss makes of it.

python benchmarks/precision.py [--definition model-defs/torch-mc50-dna1000-basset-s1.xml] [--rounds 6] [--device auto]

bf16 pays only where the processor has instructions for it (AVX512-BF16 or AMX on CPUs, tensor cores on GPUs).
"""

from __future__ import annotations

import statistics
from dataclasses import replace

import numpy as np
import torch
from pairing import arguments_of, examples_of, experiment_of, in_turns, through_seqforge
from train_torch import settling

from seqforge.backends.torch import find_device, learner

PRECISIONS = ("fp32", "bf16")


def main() -> None:
    arguments = arguments_of(__doc__, "torch-mc50-dna1000-basset-s1", rounds=4, batches=1)
    experiment, device = experiment_of(arguments), find_device(arguments.device)
    examples = examples_of(arguments, experiment)
    assert experiment.process is not None
    learners, turns = [], []
    for precision in PRECISIONS:
        variant = replace(experiment, process=replace(experiment.process, precision=precision))
        learners.append(learner(variant, arguments.length, str(device)))
        turns.append(through_seqforge(learners[-1], variant, examples))
    middle = [statistics.median(column) for column in in_turns(turns, arguments.rounds, settling(device))]
    print(f"{experiment.definition.id} on {device}, {torch.get_num_threads()} threads, {arguments.rounds} turns each")
    print(f"{'':6}{'examples/s':>12}{'against fp32':>14}{'loss after':>12}")
    batch = examples.batch(np.arange(min(len(examples), 100)))
    for precision, trained, seconds in zip(PRECISIONS, learners, middle, strict=True):
        loss = trained.eval_step(batch).losses["loss"].mean()
        print(f"{precision:6}{len(examples) / seconds:12.1f}{middle[0] / seconds:14.2f}{loss:12.4f}")


if __name__ == "__main__":
    main()
