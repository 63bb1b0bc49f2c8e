# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Panels: which alleles of which marker lie at which base pairs of which dye (GeneMarker's XML, plain or gzip)."""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from seqforge.arrays import np
from seqforge.data import cache
from seqforge.data.epg.problems import PANEL
from seqforge.data.problems import DAMAGED, EMPTY, MISSING, refuse
from seqforge.definitions import xmltree
from seqforge.definitions.tree import Node
from seqforge.errors import DataError, DefinitionError, Place, did_you_mean, one_of, quoted

LARGEST = 16 << 20  # bytes of a panel, unpacked; the panels of today's kits have 0.3 MB
ROWS = {"1": 0, "2": 1, "3": 2, "4": 3, "6": 4}  # of GeneMarker's DyeIndex; 5 is the size standard
GZIP = b"\x1f\x8b"


class Bin(NamedTuple):
    """Where an allele is expected: at `size` base pairs, accepted from `lower` to `upper`."""

    label: str
    size: float
    lower: float
    upper: float

    def moved(self, by: float) -> Bin:
        return self._replace(size=self.size + by, lower=self.lower + by, upper=self.upper + by)


class Marker(NamedTuple):
    """A locus: its base pairs `lower` … `upper` on the dye of row `dye`, and its alleles in the order of the file."""

    name: str
    dye: int
    lower: float
    upper: float
    bins: tuple[Bin, ...]

    def bin(self, label: str) -> Bin | None:
        """The bin of an allele, or None if the panel does not list it."""
        return next((one for one in self.bins if one.label == label), None)


class Nearest(NamedTuple):
    """An allele and how far (≥ 0, in bp) the position asked for lies from its size."""

    marker: Marker
    bin: Bin
    distance: float


@dataclass(frozen=True)
class Panel:
    """The markers of a kit in the order of the file; a marker's index is its place there, from 1 (0: out of bin)."""

    name: str
    markers: tuple[Marker, ...]
    file: str = ""

    @cached_property
    def digest(self) -> str:
        return cache.hash_of("panel", self.markers)

    @property
    def dyes(self) -> int:
        """How many dye rows the panel needs."""
        return 1 + max(marker.dye for marker in self.markers)

    def marker(self, name: str) -> Marker | None:
        return self._by_name.get(name.casefold())

    def index(self, name: str) -> int:
        """The index of a marker, from 1; 0 if there is none of that name."""
        return next((i for i, one in enumerate(self.markers, 1) if one.name.casefold() == name.casefold()), 0)

    def indices(self, dyes: np.ndarray, base_pairs: np.ndarray) -> np.ndarray:
        """Marker indices (P,) int64 of peaks on `dyes` (P,) rows at `base_pairs` (P,); 0 where no marker is.

        Both bounds belong to a marker; where two markers overlap, the first counts. NaN bp is nowhere.
        """
        found = np.zeros(len(dyes), dtype=np.int64)
        for number, marker in reversed(list(enumerate(self.markers, 1))):
            found[(dyes == marker.dye) & (base_pairs >= marker.lower) & (base_pairs <= marker.upper)] = number
        return found

    def marker_at(self, dye: int, base_pair: float) -> Marker | None:
        """The marker of a dye row whose bounds contain `base_pair`."""
        number = int(self.indices(np.array([dye]), np.array([base_pair]))[0])
        return self.markers[number - 1] if number else None

    def nearest(self, dye: int, base_pair: float) -> Nearest | None:
        """The allele of a dye row nearest to `base_pair` (ties: the smaller size); None for a dye without alleles."""
        alleles = self._by_dye.get(dye)
        if alleles is None or math.isnan(base_pair):
            return None
        sizes, owners = alleles
        # equal within rounding is a tie: 100.3 − 100.0 and 100.6 − 100.3 differ in the last digit
        distances = np.round(np.abs(sizes - base_pair), 9)
        at = int(np.argmin(distances))
        return Nearest(*owners[at], float(distances[at]))

    @cached_property
    def _by_name(self) -> dict[str, Marker]:
        return {marker.name.casefold(): marker for marker in self.markers}

    @cached_property
    def _by_dye(self) -> dict[int, tuple[np.ndarray, list[tuple[Marker, Bin]]]]:
        """Per dye row: sizes (allele,) ascending, and whose they are."""
        found = {}
        for dye in sorted({marker.dye for marker in self.markers if marker.bins}):
            owners = [(marker, one) for marker in self.markers if marker.dye == dye for one in marker.bins]
            owners.sort(key=lambda owner: owner[1].size)
            found[dye] = (np.array([one.size for _, one in owners]), owners)
        return found


