# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What is PyTorch's own in the Keras learner, for KERAS_BACKEND=torch: gradients and devices; nothing is compiled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from keras import ops

from seqforge.backends.torch_tensors import in_words as torch_words
from seqforge.errors import BackendError

VERSIONS = {"torch": torch.__version__}


def prepare() -> None:
    """PyTorch needs nothing."""


def limit(threads: int) -> None:
    """Limit the CPU threads."""
    torch.set_num_threads(threads)


def find_device(wanted: str) -> str:
    """The Keras name of the device called `wanted`, or a BackendError that names those present."""
    gpus = torch.cuda.device_count()
    if wanted == "auto":
        return "cuda:0" if gpus else "cpu"
    present = ["cpu", *(f"cuda:{number}" for number in range(gpus))]
    full = "cuda:0" if wanted == "cuda" else wanted
    if full not in present:
        raise BackendError(f"device '{wanted}' is not usable here; expected auto or one of {', '.join(present)}")
    return full


def in_words(device: str) -> str:
    """`CPU`, `cuda:0 NVIDIA H200`."""
    return torch_words(torch.device(device))


def peak_memory(device: str) -> int:
    """Bytes in use at most so far on a GPU."""
    return torch.cuda.max_memory_allocated(device)


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    return function


def gradients(objective: Callable[[], tuple[Any, Any]], variables: Sequence[Any]) -> tuple[Any, list[Any]]:
    """`objective() → (value, more)`: (more, d value / d variable for each, zeros where it does not depend on it)."""
    values = [variable.value for variable in variables]
    value, more = objective()
    found = torch.autograd.grad(value, values, allow_unused=True) if value.requires_grad else [None] * len(values)
    return more, [
        torch.zeros_like(value) if gradient is None else gradient for value, gradient in zip(values, found, strict=True)
    ]


def tensor(array: np.ndarray) -> Any:
    return ops.convert_to_tensor(np.ascontiguousarray(array))


def update(function: Callable[[], None]) -> None:
    """Run `function`, which assigns variables."""
    with torch.no_grad():
        function()


def update_if(condition: Any, function: Callable[[], None]) -> None:
    """Run `function`, which assigns variables, where `condition` holds."""
    if bool(condition):
        update(function)
