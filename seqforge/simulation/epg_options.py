# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What is simulated of electropherograms: options that a data source and a simulation share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from seqforge.parameters import Count, Integer, Natural, NonNegative, Positive, Tuple, setting

FULL = 4096  # points of a whole profile; shorter ones end earlier, at the same points per base pair


@dataclass(frozen=True, kw_only=True)
class Options:
    """What is simulated; heights and noise in RFU."""

    profiles: Count = setting(120, "how many profiles, replicate injections counted")
    donors: Count = setting(60, "people; those of a mixture come from one pool, so that pools can be told apart")
    contributors: Annotated[tuple[int, ...], Tuple(Integer(ge=1, le=5))] = setting(
        (1, 2, 3, 4, 5), "the numbers of contributors that occur, in turn"
    )
    replicates: Count = setting(2, "injections of each mixture")
    seed: Natural = setting(1, "of the simulation; the training's seed does not change the profiles")
    length: Annotated[int, Integer(ge=512, le=FULL)] = setting(FULL, "scan points, 0.1 bp each, from 65 bp")
    dyes: Annotated[int, Integer(ge=2, le=5)] = setting(5, "analysis dyes")
    height: Positive = setting(2500.0, "RFU: of one copy of an allele of a single person, undegraded")
    degradation: NonNegative = setting(0.3, "mean loss per 100 bp, of the natural logarithm of heights")
    stutter: NonNegative = setting(1.0, "factor on the stutter ratios (back 5–11 %, forward 1–2 %)")
    noise: NonNegative = setting(5.0, "RFU: standard deviation")
    drift: NonNegative = setting(8.0, "RFU: of the baseline, as calibrated profiles still have it")
    artefacts: NonNegative = setting(1.0, "factor on the numbers of dye blobs, spikes and peaks outside bins")
    detection: NonNegative = setting(40.0, "RFU from which an allele is in the truth; lower ones have dropped out")
    context_effect: NonNegative = setting(
        0.0, "per marker, peaks that only the whole profile tells to be alleles or artefacts; 0: none"
    )

    def count_problems(self) -> Iterator[tuple[str, str]]:
        """(option, sentence) for numbers of people that cannot be."""
        if not self.contributors:
            yield "contributors", "contributors: expected one number or more, received ()"
        elif max(self.contributors) > self.donors:
            yield "donors", f"donors: {max(self.contributors)} contributors need as many, received {self.donors}"
