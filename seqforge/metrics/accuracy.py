# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Share of examples, or of labels, that are right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seqforge.arrays import np
from seqforge.metrics.base import Accumulator, Metric
from seqforge.registry import register

CLASSIFICATION = ("multi-class classification", "multi-label classification", "peak classification")
THRESHOLD = 0.5  # a label is predicted where its score is greater


def example_hits(prediction: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Whether each example (n,) is right: arg-max for index targets (n,), all labels for multi-hot ones (n, label)."""
    if target.ndim == 1:
        return prediction.argmax(axis=-1) == target
    return ((prediction > THRESHOLD) == (target > THRESHOLD)).all(axis=-1)


def label_hits(prediction: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Whether each label (n, label) of multi-hot targets is right."""
    return (prediction > THRESHOLD) == (target > THRESHOLD)


class Share(Accumulator):
    """The share of True in `hits(prediction, target)`; two numbers are kept, whatever is seen."""

    def __init__(self, hits: Callable[[np.ndarray, np.ndarray], np.ndarray]):
        self._hits = hits
        self._right = self._seen = 0

    def update(self, prediction: Any, target: Any) -> None:
        hits = self._hits(np.asarray(prediction), np.asarray(target))
        self._right += int(hits.sum())
        self._seen += hits.size

    def value(self) -> float:
        return self._right / self._seen if self._seen else float("nan")


@register("metrics", "accuracy")
@dataclass(frozen=True, kw_only=True)
class Accuracy(Metric):
    """Multi-class: the largest score is at the right label. Multi-label: all labels are right at score > 0.5."""

    tasks = CLASSIFICATION

    def start(self) -> Accumulator:
        return Share(example_hits)


@register("metrics", "label_accuracy")
@dataclass(frozen=True, kw_only=True)
class LabelAccuracy(Metric):
    """Share of all (example, label) pairs that are right at score > 0.5."""

    tasks = ("multi-label classification",)

    def start(self) -> Accumulator:
        return Share(label_hits)
