# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""One convolution, global max pooling and one dense layer, for one-hot DNA (n, length, 4); class probabilities."""

from __future__ import annotations

import keras
from keras import layers


def build(filters: int = 20, width: int = 11, units: int = 20, classes: int = 4) -> keras.Model:
    """The model; its initial weights are drawn by Keras from the seed of the definition."""
    inputs = keras.Input((None, 4))
    x = layers.Conv1D(filters, width, activation="relu")(inputs)
    x = layers.GlobalMaxPooling1D()(x)
    x = layers.Dense(units, activation="relu")(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))
