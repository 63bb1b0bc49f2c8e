# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`<data format="bins-simulation">`: chromosomes with one centromere each, drawn when the data are opened."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from seqforge.data.sources.base import Wanted
from seqforge.data.sources.binned import BinnedSource, Members, Report
from seqforge.parameters import Count, Natural, NonNegative, Share, setting
from seqforge.registry import register

SETS = ("training", "validation", "test")


@register("sources", "bins-simulation")
@dataclass(frozen=True, kw_only=True)
class BinsSimulationSource(BinnedSource):
    """Simulated samples, each with some chromosomes of one centromere; whole samples lie in one set.

    Features of a bin are their level inside or outside of the centromere plus Gaussian noise; highlighted is clipped to
    [0, 1], depth at 0. The numbers are a function of the seed and of sample and chromosome alone.
    """

    training_samples: Count = setting(16, "samples of the training set")
    validation_samples: Natural = setting(4, "samples of the validation set")
    test_samples: Natural = setting(4, "samples of the test set")
    chromosomes: Count = setting(1, "chromosomes of a sample")
    bins: Count = setting(200, "of the longest chromosomes")
    shortest: Count | None = setting(None, "bins of the shortest chromosomes; None: all have `bins`")
    bin_size: Count = setting(10_000, "in bp")
    centromere: Count = setting(12, "bins of a centromere")
    margin: Natural = setting(20, "bins between a centromere and the ends of its chromosome, at least")
    highlighted_inside: Share = setting(0.6, "share of highlighted k-mers in a centromere")
    highlighted_outside: Share = setting(0.2, "share of highlighted k-mers elsewhere")
    highlighted_noise: NonNegative = setting(0.15, "standard deviation of that share")
    depth_inside: NonNegative = setting(8, "coverage depth in a centromere")
    depth_outside: NonNegative = setting(2, "coverage depth elsewhere")
    depth_noise: NonNegative = setting(3, "standard deviation of that depth")

    def problems(self) -> list[tuple[str, str]]:
        found = super().problems()
        least, most = self.least_bins, self.shortest or self.bins
        if most > self.bins:
            found.append(("shortest", f"shortest {self.shortest} is more than bins {self.bins}"))
        if most < least:
            key = "bins" if self.shortest is None else "shortest"
            message = f"expected {least} or more bins for centromere {self.centromere} and margin {self.margin}"
            found.append((key, f"{key}: {message}, received {most}"))
        return found

    @property
    def least_bins(self) -> int:
        """Of a chromosome that its centromere and the margins fit in."""
        return max(10, self.centromere + 2 * self.margin + 1)

    def files(self, folder: Path) -> list[Path]:
        return []

    def members(self, wanted: Wanted, report: Report) -> Members:
        from seqforge.simulation.centromeres import Landscape, simulate_chromosomes

        settings = self.settings()
        landscape = Landscape(**{name: settings[name] for name in Landscape._fields})
        sets, first = {}, 1
        for name in SETS:
            count: int = settings[f"{name}_samples"]
            if count:
                sets[name] = list(simulate_chromosomes(wanted.seed, range(first, first + count), landscape))
            first += count
        return Members(sets)
