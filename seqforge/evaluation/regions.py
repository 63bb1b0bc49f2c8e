# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Regions of a chromosome out of the probabilities of its bins, their choice, and their agreement with the truth.

Bins are counted from 0 and inclusive at both ends; positions are in bp, 0-based and half-open.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from seqforge.metrics.thresholds import called

NMS_IOU = 0.3
SCOPES = ("chromosome", "genome")

Intervals = Sequence[tuple[int, int]]  # half-open


class Region(NamedTuple):
    """A run of called bins, gaps that were joined included: `avg_prob` is the mean over all of them."""

    start_bin: int
    end_bin: int
    start_pos: int
    end_pos: int
    avg_prob: float
    max_prob: float

    @property
    def length_bins(self) -> int:
        return self.end_bin - self.start_bin + 1

    @property
    def length_bp(self) -> int:
        return self.end_pos - self.start_pos

    @property
    def interval(self) -> tuple[int, int]:
        """[start, end) in bp."""
        return self.start_pos, self.end_pos

    @property
    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return self._asdict() | {"length_bins": self.length_bins, "length_bp": self.length_bp}


@dataclass(frozen=True)
class Calling:
    """How regions are called and chosen. `candidate_thresholds` replace `threshold`; regions of all of them compete."""

    threshold: float = 0.5
    min_bins: int = 3
    merge_gap: int = 0
    min_prob: float = 0.0
    candidate_thresholds: tuple[float, ...] = ()
    nms_iou: float = NMS_IOU
    top_n: int | None = None
    top_n_scope: str = "chromosome"

    def of(self, p: np.ndarray, positions: np.ndarray) -> list[Region]:
        """The regions of one chromosome, the most probable first."""
        if not self.candidate_thresholds:
            found = find_regions(p, positions, self.threshold, self.min_bins, self.merge_gap)
            return self._first([region for region in found if region.avg_prob >= self.min_prob])
        several = (find_regions(p, positions, one, self.min_bins, self.merge_gap) for one in self.candidate_thresholds)
        candidates = [region for found in several for region in found if region.avg_prob >= self.min_prob]
        return self._first(suppressed(candidates, self.nms_iou))

    def _first(self, regions: list[Region]) -> list[Region]:
        return regions[: self.top_n] if self.top_n_scope == "chromosome" else regions

    def of_genome(self, regions: Mapping[str, Sequence[Region]]) -> dict[str, list[Region]]:
        """The regions of all chromosomes of a genome by name; with scope "genome" the `top_n` of all together."""
        if self.top_n is None or self.top_n_scope != "genome":
            return {name: list(found) for name, found in regions.items()}
        every = [(name, region) for name, found in regions.items() for region in found]
        ranked = sorted(every, key=lambda one: (-one[1].avg_prob, one[0].encode(), one[1].start_bin))
        kept = set(ranked[: self.top_n])
        return {name: [region for region in found if (name, region) in kept] for name, found in regions.items()}


def find_regions(
    p: np.ndarray, positions: np.ndarray, threshold: float = 0.5, min_bins: int = 3, merge_gap: int = 0
) -> list[Region]:
    """Maximal runs of bins with p > `threshold`, the most probable first, of equal ones the one that starts first.

    `p` (bin,); `positions` (bin, 2): start and end of each bin in bp. The threshold is rounded to the type of `p`; NaN
    is not called. Runs at most `merge_gap` bins apart are one; then those shorter than `min_bins` are dropped.
    """
    firsts, lasts = runs(called(p, threshold), merge_gap)
    regions = [
        _region(p, positions, first, last)
        for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True)
        if last - first + 1 >= min_bins
    ]
    return ranked(regions)


def truth(labels: np.ndarray, positions: np.ndarray) -> list[Region]:
    """The regions of bins with label 1, in their order."""
    return sorted(find_regions((labels == 1).astype(np.float64), positions, 0.5, 1), key=lambda one: one.start_bin)


