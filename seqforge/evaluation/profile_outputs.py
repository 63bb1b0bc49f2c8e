# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What the outputs of a profile model say in reads: formulas in NumPy float64, for one head at a time.

`logits` (region, position, task); `logcounts` (region, 1), or (region, task) where tasks are counted apart: natural
logarithm of the pseudocount plus the reads in the output window.
"""

from __future__ import annotations

import numpy as np


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """ln of `softmax`, stable for logits of any size."""
    values = np.asarray(logits, dtype=np.float64)
    values = values - values.max(axis=(1, 2), keepdims=True)
    return np.asarray(values - np.log(np.exp(values).sum(axis=(1, 2), keepdims=True)))


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities (region, position, task) that sum to 1 over all positions and tasks of the head."""
    return np.exp(log_softmax(logits))


def mean_normalized(logits: np.ndarray) -> np.ndarray:
    """Logits minus their mean over positions and tasks, (region, position, task): the softmax does not see the mean."""
    values = np.asarray(logits, dtype=np.float64)
    return values - values.mean(axis=(1, 2), keepdims=True)


def log_shares(logits: np.ndarray) -> np.ndarray:
    """ln of every task's share of the reads of its head, (region, task)."""
    values = np.asarray(logits, dtype=np.float64)
    top = values.max(axis=1, keepdims=True)
    sums = top[:, 0] + np.log(np.exp(values - top).sum(axis=1))
    return np.asarray(sums - np.logaddexp.reduce(sums, axis=1, keepdims=True))


def task_logcounts(logits: np.ndarray, logcounts: np.ndarray) -> np.ndarray:
    """Log counts of every task, (region, task): those of the head plus ln of the task's share.

    Log counts of tasks that are counted apart are handed on.
    """
    counts = _columns(logcounts)
    return counts if _apart(logits, counts) else counts + log_shares(logits)


def counts(logcounts: np.ndarray, pseudocount: float = 0.0) -> np.ndarray:
    """Expected reads in the output window, (region, 1) or (region, task): max(0, exp(logcounts) − pseudocount)."""
    return np.maximum(np.exp(_columns(logcounts)) - pseudocount, 0.0)


def expected_reads(logits: np.ndarray, logcounts: np.ndarray, pseudocount: float = 0.0) -> np.ndarray:
    """Expected reads at every base, (region, position, task): softmax over the whole head × its expected reads.

    Tasks that are counted apart each spread their own reads over their own positions.
    """
    totals = counts(logcounts, pseudocount)
    logs = log_softmax(logits)
    if _apart(logits, totals):
        logs = logs - log_shares(logits)[:, None, :]
    return np.asarray(np.exp(logs) * totals[:, None, :])


def _columns(logcounts: np.ndarray) -> np.ndarray:
    values = np.asarray(logcounts, dtype=np.float64)
    return values[:, None] if values.ndim == 1 else values


def _apart(logits: np.ndarray, counted: np.ndarray) -> bool:
    return counted.shape[1] == logits.shape[2] > 1
