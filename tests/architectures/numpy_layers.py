# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The layers of the published networks in NumPy float64, written for reading; arrays are (n, channel, position)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

State = Mapping[str, np.ndarray]


def conv(x: np.ndarray, state: State, name: str, padding: int = 0) -> np.ndarray:
    """kernel (out, in, width), stride 1."""
    kernel, bias = state[f"{name}.weight"], state[f"{name}.bias"]
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding)))
    windows = sliding_window_view(padded, kernel.shape[2], axis=2)  # (n, in, position, width)
    return np.tensordot(windows, kernel, axes=([1, 3], [1, 2])).transpose(0, 2, 1) + bias[:, None]


def norm(x: np.ndarray, state: State, name: str) -> np.ndarray:
    """Batch normalisation in evaluation mode; channels are axis 1."""
    shape = (-1,) + (1,) * (x.ndim - 2)
    mean, variance = state[f"{name}.running_mean"], state[f"{name}.running_var"]
    scaled = (x - mean.reshape(shape)) / np.sqrt(variance + 1e-5).reshape(shape)
    return scaled * state[f"{name}.weight"].reshape(shape) + state[f"{name}.bias"].reshape(shape)


def relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0)


def pool(x: np.ndarray, size: int) -> np.ndarray:
    whole = x.shape[2] // size * size
    return x[:, :, :whole].reshape(*x.shape[:2], -1, size).max(axis=3)


def dense(x: np.ndarray, state: State, name: str) -> np.ndarray:
    return x @ state[f"{name}.weight"].T + state[f"{name}.bias"]


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def lstm(x: np.ndarray, state: State, name: str, suffix: str) -> np.ndarray:
    """(n, position, in) → (n, position, unit); gates in the order input, forget, cell, output."""
    inward, inner = state[f"{name}.weight_ih_{suffix}"], state[f"{name}.weight_hh_{suffix}"]
    bias = state[f"{name}.bias_ih_{suffix}"] + state[f"{name}.bias_hh_{suffix}"]
    hidden = cell = np.zeros((len(x), inner.shape[1]))
    states = []
    for position in range(x.shape[1]):
        gates = x[:, position] @ inward.T + hidden @ inner.T + bias
        into, forget, new, out = np.split(gates, 4, axis=1)
        cell = sigmoid(forget) * cell + sigmoid(into) * np.tanh(new)
        hidden = sigmoid(out) * np.tanh(cell)
        states.append(hidden)
    return np.stack(states, axis=1)


def both_ways(x: np.ndarray, state: State, name: str, layer: int) -> np.ndarray:
    forward = lstm(x, state, name, f"l{layer}")
    backward = lstm(x[:, ::-1], state, name, f"l{layer}_reverse")[:, ::-1]
    return np.concatenate([forward, backward], axis=2)
