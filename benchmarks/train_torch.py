# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Training throughput of a definition through SeqForge against a minimal loop in plain PyTorch, on the same batches.

python benchmarks/train_torch.py [--definition model-defs/torch-mc50-dna1000-basset-s1.xml] [--rounds 12]

Both train in turns, a few batches each, so that whatever else the machine does falls on both. SeqForge runs its whole
loop: batches from the set, one-hot input, loss, clipping, optimizer, running means. The plain loop gets its one-hot
tensors ready-made and keeps no logs. The ratio is plain time / SeqForge time, so 1 is "no cost"; the aim is 0.97.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from pairing import Codes, Turn, arguments_of, examples_of, experiment_of, in_turns, report, through_seqforge

from seqforge.backends.torch import find_device, learner
from seqforge.experiment import Experiment


def by_hand(experiment: Experiment, examples: Codes, device: torch.device) -> Turn:
    """A model of the same architecture, Adam, and gradients clipped tensor by tensor as the definition asks."""
    size, rate = experiment.process.batch_size, experiment.optimizers[0].optimizer  # type: ignore[union-attr]
    model = experiment.architecture.torch(experiment.spec(examples.codes.shape[1])).to(device).train()
    parameters = list(model.parameters())
    optimizer = torch.optim.Adam(parameters, lr=rate.learning_rate)
    onehot = np.eye(4, dtype=np.float32)[examples.codes].transpose(0, 2, 1)
    inputs = torch.from_numpy(np.ascontiguousarray(onehot)).to(device)
    targets = torch.from_numpy(examples.target).to(device)

    def turn() -> None:
        for start in range(0, len(examples), size):
            optimizer.zero_grad()
            output = model(inputs[start : start + size])
            torch.nn.functional.cross_entropy(output, targets[start : start + size]).backward()
            if rate.clipnorm is not None:
                for parameter in parameters:
                    torch.nn.utils.clip_grad_norm_(parameter, rate.clipnorm)
            optimizer.step()

    return turn


def settling(device: torch.device) -> Turn:
    """Waits until the device has done what it was given."""
    return partial(torch.cuda.synchronize, device) if device.type == "cuda" else lambda: None


def main() -> None:
    arguments = arguments_of(__doc__, "torch-mc50-dna1000-basset-s1", rounds=12, batches=3)
    experiment, device = experiment_of(arguments), find_device(arguments.device)
    examples = examples_of(arguments, experiment)
    ours = through_seqforge(learner(experiment, arguments.length, str(device)), experiment, examples)
    seconds = in_turns([by_hand(experiment, examples, device), ours], arguments.rounds, settling(device))
    title = f"{experiment.definition.id} on {device}, {torch.get_num_threads()} threads"
    report(title, ("plain PyTorch", "SeqForge"), seconds, len(examples), aim=0.97)


if __name__ == "__main__":
    main()
