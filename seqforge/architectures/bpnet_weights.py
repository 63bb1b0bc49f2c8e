# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The weights of a solo model: names, order, shapes and initial values, and what they are called in PyTorch.

In Keras: `{name}_initial_conv/kernel`, `{name}_conv_{i}/kernel`, `{name}_profile_{head}/kernel`,
`{name}_logcounts_{head}/kernel`, each followed by its `…/bias`, in this order. In PyTorch: `initial_conv.weight`,
`convs.{i}.weight`, `profiles.{h}.weight`, `logcounts.{h}.weight` and `….bias`, h the number of the head. The axes lie
in the opposite order: kernel (window, in, out) and (in, out), weight (out, in, window) and (out, in).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from seqforge.heads import Head

if TYPE_CHECKING:
    import numpy as np

    from seqforge.architectures.bpnet import Sizes

BASES = 4  # A C G T


def weight_shapes(sizes: Sizes, heads: Sequence[Head], name: str = "solo") -> dict[str, tuple[int, ...]]:
    """The shape of every weight by its Keras name, in the order that defines the model."""
    filters = sizes.num_filters
    kernels: dict[str, tuple[int, ...]] = {f"{name}_initial_conv": (sizes.input_filter_width, BASES, filters)}
    kernels |= {f"{name}_conv_{i}": (3, filters, filters) for i in range(sizes.num_layers)}
    kernels |= {f"{name}_profile_{head.name}": (sizes.output_filter_width, filters, head.width) for head in heads}
    kernels |= {f"{name}_logcounts_{head.name}": (filters, head.counts) for head in heads}
    shapes: dict[str, tuple[int, ...]] = {}
    for layer, kernel in kernels.items():
        shapes |= {f"{layer}/kernel": kernel, f"{layer}/bias": kernel[-1:]}
    return shapes


def initial_weights(sizes: Sizes, heads: Sequence[Head], name: str = "solo", seed: int = 0) -> dict[str, np.ndarray]:
    """The arrays that a new model starts with, the same bytes on every backend."""
    return {weight: initial(seed, weight, shape) for weight, shape in weight_shapes(sizes, heads, name).items()}


def initial(seed: int, weight: str, shape: tuple[int, ...]) -> np.ndarray:
    """A bias of zeros, or a kernel uniform in ±√(6 / (window · (in + out))), float32, drawn from (seed, weight)."""
    import numpy as np

    if weight.endswith("/bias"):
        return np.zeros(shape, np.float32)
    limit = math.sqrt(6 / (math.prod(shape[:-2]) * (shape[-2] + shape[-1])))
    raw = np.random.Philox(key=number(seed, weight, 16)).random_raw(math.prod(shape))
    unit = (raw >> np.uint64(11)) * 2.0**-53  # [0, 1), the same in every release of NumPy
    return ((2 * unit - 1) * limit).astype(np.float32).reshape(shape)


def number(seed: int, name: str, size: int) -> int:
    """An integer of `size` bytes that follows from the seed and a name."""
    return int.from_bytes(sha256(f"{seed}\0{name}".encode()).digest()[:size], "little")


def torch_names(num_layers: int, heads: int) -> list[str]:
    """What the weights are called in PyTorch, in the order of `weight_shapes`."""
    lists = (("convs", num_layers), ("profiles", heads), ("logcounts", heads))
    modules = ["initial_conv", *(f"{name}.{i}" for name, count in lists for i in range(count))]
    return [f"{module}.{kind}" for module in modules for kind in ("weight", "bias")]


def to_torch(weights: Mapping[str, np.ndarray], sizes: Sizes, heads: Sequence[Head], name: str = "solo") -> Any:
    """Keras name → array as PyTorch name → array."""
    import numpy as np

    pairs = zip(weight_shapes(sizes, heads, name), torch_names(sizes.num_layers, len(heads)), strict=True)
    return {theirs: np.ascontiguousarray(weights[ours].T) for ours, theirs in pairs}


def from_torch(state: Mapping[str, np.ndarray], sizes: Sizes, heads: Sequence[Head], name: str = "solo") -> Any:
    """PyTorch name → array as Keras name → array."""
    import numpy as np

    pairs = zip(weight_shapes(sizes, heads, name), torch_names(sizes.num_layers, len(heads)), strict=True)
    return {ours: np.ascontiguousarray(state[theirs].T) for ours, theirs in pairs}
