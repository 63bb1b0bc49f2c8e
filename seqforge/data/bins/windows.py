# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Overlapping windows along a chromosome, and the blend of what is predicted in them.

The blend approximates one pass over the whole chromosome: inside a window nothing is known of the bins around it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from seqforge.arrays import np
from seqforge.errors import UsageError

SHARE = 4  # the default overlap is the window over this


def overlap_of(window: int, overlap: int | None = None) -> int:
    """The overlap in bins, `window` // 4 where None; raises UsageError unless 0 ≤ overlap ≤ window/2."""
    if window < 1:
        raise UsageError(f"window: expected at least 1 bin, received {window}; the nearest is 1")
    wanted = window // SHARE if overlap is None else overlap
    if not 0 <= 2 * wanted <= window:
        nearest = min(max(wanted, 0), window // 2)
        rule = f"expected 0 to {window // 2} bins, half of window {window}"
        raise UsageError(f"overlap: {rule}, received {wanted}; the nearest is {nearest}")
    return wanted


def starts(length: int, window: int, overlap: int | None = None) -> list[int]:
    """First bins of the windows over `length` bins: 0, W−O, 2(W−O) … and one that ends at the last bin.

    [0] where the window holds the whole chromosome: that is one exact pass.
    """
    step = window - overlap_of(window, overlap)
    if length <= window:
        return [0]
    return [*range(0, length - window, step), length - window]


def weights(length: int, window: int, overlap: int | None = None) -> list[np.ndarray]:
    """Of every window its weights (bin,) float64, in the order of `starts`.

    min(1, (j+1)/(O+1), (W−j)/(O+1)) at bin j of a window, without the ramp at the chromosome's two ends.
    """
    first = starts(length, window, overlap)
    width, ramp = min(window, length), overlap_of(window, overlap) + 1
    rising = np.minimum(1.0, np.arange(1, width + 1) / ramp)
    falling, flat = rising[::-1], np.ones(width)
    last = len(first) - 1
    return [np.minimum(rising if i else flat, falling if i < last else flat) for i in range(len(first))]


def blend(parts: Iterable[np.ndarray], length: int, window: int, overlap: int | None = None) -> np.ndarray:
    """Values of the whole chromosome (bin, …) from those of every window, in the order of `starts`.

    A single window comes back as it is; else means weighted in float64, in the dtype of the parts. Parts are taken one
    by one, so that they need not be in memory together.
    """
    first, found = starts(length, window, overlap), iter(parts)
    if len(first) == 1:
        return _fitting(next(found), length)
    share = np.zeros(length)
    for start, weight in zip(first, weights(length, window, overlap), strict=True):
        part = _fitting(next(found), len(weight))
        if start == 0:
            total = np.zeros((length, *part.shape[1:]))
        total[start : start + len(part)] += (part.astype(np.float64).T * weight).T
        share[start : start + len(part)] += weight
    return np.asarray((total.T / share).T.astype(part.dtype))


def windowed(
    predict: Callable[[int, int], np.ndarray], length: int, window: int | None, overlap: int | None = None
) -> np.ndarray:
    """`predict(start, end)` of bins [start, end) for every window, blended; `window` None: one pass over all bins."""
    window = length if window is None else window
    ranges = ((start, min(start + window, length)) for start in starts(length, window, overlap))
    return blend((predict(start, end) for start, end in ranges), length, window, overlap)


def _fitting(part: np.ndarray, width: int) -> np.ndarray:
    if len(part) != width:
        raise ValueError(f"expected the values of {width} bins, received {len(part)}")
    return part