def read_panel(path: Path) -> Panel:
    """The panel in a file; raises DataError with every element that is not as it should be."""
    root = _tree(_unpacked(path), path)
    title = root.one("PanelName")
    loci = root.one("Loci")
    found = [node for node in (loci.all("Locus") if loci else []) if _text(node, "Enabled") != "0"]
    if not found:
        raise refuse(EMPTY, "the panel has no Loci/Locus", "expected a panel as GeneMarker exports it", path)
    markers = tuple(_each(_marker, found))
    names = [marker.name.casefold() for marker in markers]
    twice = next((node for i, node in enumerate(found) if names[i] in names[:i]), None)
    if twice is not None:
        raise _wrong(twice.place, f"marker '{_text(twice, 'MarkerTitle')}' is there twice; keep one")
    return Panel(str(title.text) if title else path.name, markers, str(path))


def _unpacked(path: Path) -> bytes:
    try:
        data = path.read_bytes()
        if data[:2] == GZIP:
            with gzip.open(path) as stream:
                data = stream.read(LARGEST + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise refuse(DAMAGED, f"cannot unpack the file: {error}", file=path) from None
    except OSError as error:
        raise refuse(MISSING, f"cannot read the file: {error.strerror or error}", file=path) from None
    if len(data) > LARGEST:
        raise refuse(PANEL, f"the panel has more than {LARGEST >> 20} MB", "is it another file?", path)
    return data


def _tree(data: bytes, path: Path) -> Node:
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        data = data.decode("latin-1").encode("utf-8")
    try:
        return xmltree.parse(data, str(path))
    except DefinitionError as error:
        problem = error.problems[0]
        raise _wrong(problem.place, problem.sentence) from None


def _wrong(place: Place, message: str) -> DataError:
    return refuse(PANEL, message, file=place.file, line=place.line)


def _each(make: Callable[[Node], Marker], nodes: Iterable[Node]) -> list[Marker]:
    """What `make` makes of every node; raises one DataError with all that it refuses."""
    from seqforge.data.problems import together

    made, refused = [], []
    for node in nodes:
        try:
            made.append(make(node))
        except DataError as error:
            refused.append(error)
    if refused:
        raise together(refused)
    return made


def _marker(node: Node) -> Marker:
    name, dye = _text(node, "MarkerTitle"), _text(node, "DyeIndex")
    if not name:
        raise _wrong(node.place, "a Locus has no MarkerTitle")
    if dye not in ROWS:
        raise _wrong(node.place, f"marker '{name}': DyeIndex: expected {one_of(list(ROWS))}, received {quoted(dye)}")
    lower, upper = (_number(node, name, key, _text(node, key)) for key in ("LowerBoundary", "UpperBoundary"))
    if lower >= upper:
        raise _wrong(node.place, f"marker '{name}': LowerBoundary {lower:g} is not below UpperBoundary {upper:g}")
    bins = tuple(_bin(one, name) for one in node.all("Allele"))
    labels = [one.label for one in bins]
    twice = next((label for label in labels if labels.count(label) > 1), None)
    if twice is not None:
        raise _wrong(node.place, f"marker '{name}': allele '{twice}' is there twice; keep one")
    return Marker(name, ROWS[dye], lower, upper, bins)


def _bin(node: Node, marker: str) -> Bin:
    keys = ("Label", "Size", "Left_Binning", "Right_Binning")
    lacking = [key for key in keys if not node.attributes.get(key)]
    if lacking:
        hint = f" ({did_you_mean(lacking[0], list(node.attributes))})" if node.attributes else ""
        raise _wrong(node.place, f"marker '{marker}': an Allele has no {', '.join(lacking)}{hint}")
    size, left, right = (_number(node, marker, key, node.attributes[key]) for key in keys[1:])
    return Bin(str(node.attributes["Label"]), size, size - left, size + right)


def _number(node: Node, marker: str, key: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise _wrong(node.place, f"marker '{marker}': {key}: expected a number ≥ 0, received {quoted(text)}")
    return value


def _text(node: Node, tag: str) -> str:
    child = node.one(tag)
    return str(child.text) if child else ""
