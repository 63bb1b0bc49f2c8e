# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What is known of k-mers before they are counted: one that holds shorter k-mers that occur once occurs once itself.

If a word stands at two places, so does every shorter one inside it. There is one exception, and only where both
strands are read: a word may overlap its own reverse complement, and the shorter one in the middle of the two then meets
itself. So two shorter ones that occur once are proof for both strands, one is for a single strand.
"""

from __future__ import annotations

import numpy as np


def proven(marks: np.ndarray, span: int, canonical: bool) -> np.ndarray:
    """Whether a k-mer occurs once by the `marks` of shorter ones (place + span − 1,) uint8 → (place,) bool.

    `marks`: 1 where a shorter k-mer is known to occur once; `span`: how many shorter ones a k-mer holds.
    """
    sums = np.zeros(len(marks) + 1, dtype=np.int32)
    np.cumsum(marks, dtype=np.int32, out=sums[1:])
    return sums[span:] - sums[:-span] > canonical


def gathered(codes: np.ndarray, places: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The codes (base,) without those that no k-mer at `places` (n,) reads, and the places there; n is at least 1."""
    breaks = np.flatnonzero(np.diff(places) >= k) + 1
    first, last = np.append(0, breaks), np.append(breaks, len(places))
    start, stop = places[first], places[last - 1] + k
    skipped = start - np.cumsum(np.append(0, (stop - start)[:-1]))
    pieces = [codes[low:high] for low, high in zip(start.tolist(), stop.tolist(), strict=True)]
    return np.concatenate(pieces), places - np.repeat(skipped, last - first)
