# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Signal along a genome: windows of a bigWig file, and a writer for predictions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import chain, islice
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from seqforge import files
from seqforge.data.genome.handles import OnDisk, package
from seqforge.data.problems import DAMAGED, EMPTY, MISSING, READS, refuse
from seqforge.errors import DataError

Interval = tuple[str, int, int, float]  # chromosome, start, stop (0-based, half-open), value


class Track(OnDisk):
    """A bigWig file of counts. `uncovered` bases were read as 0 and `fractional` ones are no integers, so far."""

    way_out = "a profile model counts reads: give the track of read ends, one per strand and without sign"

    def __init__(self, path: Path | str):
        super().__init__(path)
        self.bases = 0
        self.uncovered = 0
        self.fractional: str | None = None  # the first place with a value that is no integer
        if not self.path.is_file():
            raise refuse(MISSING, "no such bigWig file", file=self.path)

    @cached_property
    def sizes(self) -> dict[str, int]:
        """The length of every chromosome that the file knows."""
        return dict(self.handle.chroms())

    def opened(self) -> Any:
        bigtools = package("pybigtools")
        try:
            handle = bigtools.open(str(self.path))
            if not handle.is_bigwig:
                raise ValueError("it is a bigBed file")
        except (OSError, ValueError, bigtools.BBIReadError) as error:
            raise refuse(DAMAGED, f"this is no bigWig file: {str(error).rstrip('.')}", file=self.path) from None
        return handle

    def values(self, chrom: str, start: int, stop: int) -> np.ndarray:
        """The signal (stop − start,) float32 at every base; 0 where the file has none or says NaN, counted.

        Raises DataError for negative or infinite signal, with its place.
        """
        self.bases += stop - start
        if chrom not in self.sizes:
            self.uncovered += stop - start
            return np.zeros(stop - start, dtype=np.float32)
        found = self._read(chrom, start, stop)
        bare = np.isnan(found)
        self.uncovered += int(np.count_nonzero(bare))
        found[bare] = 0
        self._judge(found, chrom, start)
        return found.astype(np.float32)

    def _read(self, chrom: str, start: int, stop: int) -> np.ndarray:
        """The signal (stop − start,) float64, NaN where there is none."""
        bigtools = package("pybigtools")
        try:
            return self.handle.values(chrom, start, stop, fillna=None)
        except (OSError, ValueError, bigtools.BBIReadError) as error:
            sentence = f"{chrom}:{start}-{stop} cannot be read: {error}"
            raise refuse(DAMAGED, sentence, "the file is damaged or cut off", self.path) from None

    def _judge(self, found: np.ndarray, chrom: str, start: int) -> None:
        wrong = (found < 0) | ~np.isfinite(found)
        if wrong.any():
            at = int(np.argmax(wrong))
            place = f"{chrom}:{start + at}-{start + at + 1}"
            sentence = f"expected signal ≥ 0, received {found[at]:g} at {place} (0-based)"
            raise refuse(READS, sentence, self.way_out, self.path)
        if self.fractional is None:
            uneven = found != np.floor(found)
            if uneven.any():
                at = int(np.argmax(uneven))
                self.fractional = f"{found[at]:g} at {chrom}:{start + at}-{start + at + 1}"

    def notes(self) -> list[str]:
        """What a user should know of the values read so far."""
        found = []
        if self.fractional:
            found.append(f"{self.path}: the signal is not whole numbers (first: {self.fractional}): are these reads?")
        if self.uncovered == self.bases > 0:
            found.append(f"{self.path}: no base of any window has signal")
        return found


class ControlTrack(Track):
    """Signal that a model reads as it is: bases that the file does not cover are 0, those where it says NaN refused."""

    way_out = "a model reads controls as they are: give raw signal ≥ 0"

    def _read(self, chrom: str, start: int, stop: int) -> np.ndarray:
        found = super()._read(chrom, start, stop)
        if np.isnan(found).any():
            for first, last, value in self.handle.records(chrom, start, stop):
                if np.isnan(value):
                    place = f"{chrom}:{first}-{last}"
                    raise refuse(
                        READS, f"expected signal ≥ 0, received NaN at {place} (0-based)", self.way_out, self.path
                    )
        return found

    def notes(self) -> list[str]:
        return [] if self.uncovered < self.bases else super().notes()


