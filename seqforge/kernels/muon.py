# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Muon's step in PyTorch: momentum, Newton-Schulz iteration towards the nearest orthogonal matrix, decoupled decay."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch

# a quintic whose iteration takes every singular value in (0, 1] near 1 in five steps (Jordan et al. 2024)
COEFFICIENTS = (3.4445, -4.7750, 2.0315)

SCALINGS: dict[str, Callable[[int, int], float]] = {
    "original": lambda rows, columns: math.sqrt(max(1.0, rows / columns)),
    "match_rms_adamw": lambda rows, columns: 0.2 * math.sqrt(max(rows, columns)),
}
DTYPES = {"bf16": torch.bfloat16, "fp32": torch.float32}


def orthogonal(matrices: torch.Tensor, steps: int, eps: float, dtype: torch.dtype) -> torch.Tensor:
    """Matrices (n, rows, columns) with every singular value brought near 1, in `dtype`."""
    a, b, c = COEFFICIENTS
    x = matrices.to(dtype)
    tall = x.shape[1] > x.shape[2]
    x = x.mT if tall else x
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp(min=eps)
    for _ in range(steps):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.mT if tall else x


class Muon(torch.optim.Optimizer):
    """The numbers of torch.optim.Muon; equal-shaped matrices go through the iteration together."""

    def __init__(self, params: Iterable[Any], **settings: Any):
        super().__init__(params, settings)

    def step(self, closure: Any = None) -> Any:  # type: ignore[override]
        loss = closure() if closure is not None else None
        with torch.no_grad():
            for group in self.param_groups:
                for alike in _by_shape([p for p in group["params"] if p.grad is not None]):
                    self._move(alike, group)
        return loss

    def _move(self, parameters: list[torch.Tensor], group: dict[str, Any]) -> None:
        directions = torch.stack([self._direction(parameter, group) for parameter in parameters])
        dtype = DTYPES[group["newton_schulz_dtype"]]
        moves = orthogonal(directions, group["newton_schulz_steps"], group["eps"], dtype)
        rate = group["lr"] * SCALINGS[group["learning_rate_scaling"]](*parameters[0].shape)
        for parameter, move in zip(parameters, moves, strict=True):
            parameter.mul_(1 - group["lr"] * group["weight_decay"])
            parameter.add_(move.to(parameter.dtype), alpha=-rate)

    def _direction(self, parameter: torch.Tensor, group: dict[str, Any]) -> torch.Tensor:
        state, gradient = self.state[parameter], parameter.grad
        assert gradient is not None
        if not state:
            state["momentum_buffer"] = torch.zeros_like(gradient)
        mean = state["momentum_buffer"]
        mean.lerp_(gradient, 1 - group["momentum"])
        return gradient.lerp(mean, group["momentum"]) if group["nesterov"] else mean


def _by_shape(parameters: list[torch.Tensor]) -> Iterable[list[torch.Tensor]]:
    found: dict[tuple[Any, ...], list[torch.Tensor]] = {}
    for parameter in parameters:
        found.setdefault((tuple(parameter.shape), parameter.device, parameter.dtype), []).append(parameter)
    return found.values()
