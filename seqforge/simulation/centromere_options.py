# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What is simulated of chromosomes with a centromere: options that a data source and a simulation share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from seqforge.parameters import Count, Natural, NonNegative, Share, setting

SETS = ("training", "validation", "test")
FEWEST_BINS = 10


@dataclass(frozen=True, kw_only=True)
class Landscape:
    """What simulated tables of bins look like."""

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

    @property
    def fewest_bins(self) -> int:
        """Of a chromosome that its centromere and the margins fit in."""
        return max(FEWEST_BINS, self.centromere + 2 * self.margin + 1)

    def size_problems(self) -> list[tuple[str, str]]:
        """(option, sentence) for chromosomes without room."""
        found, least, most = [], self.fewest_bins, self.shortest or self.bins
        if most > self.bins:
            found.append(("shortest", f"shortest {self.shortest} is more than bins {self.bins}"))
        if most < least:
            key = "bins" if self.shortest is None else "shortest"
            message = f"expected {least} or more bins for centromere {self.centromere} and margin {self.margin}"
            found.append((key, f"{key}: {message}, received {most}"))
        return found


@dataclass(frozen=True, kw_only=True)
class Cohort(Landscape):
    """Samples of each set, numbered from 1 through the sets."""

    training_samples: Count = setting(16, "samples of the training set")
    validation_samples: Natural = setting(4, "samples of the validation set")
    test_samples: Natural = setting(4, "samples of the test set")

    @property
    def samples(self) -> dict[str, range]:
        """Set → numbers of its samples; sets without any are absent."""
        found, first = {}, 1
        for name in SETS:
            count: int = getattr(self, f"{name}_samples")
            if count:
                found[name] = range(first, first + count)
            first += count
        return found


class Satellite(NamedTuple):
    """An array of `copies` of a higher-order repeat of `monomers` monomers of `monomer` bp.

    `divergence`: share of bases in which two monomers of a repeat differ; `drift`: in which a copy differs from the
    repeat. Differences are substitutions.
    """

    copies: int = 60
    monomers: int = 12
    monomer: int = 171
    divergence: float = 0.2
    drift: float = 0.005

    @property
    def length(self) -> int:
        """In bp."""
        return self.copies * self.monomers * self.monomer


@dataclass(frozen=True, kw_only=True)
class Genome:
    """Chromosomes of random bases around a satellite array."""

    chromosomes: Count = setting(1, "each with repeats of its own")
    flank: Natural = setting(200_000, "random bases before and after the array of a chromosome")
    copies: Count = setting(60, "of the higher-order repeat")
    monomers: Count = setting(12, "of a repeat")
    monomer: Count = setting(171, "bases of a monomer")
    divergence: Share = setting(0.2, "share of bases in which two monomers of a repeat differ, up to 0.75")
    drift: Share = setting(0.005, "share of bases in which a copy differs from the repeat")

    @property
    def satellite(self) -> Satellite:
        return Satellite(self.copies, self.monomers, self.monomer, self.divergence, self.drift)
