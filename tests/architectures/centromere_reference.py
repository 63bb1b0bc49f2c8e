# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The centromere Transformer in evaluation mode, in NumPy float64, written from its formulas."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

State = Mapping[str, np.ndarray]


def frequencies(d_model: int) -> np.ndarray:
    """ω (D/2,) as float32 numbers: the exponent rounded to float32, then its exponential."""
    exponents = np.arange(0, d_model, 2, dtype=np.float32) * np.float32(-math.log(10000.0) / d_model)
    return np.exp(exponents.astype(np.float64)).astype(np.float32)


def encoding(first: int, length: int, omega: np.ndarray) -> np.ndarray:
    """(bin, D); the product of position and frequency is rounded to float32."""
    angles = (np.arange(first, first + length, dtype=np.float32)[:, None] * omega.astype(np.float32)).astype(np.float64)
    found = np.empty((length, 2 * len(omega)))
    found[:, 0::2], found[:, 1::2] = np.sin(angles), np.cos(angles)
    return found


def linear(state: State, name: str, x: np.ndarray) -> np.ndarray:
    return x @ state[f"{name}.weight"].astype(np.float64).T + state[f"{name}.bias"]


def layer_norm(state: State, name: str, x: np.ndarray) -> np.ndarray:
    apart = x - x.mean(-1, keepdims=True)
    return apart / np.sqrt((apart**2).mean(-1, keepdims=True) + 1e-5) * state[f"{name}.weight"] + state[f"{name}.bias"]


def attention(state: State, name: str, x: np.ndarray, heads: int) -> tuple[np.ndarray, np.ndarray]:
    """What it puts out (bin, D), and its probabilities (head, query, key)."""
    joint = x @ state[f"{name}.in_proj_weight"].astype(np.float64).T + state[f"{name}.in_proj_bias"]
    q, k, v = (part.reshape(len(x), heads, -1).transpose(1, 0, 2) for part in np.split(joint, 3, axis=1))
    scores = q @ k.transpose(0, 2, 1) / math.sqrt(q.shape[-1])
    shares = np.exp(scores - scores.max(-1, keepdims=True))
    shares /= shares.sum(-1, keepdims=True)
    mixed = (shares @ v).transpose(1, 0, 2).reshape(len(x), -1)
    return linear(state, f"{name}.out_proj", mixed), shares


def encoder_layer(state: State, name: str, x: np.ndarray, heads: int) -> np.ndarray:
    x = layer_norm(state, f"{name}.norm1", x + attention(state, f"{name}.self_attn", x, heads)[0])
    hidden = np.maximum(linear(state, f"{name}.linear1", x), 0)
    return layer_norm(state, f"{name}.norm2", x + linear(state, f"{name}.linear2", hidden))


def head(state: State, name: str, x: np.ndarray) -> np.ndarray:
    for number in (0, 3):
        x = np.maximum(linear(state, f"{name}.{number}", x), 0)
    return linear(state, f"{name}.6", x)


def convolved(state: State, name: str, x: np.ndarray) -> np.ndarray:
    """(bin, D) → (bin, channel): convolution with zeros around, BatchNorm of running statistics, ReLU."""
    weight = state[f"{name}.0.weight"].astype(np.float64)
    reach = weight.shape[2] // 2
    around = np.pad(x, ((reach, reach), (0, 0)))
    y = sum(around[j : j + len(x)] @ weight[:, :, j].T for j in range(weight.shape[2])) + state[f"{name}.0.bias"]
    y = (y - state[f"{name}.1.running_mean"]) / np.sqrt(state[f"{name}.1.running_var"] + 1e-5)
    return np.maximum(y * state[f"{name}.1.weight"] + state[f"{name}.1.bias"], 0)


def forward(
    state: State, x: np.ndarray, heads: int, layers: int, omega: np.ndarray, first: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Logits (bin, 1) of the position head and scores (bin, 3) of the range head, for one chromosome (bin, feature)."""
    x = linear(state, "input_projection", x.astype(np.float64)) + encoding(first, len(x), omega)
    for number in range(layers):
        x = encoder_layer(state, f"transformer_encoder.layers.{number}", x, heads)
    kernels = sum(name.startswith("multi_scale_conv") and name.endswith(".0.weight") for name in state)
    scales = np.concatenate([convolved(state, f"multi_scale_conv.convs.{j}", x) for j in range(kernels)], axis=1)
    return head(state, "position_head", x), head(state, "range_head", scales)


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))
