# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A learner in NumPy, and toy data for it: the loop, its callbacks and outside callbacks are tested with them.

`FakeLearner` keeps the whole contract of `Learner` (accumulation, running logs, random state, saving to the same
bytes) with a softmax regression, and needs no framework.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from seqforge.backends.base import Evaluated, process_memory
from seqforge.data.dataset import Batch, Data, Dataset
from seqforge.errors import RunError

SIZE = 4  # letters of the toy alphabet


class ToySet(Dataset):
    """`n` sequences over ACGT of length `length`; the label is the commonest letter of the first half, with noise."""

    def __init__(self, n: int, length: int = 8, seed: int = 0):
        random = np.random.default_rng(seed)
        self.codes = random.integers(0, SIZE, (n, length)).astype(np.uint8)
        counts = (self.codes[:, : length // 2, None] == np.arange(SIZE)).sum(axis=1)
        self.labels = (counts + random.normal(0, 0.3, counts.shape)).argmax(axis=1)

    def __len__(self) -> int:
        return len(self.codes)

    def batch(self, indices: np.ndarray, epoch: int = 0) -> Batch:
        return Batch(indices, self.codes[indices], self.labels[indices])


def toy_data(training: int = 60, validation: int = 30, test: int = 30) -> Data:
    sets = [ToySet(n, seed=seed) if n else None for seed, n in enumerate((training, validation, test))]
    return Data(sets[0], sets[1], sets[2], fingerprint="toy", labels=tuple("ACGT"), length=8)


class FakeLearner:
    """Softmax regression on one-hot input with dropout of the input, trained by SGD with momentum."""

    def __init__(
        self, length: int = 8, outputs: int = SIZE, *, seed: int = 0, rate: float = 0.1, accumulation: int = 1
    ):
        random = np.random.default_rng(seed)
        self._weights = {
            "dense.weight": random.normal(0, 0.1, (length * SIZE, outputs)).astype(np.float32),
            "dense.bias": np.zeros(outputs, dtype=np.float32),
        }
        self._momentum = {name: np.zeros_like(array) for name, array in self._weights.items()}
        self._gradient = {name: np.zeros_like(array) for name, array in self._weights.items()}
        self._random = np.random.Generator(np.random.PCG64(seed))
        self._accumulation = accumulation
        self._pending = 0
        self._loss = self._seen = 0.0
        self.learning_rates = [rate]
        self.loss_weights: dict[str, float] = {}

    def train_step(self, batch: Batch) -> None:
        x = _one_hot(batch)
        x = x * (self._random.random(x.shape) < 0.9)
        probability, losses = self._forward(x, batch.target)
        error = probability - np.eye(probability.shape[1])[np.asarray(batch.target)]
        error *= (1 if batch.weight is None else batch.weight[:, None]) / len(batch)
        self._gradient["dense.weight"] += (x.T @ error).astype(np.float32)
        self._gradient["dense.bias"] += error.sum(axis=0).astype(np.float32)
        self._pending += 1
        self._loss += float(losses.sum())
        self._seen += len(batch)
        if self._pending == self._accumulation:
            self._update()

    def _forward(self, x: np.ndarray, target: Any) -> tuple[np.ndarray, np.ndarray]:
        scores = x @ self._weights["dense.weight"] + self._weights["dense.bias"]
        shifted = scores - scores.max(axis=1, keepdims=True)
        probability = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
        return probability, -np.log(probability[np.arange(len(x)), target])

    def _update(self) -> None:
        for name, gradient in self._gradient.items():
            self._momentum[name] = 0.9 * self._momentum[name] + gradient / self._pending
            self._weights[name] -= np.float32(self.learning_rates[0]) * self._momentum[name]
            gradient[:] = 0
        self._pending = 0

    def end_epoch(self) -> None:
        if self._pending:
            self._update()

    def eval_step(self, batch: Batch) -> Evaluated:
        probability, losses = self._forward(_one_hot(batch), batch.target)
        return Evaluated(probability.astype(np.float32), {"loss": losses.astype(np.float32)})

    def take_logs(self) -> dict[str, float]:
        logs = {"loss": self._loss / self._seen} if self._seen else {}
        self._loss = self._seen = 0.0
        return logs

    def weights(self) -> dict[str, np.ndarray]:
        return {name: array.copy() for name, array in self._weights.items()}

    def set_weights(self, weights: dict[str, np.ndarray]) -> None:
        if set(weights) != set(self._weights):
            raise RunError(f"weights do not fit: expected {sorted(self._weights)}, received {sorted(weights)}")
        self._weights = {name: weights[name].copy() for name in self._weights}

    def save(self, folder: Path) -> None:
        from safetensors.numpy import save_file

        groups = {"weights": self._weights, "momentum": self._momentum, "gradient": self._gradient}
        arrays = {f"{group}/{name}": array for group, held in groups.items() for name, array in held.items()}
        save_file(arrays, folder / "arrays.safetensors")
        state = {"random": self._random.bit_generator.state, "pending": self._pending, "rates": self.learning_rates}
        (folder / "state.json").write_text(json.dumps(state | {"loss": self._loss, "seen": self._seen}))

    def load(self, folder: Path) -> None:
        from safetensors.numpy import load_file

        arrays, state = load_file(folder / "arrays.safetensors"), json.loads((folder / "state.json").read_text())
        for group, own in (("weights", self._weights), ("momentum", self._momentum), ("gradient", self._gradient)):
            own.update({name: arrays[f"{group}/{name}"].copy() for name in own})
        self._random.bit_generator.state = state["random"]
        self._pending, self.learning_rates = state["pending"], state["rates"]
        self._loss, self._seen = state["loss"], state["seen"]

    def peak_memory(self) -> int:
        return process_memory()

    def summary(self) -> dict[str, Any]:
        count = sum(array.size for array in self._weights.values())
        rows = [("dense", "Dense", (self._weights["dense.bias"].size,), count)]
        counts = {"parameters": count, "trainable_parameters": count, "buffers": 0}
        machine = {"device": "cpu", "device_name": "CPU", "precision": "fp32"}
        return counts | machine | {"layers": rows, "versions": {"numpy": np.__version__}}


def _one_hot(batch: Batch) -> np.ndarray:
    """(n, length · letter) float32."""
    assert batch.sequence is not None
    return np.eye(SIZE, dtype=np.float32)[batch.sequence].reshape(len(batch), -1)
