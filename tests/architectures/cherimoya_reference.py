# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Cherimoya in NumPy float64, position by position as the formulas say it."""

from __future__ import annotations

import numpy as np

Arrays = dict[str, np.ndarray]
EPS = 1e-3


def gelu(z: np.ndarray) -> np.ndarray:
    return z / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)))


def convolution(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """(n, channel, position) → (n, filter, position) with zeros beyond both ends; `weight` (filter, channel, tap)."""
    reach = weight.shape[2] // 2
    wide = np.pad(x, ((0, 0), (0, 0), (reach, reach)))
    windows = np.lib.stride_tricks.sliding_window_view(wide, weight.shape[2], axis=2)
    return np.einsum("nclk,fck->nfl", windows, weight) + bias[:, None]


def mixed(x: np.ndarray, weight: np.ndarray, dilation: int) -> np.ndarray:
    """u of (n, position, channel): three taps at −d, 0, +d."""
    length = x.shape[1]
    u = weight[1] * x
    for position in range(length):
        for tap, other in ((0, position - dilation), (2, position + dilation)):
            if 0 <= other < length:
                u[:, position] += weight[tap] * x[:, other]
    return u


def block(x: np.ndarray, weights: Arrays, number: int, scale: float) -> np.ndarray:
    u = mixed(x, weights[f"blocks.{number}.conv_weight"], 2**number)
    mean = u.mean(axis=(1, 2), keepdims=True)
    y = (u - mean) / np.sqrt(u.var(axis=(1, 2), keepdims=True) + EPS)
    hidden = gelu(y @ weights[f"blocks.{number}.linear1.weight"].T)
    return x + scale * hidden @ weights[f"blocks.{number}.linear2.weight"].T


def forward(
    weights: Arrays, x: np.ndarray, layers: int, trimming: int, scale: float, controls: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Logits (n, track, position) and log counts (n, group) of one-hot DNA (n, 4, position)."""
    weights = {name: array.astype(np.float64) for name, array in weights.items()}
    y = gelu(convolution(x, weights["iconv.weight"], weights["iconv.bias"])).transpose(0, 2, 1)
    for number in range(layers):
        y = block(y, weights, number, scale)
    features, window = y.transpose(0, 2, 1), slice(trimming, x.shape[2] - trimming)
    pooled = features[:, :, window].mean(axis=2)
    if controls is not None:
        total = controls[:, :, window].sum(axis=(1, 2))
        features = np.concatenate([features, controls], axis=1)
        pooled = np.concatenate([pooled, np.log(1 + total)[:, None]], axis=1)
    logits = convolution(features, weights["fconv.weight"], weights["fconv.bias"])[:, :, window]
    return logits, pooled @ weights["linear.weight"].T + weights["linear.bias"]
