# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Thresholds on the reads of loci: which of those that were read an experiment trains on and is judged by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from seqforge.data.genome.extraction import PEAK_SETS, Extracted
from seqforge.data.genome.loci import Tally

MIN, MAX, OUTLIERS = "min_counts", "max_counts", "outliers"
Filter = Callable[[np.ndarray], np.ndarray]  # totals (n, group) → whether each passes (n,)
QUARTILES = ("min", "25 %", "50 %", "75 %", "max")


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """Every group of a peak has at least `min_counts` and at most `max_counts` reads in the output window.

    Training peaks with more reads than `outlier_factor` times the quantile `outlier_quantile` in any group are
    outliers; 0 in either: there are none.
    """

    min_counts: float | None = None
    max_counts: float | None = None
    outlier_quantile: float = 0.99
    outlier_factor: float = 1.2

    def above(self, totals: np.ndarray) -> np.ndarray:
        """Whether each peak (n,) with the totals (n, group) has enough reads."""
        return np.all(totals >= (self.min_counts or 0), axis=1)

    def below(self, totals: np.ndarray) -> np.ndarray:
        return np.all(totals <= (np.inf if self.max_counts is None else self.max_counts), axis=1)

    def usual(self, totals: np.ndarray) -> np.ndarray:
        """Whether each training peak (n,) is no outlier among these."""
        if not self.outlier_quantile or not self.outlier_factor:
            return np.ones(len(totals), dtype=bool)
        limits = self.outlier_factor * np.quantile(totals, self.outlier_quantile, axis=0)  # linear interpolation
        return np.all(totals <= limits, axis=1)


def selected(
    found: Extracted, thresholds: Thresholds, heads: Sequence[str]
) -> tuple[dict[str, np.ndarray], dict[str, Tally]]:
    """The rows of each set, and of negatives, that pass, and the tally of all filters; raises DataError for none.

    Negatives pass as they are: the thresholds are of peaks.
    """
    rows, tallies = dict(found.rows), {name: Tally.of(one.row()) for name, one in found.tallies.items()}
    for name in PEAK_SETS:
        if name in rows:
            filters = {MIN: thresholds.above, MAX: thresholds.below}
            filters |= {OUTLIERS: thresholds.usual} if name == "training" else {}
            rows[name] = _sifted(rows[name], found.totals, filters, tallies[name], heads)
    return rows, tallies


def _sifted(
    rows: np.ndarray, totals: np.ndarray, filters: Mapping[str, Filter], tally: Tally, heads: Sequence[str]
) -> np.ndarray:
    for reason, passes in filters.items():
        keep = passes(totals[rows])
        tally.drop(reason, int(np.count_nonzero(~keep)), _seen(totals[rows], heads))
        rows = rows[keep]
    return rows


def _seen(totals: np.ndarray, heads: Sequence[str]) -> str:
    """The distribution of the totals (peak, group), in words."""
    found = np.quantile(totals, (0, 0.25, 0.5, 0.75, 1), axis=0).T
    groups = [", ".join(f"{name} {value:,.6g}" for name, value in zip(QUARTILES, one, strict=True)) for one in found]
    return "; ".join(f"{head}: {numbers}" for head, numbers in zip(heads, groups, strict=True))
