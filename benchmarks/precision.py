# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`precision` fp32 against bf16: training throughput of a definition on this machine, and what the loss makes of it.

python benchmarks/precision.py [--definition model-defs/torch-mc50-dna1000-basset-s1.xml] [--rounds 6] [--device auto]

bf16 pays only where the processor has instructions for it (AVX512-BF16 or AMX on CPUs, tensor cores on GPUs).
"""

from __future__ import annotations

import argparse
import statistics
from dataclasses import replace
from pathlib import Path

import torch
from train_torch import DEFINITION, Codes, experiment_of, through_seqforge, timed

from seqforge.backends.torch import find_device, learner

PRECISIONS = ("fp32", "bf16")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--definition", type=Path, default=DEFINITION)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--batches", type=int, default=1)
    parser.add_argument("--batch-size", type=int, help="default: the definition's")
    parser.add_argument("--length", type=int, default=1000)
    parser.add_argument("--device", default="auto")
    arguments = parser.parse_args()

    experiment, device = experiment_of(arguments.definition, arguments.batch_size), find_device(arguments.device)
    assert experiment.process is not None
    count = arguments.batches * experiment.process.batch_size
    examples = Codes(count, arguments.length, len(experiment.labels), len(experiment.alphabet))
    turns, learners = {}, {}
    for precision in PRECISIONS:
        variant = replace(experiment, process=replace(experiment.process, precision=precision))
        learners[precision] = learner(variant, arguments.length, str(device))
        turns[precision] = through_seqforge(learners[precision], variant, examples)
        timed(turns[precision], device)
    seconds = {precision: [] for precision in PRECISIONS}
    for _ in range(arguments.rounds):
        for precision in PRECISIONS:
            seconds[precision].append(timed(turns[precision], device))
    middle = {precision: statistics.median(seconds[precision]) for precision in PRECISIONS}
    print(f"{experiment.definition.id} on {device}, {torch.get_num_threads()} threads, {arguments.rounds} turns each")
    print(f"{'':6}{'examples/s':>12}{'against fp32':>14}{'loss after':>12}")
    batch = examples.batch(range(min(count, 100)))  # type: ignore[arg-type]
    for precision in PRECISIONS:
        loss = learners[precision].eval_step(batch).losses["loss"].mean()
        rate = middle["fp32"] / middle[precision]
        print(f"{precision:6}{count / middle[precision]:12.1f}{rate:14.2f}{loss:12.4f}")


if __name__ == "__main__":
    main()
