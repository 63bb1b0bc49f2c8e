# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Encoded sequences on disk: a folder of flat arrays that is written in one pass and read through a memory map.

codes      (n, length) uint8, raw      digests  (n,) uint64, of each row's codes
targets    (n,) or (n, label), .npy    places   (n, 2) int64: number of the file, line (0: unknown), .npy
meta.json  n, length, groups (name → first and last row + 1), files, what was found on the way
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seqforge.arrays import np
from seqforge.data.problems import EMPTY, LENGTH, refuse
from seqforge.data.windows import Fit, fitted
from seqforge.errors import DataError

CODES, RAGGED, META = "codes.u8", "ragged.u8", "meta.json"
LETTERS = 1 << 23  # letters handled at once when rows are brought to one length


@dataclass(frozen=True)
class Store:
    """An opened folder. Arrays are memory-mapped: a row costs memory when it is read."""

    codes: np.ndarray
    targets: np.ndarray
    digests: np.ndarray
    places: np.ndarray
    meta: dict[str, Any]

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def length(self) -> int:
        return int(self.meta["length"])

    @property
    def groups(self) -> dict[str, tuple[int, int]]:
        """The rows (first, last + 1) that came from each part of the source."""
        return {name: (first, last) for name, (first, last) in self.meta["groups"].items()}

    def place(self, row: int) -> str:
        """Where a row was read: `file:line`, or its group and number."""
        file, line = (int(part) for part in self.places[row])
        if line:
            return f"{self.meta['files'][file]}:{line}"
        name, first = next((name, low) for name, (low, high) in self.groups.items() if low <= row < high)
        return f"{name} row {row - first + 1}"


def opened(folder: Path, files: Sequence[str] = ()) -> Store:
    """The store in `folder`; `files`: where the same content lies now, for messages."""
    meta = json.loads((folder / META).read_text(encoding="utf-8")) | {"files": list(files)}
    codes = np.memmap(folder / CODES, dtype=np.uint8, mode="r", shape=(meta["n"], meta["length"]))
    # a plain array view: slicing np.memmap itself makes slow Python objects
    arrays = {name: np.load(folder / f"{name}.npy") for name in ("targets", "digests", "places")}
    return Store(codes.view(np.ndarray), meta=meta, **arrays)


@dataclass
class Writer:
    """Fills a folder chunk by chunk; no more than a chunk of letters is in memory."""

    folder: Path
    fit: Fit
    unknown: int
    files: Sequence[str] = ()
    targets: list[np.ndarray] = field(default_factory=list)
    lengths: list[np.ndarray] = field(default_factory=list)
    places: list[np.ndarray] = field(default_factory=list)
    groups: dict[str, tuple[int, int]] = field(default_factory=dict)
    rows: int = 0

    def __enter__(self) -> Writer:
        self._codes = open(self.folder / RAGGED, "wb")
        return self

    def __exit__(self, *_: object) -> None:
        self._codes.close()

    def add(self, group: str, codes: np.ndarray, lengths: np.ndarray, targets: np.ndarray, places: np.ndarray) -> None:
        """Rows of `group`: `codes` flat, one sequence after the other, and for each row length, target and place.

        The rows of one group must come without those of another between them.
        """
        self._codes.write(codes.tobytes())
        self.lengths.append(np.asarray(lengths, dtype=np.int64))
        self.targets.append(targets)
        self.places.append(np.asarray(places, dtype=np.int64).reshape(-1, 2))
        first = self.groups.get(group, (self.rows, self.rows))[0]
        self.rows += len(lengths)
        self.groups[group] = (first, self.rows)

    def finish(self, **found: Any) -> None:
        """Bring the sequences to one length and write what belongs to them; `found` goes into the meta data."""
        self._codes.close()
        if not self.rows:
            raise refuse(EMPTY, "the data have no sequences")
        lengths, places = np.concatenate(self.lengths), np.concatenate(self.places)
        length = self._length(lengths, places)
        digests = self._even_out(lengths, length)
        arrays = {"targets": np.concatenate(self.targets), "digests": digests, "places": places}
        for name, array in arrays.items():
            np.save(self.folder / f"{name}.npy", array)
        meta = {"n": self.rows, "length": length, "groups": self.groups, "files": list(self.files), **found}
        (self.folder / META).write_text(json.dumps(meta), encoding="utf-8")

    def _length(self, lengths: np.ndarray, places: np.ndarray) -> int:
        """The one length that all rows get; raises DataError where a row has another."""
        known = self.fit.target(lengths)
        length = int(lengths[0]) if known is None else known
        row = self.fit.misfit(lengths, length)
        if row is None:
            return length
        raise self._misfit(lengths, length, row, places[row])

    def _misfit(self, lengths: np.ndarray, length: int, row: int, place: np.ndarray) -> DataError:
        found = np.unique(lengths)
        shown = ", ".join(map(str, found[:8])) + (", …" if len(found) > 8 else "")
        key, what = ("pad", "adds unknown letters") if lengths[row] < length else ("crop", "cuts letters off")
        options = f"declare {key} (it {what}), or pad, crop and length, in the data options (--set data.{key}=right)"
        hint = f"lengths found: {shown}; {options}"
        file, line = (self.files[place[0]], int(place[1])) if place[1] else ("", 0)
        return refuse(LENGTH, f"expected {length} letters, received {lengths[row]}", hint, file, line)

    def _even_out(self, lengths: np.ndarray, length: int) -> np.ndarray:
        """Write the final codes; the digest (n,) uint64 of each row."""
        digests = np.empty(self.rows, dtype=np.uint64)
        even = bool((lengths == length).all())
        with open(self.folder / RAGGED, "rb") as ragged, open(self.folder / CODES, "wb") as out:
            for rows, letters in _pieces(lengths):
                codes = np.frombuffer(ragged.read(letters), dtype=np.uint8)
                codes = fitted(codes, lengths[rows], length, self.fit, self.unknown)
                digests[rows] = digested(codes)
                if not even:
                    out.write(codes.tobytes())
        if even:
            (self.folder / RAGGED).replace(self.folder / CODES)
        else:
            (self.folder / RAGGED).unlink()
        return digests


def _pieces(lengths: np.ndarray) -> Iterator[tuple[slice, int]]:
    """Consecutive slices of rows, about `LETTERS` letters each, with the exact number of their letters."""
    ends = np.cumsum(lengths)
    first, start = 0, 0
    while first < len(lengths):
        last = max(int(np.searchsorted(ends, start + LETTERS, side="right")), first + 1)
        yield slice(first, last), int(ends[last - 1]) - start
        first, start = last, int(ends[last - 1])


def digested(codes: np.ndarray) -> np.ndarray:
    """A 64-bit BLAKE2b digest (n,) uint64 of each row of `codes` (n, length): equal rows, equal digests."""
    view = np.ascontiguousarray(codes).reshape(-1).data
    length = codes.shape[1]
    parts = (view[row * length : (row + 1) * length] for row in range(len(codes)))
    joined = b"".join(hashlib.blake2b(part, digest_size=8).digest() for part in parts)
    return np.frombuffer(joined, dtype="<u8").astype(np.uint64)
