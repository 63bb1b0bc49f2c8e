# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The activations of Keras by name, with the same meaning on torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# name → its name in torch or torch.nn.functional
ACTIVATIONS: dict[str, str] = {
    "linear": "",
    "relu": "relu",
    "elu": "elu",
    "selu": "selu",
    "gelu": "gelu",
    "softplus": "softplus",
    "softsign": "softsign",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
    "hard_sigmoid": "hardsigmoid",
    "exponential": "exp",
    "softmax": "softmax",
    "swish": "silu",
}


def torch_activation(name: str | None) -> Callable[[Any], Any]:
    """f(x) for `name` (None: linear); softmax runs over the last axis."""
    import torch
    from torch.nn import functional

    spelling = ACTIVATIONS[name or "linear"]
    if not spelling:
        return lambda x: x
    if spelling == "softmax":
        return lambda x: functional.softmax(x, dim=-1)
    plain = getattr(torch, spelling, None) if spelling in ("tanh", "sigmoid", "exp", "relu") else None
    return plain or getattr(functional, spelling)
