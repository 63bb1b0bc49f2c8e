# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The table of samples with their groups: beside file and sample, to which mixture and donors a run belongs.

Columns, as far as they are known: file, sample, mixture_set, donors (separated by `+`, or by `;` in a table that is
separated otherwise), contributors. `seqforge.data.epg.alleles.read_samples` reads the first two.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

from seqforge.data.epg import alleles
from seqforge.data.epg.checks import split_donors
from seqforge.data.epg.problems import ALLELES
from seqforge.data.problems import refuse
from seqforge.errors import quoted

GROUPS = ("mixtureset", "donors", "contributors")


class Sample(NamedTuple):
    """What a run was made of; `contributors` None: not known."""

    name: str
    mixture_set: str = ""
    donors: tuple[str, ...] = ()
    contributors: int | None = None


def read_samples(path: Path) -> dict[str, Sample]:
    """File name without its ending → sample; raises DataError with the line that is wrong."""
    names = alleles.read_samples(path)
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    separator = max(alleles.SEPARATORS, key=text.lstrip().split("\n", 1)[0].count)
    header, *rows = [row for row in csv.reader(text.splitlines(), delimiter=separator) if any(map(str.strip, row))]
    columns = [_plain(cell) for cell in header]
    at = next((number for number, name in enumerate(columns) if name in ("file", "filename")), None)
    if at is None:
        return {file: Sample(sample) for file, sample in names.items()}
    found = {}
    for line, row in enumerate(rows, 2):
        file = Path(row[at].strip().replace("\\", "/")).name
        stem = file if file in names else file.rpartition(".")[0]
        found[stem] = _sample(names[stem], dict(zip(columns, map(str.strip, row), strict=False)), path, line)
    return found


def _plain(cell: str) -> str:
    return "".join(letter for letter in cell.casefold() if letter.isalnum())


def _sample(name: str, said: dict[str, str], path: Path, line: int) -> Sample:
    mixture, names, text = (said.get(key, "") for key in GROUPS)
    donors = split_donors(names.replace("+", ";"))
    if text and not (text.isdigit() and int(text) > 0):
        raise refuse(ALLELES, f"contributors: expected an integer ≥ 1, received {quoted(text)}", "", path, line)
    return Sample(name, mixture, donors, int(text) if text else len(donors) or None)
