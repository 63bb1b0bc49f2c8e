# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The table of samples: which sample a file of a sequencer holds, and to which mixture and donors it belongs.

A header and one row per file; tab, comma or semicolon. Columns: file (or name), sample, and where they are known
mixture_set, donors (separated by `+`, or by `;` in a table that is separated otherwise), contributors. Where the header
names neither file nor sample, they are the first two columns.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from seqforge.data.epg import text_tables
from seqforge.data.epg.checks import split_donors
from seqforge.data.epg.problems import ALLELES
from seqforge.data.problems import COLUMNS, refuse
from seqforge.errors import quoted

FILE, SAMPLE, MIXTURE, DONORS, CONTRIBUTORS = "file", "sample", "mixture_set", "donors", "contributors"
SPELLINGS = {  # a column's letters and digits → its name
    "file": FILE, "filename": FILE, "name": FILE, "sample": SAMPLE, "samplename": SAMPLE, "mixtureset": MIXTURE,
    "mixture": MIXTURE, "donors": DONORS, "contributors": CONTRIBUTORS,
}  # fmt: skip


class Sample(NamedTuple):
    """What a run was made of; `contributors` None: not known."""

    name: str
    mixture_set: str = ""
    donors: tuple[str, ...] = ()
    contributors: int | None = None


def read_samples(path: Path) -> dict[str, Sample]:
    """File name, as it stands there, → sample; raises DataError with the line that is wrong."""
    lines = text_tables.rows(path, "the table of samples")
    header, *rows = [(line, [cell.strip() for cell in row]) for line, row in lines]
    columns = [SPELLINGS.get(text_tables.plain(cell), "") for cell in header[1]]
    if FILE not in columns and SAMPLE not in columns:
        columns, rows = [FILE, SAMPLE], [header, *rows]
    elif FILE not in columns:
        raise refuse(COLUMNS, f"no column '{FILE}'", f"the header has {', '.join(header[1])}", path, header[0])
    found: dict[str, Sample] = {}
    for line, row in rows:
        said = dict(zip(columns, row, strict=False))
        file, one = said.get(FILE, ""), _sample(said, SAMPLE in columns, path, line)
        if not file:
            raise refuse(ALLELES, f"expected the name of a file, received {quoted(' '.join(row))}", "", path, line)
        if found.setdefault(file, one) != one:
            raise refuse(ALLELES, f"file '{file}' is there twice, with different samples", "keep one row", path, line)
    return found


def _sample(said: dict[str, str], named: bool, path: Path, line: int) -> Sample:
    """The sample of a row; without a column of samples it is called after its file."""
    name = said.get(SAMPLE, "") if named else Path(said.get(FILE, "")).stem
    if not name:
        raise refuse(ALLELES, "a row without a sample", "name it, or remove the row", path, line)
    donors = split_donors(said.get(DONORS, "").replace("+", ";"))
    text = said.get(CONTRIBUTORS, "")
    if text and not (text.isdigit() and int(text) > 0):
        raise refuse(ALLELES, f"contributors: expected an integer ≥ 1, received {quoted(text)}", "", path, line)
    return Sample(name, said.get(MIXTURE, ""), donors, int(text) if text else len(donors) or None)
