# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Cherimoya's blocks on a CPU: layouts and ways to write the convolution, against transposing for conv1d.

python benchmarks/cheri_cpu.py [--batch-size 8] [--length 2114] [--channels 96] [--layers 9] [--rounds 5] [--compile]

Aim: what `seqforge.kernels.cheri` runs takes at most 1/1.25 of the time of the transposing form, forward + backward.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from torch.nn import functional

from seqforge.kernels import cheri
from seqforge.kernels.cheri_reference import EPS, project

SCALE = 0.15
Weights = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
Block = Callable[[torch.Tensor, Weights, int], torch.Tensor]


def transposing(x: torch.Tensor, weights: Weights, dilation: int) -> torch.Tensor:
    """The form to beat: to channels-first and back around conv1d, then a norm of four operations."""
    u = _conv1d(x.mT, weights[0], dilation).mT
    apart = u - u.mean(dim=(1, 2), keepdim=True)
    y = apart * torch.rsqrt(apart.square().mean(dim=(1, 2), keepdim=True) + EPS)
    hidden = functional.gelu(functional.linear(y, weights[1]), approximate="tanh")
    return x + SCALE * functional.linear(hidden, weights[2])


def shifted(x: torch.Tensor, weights: Weights, dilation: int) -> torch.Tensor:
    return cheri.block(x, *weights, dilation, SCALE, kernel="torch")


def padded(x: torch.Tensor, weights: Weights, dilation: int) -> torch.Tensor:
    """Shifts as views of one padded copy."""
    around, length = functional.pad(x, (0, 0, dilation, dilation)), x.shape[1]
    before, after = around[:, :length], around[:, 2 * dilation :]
    u = torch.addcmul(torch.addcmul(before * weights[0][0], x, weights[0][1]), after, weights[0][2])
    return project(x, functional.layer_norm(u, u.shape[1:], eps=EPS), *weights[1:], SCALE)


def channels_first(x: torch.Tensor, weights: Weights, dilation: int) -> torch.Tensor:
    """x (example, channel, position); both projections as convolutions of width 1."""
    u = _conv1d(x, weights[0], dilation)
    y = functional.layer_norm(u, u.shape[1:], eps=EPS)
    hidden = functional.gelu(functional.conv1d(y, weights[1][:, :, None]), approximate="tanh")
    return torch.add(x, functional.conv1d(hidden, weights[2][:, :, None]), alpha=SCALE)


def _conv1d(x: torch.Tensor, weight: torch.Tensor, dilation: int) -> torch.Tensor:
    return functional.conv1d(x, weight.T[:, None], padding=dilation, dilation=dilation, groups=x.shape[1])


def main() -> None:
    sizes = arguments()
    x, weights = tensors(sizes)
    blocks: dict[str, Block] = {
        "transposing conv1d, norm of four operations": transposing,
        "seqforge: shifted multiply-adds": shifted,
        "shifts of a padded copy": padded,
        "channels-first, conv1d": channels_first,
    }
    if sizes.compile:
        blocks["seqforge, compiled"] = torch.compile(shifted)
    agree(blocks, x, weights[0])
    trained = in_turns({name: lambda b=block: step(b, x, weights) for name, block in blocks.items()}, sizes.rounds)
    applied = in_turns({name: lambda b=block: apply(b, x, weights) for name, block in blocks.items()}, sizes.rounds)
    print(f"{sizes.layers} blocks, {tuple(x.shape)}, {torch.get_num_threads()} threads, {sizes.rounds} turns each")
    print(f"{'':46}{'forward + backward':>20}{'no gradient':>14}   times the first row is slower")
    for name in blocks:
        ratios = [statistics.median(a / b for a, b in zip(turns["transposing conv1d, norm of four operations"],
                  turns[name], strict=True)) for turns in (trained, applied)]  # fmt: skip
        print(f"{name:46}{ratios[0]:20.2f}{ratios[1]:14.2f}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, size in (("batch-size", 8), ("length", 2114), ("channels", 96), ("layers", 9), ("rounds", 5)):
        parser.add_argument(f"--{name}", type=int, default=size)
    parser.add_argument("--compile", action="store_true", help="also what torch.compile makes of seqforge's form")
    return parser.parse_args()


def tensors(sizes: argparse.Namespace) -> tuple[torch.Tensor, list[Weights]]:
    torch.manual_seed(0)
    channels = sizes.channels
    shapes = ((3, channels), (2 * channels, channels), (channels, 2 * channels))
    weights = [tuple((0.1 * torch.randn(shape)).requires_grad_() for shape in shapes) for _ in range(sizes.layers)]
    return torch.randn(sizes.batch_size, sizes.length, channels, requires_grad=True), weights  # type: ignore[return-value]


def agree(blocks: dict[str, Block], x: torch.Tensor, weights: Weights) -> None:
    """All forms compute the same; channels-first ones see their own layout."""
    expected = transposing(x, weights, 4)
    for block in blocks.values():
        y = block(x.mT, weights, 4).mT if block is channels_first else block(x, weights, 4)
        torch.testing.assert_close(y, expected, rtol=1e-4, atol=1e-4)


def apply(block: Block, x: torch.Tensor, weights: list[Weights]) -> None:
    with torch.no_grad():
        through(block, x, weights)


def step(block: Block, x: torch.Tensor, weights: list[Weights]) -> None:
    y = through(block, x, weights)
    torch.autograd.grad(y, (x, *(weight for each in weights for weight in each)), torch.ones_like(y))


def through(block: Block, x: torch.Tensor, weights: list[Weights]) -> torch.Tensor:
    x = x.mT.contiguous() if block is channels_first else x
    for i, each in enumerate(weights):
        x = block(x, each, 2**i)
    return x


def in_turns(calls: dict[str, Callable[[], None]], rounds: int) -> dict[str, list[float]]:
    """Seconds of every call, round by round, so that whatever else the machine does falls on all; one to warm up."""
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(rounds + 1):
        for name, call in calls.items():
            begin = time.perf_counter()
            call()
            if number:
                seconds[name].append(time.perf_counter() - begin)
    return seconds


if __name__ == "__main__":
    main()
