# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Whether the training profiles have anything to learn from: peaks, and scan points or peaks that have a class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from seqforge.data.epg.problems import CLASSES
from seqforge.data.epg.tables import IGNORE
from seqforge.data.problems import EMPTY, refuse

if TYPE_CHECKING:
    from seqforge.data.epg.dataset import Store
    from seqforge.data.epg.preparing import Prepared
    from seqforge.errors import DataError

UNITS = {"mask": "scan point", "index": "peak"}  # what has a class, by the targets of the task


def refuse_nothing(store: Store, found: Prepared, rows: np.ndarray, targets: str, threshold: float) -> None:
    """Raise DataError if the training profiles `rows` have no peak of `threshold` RFU that a model could read, or no
    class to learn: their loss would be 0."""
    if not len(rows):
        return
    if store.peaks is not None:
        numbers, _ = store.peaks_of(rows)
        if not len(numbers):
            hint = "lower peak_threshold" if store.table.peaks is None else "the table lists its peaks itself"
            raise refuse(EMPTY, f"no training profile has a peak of {threshold:g} RFU", hint, store.table.file)
        label = store.peaks.label
        if targets == "index" and label is not None and bool((label[numbers] == IGNORE).all()):
            raise _unjudged(targets, store)
    if targets == "mask" and found.points is not None and not found.points[rows].any():
        raise _unjudged(targets, store)


def _unjudged(targets: str, store: Store) -> DataError:
    message = f"no {UNITS[targets]} of the training profiles has a class: all are {IGNORE}, which is not learned"
    reported = "samples that the allele report does not name have no classes; compare its names with the profiles'"
    return refuse(CLASSES, message, "mend the masks" if store.annotations is None else reported, store.table.file)


def absent(facts: Mapping[str, Any], labels: Sequence[str], targets: str) -> Iterator[str]:
    """A sentence for each label that nothing in the training set has."""
    for label, count in zip(labels, facts.get("class_counts", ()), strict=False):
        if not count:
            yield f"no training {UNITS[targets]} is of class '{label}'"
