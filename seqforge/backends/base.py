# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The boundary between the loop and a framework: `Learner`. No tensor crosses it, only NumPy and numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from seqforge.data.dataset import Batch

STATUS = Path("/proc/self/status")
SIZES = "sizes"  # of a loss: over how many elements the mean of each example is taken


class Evaluated(NamedTuple):
    """`prediction` (n, label) float32, or a tuple or dict of arrays for several outputs; `losses`: name → (n,) float32,
    the total under "loss"; empty if the batch has no target. `sizes` (n,): over how many elements each of these means
    is taken, where means over several examples weigh them by that; None: they all count alike."""

    prediction: Any
    losses: dict[str, np.ndarray]
    sizes: np.ndarray | None = None

    def means(self) -> tuple[dict[str, float], float]:
        """The mean of every loss over the examples, and what that mean weighs."""
        counted = next((len(vector) for vector in self.losses.values()), 0)
        sizes = np.ones(counted) if self.sizes is None else self.sizes.astype(np.float64)
        weight = float(sizes.sum())
        totals = {name: float((vector.astype(np.float64) * sizes).sum()) for name, vector in self.losses.items()}
        return {name: total / weight if weight else 0.0 for name, total in totals.items()}, weight


class Learner(Protocol):
    """A model with everything that trains it. Weights are named arrays: parameters and buffers in model order."""

    def train_step(self, batch: Batch) -> None:
        """One forward and backward pass; every `gradient_accumulation`-th call updates the weights."""

    def end_epoch(self) -> None:
        """An accumulation left over at the end of an epoch is applied, so that epochs do not mix."""

    def eval_step(self, batch: Batch) -> Evaluated:
        """Predictions and losses in evaluation mode, with the averaged weights if there is an EMA."""

    def take_logs(self) -> dict[str, float]:
        """Example-weighted means since the last call ("loss", parts, training metrics); the one device sync.

        Where examples weigh differently, `SIZES` says what these means weigh together.
        """

    @property
    def learning_rates(self) -> list[float]: ...

    @learning_rates.setter
    def learning_rates(self, rates: list[float]) -> None: ...

    @property
    def loss_weights(self) -> dict[str, float]:
        """The factors of a loss that is a weighted sum, by the names of its parts; empty for any other."""

    @loss_weights.setter
    def loss_weights(self, weights: dict[str, float]) -> None: ...

    def weights(self) -> dict[str, np.ndarray]:
        """The weights that `eval_step` uses, copied."""

    def set_weights(self, weights: dict[str, np.ndarray]) -> None:
        """Load weights by name; names or shapes that do not fit raise RunError with each of them."""

    def save(self, folder: Path) -> None:
        """Everything that training needs to continue to the same bytes: weights, optimizers, EMA, scaler, running
        logs, random state; safetensors and JSON, no pickle."""

    def load(self, folder: Path) -> None: ...

    def peak_memory(self) -> int:
        """Bytes in use at most so far: on the GPU, else of this process (0: not known). It waits for the device."""

    def summary(self) -> dict[str, Any]:
        """`parameters`, `trainable_parameters`, `buffers` (element counts), `layers`: rows (name, type, output shape,
        parameters), `device`, `device_name` in words, `precision`, `versions`."""


def process_memory() -> int:
    """Bytes of memory that this process has held at most, as Linux counts them; 0 elsewhere."""
    lines = STATUS.read_text().splitlines() if STATUS.is_file() else []
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)
