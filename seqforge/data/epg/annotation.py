# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Alleles as masks: the bins of a panel as scan points, and which points of a bin's peak are its class."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from seqforge.data.epg.panels import Bin, Marker, Panel
from seqforge.data.epg.peaks import find_peaks
from seqforge.data.epg.tables import IGNORE
from seqforge.errors import did_you_mean, nearest

LABEL_MODES = ("bin", "complete", "top")
_VARIANT = re.compile(r"(.+)\.(\d)")


class Interval(NamedTuple):
    """Scan points `start` to `stop` (0-based, half-open) of a dye row that belong to one allele of class `label`."""

    dye: int
    start: int
    stop: int
    label: int = 1
    marker: str = ""
    allele: str = ""


@dataclass(frozen=True)
class Annotation:
    """The alleles of one profile on its scan points. `flagged`: micro-variants that the panel does not list, placed by
    their whole repeat. `unknown`: alleles without a place, each with a sentence; they have no interval."""

    intervals: tuple[Interval, ...]
    flagged: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass
class Tally:
    """What was found while masks were made; counts of alleles."""

    missing: int = 0  # intervals without a peak
    flagged: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def annotated(alleles: Mapping[str, Iterable[str]], panel: Panel, base_pairs: np.ndarray) -> Annotation:
    """The intervals of `alleles` (marker → labels) at `base_pairs` (scan,); a homozygote is one interval."""
    found, flagged, unknown = [], [], []
    for name, labels in alleles.items():
        marker = panel.marker(name)
        for label in dict.fromkeys(labels):
            one = None if marker is None else bin_of(marker, label)
            if marker is None or one is None:
                unknown.append(_unknown(panel, name, marker, label))
                continue
            start, stop = scan_points(one, base_pairs)
            if stop <= start:
                unknown.append(f"{name}_{label}: {one.size:g} bp lies outside of the base pairs of the profile")
                continue
            found.append(Interval(marker.dye, start, stop, 1, marker.name, label))
            flagged += [] if marker.bin(label) else [f"{marker.name}_{label}"]
    return Annotation(tuple(sorted(found)), tuple(flagged), tuple(unknown))


def bin_of(marker: Marker, label: str) -> Bin | None:
    """The bin of an allele; of a micro-variant x.y that is not listed, that of x moved by y bp; else None."""
    listed = marker.bin(label)
    variant = _VARIANT.fullmatch(label)
    whole = marker.bin(variant[1]) if listed is None and variant else None
    if whole is None or variant is None:
        return listed
    return whole.moved(int(variant[2]))._replace(label=label)


def _unknown(panel: Panel, name: str, marker: Marker | None, label: str) -> str:
    if marker is None:
        return f"{name}_{label}: no such marker; {did_you_mean(name, [one.name for one in panel.markers])}"
    near = nearest(label, [one.label for one in marker.bins])
    return f"{name}_{label}: no such allele" + (f"; did you mean '{near}'?" if near else "")


def scan_points(one: Bin, base_pairs: np.ndarray) -> tuple[int, int]:
    """First and last + 1 of the scan points of a bin: those nearest to its ends, the right one exclusive.

    (0, 0) where the bin is not wholly within `base_pairs` (scan,).
    """
    known = np.flatnonzero(~np.isnan(base_pairs))
    scale = base_pairs[known]
    if one.lower < scale[0] or one.upper > scale[-1]:
        return 0, 0
    start, stop = (int(np.argmin(np.abs(scale - end))) for end in (one.lower, one.upper))
    return int(known[0]) + start, int(known[0]) + stop


def shaped(
    intervals: Sequence[Interval], signal: np.ndarray, mode: str, drop_missing: bool, threshold: float
) -> tuple[np.ndarray, int]:
    """The mask (dye, scan) int8 of `intervals` on `signal` (dye, scan) RFU, and how many of them have no peak.

    A peak of an interval is one of `threshold` or more with its apex in it, the highest of several. `bin`: the whole
    interval; `complete`: the scan points from the apex down to the valley, or to `threshold`, on either side; `top`:
    the apex. Without a peak the interval stays as it is, or is left out.
    """
    mask = np.zeros(signal.shape, dtype=np.int8)
    peaks = find_peaks(signal[None], threshold)
    missing = 0
    for one in intervals:
        inside = (peaks.dye == one.dye) & (peaks.position >= one.start) & (peaks.position < one.stop)
        places = peaks.position[inside]
        if not len(places):
            missing += 1
            if not drop_missing:
                mask[one.dye, one.start : one.stop] = one.label
            continue
        apex = int(places[np.argmax(signal[one.dye, places])])
        start, stop = _extent(one, signal[one.dye], apex, mode, threshold)
        mask[one.dye, start:stop] = one.label
    return mask, missing


def _extent(one: Interval, line: np.ndarray, apex: int, mode: str, threshold: float) -> tuple[int, int]:
    if mode == "bin":
        return one.start, one.stop
    if mode == "top":
        return apex, apex + 1
    return apex - _slope(line[apex::-1], threshold), apex + _slope(line[apex:], threshold) + 1


def _slope(line: np.ndarray, threshold: float) -> int:
    """How many points after the first of `line` belong to the peak: as long as it does not rise or fall too low."""
    ends = (line[1:] > line[:-1]) | (line[1:] < threshold)
    return int(np.argmax(ends)) if ends.any() else len(ends)


def reshaped(
    mask: np.ndarray, signal: np.ndarray, mode: str, drop_missing: bool, threshold: float
) -> tuple[np.ndarray, int]:
    """As `shaped`, for a `mask` (dye, scan) whose runs are the intervals; ignored points stay ignored."""
    from seqforge.data.epg.peaks import runs_of

    found, missing = shaped([Interval(*run) for run in runs_of(mask)], signal, mode, drop_missing, threshold)
    found[mask == IGNORE] = IGNORE
    return found, missing
