# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""One training step of the U-Net on electropherograms on a CPU: memory layout, precision and torch.compile, in turns.

python benchmarks/unet_cpu.py [--size full|small] [--batch-size 1] [--rounds 5] [--threads 1] [--only "NAME; NAME"]
python benchmarks/unet_cpu.py --loop [--size small]

Every contender trains a model of its own on the same random profiles; they take turns of one step, so that whatever
else the machine does falls on all. Figures are times relative to eager fp32 in PyTorch's own layout, as the median over
the rounds. `--loop`: SeqForge's training loop against a minimal one, both of them as the definition says (aim 0.97).

full: 5 dyes x 4,096 scan points, depth 4, 32 filters. small: depth 3, 16 filters.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from pairing import Turn, in_turns, report, through_seqforge, without_data

from seqforge.architectures.torch.unet import UNet
from seqforge.backends.torch import learner
from seqforge.data.dataset import Batch, Dataset

SIZES = {"full": (4, 32), "small": (3, 16)}  # depth, filters
CLOCKS = {"wall": time.perf_counter, "processor": time.process_time}
DYES, LENGTH, RATE = 5, 4096, 1e-4


class Way(NamedTuple):
    """How a contender trains."""

    channels_last: bool = False
    bf16: bool = False
    compiled: bool = False


BASE = "contiguous, fp32, eager"
WAYS = {
    BASE: Way(),
    "channels-last, fp32, eager": Way(channels_last=True),
    "contiguous, fp32, compiled": Way(compiled=True),
    "channels-last, fp32, compiled": Way(channels_last=True, compiled=True),
    "contiguous, bf16, eager": Way(bf16=True),
    "channels-last, bf16, eager": Way(channels_last=True, bf16=True),
}


@dataclass(frozen=True)
class Profiles(Dataset):
    """Random profiles and masks in memory."""

    signal: np.ndarray
    mask: np.ndarray

    def __len__(self) -> int:
        return len(self.signal)

    def batch(self, indices: np.ndarray, epoch: int = 0) -> Batch:
        return Batch(indices, target={"mask": self.mask[indices]}, arrays={"profiles": self.signal[indices]})


def profiles(count: int) -> Profiles:
    draw = np.random.default_rng(0)
    mask = (draw.random((count, DYES, LENGTH)) < 0.03).astype(np.int8)
    return Profiles(draw.random(mask.shape, dtype=np.float32), mask)


def dice(prediction: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return 1 - (2 * (prediction * mask).sum() + 1) / (prediction.sum() + mask.sum() + 1)


def stepping(way: Way, size: str, examples: Profiles, batch_size: int) -> Callable[[], float]:
    """One pass over `examples` in batches: forward, loss, backward, AdamW; gives the last loss."""
    torch.manual_seed(0)
    depth, filters = SIZES[size]
    model = UNet(depth=depth, num_filters=filters).train()
    model.channels_last = way.channels_last
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=5e-4)
    forward: Any = torch.compile(model) if way.compiled else model
    signal, mask = torch.from_numpy(examples.signal), torch.from_numpy(examples.mask).float()

    def turn() -> float:
        for start in range(0, len(examples), batch_size):
            optimizer.zero_grad()
            with torch.autocast("cpu", torch.bfloat16, enabled=way.bf16):
                prediction = forward(signal[start : start + batch_size])
            loss = dice(prediction.float(), mask[start : start + batch_size])
            loss.backward()
            optimizer.step()
        return float(loss.detach())

    return turn


def race(options: argparse.Namespace) -> None:
    chosen = [name.strip() for name in options.only.split(";")] if options.only else list(WAYS)
    examples = profiles(options.batch_size)
    turns, warm = {}, {}
    for name in dict.fromkeys([BASE, *chosen]):
        turns[name], begin = stepping(WAYS[name], options.size, examples, options.batch_size), time.perf_counter()
        turns[name]()
        warm[name] = time.perf_counter() - begin
        print(f"{name}: first step {warm[name]:.1f} s", file=sys.stderr, flush=True)
    calls: list[Turn] = [lambda t=turn: t() and None for turn in turns.values()]  # type: ignore[misc]
    seconds = dict(zip(turns, in_turns(calls, options.rounds, clock=CLOCKS[options.clock]), strict=True))
    shape = (options.batch_size, DYES, LENGTH)
    print(
        f"{options.size} U-Net on {shape}, {torch.get_num_threads()} threads, {options.rounds} turns of one step each"
    )
    print(f"{'':32}{'s/step':>9}{'ratio':>8}{'from':>8}{'to':>7}{'first step, s':>15}{'loss after':>12}")
    for name, column in seconds.items():
        ratios = sorted(one / base for one, base in zip(column, seconds[BASE], strict=True))
        print(f"{name:32}{statistics.median(column):9.3f}{statistics.median(ratios):8.2f}{ratios[0]:8.2f}{ratios[-1]:7.2f}"
              f"{warm[name]:15.1f}{turns[name]():12.4f}")  # fmt: skip


def loop(options: argparse.Namespace) -> None:
    """SeqForge's loop against the minimal one; both in the layout that SeqForge chooses."""
    depth, filters = SIZES[options.size]
    overrides = [f"architecture.hyperparameters.depth={depth}", f"architecture.hyperparameters.num_filters={filters}"]
    experiment = without_data("torch-dnanet-unet", [*overrides, f"trainingprocess.batch_size={options.batch_size}"])
    examples = profiles(options.steps * options.batch_size)
    trained = learner(experiment, LENGTH, "cpu")
    way = Way(channels_last=bool(getattr(trained.model, "channels_last", False)))
    plain = stepping(way, options.size, examples, options.batch_size)
    by_hand: Turn = lambda: plain() and None  # type: ignore[assignment,func-returns-value]  # noqa: E731
    both = [by_hand, through_seqforge(trained, experiment, examples)]
    seconds = in_turns(both, options.rounds, clock=CLOCKS[options.clock])
    title = f"{options.size} U-Net, batches of {options.batch_size}, {torch.get_num_threads()} threads"
    report(title, ("plain PyTorch", "SeqForge"), seconds, len(examples), aim=0.97)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=SIZES, default="full")
    for name, value in (("batch-size", 1), ("rounds", 5), ("threads", 1), ("steps", 4)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--only", help="some contenders, separated by semicolons")
    parser.add_argument("--clock", choices=CLOCKS, default="wall", help="processor: for machines that are busy")
    parser.add_argument("--loop", action="store_true", help="SeqForge's training loop against a minimal one")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    (loop if options.loop else race)(options)


if __name__ == "__main__":
    main()