def fitting(track: Track, sizes: Mapping[str, int]) -> None:
    """Raise DataError where the track belongs to another genome: no chromosome in common, or another length."""
    common = [name for name in track.sizes if name in sizes]
    if not common:
        theirs, ours = ", ".join(list(track.sizes)[:3]), ", ".join(list(sizes)[:3])
        raise refuse(DAMAGED, f"its chromosomes ({theirs}, …) are not those of the genome ({ours}, …)", file=track.path)
    for name in common:
        if track.sizes[name] != sizes[name]:
            sentence = f"{name} has {track.sizes[name]:,} bases, in the genome {sizes[name]:,}"
            raise refuse(DAMAGED, sentence, "track and genome are of different assemblies", track.path)


# writing


def intervals(chrom: str, start: int, values: np.ndarray) -> Iterator[Interval]:
    """`values` (position,) from `start` on as intervals of equal value; zeros are written, too."""
    values = np.asarray(values, dtype=np.float32)
    edges = np.flatnonzero(values[1:] != values[:-1]) + 1
    firsts = np.concatenate(([0], edges))
    lasts = np.concatenate((edges, [len(values)]))
    for first, last, value in zip(firsts.tolist(), lasts.tolist(), values[firsts].tolist(), strict=True):
        yield chrom, start + first, start + last, value


def write(path: Path | str, chrom_sizes: Mapping[str, int], intervals: Iterable[Interval]) -> None:
    """A bigWig file of `intervals`: sorted by name of the chromosome, then start, and without overlaps.

    `path` appears when it is whole. Raises DataError for intervals that are none, unsorted, overlapping, outside of
    their chromosome or without a finite value: pybigtools itself would only print that and leave a broken file.
    """
    bigtools, path = package("pybigtools"), Path(path)
    checked = _Checked(chrom_sizes, intervals, path)
    first = list(islice(checked, 1))
    if not first and checked.failure is None:
        raise refuse(EMPTY, "there is nothing to write", file=path)
    with files.new_file(path) as fresh:
        if first:
            bigtools.open(str(fresh), "w").write(dict(chrom_sizes), chain(first, checked))
        if checked.failure is not None:
            raise checked.failure


class _Checked:
    """Intervals one after the other; the first failure ends them and is kept, since pybigtools drops exceptions."""

    def __init__(self, sizes: Mapping[str, int], intervals: Iterable[Interval], path: Path):
        self.sizes, self.path = sizes, path
        self.failure: BaseException | None = None
        self._source = iter(intervals)
        self._before: tuple[str, int] | None = None  # chromosome and end of the interval before

    def __iter__(self) -> _Checked:
        return self

    def __next__(self) -> Interval:
        try:
            found = next(self._source)
            self._check(*found)
        except StopIteration:
            raise
        except BaseException as error:
            self.failure = error
            raise StopIteration from None
        return found

    def _check(self, chrom: str, start: int, stop: int, value: float) -> None:
        if not 0 <= start < stop <= self.sizes.get(chrom, -1):
            raise self._wrong(f"{chrom}:{start}-{stop} is outside of the chromosomes")
        if not isfinite(value):
            raise self._wrong(f"the value at {chrom}:{start}-{stop} is {value}")
        if self._before is not None and (chrom, start) < self._before:
            before, end = self._before
            raise self._wrong(f"{chrom}:{start}-{stop} comes after {before}, which was written up to {end}")
        self._before = (chrom, stop)

    def _wrong(self, sentence: str) -> DataError:
        return refuse(
            DAMAGED, sentence, "sort the intervals by chromosome and start, and join those that overlap", self.path
        )
