# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Predictions as bigWig tracks: overlapping windows averaged at every base, a window at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from seqforge.data.genome import bigwig
from seqforge.data.problems import MISSING, refuse
from seqforge.errors import UsageError, did_you_mean
from seqforge.evaluation import profile_outputs
from seqforge.evaluation.profile_file import CHUNK, PredictionFile
from seqforge.heads import Head

Formula = Callable[[np.ndarray, np.ndarray, float], np.ndarray]

# f(logits, logcounts, pseudocount): (n, position, task), or (n, 1) or (n, task) for one value over the window
MODES: Mapping[str, Formula] = {
    "profile": profile_outputs.expected_reads,
    "logits": lambda logits, logcounts, pseudocount: logits,
    "mnlogits": lambda logits, logcounts, pseudocount: profile_outputs.mean_normalized(logits),
    "logcounts": lambda logits, logcounts, pseudocount: logcounts,
    "counts": lambda logits, logcounts, pseudocount: profile_outputs.counts(logcounts, pseudocount),
}
OF_WINDOWS = ("logcounts", "counts")  # modes with one value per window: tasks that are counted together share a track


class Track(NamedTuple):
    """One bigWig file: column `column` of head `head`."""

    path: Path
    head: int
    column: int


def tracks(heads: Sequence[Head], prefix: str, mode: str) -> list[Track]:
    """The files `{prefix}_{head}_{task}.bw`, or `{prefix}_{head}.bw` for the counts of tasks that share them.

    A prefix that ends with "/" is a folder. Raises UsageError for an unknown mode, a folder that is not there, a file
    that is there already, and heads or tasks whose files would have one name.
    """
    if mode not in MODES:
        raise UsageError(f"--mode: unknown '{mode}'; {did_you_mean(mode, list(MODES))}")
    whole = prefix if prefix.endswith("/") else f"{prefix}/" if Path(prefix).is_dir() else f"{prefix}_"
    found = [
        Track(Path(f"{whole}{name}.bw"), number, column)
        for number, head in enumerate(heads)
        for column, name in enumerate(_names(head, mode))
    ]
    for track in found:
        if not track.path.parent.is_dir():
            raise UsageError(f"--bigwig {prefix}: there is no folder '{track.path.parent}'")
        if [other.path for other in found].count(track.path) > 1:
            raise UsageError(f"--bigwig {prefix}: two tasks would be written to {track.path}; rename one of them")
        if track.path.exists():
            raise UsageError(f"--bigwig {prefix}: {track.path} exists already; remove it, or choose another prefix")
    return found


def _names(head: Head, mode: str) -> list[str]:
    if mode in OF_WINDOWS and not head.counts_per_task:
        return [head.name]
    return [f"{head.name}_{re.sub(r'[^A-Za-z0-9_.+-]', '-', task)}" for task in head.tasks]


def write(predictions: PredictionFile, prefix: str, mode: str = "profile") -> list[Path]:
    """Write the tracks of a file of predictions; memory holds some windows, whatever their number."""
    found = tracks(predictions.heads, prefix, mode)
    sizes = _sizes(predictions)
    for track in found:
        bigwig.write(track.path, sizes, _intervals(predictions, track, mode))
    return [track.path for track in found]


def _sizes(predictions: PredictionFile) -> dict[str, int]:
    sizes = predictions.chromosomes
    if sizes is None:
        message = "the predictions have no coordinates: they were made for sequences, not for regions of a genome"
        raise refuse(MISSING, message, "predict a BED file with --genome", predictions.path)
    bare = [name for name, size in sizes.items() if not size]
    if bare:
        message = f"the sizes of chromosomes are not known ({', '.join(bare[:3])})"
        raise refuse(MISSING, message, "predict a BED file with --genome", predictions.path)
    return sizes


def _intervals(predictions: PredictionFile, track: Track, mode: str) -> Iterator[bigwig.Interval]:
    """The track from the first chromosome by name to the last."""
    assert predictions.coords is not None
    assert predictions.chromosomes is not None
    chrom, start = predictions.coords["chrom"], predictions.coords["start"]
    for number, name in sorted(enumerate(predictions.chromosomes), key=lambda pair: pair[1]):
        rows = np.flatnonzero(chrom == number)
        rows = rows[np.argsort(start[rows], kind="stable")]
        for place, values in averaged(_windows(predictions, track, mode, rows)):
            yield from bigwig.intervals(name, place, values)


def _windows(
    predictions: PredictionFile, track: Track, mode: str, rows: np.ndarray
) -> Iterator[tuple[int, np.ndarray]]:
    """(start, values (position,)) of the regions `rows`, in their order."""
    assert predictions.coords is not None
    for first in range(0, len(rows), CHUNK):
        chosen = rows[first : first + CHUNK]
        logits, logcounts = predictions.outputs(track.head, chosen)
        found = MODES[mode](logits, logcounts, predictions.pseudocount)[..., track.column]
        values = found if found.ndim == 2 else np.repeat(found[:, None], logits.shape[1], axis=1)
        yield from zip(predictions.coords["start"][chosen].tolist(), values, strict=True)


def averaged(windows: Iterable[tuple[int, np.ndarray]]) -> Iterator[tuple[int, np.ndarray]]:
    """Windows (start, values) sorted by start as stretches (start, values) that do not overlap.

    A base gets the mean over all windows that cover it, in float64. No more than one window is held.
    """
    begin, sums, covers = 0, np.empty(0), np.empty(0, dtype=np.int64)
    for start, values in windows:
        done = min(start - begin, len(sums))
        if done:
            yield begin, sums[:done] / covers[:done]
        missing = max(len(values) - (len(sums) - done), 0)
        begin = start
        sums = np.concatenate([sums[done:], np.zeros(missing)])
        covers = np.concatenate([covers[done:], np.zeros(missing, dtype=np.int64)])
        sums[: len(values)] += values
        covers[: len(values)] += 1
    if len(sums):
        yield begin, sums / covers
