# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""ChromDragoNN as a keras.Model."""

from __future__ import annotations

from typing import Any

import keras

from seqforge.architectures.chromdragonn import STAGES
from seqforge.architectures.keras.blocks import Builder, dropout, flat_channels_first, pool, relu
from seqforge.architectures.stages import positions_left


def chromdragonn(seed: int, num_classes: int, input_length: int, in_channels: int) -> Any:
    """One-hot DNA (n, `input_length`, `in_channels`) → logits (n, `num_classes`), as the PyTorch one."""
    positions_left("ChromDragoNN", input_length, STAGES)
    build = Builder()
    x = inputs = keras.Input((input_length, in_channels))
    x = relu(_unit(build, x, "stem.0", "stem.1", 48, 3))
    x = relu(_unit(build, x, "stem.3", "stem.4", 64, 3))
    x = _residuals(build, x, "blocks1", 64, (3, 3))
    x = relu(_unit(build, x, "widen2.0", "widen2.1", 128, 3))
    x = pool(_residuals(build, x, "blocks2", 128, (7, 7)), STAGES[0].pool)
    x = relu(_unit(build, x, "widen3.0", "widen3.1", 200, 1, STAGES[1].padding))
    x = pool(_residuals(build, x, "blocks3", 200, (7, 3, 3)), STAGES[1].pool)
    x = _residuals(build, x, "blocks4", 200, (7, 7))
    x = relu(_unit(build, x, "last.0", "last.1", 200, STAGES[2].kernel, STAGES[2].padding))
    x = flat_channels_first(pool(x, STAGES[2].pool))
    for number in (1, 2):
        x = relu(build.norm(build.dense(x, f"fc{number}.0", 1000), f"fc{number}.1"))
        x = dropout(x, 0.3, seed + number)
    return build.model(inputs, build.dense(x, "fc3", num_classes), "chromdragonn", seed)


def _unit(
    build: Builder, x: Any, convolution: str, norm: str, filters: int, kernel: int, padding: int | None = None
) -> Any:
    """A convolution and its batch normalisation; the padding keeps the length unless it is given."""
    return build.norm(
        build.convolution(x, convolution, filters, kernel, kernel // 2 if padding is None else padding), norm
    )


def _residuals(build: Builder, x: Any, name: str, filters: int, kernels: tuple[int, ...]) -> Any:
    """Two blocks of convolutions at constant width and length, each around a shortcut."""
    for block in range(2):
        y = x
        for number, kernel in enumerate(kernels):
            y = relu(y) if number else y
            place = f"{name}.{block}.layers"
            y = _unit(build, y, f"{place}.{3 * number}", f"{place}.{3 * number + 1}", filters, kernel)
        x = relu(keras.layers.Add()([y, x]))
    return x
