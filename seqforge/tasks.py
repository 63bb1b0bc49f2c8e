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
    "mask"       a mapping: "mask" (n, dye, scan), the class of every scan point, −100 = not judged; for models that
                 read peaks also "centres" (peak, 2) as [dye, scan], "counts" (n,) of peaks and "labels" (peak,)
    "signal"     (n, dye, scan) float32, what was fed
    "bins"       a mapping: "labels" (n, bin) int8, 1, 0, −1 = unknown or padding; "range" (n, bin, 3) float32: start,
                 end and inside of regions, "edges" (n, bin, 2) int32: how far the nearest start and end are,
                 "range_valid" (n,) bool: whether all bins of the example are known

    `family`: which way such models are judged, applied and reported (seqforge.run). `examples`: a word for them.
    """

    targets: ClassVar[str]
    metrics: ClassVar[tuple[str, ...]]
    family: ClassVar[str] = "labels"
    examples: ClassVar[str] = "sequences"


@register("tasks", "multi-class classification")
@dataclass(frozen=True, kw_only=True)
class MultiClassClassification(Task):
    """The one label of each sequence."""

    targets = "index"
    metrics = ("accuracy",)


@register("tasks", "multi-label classification")
@dataclass(frozen=True, kw_only=True)
class MultiLabelClassification(Task):
    """Which labels each sequence has: none, one or several."""

    targets = "multi-hot"
    metrics = ("accuracy", "label_accuracy")


@register("tasks", "regression", "multiple regression", "multivariate regression")
@dataclass(frozen=True, kw_only=True)
class Regression(Task):
    """A value per label and sequence."""

    targets = "values"
    metrics = ("mean_squared_error", "pearson_r")


@register("tasks", "profile prediction")
@dataclass(frozen=True, kw_only=True)
class ProfilePrediction(Task):
    """Reads at every base and in the whole window, per head."""

    targets = "profiles"
    metrics = ()
    family = "profiles"


@register("tasks", "segmentation")
@dataclass(frozen=True, kw_only=True)
class Segmentation(Task):
    """The class of every scan point of an electropherogram."""

    targets = "mask"
    metrics = ("precision", "recall", "f1", "iou")
    family = "electropherograms"
    examples = "electropherograms"


@register("tasks", "reconstruction")
@dataclass(frozen=True, kw_only=True)
class Reconstruction(Task):
    """The electropherogram itself, through a narrower representation."""

    targets = "signal"
    metrics = ("mean_squared_error",)
    family = "electropherograms"
    examples = "electropherograms"


@register("tasks", "peak classification")
@dataclass(frozen=True, kw_only=True)
class PeakClassification(Task):
    """The class of each peak of electropherograms; an example is a peak."""

    targets = "index"
    metrics = ("accuracy", "f1")
    family = "electropherograms"
    examples = "peaks"


@register("tasks", "sequence labeling", "sequence labelling")
@dataclass(frozen=True, kw_only=True)
class SequenceLabeling(Task):
    """Whether each bin of a chromosome belongs to a region."""

    targets = "bins"
    metrics = ("precision", "recall", "f1", "roc_auc", "average_precision", "threshold")
    family = "bins"
    examples = "chromosomes"
