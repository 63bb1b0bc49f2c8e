# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The layers that profile models have beside those of Keras. All compute in float32, whatever the precision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers, ops


class Exact(layers.Layer):
    """A layer whose inputs, weights and outputs are float32 under every policy."""

    def __init__(self, **arguments: Any):
        super().__init__(**arguments, autocast=False)

    def scalar(self, name: str, start: float) -> Any:
        """A new weight of shape (1,)."""
        initializer = keras.initializers.Constant(start)
        return self.add_weight(shape=(1,), initializer=initializer, name=name, dtype="float32", autocast=False)


@keras.saving.register_keras_serializable("seqforge")
class ScalarAffine(Exact):
    """slope·x + offset with two trainable scalars, for x of any shape; they start as the arguments say."""

    def __init__(self, slope: float = 1.0, offset: float = 0.0, **arguments: Any):
        super().__init__(**arguments)
        self.start = {"slope": float(slope), "offset": float(offset)}

    def build(self, input_shape: Any) -> None:
        self.slope = self.scalar("slope", self.start["slope"])
        self.offset = self.scalar("offset", self.start["offset"])
        self.built = True

    def call(self, inputs: Any) -> Any:
        return self.slope.value * ops.cast(inputs, "float32") + self.offset.value

    def compute_output_spec(self, inputs: Any) -> Any:
        return keras.KerasTensor(inputs.shape, dtype="float32")

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | self.start


@keras.saving.register_keras_serializable("seqforge")
class CountsLogSumExp(Exact):
    """ln(eᵃ + eᵇ) of two inputs of one shape: log counts whose reads are added; stable, gradients sum to 1."""

    def call(self, inputs: Sequence[Any]) -> Any:
        a, b = (ops.cast(one, "float32") for one in inputs)
        most = ops.stop_gradient(ops.maximum(a, b))
        return most + ops.log(ops.exp(a - most) + ops.exp(b - most))

    def compute_output_spec(self, inputs: Sequence[Any]) -> Any:
        return keras.KerasTensor(inputs[0].shape, dtype="float32")


@keras.saving.register_keras_serializable("seqforge")
class TaskCounts(Exact):
    """Log counts (n, 1) of a head and its logits (n, position, task) as log counts of every task (n, task).

    logcounts + ln(share of the task), the share being its part of the softmax over the whole head.
    """

    def call(self, inputs: Sequence[Any]) -> Any:
        logcounts, logits = (ops.cast(one, "float32") for one in inputs)
        tasks = ops.logsumexp(logits, axis=1)
        return logcounts + tasks - ops.logsumexp(tasks, axis=1, keepdims=True)

    def compute_output_spec(self, inputs: Sequence[Any]) -> Any:
        logits = inputs[1].shape
        return keras.KerasTensor((logits[0], logits[2]), dtype="float32")
