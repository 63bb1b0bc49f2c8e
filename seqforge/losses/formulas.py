# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The NumPy formulas that several losses share, in float64."""

from __future__ import annotations

from typing import Any

from seqforge.arrays import np

CLIP = 1e-7  # Keras keeps probabilities in [CLIP, 1 - CLIP] before it takes their logarithm


def float64(*arrays: np.ndarray) -> tuple[np.ndarray, ...]:
    return tuple(np.asarray(array, dtype=np.float64) for array in arrays)


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Log-probabilities of logits, both (n, label); the largest logit is taken out first, so that no exp overflows."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def log_probabilities(probabilities: np.ndarray) -> np.ndarray:
    """Logarithms of probabilities (n, label), each row first divided by its sum, then clipped as Keras does."""
    total = np.maximum(probabilities.sum(axis=-1, keepdims=True), CLIP)
    return np.log(np.clip(probabilities / total, CLIP, 1 - CLIP))


def chosen(rows: np.ndarray, index: np.ndarray) -> np.ndarray:
    """The value (n,) of each row (n, label) at `index` (n,)."""
    return np.take_along_axis(rows, np.asarray(index)[:, None], axis=-1)[:, 0]


def softplus(values: np.ndarray) -> np.ndarray:
    """log(1 + exp(values)), without overflow."""
    return np.logaddexp(0.0, values)


def at_least(values: Any, bound: float) -> Any:
    """max(values, bound) as a Keras tensor; NaN stays. Keras' own maximum makes float64 float32 on PyTorch."""
    from keras import ops

    return ops.where(values < bound, bound, values)
