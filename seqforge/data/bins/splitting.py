# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Chromosomes shared out to the three sets, and the samples that lie in more than one of them.

The unit is the group: a sample, or the samples of one individual (haplotypes, replicates). Splits by chromosome and by
file exist to reproduce published numbers; they let samples leak, and say which.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from seqforge.data.bins.identity import Chromosome
from seqforge.data.problems import EMPTY, refuse
from seqforge.data.splits import SPLIT, permutation
from seqforge.errors import did_you_mean

DIVISION = "SF0737"

SETS = ("training", "validation", "test")
SHARES = {"training": 0.8, "validation": 0.1, "test": 0.1}
FOLDERS = {f"{name}_data": name for name in SETS}
MOST_NAMED = 10


@dataclass(frozen=True)
class Division:
    """How to divide: `by` sample, folder, chromosome or file; `shares` of the sets, which sum to 1.

    `declared`: set → samples that are named for it. `roots`: where the tables were searched.
    """

    by: str = "sample"
    shares: Mapping[str, float] = field(default_factory=lambda: dict(SHARES))
    seed: int = 0
    declared: Mapping[str, Sequence[str]] = field(default_factory=dict)
    roots: Sequence[Path] = ()

    @property
    def where(self) -> str:
        """The place of what is wrong with all tables together; "" where it is not known."""
        return ", ".join(map(str, self.roots))


class Divided(NamedTuple):
    """Set → chromosomes in their order, and what a user should know."""

    sets: dict[str, list[Chromosome]]
    notes: list[str]


def divided(chromosomes: Sequence[Chromosome], division: Division) -> Divided:
    """The three sets; those without a chromosome are absent. Raises DataError where it cannot be done."""
    _refuse_torn(chromosomes)
    owner = _OWNERS[division.by](chromosomes, division)
    sets = {name: [one for one, set_name in zip(chromosomes, owner, strict=True) if set_name == name] for name in SETS}
    if not sets["training"]:
        raise refuse(EMPTY, f"split {division.by}: no chromosome is left for the training set", file=division.where)
    return Divided({name: members for name, members in sets.items() if members}, leaks(sets, division.by))


def leaks(sets: Mapping[str, Sequence[Chromosome]], by: str) -> list[str]:
    """A line that names every group of which several sets have chromosomes; none if there is no such group."""
    where: dict[str, list[str]] = {}
    for name, members in sets.items():
        for group in sorted({one.group for one in members}):
            where.setdefault(group, []).append(name)
    torn = [f"{group} ({', '.join(names)})" for group, names in sorted(where.items()) if len(names) > 1]
    if not torn:
        return []
    return [f"split {by}: these samples lie in several sets, so scores are too good: {', '.join(torn)}"]


def _refuse_torn(chromosomes: Sequence[Chromosome]) -> None:
    """A sample belongs to one group."""
    groups: dict[str, str] = {}
    for one in chromosomes:
        other = groups.setdefault(one.sample, one.group)
        if other != one.group:
            message = f"sample {one.sample}: expected one group, received {other} and {one.group}"
            raise refuse(DIVISION, message, "mend the manifest", one.place.file, one.place.line)


def _by_sample(chromosomes: Sequence[Chromosome], division: Division) -> list[str]:
    groups = {one.group for one in chromosomes}
    taken = _declared(chromosomes, division)
    owner = taken | _drawn(sorted(groups - taken.keys()), division, taken)
    return [owner[one.group] for one in chromosomes]


def _declared(chromosomes: Sequence[Chromosome], division: Division) -> dict[str, str]:
    """Group → set, of the samples that the options name."""
    group_of = {one.sample: one.group for one in chromosomes}
    taken: dict[str, str] = {}
    for name, samples in division.declared.items():
        for sample in samples:
            if sample not in group_of:
                hint = did_you_mean(sample, list(group_of))
                raise refuse(DIVISION, f"{name}_samples: no sample '{sample}'", hint, division.where)
            other = taken.setdefault(group_of[sample], name)
            if other != name:
                message = f"{name}_samples: {sample} belongs to {group_of[sample]}, which is in the {other} set"
                raise refuse(DIVISION, message, "a group lies in one set", division.where)
    return taken


def _by_chromosome(chromosomes: Sequence[Chromosome], division: Division) -> list[str]:
    owner = _drawn(sorted({one.name for one in chromosomes}), division, {})
    return [owner[one.name] for one in chromosomes]


def _drawn(names: Sequence[str], division: Division, taken: Mapping[str, str]) -> dict[str, str]:
    """Name → set: shares of all names, at least one for each set that is to have any; a function of the seed."""
    missing = [name for name in SETS if division.shares[name] > 0 and name not in taken.values()]
    if len(names) < len(missing):
        raise _too_few(names, missing, division)
    total = len(names) + len(taken)
    sizes = {name: max(1, int(division.shares[name] * total + 0.5)) for name in missing if name != "training"}
    while sum(sizes.values()) > len(names) - 1:  # one is left for training
        sizes[max(sizes, key=lambda name: sizes[name])] -= 1
    order = iter([names[place] for place in permutation(len(names), division.seed, SPLIT)])
    owner = {next(order): name for name, size in sizes.items() for _ in range(size)}
    return owner | dict.fromkeys(order, "training")


def _too_few(names: Sequence[str], missing: Sequence[str], division: Division) -> Exception:
    noun = "groups of samples" if division.by == "sample" else "chromosome names"
    listing = ", ".join(names[:MOST_NAMED]) or "none"
    message = (
        f"split {division.by}: expected {len(missing)} or more {noun} for {', '.join(missing)}, received {listing}"
    )
    ways = [f"{name}_samples" for name in missing if name != "training"] if division.by == "sample" else []
    hint = (
        f"declare {' and '.join(ways)}, or fractions of 0" if ways else "declare fractions of 0 for sets to go without"
    )
    return refuse(DIVISION, message, hint, division.where)


def _by_folder(chromosomes: Sequence[Chromosome], division: Division) -> list[str]:
    return [_folder(one, division.roots) for one in chromosomes]


def _folder(one: Chromosome, roots: Sequence[Path]) -> str:
    """The set whose folder holds the table, below the folder that was searched or as that."""
    for root in roots:
        if one.block.file.is_relative_to(root):
            parts = [root.name, *one.block.file.relative_to(root).parts[:-1]]
            found = [FOLDERS[part] for part in parts if part in FOLDERS]
            if found:
                return found[-1]
    raise refuse(DIVISION, f"split folder: expected the table in a folder {', '.join(FOLDERS)}", file=one.block.file)


def _by_file(chromosomes: Sequence[Chromosome], division: Division) -> list[str]:
    """As published: sorted paths, shuffled by Python's generator, whole parts of the shares, the rest for test."""
    files = sorted({str(one.block.file) for one in chromosomes})
    random.Random(division.seed).shuffle(files)
    training, validation = (int(division.shares[name] * len(files)) for name in SETS[:2])
    owner = dict.fromkeys(files, "test")
    owner |= dict.fromkeys(files[:training], "training")
    owner |= dict.fromkeys(files[training : training + validation], "validation")
    return [owner[str(one.block.file)] for one in chromosomes]


_OWNERS: dict[str, Callable[[Sequence[Chromosome], Division], list[str]]] = {
    "sample": _by_sample,
    "folder": _by_folder,
    "chromosome": _by_chromosome,
    "file": _by_file,
}
SPLITS = tuple(_OWNERS)
