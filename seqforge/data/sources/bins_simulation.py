# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`<data format="bins-simulation">`: chromosomes with one centromere each, drawn when the data are opened."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from seqforge.data.sources.base import Wanted
from seqforge.data.sources.binned import BinnedSource, Members, Report
from seqforge.registry import register
from seqforge.simulation.centromere_options import Cohort


@register("sources", "bins-simulation")
@dataclass(frozen=True, kw_only=True)
class BinsSimulationSource(Cohort, BinnedSource):
    """Simulated samples, each with some chromosomes of one centromere; whole samples lie in one set.

    Features of a bin are their level inside or outside of the centromere plus Gaussian noise; highlighted is clipped to
    [0, 1], depth at 0. The numbers are a function of the seed and of sample and chromosome alone.
    """

    def problems(self) -> list[tuple[str, str]]:
        return [*super().problems(), *self.size_problems()]

    def files(self, folder: Path) -> list[Path]:
        return []

    def members(self, wanted: Wanted, report: Report) -> Members:
        from seqforge.simulation.centromeres import simulate_chromosomes

        return Members(
            {name: list(simulate_chromosomes(wanted.seed, numbers, self)) for name, numbers in self.samples.items()}
        )
