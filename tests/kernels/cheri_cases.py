# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What Cherimoya's kernels are tried on, in Triton's interpreter or on a GPU (see tests/conftest.py)."""

from __future__ import annotations

import os
from typing import NamedTuple

import pytest
import torch

pytest.importorskip("triton", reason="the package 'triton' is not installed")

DEVICE = os.environ.get("SEQFORGE_TEST_DEVICE", "cpu")
ON_GPU = DEVICE == "cuda"
needs_gpu = pytest.mark.skipif(not ON_GPU, reason="needs a GPU: SEQFORGE_TEST_DEVICE=cuda")


class Case(NamedTuple):
    """Examples, positions, channels, dilation, and how x and the gradient lie in memory (see `LAYOUTS`)."""

    examples: int
    length: int
    channels: int
    dilation: int
    layout: str = "plain"

    def __str__(self) -> str:
        return "x".join(map(str, self[:3])) + f"-d{self.dilation}-{self.layout}"


CASES = (
    Case(2, 10, 4, 1),
    Case(2, 10, 4, 4),
    Case(2, 10, 4, 16),  # dilation beyond the length
    Case(1, 1, 1, 1),
    Case(3, 1, 5, 2),
    Case(0, 6, 4, 1),
    Case(1, 65, 3, 32),  # one position more than a run
    Case(2, 64, 16, 63),
    Case(1, 64, 17, 64),
    Case(1, 150, 12, 8),  # several runs, the last one short
    Case(1, 33, 96, 3),  # three parts of channels
    Case(1, 20, 80, 2),  # five
    Case(2, 31, 6, 2, "transposed"),
    Case(2, 30, 6, 5, "strided"),
    Case(2, 17, 7, 3, "expanded"),
    Case(1, 40, 128, 4),
    Case(4, 9, 8, 10**12),
)


def drawn(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).float().to(DEVICE)


def tensors(case: Case) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """x, a weight and a gradient."""
    n, length, channels = case[:3]
    return (*LAYOUTS[case.layout](n, length, channels), drawn(3, channels, seed=2))


def _transposed(n: int, length: int, channels: int) -> tuple[torch.Tensor, torch.Tensor]:
    return drawn(n, channels, length, seed=0).mT, drawn(length, n, channels, seed=1).transpose(0, 1)


def _strided(n: int, length: int, channels: int) -> tuple[torch.Tensor, torch.Tensor]:
    return drawn(n, 2 * length, 3 * channels, seed=0)[:, ::2, 1::3], drawn(n, length + 5, channels, seed=1)[:, 5:]


LAYOUTS = {
    "plain": lambda n, length, channels: (drawn(n, length, channels, seed=0), drawn(n, length, channels, seed=1)),
    "transposed": _transposed,
    "strided": _strided,
    "expanded": lambda n, length, channels: (
        drawn(1, length, channels, seed=0).expand(n, length, channels),
        drawn(1, length, 1, seed=1).expand(n, length, channels),
    ),
}


def projections(channels: int, hidden: int) -> tuple[torch.Tensor, torch.Tensor]:
    return drawn(hidden, channels, seed=3) / channels**0.5, drawn(channels, hidden, seed=4) / hidden**0.5


def off(values: torch.Tensor, exact: torch.Tensor) -> float:
    """The largest error as a share of the largest exact value."""
    if not exact.numel():
        return float(values.shape != exact.shape)
    return float((values.detach().double() - exact.detach()).abs().max() / exact.detach().abs().max().clamp(min=1e-6))
