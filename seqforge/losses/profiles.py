# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What losses of profile models share: the heads that they are bound to, and the formulas of one head.

The outputs of a model with H heads are a sequence: profiles (n, position, task) of every head, then log counts
(n, count) of every head. The target is a sequence with the reads (n, position, task) of every head.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from seqforge.arrays import np
from seqforge.heads import Head
from seqforge.losses.base import Loss
from seqforge.registry import KERAS, PYTORCH


@dataclass(frozen=True, kw_only=True)
class ProfileLoss(Loss):
    """A sum over the parts of every head; each part is logged by itself, without its factor."""

    tasks = ("profile prediction",)
    libraries: ClassVar[tuple[str, ...]] = (PYTORCH, KERAS)
    output = "logits"
    target = "profiles"

    heads: tuple[Head, ...] = field(default=(), init=False)

    def for_heads(self, heads: Sequence[Head]) -> Loss:
        bound = replace(self)
        object.__setattr__(bound, "heads", tuple(heads))
        return bound

    def numbered(self) -> list[tuple[int, int, Head]]:
        """(number of its profile among the outputs, number of its log counts, head) of every head."""
        return [(number, len(self.heads) + number, head) for number, head in enumerate(self.heads)]


def log_total(reads: Any, pseudocount: float, counts: int, sums: Callable[..., Any], log: Callable[[Any], Any]) -> Any:
    """ln(pseudocount + reads in the window) of `reads` (n, position, task): (n, 1), or (n, task) where `counts` > 1."""
    per_task = sums(reads, 1)
    return log(pseudocount + (per_task if counts > 1 else sums(per_task, 1)[:, None]))


def torch_nll(coefficient: bool) -> Callable[[Any, Any], Any]:
    """f(logits, reads), both (n, position, task) → (n,) float32."""
    import torch

    def nll(logits: Any, reads: Any) -> Any:
        wide = torch.float32 if logits.device.type == "mps" else torch.float64
        logs = torch.log_softmax(logits.float().flatten(1), dim=1).to(wide)
        reads = reads.flatten(1).to(wide)
        value = -(reads * logs).sum(1)
        if coefficient:
            value = value + torch.lgamma(reads + 1).sum(1) - torch.lgamma(reads.sum(1) + 1)
        return value.float()

    return nll


def keras_nll(coefficient: bool) -> Callable[[Any, Any], Any]:
    """f(logits, reads), both (n, position, task) → (n,) float32."""
    from keras import ops

    from seqforge.losses.log_gamma import keras_log_gamma

    log_gamma = keras_log_gamma()

    def nll(logits: Any, reads: Any) -> Any:
        size = int(np.prod(logits.shape[1:]))
        logs = ops.log_softmax(ops.reshape(ops.cast(logits, "float32"), (-1, size)), axis=1)
        reads = ops.reshape(ops.cast(reads, "float64"), (-1, size))
        value = -ops.sum(reads * ops.cast(logs, "float64"), axis=1)
        if coefficient:
            value = value + ops.sum(log_gamma(reads + 1), axis=1) - log_gamma(ops.sum(reads, axis=1) + 1)
        return ops.cast(value, "float32")

    return nll


def reference_nll(logits: np.ndarray, reads: np.ndarray, coefficient: bool = True) -> np.ndarray:
    """−ln of the multinomial probability of `reads` under softmax(`logits`), both (n, position, task) → (n,) float64.

    One multinomial over all positions and tasks; without `coefficient` the terms that do not depend on the logits are
    left out.
    """
    from scipy.special import gammaln, log_softmax

    z, y = (np.asarray(array, np.float64).reshape(len(array), -1) for array in (logits, reads))
    value: np.ndarray = -(y * log_softmax(z, axis=1)).sum(axis=1)
    return value + gammaln(y + 1).sum(axis=1) - gammaln(y.sum(axis=1) + 1) if coefficient else value


def reference_mse(logcounts: np.ndarray, reads: np.ndarray, pseudocount: float) -> np.ndarray:
    """Squared error of `logcounts` (n, count) against ln(pseudocount + reads), mean over counts → (n,) float64."""
    out, y = np.asarray(logcounts, np.float64), np.asarray(reads, np.float64)
    wanted = log_total(y, pseudocount, out.shape[1], np.sum, np.log)
    squares: np.ndarray = np.square(wanted - out)
    return squares.mean(axis=1)


def torch_mse(pseudocount: float) -> Callable[[Any, Any], Any]:
    """f(log counts (n, count), reads (n, position, task)) → (n,)."""
    import torch

    def mse(logcounts: Any, reads: Any) -> Any:
        wanted = log_total(reads.float(), pseudocount, logcounts.shape[1], torch.sum, torch.log)
        return (wanted - logcounts.float()).square().mean(1)

    return mse


def keras_mse(pseudocount: float) -> Callable[[Any, Any], Any]:
    """f(log counts (n, count), reads (n, position, task)) → (n,)."""
    from keras import ops

    def mse(logcounts: Any, reads: Any) -> Any:
        reads = ops.cast(reads, "float32")
        wanted = log_total(reads, pseudocount, int(logcounts.shape[1]), ops.sum, ops.log)
        return ops.mean(ops.square(wanted - ops.cast(logcounts, "float32")), axis=1)

    return mse
