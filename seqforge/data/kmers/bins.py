# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Bins of records, and counts of k-mers reduced to two features of each bin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seqforge.data.kmers.codes import Codes, Record

GENOME_MEDIAN, BIN_MEDIAN, COUNT = RULES = ("genome_median", "bin_median", "count")


@dataclass(frozen=True)
class Bins:
    """The bins of all records, in their order: `start`, `stop` (bin,) int64, places among all codes.

    `first` (record + 1,): the first bin of each record; `dropped`: (record, start, stop) of last bins that are shorter
    than half a bin, 0-based half-open in the record.
    """

    size: int
    start: np.ndarray
    stop: np.ndarray
    first: np.ndarray
    dropped: tuple[tuple[Record, int, int], ...]

    def __len__(self) -> int:
        return len(self.start)

    @classmethod
    def of(cls, records: Sequence[Record], size: int) -> Bins:
        starts, stops = [], []
        dropped = []
        for record in records:
            start = np.arange(0, record.length, size, dtype=np.int64)
            stop = np.minimum(start + size, record.length)
            if len(start) and 2 * (stop[-1] - start[-1]) < size:
                dropped.append((record, int(start[-1]), int(stop[-1])))
                start, stop = start[:-1], stop[:-1]
            starts.append(start + record.start)
            stops.append(stop + record.start)
        first = np.cumsum([0, *map(len, starts)])
        return cls(size, np.concatenate(starts), np.concatenate(stops), first, tuple(dropped))


def cuts(codes: Codes, size: int) -> np.ndarray:
    """Where the codes may be cut so that no bin of `size` is (n,) int64: the starts of records and of bins."""
    return np.concatenate([np.arange(0, max(one.length, 1), size, dtype=np.int64) + one.start for one in codes.records])


@dataclass(frozen=True)
class Rule:
    """Which counts are highlighted: c > 2·median, of the genome or of the bin, or c ≥ `count`."""

    name: str = GENOME_MEDIAN
    count: int | None = None

    def least(self, median: float) -> int:
        """The smallest highlighted count, for the `median` of the genome."""
        return self.count if self.count is not None else int(2 * median) + 1


def reduced(
    counts: np.ndarray, start: np.ndarray, stop: np.ndarray, rule: Rule, median: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The valid k-mers, the sum of their counts and how many are highlighted, each (bin,) int64.

    `counts` (position,): 0 is not valid; the k-mers wholly inside a bin begin from `start` to `stop`, half-open.
    """
    valid, total = _sums(counts > 0, start, stop), _sums(counts, start, stop)
    if rule.name == BIN_MEDIAN:
        inside = [counts[low:high] for low, high in zip(start, stop, strict=True)]
        return valid, total, np.array([_above(one[one > 0]) for one in inside], dtype=np.int64)
    return valid, total, _sums(counts >= rule.least(median), start, stop)


def _sums(values: np.ndarray, start: np.ndarray, stop: np.ndarray) -> np.ndarray:
    """The sums of `values` from each start to each stop; a span without any has 0."""
    if not len(start):
        return np.zeros(0, dtype=np.int64)
    edges = np.minimum(np.column_stack([start, stop]).ravel(), len(values) - 1)
    sums = np.add.reduceat(values, edges, dtype=np.int64)[::2]
    sums[stop == len(values)] = [values[low:].sum(dtype=np.int64) for low in start[stop == len(values)]]
    sums[stop <= start] = 0
    return sums


def _above(counts: np.ndarray) -> int:
    """How many of a bin's counts are above twice their median."""
    return int(np.count_nonzero(counts > 2 * np.median(counts))) if len(counts) else 0
