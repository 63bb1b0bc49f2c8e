# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The invented kit of simulated electropherograms: its grid of base pairs and its panel, at full length or shorter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from seqforge.data.epg import kits
from seqforge.data.epg.annotation import annotated
from seqforge.data.epg.panels import Bin, Marker, Panel
from seqforge.simulation.epg_options import FULL

KIT = kits.KITS[kits.SIMULATED]
REPEAT = 4.0  # base pairs
PITCH, GAP, EDGE, END = (
    76.0,
    8.0,
    8.0,
    13.0,
)  # base pairs: of a marker, between markers, before the first, after the last
AMELOGENIN = 100.0  # base pairs a profile must have to hold AMEL too
HALF_BIN, HALF_VARIANT = 0.5, 0.4  # base pairs
SEX, MALE = "AMEL", "DYS900"


class Called(NamedTuple):
    """An allele of the truth; `height` in RFU."""

    marker: str
    label: str
    height: float


def base_pairs(length: int) -> np.ndarray:
    """(scan,) float32: of each point of a simulated profile."""
    return KIT.base_pairs(length)


@lru_cache(maxsize=8)
def panel(length: int = FULL, dyes: int = 5) -> Panel:
    """The invented panel of profiles of this size; 25 markers on 5 dyes, AMEL and one DYS at full length."""
    low, high = map(float, base_pairs(length)[[0, -1]])
    markers: list[Marker] = []
    for dye in range(dyes):
        start = low + EDGE + 2.3 * dye / dyes
        if dye == 0 and high - low > AMELOGENIN:
            markers.append(_marker(SEX, 0, [("X", start + 1, HALF_BIN), ("Y", start + 7, HALF_BIN)]))
            start += 14
        markers += _of_dye(dye, start, high - END, len(markers))
    if len(markers) > dyes:
        last = markers[-1]
        markers[-1] = last._replace(name=MALE)
    return Panel(KIT.name, tuple(markers))


def _of_dye(dye: int, start: float, stop: float, number: int) -> Iterator[Marker]:
    """Markers from `start` to `stop` base pairs, every third one with variants of three bases."""
    count = max(1, round((stop - start) / PITCH))
    pitch = (stop - start) / count
    repeats = int((pitch - GAP) // REPEAT) + 1
    for at in range(count):
        index = number + at
        first, fewest = start + at * pitch + 3, 6 + 3 * index % 8
        alleles = [(str(fewest + k), first + REPEAT * k, HALF_BIN) for k in range(repeats)]
        if index % 3 == 1:
            alleles += [(f"{fewest + k}.3", first + REPEAT * k + 3, HALF_VARIANT) for k in range(2, repeats - 1, 3)]
        yield _marker(f"SIM{index:02d}", dye, sorted(alleles, key=lambda allele: allele[1]))


def _marker(name: str, dye: int, alleles: Sequence[tuple[str, float, float]]) -> Marker:
    bins = tuple(Bin(label, round(size, 2), size - half, size + half) for label, size, half in alleles)
    bins = tuple(Bin(one.label, one.size, round(one.lower, 2), round(one.upper, 2)) for one in bins)
    return Marker(name, dye, round(bins[0].size - 2.5, 2), round(bins[-1].size + 2.5, 2), bins)


def marked(found: Panel, alleles: Iterable[Called], grid: np.ndarray, dyes: int) -> np.ndarray:
    """(dye, scan) int8 of `grid` (scan,) base pairs: 1 in the bins of `alleles`, by nearest points, end exclusive."""
    mask = np.zeros((dyes, len(grid)), dtype=np.int8)
    labels: dict[str, list[str]] = {}
    for allele in alleles:
        labels.setdefault(allele.marker, []).append(allele.label)
    for one in annotated(labels, found, grid).intervals:
        mask[one.dye, one.start : one.stop] = 1
    return mask
