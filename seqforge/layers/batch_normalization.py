# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""BatchNormalization over the last axis (Ioffe & Szegedy 2015, arXiv 1502.03167), with the meaning of Keras."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seqforge.layers.base import Initial, Layer, Penalty, Shape, ShapeError, known
from seqforge.layers.regularizers import keras_penalty
from seqforge.parameters import Positive, Share, Switch, setting
from seqforge.registry import register

_WEIGHTS = {"gamma": "scale", "beta": "center"}


@register("layers", "BatchNormalization")
@dataclass(frozen=True, kw_only=True)
class BatchNormalization(Layer):
    """(…, C) → (…, C): (x − mean) / √(variance + epsilon) · gamma + beta.

    In training, mean and (biased) variance are those of the batch, and the moving ones follow:
    moving ← momentum · moving + (1 − momentum) · batch.
    """

    buffers = ("moving_mean", "moving_variance")

    trainable: Switch = setting(True, "False: the weights stay, and the moving statistics are used in training, too")
    momentum: Share = setting(0.99, "share of the old moving statistics that a batch leaves")
    epsilon: Positive = setting(0.001, "added to the variance")
    center: Switch = setting(True, "add beta")
    scale: Switch = setting(True, "multiply by gamma")
    beta_initializer: Initial = setting("zeros", "how beta starts")
    gamma_initializer: Initial = setting("ones", "how gamma starts")
    moving_mean_initializer: Initial = setting("zeros", "how the moving mean starts")
    moving_variance_initializer: Initial = setting("ones", "how the moving variance starts")
    beta_regularizer: Penalty | None = setting(None, "penalty on beta")
    gamma_regularizer: Penalty | None = setting(None, "penalty on gamma")

    def weight_shapes(self, shape: Shape) -> dict[str, tuple[int, ...]]:
        if not shape:
            raise ShapeError("needs an input of at least one axis")
        present = [name for name, switch in _WEIGHTS.items() if getattr(self, switch)]
        return {name: (known(shape[-1], "the number of its channels"),) for name in (*present, *self.buffers)}

    def initializer_of(self, weight: str) -> str:
        return getattr(self, f"{weight}_initializer")

    def regularizer_of(self, weight: str) -> str | None:
        return getattr(self, f"{weight}_regularizer", None)

    def run_torch(self, x: Any, weights: Mapping[str, Any], training: bool) -> Any:
        from torch.nn.functional import batch_norm

        first = x.movedim(-1, 1)
        own = weights.get("gamma"), weights.get("beta")
        mean, variance = weights["moving_mean"], weights["moving_variance"]
        if not (training and self.trainable):
            return batch_norm(first, mean, variance, *own, eps=self.epsilon).movedim(1, -1)
        batch_mean, batch_variance = mean.new_zeros(mean.shape), variance.new_zeros(variance.shape)
        y = batch_norm(first, batch_mean, batch_variance, *own, training=True, momentum=1.0, eps=self.epsilon)
        values = first.numel() // first.shape[1]
        mean.lerp_(batch_mean, 1 - self.momentum)
        variance.lerp_(batch_variance * ((values - 1) / values), 1 - self.momentum)  # torch's is the unbiased one
        return y.movedim(1, -1)

    def keras(self, name: str, seed: int) -> Any:
        from keras import layers

        return layers.BatchNormalization(
            momentum=self.momentum,
            epsilon=self.epsilon,
            center=self.center,
            scale=self.scale,
            beta_regularizer=keras_penalty(self.beta_regularizer),
            gamma_regularizer=keras_penalty(self.gamma_regularizer),
            trainable=self.trainable,
            name=name,
        )
