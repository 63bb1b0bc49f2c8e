# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""ln Γ in Keras, which has no such operation of its own: the framework's below it, else a series."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

SHIFT = 8  # the argument is moved up by so much, where three terms of Stirling's series are exact to 1e-10


def keras_log_gamma() -> Callable[[Any], Any]:
    """f(x) = ln Γ(x) for x > 0, on the backend that Keras runs on."""
    import keras

    return _NATIVE.get(keras.backend.backend(), lambda: series)()


def _tensorflow() -> Callable[[Any], Any]:
    import tensorflow as tf

    return tf.math.lgamma  # type: ignore[no-any-return]


def _torch() -> Callable[[Any], Any]:
    import torch

    return torch.lgamma


def _jax() -> Callable[[Any], Any]:
    import jax  # type: ignore[import-not-found, unused-ignore]

    return jax.scipy.special.gammaln  # type: ignore[no-any-return]


_NATIVE: dict[str, Callable[[], Callable[[Any], Any]]] = {"tensorflow": _tensorflow, "torch": _torch, "jax": _jax}


def series(x: Any) -> Any:
    """Stirling's series at x + 8, then Γ(x + 1) = x·Γ(x) back down (Abramowitz & Stegun 6.1.41, 6.1.15)."""
    from keras import ops

    z = x + SHIFT
    stirling = (z - 0.5) * ops.log(z) - z + 0.5 * math.log(2 * math.pi)
    tail = 1 / (12 * z) - 1 / (360 * z**3) + 1 / (1260 * z**5)
    product = x
    for step in range(1, SHIFT):
        product = product * (x + step)
    return stirling + tail - ops.log(product)
