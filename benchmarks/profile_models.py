# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""One training step of a BPNet solo model: SeqForge, a minimal Keras loop and plain PyTorch, in turns.

python benchmarks/profile_models.py [--size large|small] [--rounds 6] [--steps 2] [--only "NAME; NAME"]

Every contender is a process of its own (TensorFlow and PyTorch do not share one); they take turns of a few steps, so
that whatever else the machine does falls on all of them. Figures are times relative to plain PyTorch, as the median
over the rounds; SeqForge on Keras is also compared with the minimal Keras loop of the same backend (aim 0.97).

large: 3,092 → 1,000 bases, 64 filters, 9 layers, widths 25/25, batch 32. small: 288 → 200, 32 filters, 4 layers, 64.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

SIZES = {"large": (3092, 1000, 64, 9, 25, 32), "small": (288, 200, 32, 4, 15, 64)}
NAMES = ("input_length", "output_length", "num_filters", "num_layers", "input_filter_width")
# name → (how it trains, KERAS_BACKEND, precision)
CONTENDERS = {
    "plain PyTorch": ("torch", "", "fp32"),
    "SeqForge, PyTorch": ("seqforge-torch", "", "fp32"),
    "minimal Keras, TensorFlow": ("keras", "tensorflow", "fp32"),
    "the same with XLA": ("xla", "tensorflow", "fp32"),
    "SeqForge, Keras on TensorFlow": ("seqforge", "tensorflow", "fp32"),
    "SeqForge, Keras on TensorFlow, bf16": ("seqforge", "tensorflow", "bf16"),
    "minimal Keras, torch": ("keras", "torch", "fp32"),
    "SeqForge, Keras on torch": ("seqforge", "torch", "fp32"),
}
PAIRS = (
    ("minimal Keras, TensorFlow", "SeqForge, Keras on TensorFlow"),
    ("minimal Keras, torch", "SeqForge, Keras on torch"),
    ("plain PyTorch", "SeqForge, PyTorch"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=SIZES, default="large")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--steps", type=int, default=2, help="per turn")
    parser.add_argument("--only", help="some contenders, separated by semicolons")
    parser.add_argument("--worker", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        work(*options.worker, options.size, options.steps)
    else:
        race(options)


def race(options: argparse.Namespace) -> None:
    """Start every contender, let them take turns, print the table."""
    wanted = [name.strip() for name in options.only.split(";")] if options.only else list(CONTENDERS)
    workers = {name: start(name, options) for name in wanted}
    for worker in workers.values():
        ask(worker)  # tracing, compilation
    seconds: dict[str, list[float]] = {name: [] for name in workers}
    for number in range(options.rounds):
        for name in list(workers)[:: 1 if number % 2 else -1]:
            seconds[name].append(ask(workers[name]))
    for worker in workers.values():
        worker.stdin.close()  # type: ignore[union-attr]
    table(seconds, options)


def start(name: str, options: argparse.Namespace) -> subprocess.Popen[str]:
    how, backend, precision = CONTENDERS[name]
    command = [sys.executable, __file__, "--size", options.size, "--steps", str(options.steps)]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"} | ({"KERAS_BACKEND": backend} if backend else {})
    return subprocess.Popen(
        [*command, "--worker", how, precision],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    )


def ask(worker: subprocess.Popen[str]) -> float:
    """The seconds of one turn."""
    worker.stdin.write("go\n")  # type: ignore[union-attr]
    worker.stdin.flush()  # type: ignore[union-attr]
    answer = worker.stdout.readline()  # type: ignore[union-attr]
    if not answer:
        raise SystemExit(f"a worker failed: {' '.join(worker.args)}")  # type: ignore[arg-type]
    return float(answer)


def table(seconds: dict[str, list[float]], options: argparse.Namespace) -> None:
    base = seconds.get("plain PyTorch")
    batch, cores = SIZES[options.size][-1], os.cpu_count()
    print(f"{options.size} {SIZES[options.size]}, {options.rounds} rounds of {options.steps} steps, {cores} cores")
    print(f"{'':38}{'s / step':>10}{'regions/s':>11}{'÷ plain PyTorch':>17}")
    for name, times in seconds.items():
        step = statistics.median(times) / options.steps
        relative = f"{ratio(times, base):17.2f}" if base else ""
        print(f"{name:38}{step:10.3f}{batch / step:11.1f}{relative}")
    for plain, ours in PAIRS:
        if plain in seconds and ours in seconds:
            print(f"{ours}: {ratio(seconds[plain], seconds[ours]):.3f} of the speed of {plain} (aim 0.97)")


def ratio(times: list[float], base: list[float]) -> float:
    """Median over the rounds."""
    return statistics.median(one / other for one, other in zip(times, base, strict=True))


def work(how: str, precision: str, size: str, steps: int) -> None:
    """A contender: one turn for every line of standard input."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    turn = WAYS[how](size, steps, precision)
    for _ in sys.stdin:
        begin = time.perf_counter()
        turn()
        print(time.perf_counter() - begin, file=answers, flush=True)


def experiment_of(size: str, library: str, precision: str) -> Any:
    from pairing import without_data

    *sizes, batch = SIZES[size]
    keys = {**dict(zip(NAMES, sizes, strict=True)), "output_filter_width": sizes[-1]}
    overrides = [f"architecture.hyperparameters.{key}={value}" for key, value in keys.items()]
    overrides += [f"trainingprocess.batch_size={batch}", f"trainingprocess.precision={precision}"]
    return without_data(f"{library}-bpnet-solo-nexus", overrides)


def examples_of(size: str, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Codes (region, position) and reads (region, position, task) of one turn."""
    read, put_out, *_, batch = SIZES[size]
    draw = np.random.default_rng(0)
    codes = draw.integers(0, 4, (steps * batch, read), dtype=np.uint8)
    return codes, draw.poisson(0.5, (steps * batch, put_out, 2)).astype(np.uint8)


def seqforge(library: str) -> Callable[[str, int, str], Callable[[], None]]:
    """SeqForge's whole loop over a set in memory."""

    def build(size: str, steps: int, precision: str) -> Callable[[], None]:
        from dataclasses import replace

        from seqforge.backends import open_learner
        from seqforge.data.dataset import Batch, Data, Dataset
        from seqforge.training.loop import train

        codes, reads = examples_of(size, steps)

        class Regions(Dataset):
            def __len__(self) -> int:
                return len(codes)

            def batch(self, indices: np.ndarray, epoch: int = 0) -> Batch:
                return Batch(indices, codes[indices], (reads[indices],))

        experiment = experiment_of(size, library, precision)
        learner = open_learner(experiment, SIZES[size][0])
        data, process = Data(Regions(), None, None, ""), replace(experiment.process, epochs=1)

        def turn() -> None:
            train(learner, data, process)

        return turn

    return build


def keras_by_hand(jit: bool) -> Callable[[str, int, str], Callable[[], None]]:
    """A traced step with keras.ops losses and nothing else, fed ready-made one-hot arrays."""

    def build(size: str, steps: int, precision: str) -> Callable[[], None]:
        from seqforge.backends.importing import start_keras

        start_keras()
        import keras
        from keras import ops

        from seqforge.losses.log_gamma import keras_log_gamma

        experiment, batch = experiment_of(size, "keras", precision), SIZES[size][-1]
        model = experiment.architecture.keras(experiment.spec())
        optimizer = keras.optimizers.Adam(0.004)
        optimizer.build(model.trainable_variables)
        codes, reads = examples_of(size, steps)
        inputs, targets = np.eye(4, dtype=np.float32)[codes], reads.astype(np.float32)
        log_gamma = keras_log_gamma()

        def loss(x: Any, y: Any) -> Any:
            logits, logcounts = model(x, training=True)
            flat, wanted = (ops.reshape(one, (-1, y.shape[1] * y.shape[2])) for one in (logits, y))
            total = ops.sum(wanted, axis=1)
            nll = ops.sum(log_gamma(wanted + 1) - wanted * ops.log_softmax(flat, axis=1), axis=1) - log_gamma(total + 1)
            return ops.mean(nll) + 10 * ops.mean(ops.square(ops.log(total)[:, None] - logcounts))

        step = (tensorflow_step if keras.backend.backend() == "tensorflow" else torch_step)(model, optimizer, loss, jit)

        def turn() -> None:
            for start in range(0, len(inputs), batch):
                step(inputs[start : start + batch], targets[start : start + batch])

        return turn

    return build


def tensorflow_step(model: Any, optimizer: Any, loss: Any, jit: bool) -> Callable[[Any, Any], Any]:
    import tensorflow as tf

    variables = [variable.value for variable in model.trainable_variables]

    @tf.function(jit_compile=jit)
    def step(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            value = loss(x, y)
        optimizer.apply(tape.gradient(value, variables), model.trainable_variables)
        return value

    return lambda x, y: step(tf.constant(x), tf.constant(y)).numpy()


def torch_step(model: Any, optimizer: Any, loss: Any, jit: bool) -> Callable[[Any, Any], Any]:
    import torch

    variables = [variable.value for variable in model.trainable_variables]

    def step(x: Any, y: Any) -> float:
        value = loss(torch.from_numpy(x), torch.from_numpy(y))
        gradients = torch.autograd.grad(value, variables)
        with torch.no_grad():
            optimizer.apply(gradients, model.trainable_variables)
        return value.item()

    return step


def torch_by_hand(size: str, steps: int, precision: str) -> Callable[[], None]:
    """The plain torch model, Adam, and the two losses."""
    import torch

    experiment, batch = experiment_of(size, "torch", precision), SIZES[size][-1]
    model = experiment.architecture.torch(experiment.spec())
    optimizer = torch.optim.Adam(model.parameters(), lr=0.004)
    codes, reads = examples_of(size, steps)
    inputs = torch.from_numpy(np.ascontiguousarray(np.eye(4, dtype=np.float32)[codes].transpose(0, 2, 1)))
    targets = torch.from_numpy(reads.astype(np.float32))

    def turn() -> None:
        for start in range(0, len(inputs), batch):
            optimizer.zero_grad()
            logits, logcounts = model(inputs[start : start + batch])
            flat, wanted = logits.flatten(1), targets[start : start + batch].flatten(1)
            total = wanted.sum(1)
            nll = (torch.lgamma(wanted + 1) - wanted * torch.log_softmax(flat, 1)).sum(1) - torch.lgamma(total + 1)
            (nll.mean() + 10 * (total.log()[:, None] - logcounts).square().mean()).backward()
            optimizer.step()

    return turn


WAYS: dict[str, Callable[[str, int, str], Callable[[], None]]] = {
    "torch": torch_by_hand,
    "seqforge-torch": seqforge("torch"),
    "seqforge": seqforge("keras"),
    "keras": keras_by_hand(False),
    "xla": keras_by_hand(True),
}

if __name__ == "__main__":
    main()
