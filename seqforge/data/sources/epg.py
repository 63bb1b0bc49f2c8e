# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`<data format="epg">`: profile tables in files, with the panel of their kit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from seqforge.arrays import np
from seqforge.data.epg.opening import EpgSource, Report, refuse_unfit
from seqforge.data.epg.problems import ALLELES
from seqforge.data.epg.splitting import without_groups
from seqforge.data.problems import OPTION, refuse
from seqforge.data.sources.base import Wanted
from seqforge.parameters import REQUIRED, Name, Number, Tuple, setting
from seqforge.registry import register

if TYPE_CHECKING:
    from seqforge.data.epg.alleles import Genotype
    from seqforge.data.epg.annotation import Annotation
    from seqforge.data.epg.panels import Panel
    from seqforge.data.epg.samples import Sample
    from seqforge.data.epg.tables import ProfileTable, Shape


@register("sources", "epg")
@dataclass(frozen=True, kw_only=True)
class ElectropherogramSource(EpgSource):
    """Tables of electropherograms: .npz, .h5, or a folder of NAME.npy and NAME_annotation.npy (dye, scan).

    Arrays: profiles (profile, dye, scan) RFU; masks, names, mixture_set, donors (separated by semicolons),
    contributors, base_pairs, dye_names, kit and peak_… where they are known. Paths start at the definition's folder.
    """

    profiles: Name = setting(REQUIRED, "the table: a .npz or .h5 file, or a folder")
    panel: Name | None = setting(None, "GeneMarker's XML of the kit's markers and alleles, plain or gzip")
    base_pairs: Annotated[tuple[float, ...], Tuple(Number(gt=0), length=2, ascending=True)] | None = setting(
        None, "the base pairs of the first and the last scan point, where the table has none"
    )
    alleles: Name | None = setting(None, "an allele report that the masks are made of, instead of those of the table")
    samples: Name | None = setting(
        None, "a table: file and sample of each profile, and perhaps mixture_set, donors and contributors"
    )
    donor_alleles: Name | None = setting(
        None, "a table: SampleName;Marker;Allele1;Allele2 of the donors, to judge against what they truly have"
    )

    def files(self, folder: Path) -> list[Path]:
        named = (self.profiles, self.panel, self.alleles, self.samples, self.donor_alleles)
        return [_path(folder, name) for name in named if name is not None]

    def problems(self) -> list[tuple[str, str]]:
        found = super().problems()
        if self.alleles and not self.panel:
            found.append(("alleles", "alleles needs panel: it says where they lie"))
        return found

    def channels(self, wanted: Wanted) -> int | None:
        found = self._shape(wanted.folder)
        return None if found is None else found.dyes

    def window(self, wanted: Wanted) -> int | None:
        found = self._shape(wanted.folder)
        return None if found is None else found.length

    def judge(self, wanted: Wanted) -> None:
        super().judge(wanted)
        there = self.panel is None or _path(wanted.folder, self.panel).is_file()
        panel = self.kit_panel(wanted) if there else None
        found = self._shape(wanted.folder)
        if found is None:
            return
        path = _path(wanted.folder, self.profiles)
        if there:
            refuse_unfit(found, panel, self.alleles is not None, wanted, path)
        if self.split != "random" and self.samples is None and not found.groups:
            raise without_groups(path)

    def _shape(self, folder: Path) -> Shape | None:
        """What the head of the table says of the profiles that models see; None where it is not there."""
        from seqforge.data.epg import reading

        path = _path(folder, self.profiles)
        if not path.exists():
            return None
        found = reading.shape(path)
        if self.base_pairs is not None:
            _refuse_two_scales(found.base_pairs, path)
            found = found._replace(base_pairs=True)
        return found.without_standard() if self.size_standard == "drop" else found

    def opened(self, wanted: Wanted, report: Report) -> tuple[ProfileTable, Panel | None]:
        from seqforge.data.epg.alleles import with_samples
        from seqforge.data.epg.reading import read_table

        path = _path(wanted.folder, self.profiles)
        report(f"reading {path.name}")
        table, samples = self._scaled(read_table(path)), self._samples(wanted.folder)
        return (table if samples is None else with_samples(table, samples)), self.kit_panel(wanted)

    def kit_panel(self, wanted: Wanted) -> Panel | None:
        from seqforge.data.epg.panels import read_panel

        return None if self.panel is None else read_panel(_path(wanted.folder, self.panel))

    def _scaled(self, table: ProfileTable) -> ProfileTable:
        """The table with the declared base pairs."""
        if self.base_pairs is None:
            return table
        _refuse_two_scales(table.base_pairs is not None, table.file)
        from seqforge.data import cache

        scale = np.linspace(self.base_pairs[0], self.base_pairs[1], table.length)
        return replace(table, base_pairs=scale, content=cache.hash_of(table.digest, self.base_pairs))

    def annotations(self, table: ProfileTable, panel: Panel | None, wanted: Wanted) -> Sequence[Annotation] | None:
        if self.alleles is None or panel is None:
            return None
        from seqforge.data.epg.alleles import annotations_of, read_report

        if table.base_pairs is None:
            hint = "add base_pairs to the table, or declare the first and last in base_pairs"
            raise refuse(ALLELES, "alleles are placed by base pairs, the table has none", hint, table.file)
        report = read_report(_path(wanted.folder, self.alleles))
        return annotations_of(table, report, panel, self._samples(wanted.folder))

    def _samples(self, folder: Path) -> Mapping[str, Sample] | None:
        """By file name; None where none are declared."""
        if self.samples is None:
            return None
        from seqforge.data.epg.samples import read_samples

        return read_samples(_path(folder, self.samples))

    def genotypes(self, wanted: Wanted) -> Mapping[str, Genotype] | None:
        if self.donor_alleles is None:
            return None
        from seqforge.data.epg.alleles import read_donors

        return read_donors(_path(wanted.folder, self.donor_alleles))


def _refuse_two_scales(own: bool, file: Path | str) -> None:
    if own:
        raise refuse(OPTION, "the table has base_pairs of its own", "leave base_pairs out of the data options", file)


def _path(folder: Path, name: str) -> Path:
    return folder / Path(name).expanduser()
