# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Alleles in tables: allele reports of analysts, which sample a profile is, and what donors truly have.

All tables have a header line; cells are separated by tabs, commas or semicolons, whichever the header has.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from seqforge.data import cache
from seqforge.data.epg import text_tables
from seqforge.data.epg.annotation import Annotation, annotated
from seqforge.data.epg.problems import ALLELES
from seqforge.data.problems import COLUMNS, EMPTY, refuse
from seqforge.errors import DataError, did_you_mean, nearest, quoted

if TYPE_CHECKING:
    from seqforge.data.epg.panels import Panel
    from seqforge.data.epg.samples import Sample
    from seqforge.data.epg.tables import ProfileTable

OUT_OF_BIN = ("OB", "OL")  # alone: no allele
PREFIX = "OB_"  # before an allele that lies outside of its bin
ENDINGS = (".hid", ".fsa", ".npy")  # of files that a profile may be called after

_COLUMN = re.compile(r"(allele|height)\s*[# ]?\s*(\d+)", re.IGNORECASE)

Genotype = Mapping[str, tuple[str, ...]]  # marker → labels of its alleles, each once


class Called(NamedTuple):
    """An allele as a report has it; `height` in RFU, None where it says none; `out_of_bin`: it was called OB_…"""

    label: str
    height: float | None = None
    out_of_bin: bool = False


@dataclass(frozen=True)
class AlleleReport:
    """`samples`: sample → marker → its alleles, in the order of the file."""

    samples: Mapping[str, Mapping[str, tuple[Called, ...]]]
    file: str = ""

    def genotype(self, sample: str) -> Genotype:
        """The alleles of a sample; raises DataError for one that the report does not have."""
        if sample not in self.samples:
            hint = did_you_mean(sample, list(self.samples))
            raise refuse(ALLELES, f"sample '{sample}' is not in the allele report", hint, self.file)
        markers = self.samples[sample]
        return {marker: tuple(dict.fromkeys(one.label for one in calls)) for marker, calls in markers.items()}


def allele(text: str) -> Called | None:
    """The allele that a cell names; None for an empty cell and for OB or OL alone."""
    label = text.strip()
    outside = label.startswith(PREFIX)
    label = label.removeprefix(PREFIX).strip()
    return None if not label or label in OUT_OF_BIN else Called(label, out_of_bin=outside)


def read_report(path: Path) -> AlleleReport:
    """An allele report: Sample Name, Marker, then Allele#1 Height#1 Allele#2 …, or Allele 1 … Height 1 ….

    Rows of a sample may lie anywhere, empty cells anywhere among the alleles. Raises DataError with file and line.
    """
    rows = text_tables.rows(path)
    _, header = next(rows)
    sample, marker = (_column(header, name, path) for name in ("Sample Name", "Marker"))
    alleles, heights = _numbered(header, path)
    found: dict[str, dict[str, list[Called]]] = defaultdict(lambda: defaultdict(list))
    for line, cells in rows:
        name, locus = (_cell(cells, column).strip() for column in (sample, marker))
        if not name or not locus:
            message = f"row without {'Sample Name' if not name else 'Marker'}"
            raise refuse(ALLELES, message, "every row has both", path, line)
        calls = found[name][locus]
        for number, column in alleles.items():
            one = allele(_cell(cells, column))
            if one is not None:
                height = _height(_cell(cells, heights.get(number)), path, line)
                calls.append(one._replace(height=height))
    if not found:
        raise refuse(EMPTY, "the allele report has no rows", file=path)
    plain = {name: {locus: tuple(calls) for locus, calls in of.items()} for name, of in found.items()}
    return AlleleReport(plain, str(path))


def read_donors(path: Path) -> dict[str, Genotype]:
    """What donors truly have: SampleName;Marker;Allele1;Allele2 as donor → marker → alleles."""
    rows = text_tables.rows(path)
    _, header = next(rows)
    donor, marker = (_column(header, name, path) for name in ("SampleName", "Marker"))
    alleles, _ = _numbered(header, path)
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for line, cells in rows:
        name, locus = (_cell(cells, column).strip() for column in (donor, marker))
        if not name or not locus:
            raise refuse(ALLELES, "row without SampleName or Marker", "every row has both", path, line)
        calls = (allele(_cell(cells, column)) for column in alleles.values())
        found[name][locus] += [one.label for one in calls if one is not None]
    if not found:
        raise refuse(EMPTY, "the table of donors has no rows", file=path)
    return {name: {locus: tuple(dict.fromkeys(of)) for locus, of in each.items()} for name, each in found.items()}


