# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Which set a region belongs to: by chromosome, by regions of other BED files, or by its name."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from seqforge.data.genome import bed
from seqforge.data.problems import OPTION, SPLIT, refuse
from seqforge.definitions.profile_data import Split
from seqforge.errors import did_you_mean


def owners(
    splits: Mapping[str, Split], regions: bed.Regions, rows: np.ndarray, centre: np.ndarray, sizes: Mapping[str, int]
) -> np.ndarray:
    """The number (n,) of the set, in the order of `splits`, that each of the regions `rows` (n,) belongs to; −1: none.

    `centre` (n,): of the regions' windows; it must lie in a region of a set's BED file. `sizes`: the genome's.
    Raises DataError for a region that belongs to two sets, and for a chromosome that the genome does not have.
    """
    found = np.stack([_members(name, split, regions, rows, centre, sizes) for name, split in splits.items()])
    twice = np.count_nonzero(found, axis=0) > 1
    if twice.any():
        first = int(np.argmax(twice))
        names = " and ".join(name for name, inside in zip(splits, found[:, first], strict=True) if inside)
        count = int(np.count_nonzero(twice))
        several = f"{count:,} regions belong" if count > 1 else "a region belongs"
        sentence = f"{several} to more than one set (here: {names})"
        raise regions.wrong(int(rows[first]), sentence, "every region belongs to one set: make them disjoint", SPLIT)
    return np.where(found.any(axis=0), found.argmax(axis=0), -1)


def _members(
    name: str, split: Split, regions: bed.Regions, rows: np.ndarray, centre: np.ndarray, sizes: Mapping[str, int]
) -> np.ndarray:
    """Whether each region is in the set, (n,) bool."""
    if split.pattern is not None:
        pattern = re.compile(split.pattern)
        return np.array([pattern.search(regions.names[row]) is not None for row in rows], dtype=bool)
    chrom = regions.chrom[rows]
    if split.chromosomes:
        for wanted in split.chromosomes:
            if wanted not in sizes:
                message = f"{name}: the genome has no chromosome '{wanted}'"
                raise refuse(OPTION, message, did_you_mean(wanted, list(sizes)))
        inside = np.array([one in split.chromosomes for one in regions.chromosomes], dtype=bool)
        return inside[chrom]
    assert split.file is not None
    return _covered(bed.read(split.file), regions.chromosomes, chrom, centre)


def _covered(cover: bed.Regions, chromosomes: tuple[str, ...], chrom: np.ndarray, position: np.ndarray) -> np.ndarray:
    """Whether each base (`chrom` into `chromosomes`, `position`) lies in a region of `cover`, (n,) bool."""
    found = np.zeros(len(chrom), dtype=bool)
    numbers = {name: number for number, name in enumerate(chromosomes)}
    for number, name in enumerate(cover.chromosomes):
        here = np.flatnonzero(chrom == numbers.get(name, -1))
        theirs = cover.chrom == number
        # inside k regions: k more have begun than have ended
        begun = np.searchsorted(np.sort(cover.start[theirs]), position[here], side="right")
        ended = np.searchsorted(np.sort(cover.stop[theirs]), position[here], side="right")
        found[here] = begun > ended
    return found


def mixed(owner: np.ndarray, chrom: np.ndarray, start: np.ndarray, width: int) -> int:
    """How many windows [start, start + width) overlap a window of another set: data that the sets split."""
    order = np.lexsort((start, chrom))
    owner, chrom, start = owner[order], chrom[order], start[order]
    changes = np.flatnonzero((owner[1:] != owner[:-1]) | (chrom[1:] != chrom[:-1])) + 1
    run = np.searchsorted(changes, np.arange(len(owner)), side="right")  # of equal owners, side by side
    edges = np.concatenate((changes, [len(owner)]))
    after = edges[run]  # the first window of the next run
    before = np.concatenate(([0], changes))[run] - 1  # the last window of the run before
    touching = np.zeros(len(owner), dtype=bool)
    for other in (after, before):
        real = (other >= 0) & (other < len(owner))
        at = other[real]
        near = (chrom[at] == chrom[real]) & (np.abs(start[at] - start[real]) < width)
        touching[real] |= near
    return int(np.count_nonzero(touching))
