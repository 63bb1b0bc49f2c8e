# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What the tests of profile models on every backend share."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from seqforge.architectures.bpnet import Sizes, sized
from seqforge.architectures.bpnet_weights import initial_weights
from seqforge.heads import Head

SIZES = (180, 100, 8, 4, 7, 9)  # 174 bases are needed
HEADS = (Head(name="x", tasks=("0",)), Head(name="profile_x", tasks=("plus", "minus"), counts_per_task=True))
# SHA-256 of the initial arrays of SIZES, HEADS, name "solo" and seed 3
INITIAL = "fbf857a31951e94089bcf58464dad7d2e81d1fea9d48d5300bbef1737473400b"


def one_hot(count: int, length: int, seed: int = 0) -> np.ndarray:
    """(count, length, 4) float32; every tenth position unknown: zeros."""
    draw = np.random.default_rng(seed)
    codes = draw.integers(0, 4, (count, length))
    x = np.eye(4, dtype=np.float32)[codes]
    x[:, ::10] = 0
    return x


def sizes() -> Sizes:
    return sized(*SIZES)


def strong_weights(seed: int = 1) -> dict[str, np.ndarray]:
    """Weights of the solo model, biases not zero."""
    draw = np.random.default_rng(seed)
    start = initial_weights(sizes(), HEADS, "solo", seed)
    return {
        name: (array + 0.05 * draw.standard_normal(array.shape)).astype(np.float32) for name, array in start.items()
    }


def digest(arrays: dict[str, np.ndarray]) -> str:
    whole = hashlib.sha256()
    for name, array in arrays.items():
        whole.update(name.encode() + str(array.shape).encode() + np.ascontiguousarray(array).tobytes())
    return whole.hexdigest()


def reference(x: np.ndarray, weights: dict[str, np.ndarray]) -> list[np.ndarray]:
    """The solo model of SIZES and HEADS in NumPy float64: profiles, then log counts."""
    w = {name.removeprefix("solo_"): array.astype(np.float64) for name, array in weights.items()}
    h = x[:, 3 : x.shape[1] - 3].astype(np.float64)  # 6 bases too many
    h = np.maximum(conv(h, w["initial_conv/kernel"], w["initial_conv/bias"]), 0)
    for i in range(4):
        reach = 2 ** (i + 1)
        y = np.maximum(conv(h, w[f"conv_{i}/kernel"], w[f"conv_{i}/bias"], reach), 0)
        h = y + h[:, reach : h.shape[1] - reach]
    profiles = [conv(h, w[f"profile_{head.name}/kernel"], w[f"profile_{head.name}/bias"]) for head in HEADS]
    mean = h.mean(axis=1)
    counts = [mean @ w[f"logcounts_{head.name}/kernel"] + w[f"logcounts_{head.name}/bias"] for head in HEADS]
    return [*profiles, *counts]


def conv(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray, dilation: int = 1) -> np.ndarray:
    """(n, position, in) → (n, position, out), without padding."""
    length = x.shape[1] - (len(kernel) - 1) * dilation
    return sum(x[:, k * dilation : k * dilation + length] @ kernel[k] for k in range(len(kernel))) + bias


def environment(backend: str) -> dict[str, str]:
    import os

    return {**os.environ, "KERAS_BACKEND": backend, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}


ROOT = Path(__file__).parent.parent.parent