def mixed(donors: Mapping[str, Genotype], names: Iterable[str], file: Path | str = "") -> Genotype:
    """The alleles of a mixture of the donors `names`, marker by marker; raises DataError for an unknown donor."""
    found: dict[str, list[str]] = defaultdict(list)
    for name in names:
        if name not in donors:
            raise refuse(
                ALLELES, f"donor '{name}' is not in the table of donors", did_you_mean(name, list(donors)), file
            )
        for marker, labels in donors[name].items():
            found[marker] += labels
    return {marker: tuple(dict.fromkeys(labels)) for marker, labels in found.items()}


def sample_of(name: str, samples: Mapping[str, Sample] | None, known: Iterable[str] = ()) -> str:
    """The sample of the profile called `name`: as `samples` say, else its name (perhaps without an ending)."""
    if samples is None:
        return name if name in set(known) else stem(name)
    return described(name, samples).name


def described(name: str, samples: Mapping[str, Sample]) -> Sample:
    """What `samples` (by file name) say of the profile called `name`; raises DataError if nothing."""
    found = samples.get(name) or next((one for file, one in samples.items() if stem(file) == stem(name)), None)
    if found is None:
        near = nearest(name, list(samples))
        hint = f"did you mean '{near}'?" if near else "add its file name and sample name"
        raise refuse(ALLELES, f"profile '{name}' is not in the table of samples", hint)
    return found


def with_samples(table: ProfileTable, samples: Mapping[str, Sample]) -> ProfileTable:
    """The table with the mixture sets, donors and contributors of `samples`, where it has none of its own."""
    from dataclasses import replace

    from seqforge.arrays import np

    found = [described(name, samples) for name in table.names]
    known: dict[str, Any] = {}
    if table.mixture_set is None and any(one.mixture_set for one in found):
        known["mixture_set"] = tuple(one.mixture_set for one in found)
    if table.donors is None and any(one.donors for one in found):
        known["donors"] = tuple(one.donors for one in found)
    if table.contributors is None and any(one.contributors for one in found):
        known["contributors"] = np.array([one.contributors or -1 for one in found])
    said = {key: value if key != "contributors" else value.tolist() for key, value in known.items()}
    return replace(table, **known, content=cache.hash_of(table.digest, said)) if known else table


def annotations_of(
    table: ProfileTable, report: AlleleReport, panel: Panel, samples: Mapping[str, Sample] | None = None
) -> list[Annotation]:
    """The alleles of each profile of `table` on its scan points; raises DataError for profiles without a sample."""
    found = []
    for row, name in enumerate(table.names):
        scale = table.base_pairs_of(row)
        assert scale is not None
        found.append(annotated(report.genotype(sample_of(name, samples, report.samples)), panel, scale))
    return found


def _column(header: Sequence[str], name: str, path: Path) -> int:
    columns = {text_tables.plain(cell): number for number, cell in enumerate(header)}
    if text_tables.plain(name) not in columns:
        raise refuse(COLUMNS, f"no column '{name}'", f"the header has {', '.join(header)}", path, 1)
    return columns[text_tables.plain(name)]


def _numbered(header: Sequence[str], path: Path) -> tuple[dict[int, int], dict[int, int]]:
    """Number → column of the alleles and of the heights, by number."""
    found: dict[str, dict[int, int]] = {"allele": {}, "height": {}}
    for column, cell in enumerate(header):
        match = _COLUMN.fullmatch(cell.strip())
        if match:
            found[match[1].casefold()].setdefault(int(match[2]), column)
    if not found["allele"]:
        message = "no columns of alleles: expected 'Allele#1' or 'Allele 1'"
        raise refuse(COLUMNS, message, f"the header has {', '.join(header)}", path, 1)
    return dict(sorted(found["allele"].items())), found["height"]


def stem(file: str) -> str:
    """A file name without folders and without the ending of a profile's file."""
    name = file.replace("\\", "/").rsplit("/", 1)[-1]
    return next((name[: -len(end)] for end in ENDINGS if name.casefold().endswith(end)), name)


def _cell(cells: Sequence[str], column: int | None) -> str:
    return cells[column] if column is not None and column < len(cells) else ""


def _height(text: str, path: Path, line: int) -> float | None:
    if not text.strip():
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise _wrong_height(text, path, line)
    return value


def _wrong_height(text: str, path: Path, line: int) -> DataError:
    return refuse(ALLELES, f"height: expected a number, received {quoted(text)}", file=path, line=line)
