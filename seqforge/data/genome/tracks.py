# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Files and groups of files as data options name them. A group of tracks shares one multinomial and one count."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Annotated, Any

from seqforge.parameters import Kind, String

Groups = tuple[tuple[str, ...], ...]

# what names of the two strands' tracks have in the same place
STRANDS = (("plus", "minus"), ("pos", "neg"), ("positive", "negative"), ("forward", "reverse"), ("fwd", "rev"),
           ("fw", "rv"), ("f", "r"), ("+", "-"), ("watson", "crick"))  # fmt: skip
_WORDS = re.compile(r"[A-Za-z]+|[+-]|[^A-Za-z+-]+")


class Paths(Kind):
    """Paths separated by commas or lines. Stays as written."""

    expected = "files, separated by commas"
    examples: tuple[str, ...] = ("a.bed,,b.bed", ",")

    def check(self, value: Any) -> str:
        text = String().check(str(list(value)) if isinstance(value, (list, tuple)) and value else value)
        if not _sound(self.split(text)):
            raise self.unfit(value)
        return text

    def split(self, text: str) -> Groups:
        return (listed(text),)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1}

    def bad_values(self) -> list[str]:
        return list(self.examples)


class TrackGroups(Paths):
    """Groups separated by semicolons, the tracks of a group by commas. Stays as written.

    From JSON: a text is a group of one track, a list is one group.
    """

    expected = "bigWig files, tracks of a group separated by commas, groups by semicolons (plus.bw, minus.bw; atac.bw)"
    examples = ("a.bw,,b.bw", "a.bw;", "a.bw, a.bw")

    def check(self, value: Any) -> str:
        text = super().check(value)
        tracks = [track for group in self.split(text) for track in group]
        if len(set(tracks)) < len(tracks):
            raise self.unfit(value)
        return text

    def split(self, text: str) -> Groups:
        return grouped(text)


Files = Annotated[str, Paths()]
Tracks = Annotated[str, TrackGroups()]


def listed(text: str | None) -> tuple[str, ...]:
    """The paths of a list with commas or lines; None: no paths."""
    if text is None:
        return ()
    value = _literal(text)
    if value is not None:
        return tuple(str(part).strip() for part in value)
    return _split(text, r"\s*[,\n]\s*")


def grouped(text: str | None) -> Groups:
    """The tracks of every group; None: no groups."""
    if text is None:
        return ()
    value = _literal(text)
    if value is None:
        return tuple(_split(part, r"\s*[,\n]\s*") for part in _split(text, ";"))
    return tuple((one.strip(),) if isinstance(one, str) else tuple(map(str, one)) for one in value)


def _literal(text: str) -> list[Any] | None:
    """The items of a list as Python or JSON writes it; None where it is none, for "[" may begin a path."""
    if text.strip()[:1] not in ("(", "["):
        return None
    try:
        value = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    sound = isinstance(value, (tuple, list)) and all(isinstance(one, (str, tuple, list)) for one in value)
    return list(value) if sound else None


def _split(text: str, at: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in re.split(at, text.strip()))


def _sound(groups: Groups) -> bool:
    return bool(groups) and all(group and all(group) for group in groups)


def written(groups: Sequence[Sequence[str]]) -> str:
    """Groups as a definition writes them."""
    return "; ".join(", ".join(group) for group in groups)


def reversed_within(groups: Sequence[Sequence[Any]]) -> tuple[int, ...]:
    """Where each track, counted over all groups, goes on the other strand: tracks of a group in reverse order."""
    order: list[int] = []
    for group in groups:
        order += range(len(order) + len(group) - 1, len(order) - 1, -1)
    return tuple(order)


def strand_pairs(groups: Groups) -> Iterator[tuple[str, str]]:
    """Neighbouring groups of one track each whose names differ in nothing but the strand."""
    for one, other in pairwise(groups):
        if len(one) == len(other) == 1 and _strands(one[0], other[0]):
            yield one[0], other[0]


def _strands(one: str, other: str) -> bool:
    pairs = list(zip(_WORDS.findall(one.casefold()), _WORDS.findall(other.casefold()), strict=False))
    if "".join(pair[0] for pair in pairs) != one.casefold() or "".join(pair[1] for pair in pairs) != other.casefold():
        return False
    different = [pair for pair in pairs if pair[0] != pair[1]]
    return len(different) == 1 and (different[0] in STRANDS or different[0][::-1] in STRANDS)
