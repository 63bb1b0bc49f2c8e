# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The baseline of a run: left as the camera saw it, as the sequencer's software took it off, or taken off here."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from seqforge.data.epg.kits import ANALYSED, RAW

PERCENTILE = "percentile"
BASELINES = {RAW: RAW, ANALYSED: ANALYSED, PERCENTILE: RAW}  # the form of the dyes that each one reads
SHARE, WINDOW = 20, 101  # percentile, in a window of so many scans around each scan
LOWEST, HIGHEST = np.iinfo(np.int16).min, np.iinfo(np.int16).max


class Clipped(NamedTuple):
    """`signal` int16, and how many points lay `outside` its range."""

    signal: np.ndarray
    outside: int


def subtracted(signal: np.ndarray, baseline: str) -> np.ndarray:
    """`signal` (dye, scan) of the form that `baseline` reads, without it: (dye, scan) int32.

    percentile: the 20th percentile of the 101 scans around each scan, the edge values repeated.
    """
    signal = np.asarray(signal).astype(np.int32)
    if baseline != PERCENTILE:
        return signal
    from scipy.ndimage import percentile_filter

    return signal - np.stack([percentile_filter(dye, SHARE, size=WINDOW, mode="nearest") for dye in signal])


def clipped(signal: np.ndarray) -> Clipped:
    """Whole numbers, or numbers to round, as int16."""
    whole = np.rint(signal) if signal.dtype.kind == "f" else signal
    outside = int(np.count_nonzero((whole < LOWEST) | (whole > HIGHEST)))
    return Clipped(np.clip(whole, LOWEST, HIGHEST).astype(np.int16), outside)
