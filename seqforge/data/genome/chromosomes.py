# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Which chromosomes each set takes; a list that nobody writes is that of the human genome."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from seqforge.data.genome.tracks import listed
from seqforge.parameters import Kind, String

DEFAULTS = {
    "training": tuple(f"chr{one}" for one in (2, 4, 5, 7, *range(9, 20), 21, 22, "X", "Y")),
    "validation": ("chr8", "chr20"),
    "test": ("chr1", "chr3", "chr6"),
}


class Chromosomes(Kind):
    """Names separated by commas. Stays as written."""

    expected = "chromosomes, separated by commas (chr8, chr20)"

    def check(self, value: Any) -> str:
        text = String().check(str(list(value)) if isinstance(value, (list, tuple)) and value else value)
        names = listed(text)
        if not names or not all(names) or any(len(name.split()) != 1 for name in names):
            raise self.unfit(value)
        return text

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1}

    def bad_values(self) -> list[str]:
        return ["chr1,,chr2", ",", "chr1 chr2"]


ChromosomeList = Annotated[str, Chromosomes()]


def split(given: Mapping[str, str | None]) -> dict[str, tuple[str, ...]]:
    """The chromosomes of each set; a list that is not given (None) is the default, less what is given to others."""
    taken = {name for text in given.values() for name in listed(text)}
    return {
        name: tuple(dict.fromkeys(listed(text))) if text else tuple(one for one in DEFAULTS[name] if one not in taken)
        for name, text in given.items()
    }


def shared(chromosomes: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str, str]]:
    """(chromosome, set, other set) for each chromosome of two sets."""
    seen: dict[str, str] = {}
    for name, theirs in chromosomes.items():
        for one in theirs:
            if one in seen:
                yield one, seen[one], name
            seen.setdefault(one, name)
