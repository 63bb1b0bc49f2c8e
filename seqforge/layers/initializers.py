# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""How weights start: the initializers of Keras, drawn in NumPy so that both backends start equal.

A definition names one as `he_normal`, `HeNormal()` or `RandomNormal(mean=0.0, stddev=0.1, seed=3)`. With a `seed` of
its own an initializer does not depend on the definition's seed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from seqforge.arrays import np
from seqforge.errors import did_you_mean
from seqforge.layers.literals import CallText, argument, read_call
from seqforge.parameters import Kind, Number, OneOf, folded

Draw: TypeAlias = "Callable[..., np.ndarray]"
_TRUNCATED_DEVIATION = 0.87962566103423978  # of a standard normal cut at ±2


def fans(shape: tuple[int, ...]) -> tuple[float, float]:
    """(inputs, outputs) of a kernel (…window, in, out)."""
    if len(shape) < 2:
        return (float(shape[0]) if shape else 1.0,) * 2
    window = math.prod(shape[:-2])
    return float(window * shape[-2]), float(window * shape[-1])


def truncated(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Standard normal values; those beyond ±2 are drawn again."""
    values = rng.standard_normal(shape)
    outside = np.abs(values) > 2
    while outside.any():
        values[outside] = rng.standard_normal(int(outside.sum()))
        outside = np.abs(values) > 2
    return values


def _constant(rng: np.random.Generator, shape: tuple[int, ...], value: float) -> np.ndarray:
    return np.full(shape, value)


def _random_normal(rng: np.random.Generator, shape: tuple[int, ...], mean: float, stddev: float) -> np.ndarray:
    return rng.normal(mean, stddev, shape)


def _truncated_normal(rng: np.random.Generator, shape: tuple[int, ...], mean: float, stddev: float) -> np.ndarray:
    return mean + stddev * truncated(rng, shape)


def _random_uniform(rng: np.random.Generator, shape: tuple[int, ...], minval: float, maxval: float) -> np.ndarray:
    return rng.uniform(minval, maxval, shape)


def _variance_scaling(
    rng: np.random.Generator, shape: tuple[int, ...], scale: float, mode: str, distribution: str
) -> np.ndarray:
    inputs, outputs = fans(shape)
    fan = {"fan_in": inputs, "fan_out": outputs, "fan_avg": (inputs + outputs) / 2}[mode]
    variance = scale / max(1.0, fan)
    if distribution == "uniform":
        limit = math.sqrt(3 * variance)
        return rng.uniform(-limit, limit, shape)
    if distribution == "untruncated_normal":
        return rng.normal(0, math.sqrt(variance), shape)
    return truncated(rng, shape) * math.sqrt(variance) / _TRUNCATED_DEVIATION


def _orthogonal(rng: np.random.Generator, shape: tuple[int, ...], gain: float) -> np.ndarray:
    """Saxe et al. 2013, arXiv 1312.6120: Q of a Gaussian matrix (all but the last axis, last axis), made unique."""
    rows, columns = math.prod(shape[:-1]), shape[-1]
    q, r = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
    q = q * np.sign(np.diag(r))
    return gain * (q.T if rows < columns else q).reshape(shape)


def _identity(rng: np.random.Generator, shape: tuple[int, ...], gain: float) -> np.ndarray:
    return gain * np.eye(shape[0], shape[1])


_ANY, _POSITIVE = Number(), Number(gt=0)
_SCALED: dict[str, Any] = {"scale": (1.0, _POSITIVE)}
# canonical name, its arguments as name → (default, kind), the draw with its fixed arguments
_ROWS: tuple[tuple[str, dict[str, tuple[Any, Kind]], Draw, dict[str, Any]], ...] = (
    ("zeros", {}, _constant, {"value": 0.0}),
    ("ones", {}, _constant, {"value": 1.0}),
    ("constant", {"value": (0.0, _ANY)}, _constant, {}),
    ("random_normal", {"mean": (0.0, _ANY), "stddev": (0.05, _POSITIVE)}, _random_normal, {}),
    ("truncated_normal", {"mean": (0.0, _ANY), "stddev": (0.05, _POSITIVE)}, _truncated_normal, {}),
    ("random_uniform", {"minval": (-0.05, _ANY), "maxval": (0.05, _ANY)}, _random_uniform, {}),
    (
        "variance_scaling",
        _SCALED
        | {
            "mode": ("fan_in", OneOf("fan_in", "fan_out", "fan_avg")),
            "distribution": (
                "truncated_normal",
                OneOf("uniform", "normal", "truncated_normal", "untruncated_normal"),
            ),
        },
        _variance_scaling,
        {},
    ),
    ("glorot_uniform", {}, _variance_scaling, {"scale": 1.0, "mode": "fan_avg", "distribution": "uniform"}),
    ("glorot_normal", {}, _variance_scaling, {"scale": 1.0, "mode": "fan_avg", "distribution": "normal"}),
    ("he_uniform", {}, _variance_scaling, {"scale": 2.0, "mode": "fan_in", "distribution": "uniform"}),
    ("he_normal", {}, _variance_scaling, {"scale": 2.0, "mode": "fan_in", "distribution": "normal"}),
    ("lecun_uniform", {}, _variance_scaling, {"scale": 1.0, "mode": "fan_in", "distribution": "uniform"}),
    ("lecun_normal", {}, _variance_scaling, {"scale": 1.0, "mode": "fan_in", "distribution": "normal"}),
    ("orthogonal", {"gain": (1.0, _ANY)}, _orthogonal, {}),
    ("identity", {"gain": (1.0, _ANY)}, _identity, {}),
)
_TABLE = {folded(row[0]): row for row in _ROWS}
INITIALIZERS = tuple(entry[0] for entry in _TABLE.values())


@dataclass(frozen=True)
class Initializer:
    name: str
    arguments: Mapping[str, Any]
    seed: int | None = None

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """Values of `shape`, float64."""
        _, _, draw, fixed = _TABLE[folded(self.name)]
        own = rng if self.seed is None else np.random.default_rng(self.seed)
        if self.name in ("orthogonal", "identity") and len(shape) != 2 and (self.name == "identity" or len(shape) < 2):
            raise ValueError(f"initializer '{self.name}' does not fit a weight of shape {shape}")
        return draw(own, shape, **fixed, **self.arguments)


def initializer(text: str) -> Initializer:
    """The initializer that `text` names; raises ValueError with the way out."""
    call = read_call(text)
    if folded(call.name) not in _TABLE:
        raise ValueError(f"unknown initializer '{call.name}'; {did_you_mean(call.name, INITIALIZERS)}")
    name, known, _, _ = _TABLE[folded(call.name)]
    arguments = {key: default for key, (default, _) in known.items()}
    seed = None
    for key, value in call.arguments.items():
        if key == "seed":
            seed = value
        elif key in known:
            arguments[key] = argument(known[key][1], key, value)
        else:
            raise ValueError(f"initializer '{name}' has no argument '{key}'; {did_you_mean(key, [*known, 'seed'])}")
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int) or seed < 0):
        raise ValueError("seed: expected an integer ≥ 0, or None")
    return Initializer(name, arguments, seed)


class InitializerText(CallText):
    """The text of an initializer."""

    expected = f"an initializer such as he_normal or RandomNormal(stddev=0.1), one of {', '.join(INITIALIZERS)}"
    words = INITIALIZERS

    def read(self, text: str) -> Initializer:
        return initializer(text)

    def bad_values(self) -> list[str]:
        return ["glorot", "__import__('os').getcwd()", "he_normal(1)", "zeros(seed=-1)", "constant(value=open('x'))"]
