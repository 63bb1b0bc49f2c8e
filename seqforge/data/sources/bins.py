# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`<data format="bins">`: tables of k-mer statistics per bin, `*_multi_k_summary.csv`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from seqforge.data.bins.collection import collected, recipe
from seqforge.data.bins.identity import NAME_PATTERN, pattern_problem
from seqforge.data.bins.splitting import SETS, SHARES, SPLITS, Division, divided
from seqforge.data.genome.tracks import Files, listed
from seqforge.data.profiles.checks import counted
from seqforge.data.sources.base import Wanted
from seqforge.data.sources.binned import BinnedSource, Members, Report
from seqforge.parameters import REQUIRED, Integer, Name, OneOf, Share, setting
from seqforge.registry import register


@register("sources", "bins")
@dataclass(frozen=True, kw_only=True)
class BinsSource(BinnedSource):
    """Tables with a row per bin: start, end, eight features, has_cen; folders are searched recursively.

    Who a table is of: its columns sample and chromosome, else the manifest, else its name. Whole samples go to one set,
    or whole groups, where the manifest names some. Paths start at the definition's folder.
    """

    tables: Files = setting(REQUIRED, "files or folders with tables called *_multi_k_summary.csv")
    manifest: Name | None = setting(None, "a CSV file: file, sample, chromosome and perhaps group of each table")
    name_pattern: Name = setting(NAME_PATTERN, "of file names; a chromosome is what has no underscore")
    split: Annotated[str, OneOf(*SPLITS)] = setting(
        "sample", "what goes to a set as a whole; folder: training_data, validation_data, test_data; file: as published"
    )
    training_fraction: Share = setting(SHARES["training"], "of samples, chromosomes or files")
    validation_fraction: Share = setting(SHARES["validation"], "of samples, chromosomes or files")
    test_fraction: Share = setting(SHARES["test"], "of samples, chromosomes or files")
    validation_samples: Files | None = setting(None, "samples of the validation set, instead of a share of them")
    test_samples: Files | None = setting(None, "samples of the test set, instead of a share of them")
    split_seed: Annotated[int, Integer(ge=0, lt=2**32)] | None = setting(None, "None: the definition's seed")

    @property
    def shares(self) -> dict[str, float]:
        return {name: getattr(self, f"{name}_fraction") for name in SETS}

    @property
    def declared(self) -> dict[str, tuple[str, ...]]:
        """Set → its samples, where they are named."""
        return {name: listed(getattr(self, f"{name}_samples")) for name in SETS[1:]}

    def problems(self) -> list[tuple[str, str]]:
        return [*super().problems(), *self._named_problems(), *self._share_problems()]

    def _named_problems(self) -> Iterator[tuple[str, str]]:
        if wrong := pattern_problem(self.name_pattern):
            yield "name_pattern", wrong
        for name, samples in self.declared.items():
            if samples and self.split != "sample":
                yield f"{name}_samples", f"{name}_samples has no effect with split {self.split}; it is for split sample"
        shared = sorted(set(self.declared["validation"]) & set(self.declared["test"]))
        if shared:
            yield "test_samples", f"{', '.join(shared)}: in validation_samples and in test_samples; keep it in one"

    def _share_problems(self) -> Iterator[tuple[str, str]]:
        total = sum(self.shares.values())
        changed = [name for name in SETS if self.shares[name] != SHARES[name]]
        if self.split == "folder" and changed:
            yield f"{changed[0]}_fraction", "fractions have no effect with split folder: folders say the sets"
        elif abs(total - 1) > 1e-6:
            spelt = ", ".join(f"{name} {share:g}" for name, share in self.shares.items())
            key = f"{(changed or ['training'])[-1]}_fraction"
            yield key, f"the fractions sum to {total:g}, expected 1 ({spelt})"
        elif not self.training_fraction:
            yield "training_fraction", "training_fraction 0: nothing is left to be learned from"

    def paths(self, folder: Path) -> list[Path]:
        """The files and folders of tables."""
        return [folder / Path(name).expanduser() for name in listed(self.tables)]

    def files(self, folder: Path) -> list[Path]:
        return [*self.paths(folder), *([self._manifest(folder)] if self.manifest else [])]

    def _manifest(self, folder: Path) -> Path:
        return folder / Path(self.manifest or "").expanduser()

    def members(self, wanted: Wanted, report: Report) -> Members:
        paths = self.paths(wanted.folder)
        manifest = self._manifest(wanted.folder) if self.manifest else None
        found = collected(paths, labelled=True, manifest=manifest, pattern=self.name_pattern).sound()
        report(f"{counted(len(found.files), 'table')}, {counted(len(found.chromosomes), 'chromosome')}")
        seed = wanted.seed if self.split_seed is None else self.split_seed
        division = Division(self.split, self.shares, seed, self.declared, paths)
        sets, notes = divided(found.chromosomes, division)
        features = recipe(found.features) if found.features is not None else None
        return Members(sets, (*found.notes, *notes), features)
