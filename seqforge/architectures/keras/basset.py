# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Basset as a keras.Model."""

from __future__ import annotations

from typing import Any

import keras

from seqforge.architectures.basset import STAGES
from seqforge.architectures.keras.blocks import Builder, dropout, flat_channels_first, pool, relu
from seqforge.architectures.stages import positions_left

CHANNELS = (300, 200, 200)


def basset(seed: int, num_classes: int, input_length: int, in_channels: int) -> Any:
    """One-hot DNA (n, `input_length`, `in_channels`) → logits (n, `num_classes`), as `architectures.torch.basset`."""
    positions_left("Basset", input_length, STAGES)
    build = Builder()
    x = inputs = keras.Input((input_length, in_channels))
    for number, (filters, stage) in enumerate(zip(CHANNELS, STAGES, strict=True), start=1):
        x = build.convolution(x, f"layer{number}.0", filters, stage.kernel)
        x = pool(relu(build.norm(x, f"layer{number}.1")), stage.pool)
    x = flat_channels_first(x)
    for number in (1, 2):
        x = dropout(relu(build.dense(x, f"fc{number}", 1000)), 0.3, seed + number)
    return build.model(inputs, build.dense(x, "fc3", num_classes), "basset", seed)
