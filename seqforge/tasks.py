# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The tasks a model can have: what its targets look like and which metrics judge it when nothing else is said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from seqforge.registry import Component, register


@dataclass(frozen=True, kw_only=True)
class Task(Component):
    """`metrics`: judged after every epoch. `targets`: the form in which a Dataset delivers labels.

    "index"      (n,) int64, the number of the one label
    "multi-hot"  (n, label) float32, 1 where the label is present
    "values"     (n, label) float32
    "profiles"   a tuple with one array per head, (n, position, task): the observed reads, ≥ 0, of any number type
    """

    targets: ClassVar[str]
    metrics: ClassVar[tuple[str, ...]]


@register("tasks", "multi-class classification")
@dataclass(frozen=True, kw_only=True)
class MultiClassClassification(Task):
    targets = "index"
    metrics = ("accuracy",)


@register("tasks", "multi-label classification")
@dataclass(frozen=True, kw_only=True)
class MultiLabelClassification(Task):
    targets = "multi-hot"
    metrics = ("accuracy", "label_accuracy")


@register("tasks", "regression", "multiple regression", "multivariate regression")
@dataclass(frozen=True, kw_only=True)
class Regression(Task):
    targets = "values"
    metrics = ("mean_squared_error", "pearson_r")


@register("tasks", "profile prediction")
@dataclass(frozen=True, kw_only=True)
class ProfilePrediction(Task):
    """Reads at every base and in the whole window, per head."""

    targets = "profiles"
    metrics = ()