def runs(which: np.ndarray, merge_gap: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """First and last place of every run of True; those at most `merge_gap` places apart are one run."""
    steps = np.diff(np.concatenate(([0], which.astype(np.int8), [0])))
    firsts, lasts = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1) - 1
    apart = firsts[1:] - lasts[:-1] - 1 > merge_gap
    return firsts[np.concatenate(([True], apart))[: len(firsts)]], lasts[np.concatenate((apart, [True]))[: len(lasts)]]


def _region(p: np.ndarray, positions: np.ndarray, first: int, last: int) -> Region:
    within = p[first : last + 1].astype(np.float64).tolist()
    start, end = int(positions[first, 0]), int(positions[last, 1])
    # an exact sum, so that regions of equal means tie whatever their order and length
    return Region(first, last, start, end, math.fsum(within) / len(within), max(within))


def ranked(regions: Iterable[Region]) -> list[Region]:
    """By falling mean probability; of equal ones the one that starts first, then the shorter one."""
    return sorted(regions, key=lambda one: (-one.avg_prob, one.start_bin, one.end_bin))


def suppressed(regions: Iterable[Region], nms_iou: float = NMS_IOU) -> list[Region]:
    """Non-maximum suppression: a region goes where a better one overlaps it with an IoU of more than `nms_iou`."""
    kept: list[Region] = []
    for region in ranked(regions):
        if all(iou(region.interval, other.interval) <= nms_iou for other in kept):
            kept.append(region)
    return kept


def iou(one: Sequence[int], other: Sequence[int]) -> float:
    """Intersection over union of two half-open intervals; 0 where both are empty."""
    shared = max(0, min(one[1], other[1]) - max(one[0], other[0]))
    union = (one[1] - one[0]) + (other[1] - other[0]) - shared
    return shared / union if union else 0.0


# against the truth


class Agreement(NamedTuple):
    """Regions against true ones. In bp: `shared`, `predicted`, `true` of the unions; `iou` of the most probable region
    with the true one that fits it best, None where there is no true one."""

    iou: float | None
    shared: int
    predicted: int
    true: int

    @property
    def precision(self) -> float | None:
        """Share of predicted bp that are true; None where nothing is predicted and nothing is true."""
        if not self.predicted:
            return 0.0 if self.true else None
        return self.shared / self.predicted

    @property
    def recall(self) -> float | None:
        return self.shared / self.true if self.true else None


def agreement(
    regions: Sequence[Region], true: Sequence[Region], hull: bool = False, known: Intervals | None = None
) -> Agreement:
    """`regions`: the most probable first. `known`: intervals with labels, outside of which no bp counts; None: all.

    `hull`: true regions count as one, from the first start to the last end, as published.
    """
    said = merged(region.interval for region in regions)
    said = said if known is None else shared(said, known)
    told = merged(region.interval for region in true)
    if hull and told:
        told = [(told[0][0], told[-1][1])]
    best = max((iou(regions[0].interval, one) for one in told), default=0.0) if regions else 0.0
    return Agreement(best if told else None, _length(shared(said, told)), _length(said), _length(told))


def first_hit(regions: Sequence[Region], true: Sequence[Region]) -> int | None:
    """Which of `regions`, the most probable of which is number 1, is the first to overlap a true one; None: none is."""
    told = [one.interval for one in true]
    return next((rank for rank, one in enumerate(regions, 1) if shared([one.interval], told)), None)


def shared(some: Intervals, others: Intervals) -> list[tuple[int, int]]:
    """The intersection of two unions of disjoint intervals."""
    pairs = ((max(a[0], b[0]), min(a[1], b[1])) for a in some for b in others)
    return [(start, end) for start, end in pairs if start < end]


def merged(intervals: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The union as disjoint intervals in order; touching ones stay apart."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(intervals):
        if found and start < found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def _length(intervals: Iterable[tuple[int, int]]) -> int:
    return sum(end - start for start, end in intervals)
