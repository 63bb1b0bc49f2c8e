# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The layers of `<sequential>`, one per file."""

from seqforge.layers import (  # noqa: F401
    activation,
    average_pooling1d,
    batch_normalization,
    conv1d,
    conv2d,
    dense,
    dropout,
    flatten,
    global_average_pooling1d,
    global_max_pool1d,
    lstm,
    max_pool1d,
    reshape,
)
