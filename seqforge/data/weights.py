# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Class weights: how much an example counts in the training loss, mean 1 over the training set."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from seqforge.arrays import np
from seqforge.data.dataset import Data
from seqforge.data.problems import OPTION, refuse


def balanced(targets: np.ndarray) -> np.ndarray:
    """n / (classes · n of its class) for every example of `targets` (n,) int64: each class weighs the same in sum."""
    counts = np.bincount(targets)
    classes = np.count_nonzero(counts)
    return (len(targets) / (classes * counts[targets])).astype(np.float32)


def with_class_weights(data: Data, class_weights: str) -> Data:
    """`data` as the training process' key `class_weights` ("none", "balanced") wants its training set."""
    training: Any = data.training
    if class_weights == "none" or training is None:
        return data
    targets = getattr(training, "targets", None)
    if targets is None or targets.ndim != 1:
        raise refuse(OPTION, f"class_weights {class_weights} needs exactly one label per example", "use none")
    return replace(data, training=training.weighted(balanced(targets)))
