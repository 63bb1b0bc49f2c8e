# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Predicted bigWig tracks judged against observed ones, whoever predicted them: the same numbers as for a model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seqforge.data.genome import bed
from seqforge.data.genome.bigwig import Track
from seqforge.data.problems import MISSING
from seqforge.errors import UsageError, did_you_mean
from seqforge.evaluation.profiles import PLAIN, JudgedHead, Judging, ProfileEvaluation
from seqforge.heads import Head
from seqforge.metrics.profiles import log_counts

HEAD = "tracks"
BLOCK = 1 << 20  # values of a track that are held at once


def compare_tracks(
    observed: Sequence[Path], predicted: Sequence[Path], regions: Path, judging: Judging = PLAIN
) -> dict[str, Any]:
    """The scores of `predicted` bigWig files against `observed` ones, pair by pair, over the regions of a BED file.

    The pairs are the tasks of one head, as the strands of an experiment. Regions may have several widths. Raises
    UsageError where files are not in pairs, DataError for files that cannot be read and regions outside of them.
    """
    if not observed or len(observed) != len(predicted):
        received = f"{len(observed)} observed and {len(predicted)} predicted"
        raise UsageError(f"expected as many predicted tracks as observed ones, at least one; received {received}")
    table = bed.read(regions)
    pairs = [Track(path) for path in observed], [Track(path) for path in predicted]
    _refuse_outside(table, [*pairs[0], *pairs[1]])
    judged = JudgedHead(Head(name=HEAD, tasks=_tasks(observed)), None, judging)
    for rows in _blocks(table.stop - table.start, len(observed)):
        seen, told = (_values(tracks, table, rows) for tracks in pairs)
        with np.errstate(divide="ignore"):
            logits = np.log(told)
        judged.add(logits, log_counts(told.sum(axis=1), judging.pseudocount), seen)
    found = ProfileEvaluation(len(table), (judged,), {}, {}, judging).scores
    notes = [*found["notes"], *_silent(judged), *(note for track in pairs[0] for note in track.notes())]
    files = {"observed": list(map(str, observed)), "predicted": list(map(str, predicted)), "regions": str(regions)}
    return files | found | {"notes": notes}


def _tasks(paths: Sequence[Path]) -> tuple[str, ...]:
    """Names of the files; numbers where two are alike."""
    names = tuple(path.stem for path in paths)
    return names if len(set(names)) == len(names) else tuple(map(str, range(len(paths))))


def _refuse_outside(table: bed.Regions, tracks: Sequence[Track]) -> None:
    """Raise DataError at the first region that lies on no track's chromosomes, or beyond the end of one."""
    sizes: dict[str, int] = {}
    for track in tracks:
        sizes |= {name: min(size, sizes.get(name, size)) for name, size in track.sizes.items()}
    ends = np.array([sizes.get(name, -1) for name in table.chromosomes])[table.chrom]
    wrong = np.flatnonzero(table.stop > ends)
    if not len(wrong):
        return
    row = int(wrong[0])
    name = table.chromosomes[table.chrom[row]]
    if name not in sizes:
        raise table.wrong(row, f"no track has a chromosome '{name}'", did_you_mean(name, list(sizes)), MISSING)
    raise table.wrong(row, f"the region ends at {table.stop[row]:,}, beyond the end of {name}, {sizes[name]:,} bases")


def _blocks(widths: np.ndarray, tasks: int) -> Iterator[np.ndarray]:
    """Numbers of regions of equal width, some at a time."""
    for width in np.unique(widths).tolist():
        rows = np.flatnonzero(widths == width)
        step = max(BLOCK // (width * tasks), 1)
        for first in range(0, len(rows), step):
            yield rows[first : first + step]


def _values(tracks: Sequence[Track], table: bed.Regions, rows: np.ndarray) -> np.ndarray:
    """Signal (region, position, track) float64."""
    read = [
        [track.values(table.chromosomes[chrom], start, stop) for track in tracks]
        for chrom, start, stop in zip(
            table.chrom[rows].tolist(), table.start[rows].tolist(), table.stop[rows].tolist(), strict=True
        )
    ]
    return np.asarray(read, dtype=np.float64).transpose(0, 2, 1)


def _silent(judged: JudgedHead) -> Iterator[str]:
    """A note on regions for which nothing is predicted."""
    joint = judged.joint
    undefined = int(np.count_nonzero(np.isnan(joint.values["profile_js_distance", ""]) & (joint.reads > 0)))
    if undefined:
        yield f"{undefined:,} of {len(joint.reads):,} regions have reads, but no predicted signal: they are undefined"
