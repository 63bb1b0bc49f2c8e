# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Published PyTorch architectures in Keras: layers with PyTorch's meaning, weights under the published names.

A weight called `layer1.0.weight` is the same array on both backends: the learner turns Keras' axes (window, in, out)
and (in, out) into PyTorch's (out, in, window) and (out, in) when it reads or writes weights (`swapped_weights`).
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops


@keras.saving.register_keras_serializable("seqforge")
class BatchNorm(layers.BatchNormalization):
    """BatchNormalization over the last axis as in PyTorch: unbiased moving variance, batches are counted."""

    def __init__(self, **arguments: Any):
        super().__init__(**({"momentum": 0.9, "epsilon": 1e-5} | arguments))

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        self.count = self.add_weight(
            shape=(), dtype="int64", initializer="zeros", trainable=False, name="num_batches_tracked", autocast=False
        )

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if not training or not self.trainable:
            return super().call(inputs, training=False)
        wide = ops.cast(inputs, "float32") if self.compute_dtype != "float64" else inputs
        mean, variance = ops.moments(wide, axes=list(range(len(inputs.shape) - 1)))
        values = ops.cast(ops.size(wide), variance.dtype) / inputs.shape[-1]
        self._follow(self.moving_mean, mean)
        self._follow(self.moving_variance, variance * values / (values - 1))
        self.count.assign(self.count.value + 1)
        gamma, beta = (ops.cast(weight, variance.dtype) for weight in (self.gamma, self.beta))
        y = ops.batch_normalization(wide, mean, variance, -1, offset=beta, scale=gamma, epsilon=self.epsilon)
        return ops.cast(y, self.compute_dtype)

    def _follow(self, moving: Any, batch: Any) -> None:
        moving.assign(moving.value * self.momentum + ops.cast(batch, moving.dtype) * (1 - self.momentum))


class Builder:
    """Puts a model together and remembers what each weight is called in the published one."""

    def __init__(self) -> None:
        self._layers: list[tuple[str, Any]] = []

    def convolution(self, x: Any, name: str, filters: int, kernel: int, padding: int = 0) -> Any:
        """A convolution along L with `padding` zeros on both ends."""
        x = layers.ZeroPadding1D(padding)(x) if padding else x
        return self._called(name, layers.Conv1D(filters, kernel, name=_flat(name)))(x)

    def norm(self, x: Any, name: str) -> Any:
        return self._called(name, BatchNorm(name=_flat(name)))(x)

    def dense(self, x: Any, name: str, units: int) -> Any:
        return self._called(name, layers.Dense(units, name=_flat(name)))(x)

    def _called(self, name: str, layer: Any) -> Any:
        self._layers.append((name, layer))
        return layer

    def model(self, inputs: Any, outputs: Any, name: str, seed: int) -> Any:
        """The keras.Model; its weights start as PyTorch's do, drawn from `seed`."""
        model = keras.Model(inputs, outputs, name=name)
        rng = np.random.default_rng(seed)
        names: dict[int, str] = {}
        for published, layer in self._layers:
            for variable, last in zip(layer.weights, _parts(layer), strict=True):
                names[id(variable)] = f"{published}.{last}"
            if not isinstance(layer, BatchNorm):
                _start(layer, rng)
        model.weight_names = tuple(names[id(variable)] for variable in model.weights)
        kernels = [f"{published}.weight" for published, layer in self._layers if not isinstance(layer, BatchNorm)]
        model.swapped_weights = tuple(kernels)
        return model


def _flat(name: str) -> str:
    return name.replace(".", "_")


def _parts(layer: Any) -> tuple[str, ...]:
    if isinstance(layer, BatchNorm):
        return "weight", "bias", "running_mean", "running_var", "num_batches_tracked"
    return "weight", "bias"


def _start(layer: Any, rng: np.random.Generator) -> None:
    """PyTorch's default for convolutions and linear layers: kernel and bias uniform in ±1/√(inputs of one output)."""
    limit = 1 / np.sqrt(np.prod(layer.kernel.shape[:-1]))
    layer.set_weights([rng.uniform(-limit, limit, tuple(weight.shape)).astype(np.float32) for weight in layer.weights])


def flat_channels_first(x: Any) -> Any:
    """(n, L, C) → (n, C·L), the positions of channel 0 first, as PyTorch flattens (n, C, L)."""
    return layers.Flatten()(layers.Permute((2, 1))(x))


def pool(x: Any, size: int) -> Any:
    return layers.MaxPooling1D(size)(x) if size > 1 else x


def relu(x: Any) -> Any:
    return layers.Activation("relu")(x)


def dropout(x: Any, rate: float, seed: int) -> Any:
    return layers.Dropout(rate, seed=seed)(x)
