# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Layers of the models of electropherograms in NumPy float64, for reading; images are (n, channel, dye, scan)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy_layers import norm, relu

State = Mapping[str, np.ndarray]


def below(state: State, prefix: str) -> dict[str, np.ndarray]:
    """The entries whose names begin so, without that."""
    return {name.removeprefix(prefix): array for name, array in state.items() if name.startswith(prefix)}


def conv2d(x: np.ndarray, state: State, name: str) -> np.ndarray:
    """kernel (out, in, height, width), stride 1; zeros keep both axes."""
    kernel, bias = state[f"{name}.weight"], state[f"{name}.bias"]
    height, width = kernel.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (height // 2,) * 2, (width // 2,) * 2))
    windows = sliding_window_view(padded, (height, width), axis=(2, 3))
    return np.einsum("ncdlhw,ochw->nodl", windows, kernel) + bias[:, None, None]


def double_conv(x: np.ndarray, state: State, name: str) -> np.ndarray:
    for convolution in (0, 3):
        x = relu(norm(conv2d(x, state, f"{name}.{convolution}"), state, f"{name}.{convolution + 1}"))
    return x


def transposed(x: np.ndarray, state: State, name: str) -> np.ndarray:
    """kernel = stride = (1, 2): every scan point becomes two."""
    kernel, bias = state[f"{name}.weight"], state[f"{name}.bias"]  # (in, out, 1, 2)
    doubled = np.einsum("ncdl,cok->nodlk", x, kernel[:, :, 0])
    return doubled.reshape(*doubled.shape[:3], -1) + bias[:, None, None]


def unet_logits(x: np.ndarray, state: State, depth: int) -> np.ndarray:
    skips = []
    for level in range(depth):
        skips.append(double_conv(x, state, f"encoders.{level}"))
        x = skips[-1].reshape(*skips[-1].shape[:3], -1, 2).max(axis=4)
    x = double_conv(x, state, "bottleneck")
    for number in range(depth):
        x = np.concatenate([transposed(x, state, f"decoders.{number}.up"), skips.pop()], axis=1)
        x = double_conv(x, state, f"decoders.{number}.convs")
    return conv2d(x, state, "head")


def reflected(x: np.ndarray, state: State, name: str, stride: int = 1) -> np.ndarray:
    """(n, channel, position): a convolution that mirrors the signal at its ends."""
    kernel, bias = state[f"{name}.weight"], state[f"{name}.bias"]
    reach = kernel.shape[2] // 2
    padded = np.pad(x, ((0, 0), (0, 0), (reach, reach)), mode="reflect")
    windows = sliding_window_view(padded, kernel.shape[2], axis=2)[:, :, ::stride]
    return np.einsum("nclw,ocw->nol", windows, kernel) + bias[:, None]


def doubled(x: np.ndarray) -> np.ndarray:
    """Twice the positions: linear between the centres of the old ones, constant beyond the outer ones."""
    places = np.clip((np.arange(2 * x.shape[2]) + 0.5) / 2 - 0.5, 0, x.shape[2] - 1)
    lower = np.floor(places).astype(int)
    upper, share = np.minimum(lower + 1, x.shape[2] - 1), places - lower
    return x[:, :, lower] * (1 - share) + x[:, :, upper] * share


def encoded(x: np.ndarray, state: State, depth: int) -> np.ndarray:
    """The encoder of a Conv1dAutoencoder without normalisation."""
    for level in range(depth):
        x = relu(reflected(x, state, f"encoder.{2 * level}", stride=2))
    return reflected(x, state, f"encoder.{2 * depth}")


def decoded(z: np.ndarray, state: State, depth: int) -> np.ndarray:
    """Its decoder, before the sigmoid."""
    x = reflected(z, state, "decoder.0")
    for level in range(depth - 1):
        x = relu(reflected(doubled(x), state, f"decoder.{2 + 3 * level}"))
    return reflected(doubled(x), state, f"decoder.{3 * depth - 1}")


def softmax(x: np.ndarray) -> np.ndarray:
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def linear(x: np.ndarray, state: State, name: str) -> np.ndarray:
    return x @ state[f"{name}.weight"].T + state[f"{name}.bias"]


def stack(x: np.ndarray, state: State, layers: int) -> np.ndarray:
    for layer in range(layers - 1):
        x = relu(linear(x, state, f"stack.{2 * layer}"))
    return linear(x, state, f"stack.{2 * layers - 2}")


def film(z: np.ndarray, local: np.ndarray, state: State, layers: int) -> np.ndarray:
    """One profile's latent (values,) and one peak's features → logits."""
    gamma, beta = np.split(linear(z, state, "generator"), 2)
    return stack(relu(gamma * local + beta), state, layers)


def attention(
    latent: np.ndarray, local: np.ndarray, state: State, heads: int, layers: int, keys: np.ndarray, query: np.ndarray
) -> np.ndarray:
    """One profile's latent map (channel, position) and one peak's features → logits; `keys` and `query`: what is added
    to tell positions."""
    projection = state["global_projection.weight"][:, :, 0]
    found = (projection @ latent).T + state["global_projection.bias"] + keys
    asked = linear(local, state, "local_projection") + query
    weights, biases = (np.split(state[f"attention.in_proj_{kind}"], 3) for kind in ("weight", "bias"))
    q, k, v = (x @ w.T + b for x, w, b in zip((asked, found, found), weights, biases, strict=True))
    size = len(q) // heads
    attended = [
        softmax(q[part] @ k[:, part].T / np.sqrt(size)) @ v[:, part]
        for part in (slice(head * size, (head + 1) * size) for head in range(heads))
    ]
    y = linear(np.concatenate(attended), state, "attention.out_proj")
    y = (y - y.mean()) / np.sqrt(y.var() + 1e-5) * state["norm.weight"] + state["norm.bias"]
    return stack(np.concatenate([local, y]), state, layers)


def sinusoids(coordinate: float, width: int) -> np.ndarray:
    """PE(p, 2i) = sin(p / 10000^(2i / width)), PE(p, 2i + 1) = cos of the same."""
    return np.array([(np.cos if i % 2 else np.sin)(coordinate / 10000 ** (2 * (i // 2) / width)) for i in range(width)])


def interpolated(table: np.ndarray, coordinate: float) -> np.ndarray:
    """Of a table (width, position)."""
    return np.array([np.interp(coordinate, np.arange(table.shape[1]), row) for row in table])
