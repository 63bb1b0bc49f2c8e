# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Scores of many positions per example: scan points, peaks, bins. Counts are kept, of areas under curves every score.

Targets are the mappings that tasks with masks and bins have (`Task.targets`). 0/0 is 0 where something was judged, and
NaN where nothing was; areas of bins of one kind are NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from seqforge.arrays import np
from seqforge.metrics import counts as counting
from seqforge.metrics import thresholds
from seqforge.metrics.base import Accumulator, Metric
from seqforge.metrics.counts import Counts
from seqforge.metrics.thresholds import IGNORE, Calls, Search
from seqforge.registry import register

if TYPE_CHECKING:
    from seqforge.losses.base import Loss
    from seqforge.tasks import Task

MASK, BINS = "mask", "bins"
Self = TypeVar("Self", bound="FormMetric")


@dataclass(frozen=True, kw_only=True)
class FormMetric(Metric):
    """A metric whose name means something else for masks and bins."""

    form: str = field(default="", init=False, repr=False)  # of the task's targets
    ignore: int = field(default=IGNORE, init=False, repr=False)  # label of what is not judged

    def for_task(self, task: Task) -> Metric:
        return self._with("form", task.targets)

    def for_loss(self, loss: Loss | None) -> Metric:
        return self._with("ignore", getattr(loss, "ignore_index", IGNORE))

    def _with(self: Self, name: str, value: Any) -> Self:
        other = replace(self)
        for kept in ("form", "ignore"):
            object.__setattr__(other, kept, value if kept == name else getattr(self, kept))
        return other


# the class of every scan point


class Pixels(Accumulator):
    """A rate of scan points: of class 1 where there are two classes, the mean over classes where there are more."""

    def __init__(self, rate: str, ignore: int = IGNORE):
        self._rate, self._ignore = rate, ignore
        self._calls: Calls | None = None
        self._cells: Any = 0

    def update(self, prediction: Any, target: Any) -> None:
        prediction, mask = by_class(prediction, target["mask"]), np.asarray(target["mask"])
        if prediction.shape[1] > 2:
            self._cells = self._cells + thresholds.classes(prediction, mask, self._ignore)
            return
        found = thresholds.pixels(prediction[:, -1], mask, self._ignore)
        self._calls = found if self._calls is None else self._calls.plus(found)

    def value(self) -> float:
        if self._calls is not None:
            return float(getattr(self._calls, self._rate)) if sum(self._calls) else float("nan")
        return macro(self._rate, self._cells)


def by_class(prediction: Any, mask: Any) -> np.ndarray:
    """`prediction` of a mask (n, dye, scan) as (n, class, dye, scan); one class where it says yes or no."""
    prediction, shape = np.asarray(prediction), np.shape(mask)
    classes = 1 if prediction.size == np.size(mask) else prediction.shape[1]
    return prediction.reshape(shape[0], classes, *shape[1:])


def macro(rate: str, cells: Any) -> float:
    """The mean of a rate over the classes that occur or are predicted; cells (true class, predicted class)."""
    if not np.any(cells):
        return float("nan")
    counts = counting.counts_of(np.asarray(cells))
    return counting.mean_of_defined(iou(counts) if rate == "iou" else counting.RATES[rate](counts))


def iou(counts: Counts) -> np.ndarray:
    """Intersection over union of each class; NaN of one that neither occurs nor is predicted."""
    return counting.ratio(counts.tp, counts.tp + counts.fp + counts.fn)


@register("metrics", "iou", "intersection_over_union")
@dataclass(frozen=True, kw_only=True)
class IoU(FormMetric):
    """Intersection over union of predicted and true scan points; of more than two classes the mean over them."""

    tasks = ("segmentation",)

    def start(self) -> Accumulator:
        return Pixels(self.name, self.ignore)


# the class of every peak, at its centre


class AtPeaks(Accumulator):
    """A rate of the classes at the centres of peaks, as the mean over classes."""

    def __init__(self, rate: str, ignore: int = IGNORE):
        self._rate, self._ignore = rate, ignore
        self._cells: Any = 0

    def update(self, prediction: Any, target: Any) -> None:
        if "centres" in target and "labels" in target:
            scores = at_centres(by_class(prediction, target["mask"]), target)
            self._cells = self._cells + thresholds.classes(scores, target["labels"], self._ignore)

    def value(self) -> float:
        return macro(self._rate, self._cells)


def at_centres(prediction: np.ndarray, target: Mapping[str, Any]) -> np.ndarray:
    """The probabilities (peak, class) of predictions (n, class, dye, scan) at the centres of peaks."""
    centres, counts = np.asarray(target["centres"]), np.asarray(target["counts"])
    owner = np.repeat(np.arange(len(counts)), counts)
    found = prediction[owner, :, centres[:, 0], centres[:, 1]]
    if found.shape[1] > 1:
        return np.asarray(found)
    yes = found[:, 0] >= thresholds.PIXEL
    return np.stack([~yes, yes], axis=1).astype(np.float32)


@dataclass(frozen=True, kw_only=True)
class PeakRate(FormMetric):
    tasks = ("segmentation",)

    def start(self) -> Accumulator:
        return AtPeaks(self.name.removeprefix("peak_"), self.ignore)


@register("metrics", "peak_precision")
@dataclass(frozen=True, kw_only=True)
class PeakPrecision(PeakRate):
    """Share of right ones among the peaks that are called a class, as the mean over classes."""


@register("metrics", "peak_recall")
@dataclass(frozen=True, kw_only=True)
class PeakRecall(PeakRate):
    """Share of a class' peaks that are called it, as the mean over classes."""


@register("metrics", "peak_f1")
@dataclass(frozen=True, kw_only=True)
class PeakF1(PeakRate):
    """Harmonic mean of precision and recall of peaks, as the mean over classes."""


# whether each bin belongs to a region


def bins_of(prediction: Any, target: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """The probabilities and labels of all bins whose label is known, each (bin,)."""
    labels = np.asarray(target["labels"])
    first = prediction[0] if isinstance(prediction, (list, tuple)) else prediction
    known = labels >= 0
    return np.asarray(first).reshape(labels.shape)[known], labels[known]


class AtBest(Accumulator):
    """A rate of bins at the threshold whose F1 is the best over everything seen, or that threshold."""

    def __init__(self, what: str):
        self._what = what
        self._search = Search()

    def update(self, prediction: Any, target: Any) -> None:
        self._search.update(*bins_of(prediction, target))

    def value(self) -> float:
        return float(getattr(self._search.best(), self._what)) if self._search.seen else float("nan")


class BinsArea(Accumulator):
    """The area under a curve over all bins seen; keeps 5 bytes per bin."""

    def __init__(self, area: Callable[[np.ndarray, np.ndarray], float]):
        self._area = area
        self._seen: list[tuple[np.ndarray, np.ndarray]] = []

    def update(self, prediction: Any, target: Any) -> None:
        p, labels = bins_of(prediction, target)
        self._seen.append((p.astype(np.float32), labels > 0))

    def value(self) -> float:
        p, present = (np.concatenate(parts) for parts in zip(*self._seen, strict=True)) if self._seen else ((), ())
        present = np.asarray(present, dtype=bool)
        return self._area(np.asarray(p), present) if present.any() and not present.all() else float("nan")


@register("metrics", "threshold")
@dataclass(frozen=True, kw_only=True)
class BestThreshold(Metric):
    """The threshold of bins, of 0.05, 0.10 … 0.90, whose F1 is the best, of equal ones the lowest."""

    tasks = ("sequence labeling",)

    def start(self) -> Accumulator:
        return AtBest(self.name)
