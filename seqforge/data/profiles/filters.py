# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Filters over regions: what each let through, and an error that explains why nothing is left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from seqforge.data.problems import FILTERED, refuse
from seqforge.errors import DataError

QUARTILES = ("min", "25 %", "50 %", "75 %", "max")


@dataclass(frozen=True)
class Filter:
    """One filter: its threshold in words, the regions before it and dropped by it.

    `seen`: the distribution (min, quartiles, max) of what it judged, by head, or under what it is.
    """

    name: str
    threshold: str
    before: int
    dropped: int
    seen: dict[str, list[float]] = field(default_factory=dict)

    @property
    def left(self) -> int:
        return self.before - self.dropped

    def row(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "filter": self.name,
            "threshold": self.threshold,
            "before": self.before,
            "dropped": self.dropped,
            "left": self.left,
            "distribution": self.seen,
        }

    def __str__(self) -> str:
        what = f"'{self.name}' ({self.threshold})" if self.threshold else f"'{self.name}'"
        return f"{what} dropped {self.dropped:,} of {self.before:,}"


def distribution(values: np.ndarray) -> list[float]:
    """Minimum, quartiles and maximum of `values` (n,)."""
    return [float(value) for value in np.quantile(values, (0, 0.25, 0.5, 0.75, 1))] if len(values) else []


@dataclass
class Funnel:
    """Rows (n,) that have passed every filter so far, ascending, and the filters."""

    rows: np.ndarray
    file: str = ""
    filters: list[Filter] = field(default_factory=list)

    def sift(
        self, name: str, threshold: str, keep: np.ndarray, seen: Mapping[str, np.ndarray] | None = None
    ) -> np.ndarray:
        """Go on with the rows where `keep` (n,) is True; returns it. Raises DataError if there are none.

        `seen`: what was judged, each (n,).
        """
        shapes = {what: distribution(values) for what, values in (seen or {}).items()}
        self.filters.append(Filter(name, threshold, len(keep), int(np.count_nonzero(~keep)), shapes))
        self.rows = self.rows[keep]
        if not len(self.rows):
            raise self._nothing_left()
        return keep

    def _nothing_left(self) -> DataError:
        most = max(self.filters, key=lambda one: one.dropped)
        seen = "; ".join(f"{what}: {_spelt(values)}" for what, values in most.seen.items() if values)
        hint = f"it saw {seen}" if seen else ""
        last = self.filters[-1]
        where = "" if last is most else f"; the last of them were dropped by '{last.name}'"
        return refuse(FILTERED, f"no region is left: the filter {most}{where}", hint, self.file)


def _spelt(values: Iterable[float]) -> str:
    return ", ".join(f"{name} {value:,.6g}" for name, value in zip(QUARTILES, values, strict=True))
