# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Peaks of electropherograms: where they are, what lies around them, which marker they belong to, what they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from seqforge.data.epg.tables import IGNORE, Peaks

if TYPE_CHECKING:
    from seqforge.data.epg.panels import Panel

REACH = 2  # scan points on either side of an apex in which an annotated point makes it one of its class


def find_peaks(signal: np.ndarray, threshold: float, dyes: int | None = None) -> Peaks:
    """The peaks of `signal` (n, dye, scan) with their heights; only of the first `dyes` rows, where that is given.

    A peak is higher than both neighbours and at least `threshold`; a plateau counts once, at floor((first + last) / 2),
    and not where it touches an end: the result of SciPy's find_peaks(height=threshold).
    """
    values = np.asarray(signal)[:, :dyes]
    values = values if values.dtype.kind == "f" else values.astype(np.int32)  # int16 would wrap
    rows, length = values.shape[1:]
    starts, stops, row = _runs(values.reshape(-1, length))
    height = values.reshape(-1, length)[row, starts]
    same_before = np.r_[False, row[1:] == row[:-1]]
    same_after = np.r_[row[1:] == row[:-1], False]
    higher = same_before & same_after & (height >= threshold)
    higher &= (height > np.roll(height, 1)) & (height > np.roll(height, -1))
    position = (starts + stops - 1)[higher] // 2
    profile, dye = row[higher] // max(rows, 1), row[higher] % max(rows, 1)
    return Peaks(profile, dye, position, height[higher].astype(np.float32))


def _runs(lines: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Runs of equal values of `lines` (row, scan): first, last + 1, and row of each, int64."""
    begins = np.ones(lines.shape, dtype=bool)
    begins[:, 1:] = lines[:, 1:] != lines[:, :-1]
    row, starts = np.nonzero(begins)
    stops = np.r_[starts[1:], lines.shape[1] if len(starts) else 0][: len(starts)]
    return starts, np.where(stops == 0, lines.shape[1], stops), row


def windows(
    signal: np.ndarray, peaks: Peaks, width: int, channels: int = 1, analysis_dyes: int | None = None
) -> np.ndarray:
    """What lies around each peak, (P, channel, width) in the type of `signal` (n, dye, scan); zeros outside.

    A window starts at apex − width // 2. The second channel is the maximum of the other ones of the first
    `analysis_dyes` dyes at the same scan points (the size standard is none of them).
    """
    places = peaks.position[:, None] - width // 2 + np.arange(width)
    inside = (places >= 0) & (places < signal.shape[2])
    places = np.clip(places, 0, signal.shape[2] - 1)
    own = signal[peaks.profile[:, None], peaks.dye[:, None], places]
    found = np.empty((len(peaks), channels, width), dtype=signal.dtype)
    found[:, 0] = np.where(inside, own, 0)
    if channels == 2:
        found[:, 1] = np.where(inside, _others(signal, peaks, places, analysis_dyes), 0)
    return found


def _others(signal: np.ndarray, peaks: Peaks, places: np.ndarray, analysis_dyes: int | None) -> np.ndarray:
    """The maximum (P, width) over the other dyes; where there is no other dye, 0."""
    least = np.finfo(signal.dtype).min if signal.dtype.kind == "f" else np.iinfo(signal.dtype).min
    highest = np.full(places.shape, least, dtype=signal.dtype)
    dyes = signal.shape[1] if analysis_dyes is None else analysis_dyes
    for dye in range(dyes):
        others = peaks.dye != dye
        here = signal[peaks.profile[others, None], dye, places[others]]
        highest[others] = np.maximum(highest[others], here)
    return np.where(highest == least, 0, highest) if dyes < 2 else highest


def markers(peaks: Peaks, base_pairs: Sequence[np.ndarray] | np.ndarray, panel: Panel) -> np.ndarray:
    """Marker indices (P,) int64 by the base pair of each apex; `base_pairs` (scan,) or (n, scan)."""
    scale = np.asarray(base_pairs)
    at = scale[peaks.position] if scale.ndim == 1 else scale[peaks.profile, peaks.position]
    return panel.indices(peaks.dye, at)


def labels(peaks: Peaks, masks: np.ndarray) -> np.ndarray:
    """The class (P,) int64 of each peak in `masks` (n, dye, scan): that of the nearest annotated point within ±2.

    Ties: the smaller class. 0 where no such point is annotated, −100 where the apex itself is not judged either.
    """
    found = np.zeros(len(peaks), dtype=np.int64)
    for distance in range(REACH, -1, -1):  # the nearest is written last
        sides = [_classes(peaks, masks, shift) for shift in {distance, -distance}]
        least = np.minimum.reduce([np.where(side > 0, side, np.iinfo(np.int64).max) for side in sides])
        found = np.where(least < np.iinfo(np.int64).max, least, found)
    apex = _classes(peaks, masks, 0)
    return np.where((found == 0) & (apex == IGNORE), IGNORE, found)


def _classes(peaks: Peaks, masks: np.ndarray, shift: int) -> np.ndarray:
    """The class (P,) int64 at `shift` scan points from each apex; 0 outside of the profile."""
    places = peaks.position + shift
    inside = (places >= 0) & (places < masks.shape[2])
    found = masks[peaks.profile, peaks.dye, np.clip(places, 0, masks.shape[2] - 1)]
    return np.where(inside, found, 0).astype(np.int64)


def runs_of(mask: np.ndarray) -> list[tuple[int, int, int, int]]:
    """Runs of one class > 0 in `mask` (dye, scan): dye, first, last + 1, class; by dye and position."""
    starts, stops, dye = _runs(mask)
    kinds = mask[dye, starts]
    chosen = kinds > 0
    columns = (dye[chosen], starts[chosen], stops[chosen], kinds[chosen])
    return [tuple(map(int, run)) for run in zip(*columns, strict=True)]  # type: ignore[misc]


def unreached(peaks: Peaks, mask: np.ndarray) -> tuple[int, int]:
    """Of one profile's `mask` (dye, scan): annotated runs without a peak within ±2, positive points that are no apex.

    A model that scatters its answers to apexes cannot reach them.
    """
    missed = 0
    for dye, first, stop, _ in runs_of(mask):
        near = peaks.position[peaks.dye == dye]
        missed += not ((near >= first - REACH) & (near < stop + REACH)).any()
    at_apex = int(np.count_nonzero(mask[peaks.dye, peaks.position] > 0))
    return missed, int(np.count_nonzero(mask > 0)) - at_apex
