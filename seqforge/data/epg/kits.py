# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What a kit says of its runs: dyes and where a file holds them, size standard, and the base pairs of its profiles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seqforge.errors import UsageError, did_you_mean

WEN = (65, 80, 100, 120, 140, 160, 180, 200, 225, 250, 275, 300, 325, 350, 375, 400, 425, 450, 475)
LIZ_600 = (
    60, 80, 100, 114, 120, 140, 160, 180, 200, 214, 220, 240, 250, 260, 280, 300, 314, 320, 340, 360, 380, 400, 414,
    420, 440, 460, 480,
)  # fmt: skip
LIZ_500 = (75, 100, 139, 150, 160, 200, 300, 340, 350, 400, 450)  # without 250, which moves with the temperature
RAW, ANALYSED = "raw", "analysed"


@dataclass(frozen=True)
class Kit:
    """`raw`, `analysed`: numbers of the DATA entries in the order of the dyes, the size standard last.

    `fragments`: base pairs of the size standard's peaks; `grid`: first and last base pair of a profile;
    `spacing`: least and most scans per base pair; `dyes`: the names of the analysis dyes; `whole`: the points of the
    whole grid, where shorter profiles end earlier instead of having fewer points per base pair.
    """

    name: str
    dyes: tuple[str, ...]
    raw: tuple[int, ...]
    analysed: tuple[int, ...]
    standard: str
    fragments: tuple[float, ...]
    grid: tuple[float, float]
    spacing: tuple[float, float]
    aliases: tuple[str, ...] = ()
    whole: int | None = None

    def numbers(self, form: str) -> tuple[int, ...]:
        """The DATA entries of the form raw or analysed."""
        return self.raw if form == RAW else self.analysed

    def base_pairs(self, length: int) -> np.ndarray:
        """(scan,) float32: the base pair of each of `length` points of a profile."""
        low, high = self.grid
        last = high if self.whole is None else low + (high - low) * min(1.0, (length - 1) / (self.whole - 1))
        return np.linspace(low, last, length).astype(np.float32)


SIX_RAW, SIX_ANALYSED = (1, 2, 3, 4, 106, 105), (9, 10, 11, 12, 206, 205)
FIVE_RAW, FIVE_ANALYSED = (1, 2, 3, 4, 105), (9, 10, 11, 12, 205)
SIMULATED = "simulated"

KITS = {
    kit.name: kit
    for kit in (
        Kit(
            "PowerPlex Fusion 6C", ("FL-6C", "JOE-6C", "TMR-6C", "CXR-6C", "TOM-6C"), SIX_RAW, SIX_ANALYSED,
            "WEN ILS 500", WEN, (65, 475), (7, 13), ("PPF6C",),
        ),
        Kit(
            "GlobalFiler", ("6-FAM", "VIC", "NED", "TAZ", "SID"), SIX_RAW, SIX_ANALYSED,
            "GeneScan 600 LIZ", LIZ_600, (60, 480), (7, 16), ("GF",),
        ),
        Kit(
            "five dyes, LIZ 500", ("blue", "green", "yellow", "red"), FIVE_RAW, FIVE_ANALYSED,
            "GeneScan 500 LIZ", LIZ_500, (75, 450), (7, 18), ("5-dye", "5-dye-500"),
        ),
        Kit(
            "five dyes, LIZ 600", ("blue", "green", "yellow", "red"), FIVE_RAW, FIVE_ANALYSED,
            "GeneScan 600 LIZ", LIZ_600, (60, 480), (7, 18), ("5-dye-600",),
        ),
        Kit(
            SIMULATED, ("S1", "S2", "S3", "S4", "S5"), SIX_RAW, SIX_ANALYSED,
            "simulated standard", WEN, (65, 475), (7, 13), whole=4096,
        ),
    )
}  # fmt: skip


def find(name: str) -> Kit:
    """The kit of a name or an alias, any case; raises UsageError."""
    by_name = {spelling.casefold(): kit for kit in KITS.values() for spelling in (kit.name, *kit.aliases)}
    if name.casefold() not in by_name:
        known = [spelling for kit in KITS.values() for spelling in (kit.name, *kit.aliases)]
        raise UsageError(f"unknown kit '{name}'; {did_you_mean(name, known)}")
    return by_name[name.casefold()]
