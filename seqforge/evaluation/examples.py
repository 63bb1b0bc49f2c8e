# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Some regions of an evaluation with what was observed and predicted at every base, for people to look at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from seqforge.backends.base import Learner
from seqforge.data.dataset import Dataset
from seqforge.evaluation.profile_outputs import expected_reads
from seqforge.evaluation.profiles import JudgedHead, ProfileEvaluation
from seqforge.heads import Head

ORDER = "profile_pearson"  # the metric by which regions are best or worst
CHOSEN = {"best": 1.0, "better than 3 of 4": 0.75, "median": 0.5, "worse than 3 of 4": 0.25}  # name → rank


class Example(NamedTuple):
    """Region number `region` of the set for a head: `observed`, `predicted` (position, task) reads; `score`: its ORDER.

    `place`: (chromosome, start, stop) of the window, 0-based half-open, where it is known.
    """

    head: Head
    choice: str
    region: int
    score: float
    observed: np.ndarray
    predicted: np.ndarray
    place: tuple[str, int, int] | None


def examples(found: ProfileEvaluation, learner: Learner, dataset: Dataset) -> list[Example]:
    """The regions at the ranks CHOSEN of every head, among those with a profile; predicted once more."""
    chosen = [(number, name, index) for number, head in enumerate(found.heads) for name, index in _choice(head)]
    if not chosen:
        return []
    indices = np.unique([index for *_, index in chosen])
    batch = dataset.batch(indices)
    prediction, reads = learner.eval_step(batch).prediction, batch.target
    assert isinstance(reads, tuple)
    seen = []
    for number, name, index in chosen:
        head, row = found.heads[number], np.flatnonzero(indices == index)
        logits, logcounts = prediction[number][row], prediction[len(found.heads) + number][row]
        expected = expected_reads(logits, logcounts, found.judging.pseudocount)[0]
        score = float(head.joint.values[ORDER, ""][index])
        observed = np.asarray(reads[number][row[0]], dtype=np.float64)
        seen.append(Example(head.head, name, index, score, observed, expected, _place(dataset, index)))
    return seen


def _choice(head: JudgedHead) -> list[tuple[str, int]]:
    """(name, region), no region twice."""
    scores = head.joint.values[ORDER, ""]
    rising = np.argsort(scores, kind="stable")[: np.count_nonzero(~np.isnan(scores))]
    if not len(rising):
        return []
    picked: dict[int, str] = {}
    for name, rank in CHOSEN.items():
        picked.setdefault(int(rising[round(rank * (len(rising) - 1))]), name)
    return [(name, index) for index, name in picked.items()]


def _place(dataset: Dataset, index: int) -> tuple[str, int, int] | None:
    coordinates: Callable[[int], Any] | None = getattr(dataset, "coordinates", None)
    locus = coordinates(index) if coordinates else None
    return (locus.chromosome, locus.start, locus.stop) if locus else None
