# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""DeepSEA as a keras.Model."""

from __future__ import annotations

from typing import Any

import keras

from seqforge.architectures.deepsea import LEGACY_STAGES, STAGES
from seqforge.architectures.keras.blocks import Builder, dropout, flat_channels_first, pool, relu
from seqforge.architectures.stages import positions_left

CHANNELS = (320, 480, 960)
DROPOUTS = (0.2, 0.2, 0.5)


def deepsea(seed: int, num_classes: int, input_length: int, in_channels: int, legacy: bool = False) -> Any:
    """One-hot DNA (n, `input_length`, `in_channels`) → logits (n, `num_classes`), as `architectures.torch.deepsea`."""
    stages = LEGACY_STAGES if legacy else STAGES
    positions_left("DeepSEA", input_length, stages)
    build = Builder()
    x = inputs = keras.Input((input_length, in_channels))
    for number, (filters, stage, rate) in enumerate(zip(CHANNELS, stages, DROPOUTS, strict=True), start=1):
        x = relu(build.convolution(x, f"layer{number}.0", filters, stage.kernel, stage.padding))
        x = dropout(pool(x, stage.pool), rate, seed + number)
    x = relu(build.dense(flat_channels_first(x), "fc1", 925))
    return build.model(inputs, build.dense(x, "fc2", num_classes), "deepsea", seed)
