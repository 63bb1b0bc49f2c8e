# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Simulated chromosomes as files: tables of bins in a folder for each set, or a genome with the places of its arrays.

bins     training_data/, validation_data/, test_data/ with {sample}_{chromosome}_multi_k_summary.csv
genome   genome.fa and genome.bed, which `seqforge prepare centromere genome.fa --labels genome.bed` makes tables of
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from seqforge.errors import UsageError, did_you_mean
from seqforge.parameters import Unfit, parameters_of
from seqforge.simulation.centromere_options import Cohort, Genome
from seqforge.simulation.centromeres import simulate_chromosomes, simulate_genome, write_genome, write_tables
from seqforge.simulation.files import appearing

MOST_DIVERGENCE = 0.75  # of random sequence


def simulate(kind: str, wanted: Sequence[str], seed: int, folder: Path) -> list[Path]:
    """The files of `kind`, bins or genome, in `folder`, which must be empty or not there; raises UsageError.

    `wanted`: OPTION=VALUE. The files appear whole or not at all.
    """
    options, write = _KINDS[kind]
    chosen = parsed(options, wanted, kind)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is there already; choose another folder with -o, or remove it")
    with appearing(folder) as temporary:
        paths = [path.relative_to(temporary) for path in write(chosen, seed, temporary)]
    return [folder / path for path in paths]


def parsed(options: Any, wanted: Sequence[str], kind: str) -> Any:
    """`options` with the values of OPTION=VALUE; raises UsageError."""
    known = parameters_of(options)
    given: dict[str, Any] = {}
    for one in wanted:
        name, _, text = one.partition("=")
        if name not in known:
            raise UsageError(f"no option '{name}' of simulated {kind}; {did_you_mean(name, list(known))}")
        try:
            given[name] = known[name].kind.parse(text.strip())
        except Unfit as unfit:
            raise UsageError(f"{name}: {unfit}") from None
    chosen = options(**given)
    for _, sentence in getattr(chosen, "size_problems", list)():
        raise UsageError(sentence)
    if getattr(chosen, "divergence", 0) > MOST_DIVERGENCE:
        raise UsageError(f"divergence: expected a share up to {MOST_DIVERGENCE}, received {chosen.divergence:g}")
    return chosen


def _bins(cohort: Cohort, seed: int, folder: Path) -> list[Path]:
    return [
        path
        for name, samples in cohort.samples.items()
        for path in write_tables(folder / f"{name}_data", simulate_chromosomes(seed, samples, cohort))
    ]


def _genome(genome: Genome, seed: int, folder: Path) -> list[Path]:
    flanks = [(genome.flank, genome.flank)] * genome.chromosomes
    return list(write_genome(folder, simulate_genome(seed, flanks, genome.satellite)))


_KINDS: dict[str, tuple[Any, Callable[[Any, int, Path], list[Path]]]] = {
    "bins": (Cohort, _bins),
    "genome": (Genome, _genome),
}
KINDS = tuple(_KINDS)
