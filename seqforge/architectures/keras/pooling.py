# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Average pooling that means the same on every Keras backend."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable("seqforge")
class SameAveragePooling1D(layers.AveragePooling1D):
    """AveragePooling1D with padding "same"; positions over the ends do not count.

    Keras 3.15 on PyTorch counts them, TensorFlow does not.
    """

    def call(self, inputs: Any) -> Any:
        window, stride, length = self.pool_size[0], self.strides[0], inputs.shape[1]
        total = max((-(-length // stride) - 1) * stride + window - length, 0)
        sides = [[0, 0], [total // 2, total - total // 2], [0, 0]]
        inside = ops.pad(ops.ones((1, length, 1), dtype=inputs.dtype), sides)
        means, shares = (
            ops.average_pool(x, window, stride, padding="valid", data_format="channels_last")
            for x in (ops.pad(inputs, sides), inside)
        )
        return means / shares
