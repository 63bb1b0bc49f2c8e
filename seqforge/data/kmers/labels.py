# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Which bins lie in the regions of a BED file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seqforge.data.genome.bed import Regions, read
from seqforge.data.kmers.codes import Record
from seqforge.data.problems import DAMAGED, MISSING
from seqforge.errors import did_you_mean


@dataclass(frozen=True)
class Labels:
    """Regions by chromosome, merged where they overlap or touch: starts and stops, each (region,) int64."""

    regions: Regions
    merged: dict[str, tuple[np.ndarray, np.ndarray]]

    def check(self, records: Sequence[Record]) -> None:
        """Raise DataError for a region of a record that is not there, or beyond its end."""
        lengths = {record.name: record.length for record in records}
        for row, (chrom, stop) in enumerate(zip(self.regions.chrom, self.regions.stop, strict=True)):
            name = self.regions.chromosomes[chrom]
            if name not in lengths:
                raise self.regions.wrong(
                    row, f"there is no record '{name}'", did_you_mean(name, list(lengths)), MISSING
                )
            if stop > lengths[name]:
                message = f"the region ends at {stop:,}, {name} at {lengths[name]:,}"
                raise self.regions.wrong(row, message, "are genome and regions of one assembly?", DAMAGED)

    def of(self, name: str, start: np.ndarray, stop: np.ndarray, share: float) -> np.ndarray:
        """1 where regions cover `share` of the bin or more, else 0 (bin,) int64."""
        if name not in self.merged:
            return np.zeros(len(start), dtype=np.int64)
        covered = _covered(*self.merged[name], stop) - _covered(*self.merged[name], start)
        return (covered / (stop - start) >= share).astype(np.int64)


def labels_of(path: Path) -> Labels:
    """The regions of a BED file; raises DataError."""
    regions = read(path)
    merged = {
        name: _merged(regions.start[regions.chrom == chrom], regions.stop[regions.chrom == chrom])
        for chrom, name in enumerate(regions.chromosomes)
    }
    return Labels(regions, merged)


def _merged(start: np.ndarray, stop: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(start, kind="stable")
    start, stop = start[order], np.maximum.accumulate(stop[order])
    fresh = np.flatnonzero(np.append(True, start[1:] > stop[:-1]))
    return start[fresh], stop[np.append(fresh[1:] - 1, len(stop) - 1)]


def _covered(start: np.ndarray, stop: np.ndarray, place: np.ndarray) -> np.ndarray:
    """How many bases before each `place` lie in regions."""
    before = np.append(0, np.cumsum(stop - start))
    at = np.searchsorted(start, place, side="right")
    inside = np.minimum(place, stop[at - 1]) - start[at - 1]
    return np.where(at > 0, before[at - 1] + inside, 0)
