# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Training throughput of a definition through SeqForge against a minimal loop in plain PyTorch, on the same batches.

python benchmarks/train_torch.py [--definition model-defs/torch-mc50-dna1000-basset-s1.xml] [--rounds 12]

Both train in turns, a few batches each, so that whatever else the machine does falls on both. SeqForge runs its whole
loop: batches from the set, one-hot input, loss, clipping, optimizer, running means. The plain loop gets its one-hot
tensors ready-made and keeps no logs. The ratio is plain time / SeqForge time, so 1 is "no cost"; the aim is 0.97.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from seqforge.backends.torch import TorchLearner, find_device, learner
from seqforge.data.dataset import Batch, Data, Dataset
from seqforge.definitions.reader import read_model
from seqforge.experiment import Experiment, resolve
from seqforge.training.loop import train

DEFINITION = Path(__file__).parent.parent / "model-defs" / "torch-mc50-dna1000-basset-s1.xml"


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


def experiment_of(path: Path, batch_size: int | None = None) -> Experiment:
    changes = [f"trainingprocess.batch_size={batch_size}"] if batch_size else []
    definition, problems = read_model(path, changes)
    assert definition is not None, problems
    experiment, problems = resolve(definition)
    assert experiment is not None, problems
    return experiment


def through_seqforge(trained: TorchLearner, experiment: Experiment, examples: Codes) -> Callable[[], None]:
    process, data = replace(experiment.process, epochs=1), Data(examples, None, None, "")  # type: ignore[type-var]

    def turn() -> None:
        train(trained, data, process)

    return turn


def by_hand(experiment: Experiment, examples: Codes, device: torch.device) -> Callable[[], None]:
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


def timed(turn: Callable[[], None], device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    start = time.perf_counter()
    turn()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--definition", type=Path, default=DEFINITION)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--batches", type=int, default=1)
    parser.add_argument("--batch-size", type=int, help="default: the definition's")
    parser.add_argument("--length", type=int, default=1000)
    parser.add_argument("--device", default="auto")
    arguments = parser.parse_args()

    experiment, device = experiment_of(arguments.definition, arguments.batch_size), find_device(arguments.device)
    assert experiment.process is not None
    count = arguments.batches * experiment.process.batch_size
    examples = Codes(count, arguments.length, len(experiment.labels), len(experiment.alphabet))
    turns = [
        by_hand(experiment, examples, device),
        through_seqforge(learner(experiment, arguments.length, str(device)), experiment, examples),
    ]
    for turn in turns:
        timed(turn, device)
    pairs = []
    for number in range(arguments.rounds):
        order = turns if number % 2 else turns[::-1]
        seconds = {turn: timed(turn, device) for turn in order}
        pairs.append((seconds[turns[0]], seconds[turns[1]]))
    report(experiment, pairs, count, device)


def report(experiment: Experiment, pairs: list[tuple[float, float]], count: int, device: torch.device) -> None:
    """Rates from each side's median; the ratio as the median over the pairs, and that of the fastest turns."""
    plain, ours = (statistics.median(column) for column in zip(*pairs, strict=True))
    best = min(one for one, _ in pairs) / min(other for _, other in pairs)
    ratio = statistics.median(one / other for one, other in pairs)
    print(f"{experiment.definition.id} on {device}, {torch.get_num_threads()} threads, {len(pairs)} pairs of turns")
    print(f"{'':14}{'examples/s':>12}")
    print(f"{'plain PyTorch':14}{count / plain:12.1f}\n{'SeqForge':14}{count / ours:12.1f}")
    print(f"ratio {ratio:.3f} (median of pairs), {best:.3f} (fastest turns); aim 0.97")


if __name__ == "__main__":
    main()
