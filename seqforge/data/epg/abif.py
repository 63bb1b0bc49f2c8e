# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""ABIF files (.hid, .fsa) of capillary sequencers, read and written. Source: ABIF File Format Specification, 2009.

    file = read(path)                       the directory, checked against the size of the file
    file.value("DATA", 1)                   (scan,) int16
    file.text("SpNm", 1)                    the sample's name
    write_abif(path, [Value("DATA", 1, 4, counts), Value("SpNm", 1, 18, "A1")])

Everything is big-endian. Data of at most 4 bytes lie in the offset field of their own directory entry.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from seqforge import files
from seqforge.data.epg.problems import ABIF
from seqforge.data.problems import MISSING, refuse
from seqforge.errors import DataError

MAGIC = b"ABIF"
LFS = b"version https://git-lfs"
ENTRY = struct.Struct(">4sihhiiii")  # name, number, type, element size, count, data size, data offset, handle
FIRST = 6  # byte of the entry that describes the directory
OFFSET_FIELD = 20  # of an entry: where small data lie
INLINE = 4  # bytes
HEADER = 128  # bytes before the data of a written file


class Date(NamedTuple):
    """As stored: a file may hold a date that no calendar has."""

    year: int
    month: int
    day: int


class Time(NamedTuple):
    hour: int
    minute: int
    second: int
    hundredth: int


class Value(NamedTuple):
    """What to write: tag, its number, the type's number, and the value as `AbifFile.value` returns it."""

    tag: str
    number: int
    type: int
    value: Any


class Kind(NamedTuple):
    """A type of the table: bytes of an element, bytes → value, value → bytes."""

    size: int
    decode: Callable[[bytes], Any]
    encode: Callable[[Any], bytes]


def _numbers(dtype: str, native: Any) -> Kind:
    return Kind(
        np.dtype(dtype).itemsize,
        lambda data: np.frombuffer(data, dtype).astype(native),
        lambda value: np.atleast_1d(np.asarray(value)).astype(dtype).tobytes(),
    )


def decoded(data: bytes) -> str:
    """Text as UTF-8, else as Latin-1."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _records(form: str, record: type) -> Kind:
    one = struct.Struct(form)
    return Kind(
        one.size,
        lambda data: tuple(record(*found) for found in one.iter_unpack(data)),
        lambda value: b"".join(one.pack(*item) for item in value),
    )


def _pascal(data: bytes) -> str:
    if not data:
        return ""
    if data[0] > len(data) - 1:
        raise ValueError(f"a text of {data[0]} bytes in {len(data) - 1}")
    return decoded(data[1 : 1 + data[0]])


def _as_pascal(value: str) -> bytes:
    text = value.encode()
    return bytes([len(text)]) + text


TYPES: Mapping[int, Kind] = {
    1: _numbers(">u1", np.uint8),
    2: Kind(1, decoded, lambda value: value.encode()),
    3: _numbers(">u2", np.uint16),
    4: _numbers(">i2", np.int16),
    5: _numbers(">i4", np.int32),
    7: _numbers(">f4", np.float32),
    8: _numbers(">f8", np.float64),
    10: _records(">hBB", Date),
    11: _records(">BBBB", Time),
    13: _numbers(">u1", np.bool_),
    18: Kind(1, _pascal, _as_pascal),
    19: Kind(1, lambda data: decoded(data.split(b"\0")[0]), lambda value: value.encode() + b"\0"),
}
BYTES = Kind(1, bytes, bytes)  # types from 1024 on, and unknown ones


@dataclass(frozen=True)
class Entry:
    """One line of the directory; `place`: its own position in the file, bytes."""

    tag: str
    number: int
    type: int
    element_size: int
    count: int
    size: int
    offset: int
    place: int

    @property
    def kind(self) -> Kind:
        return TYPES.get(self.type, BYTES)

    @property
    def start(self) -> int:
        """Where the data begin."""
        return self.offset if self.size > INLINE else self.place + OFFSET_FIELD

    @property
    def contradiction(self) -> str:
        """What the entry says twice and differently, or ""."""
        if self.type in TYPES and self.element_size != self.kind.size:
            return f"type {self.type} has elements of {self.kind.size} bytes, the entry says {self.element_size}"
        if self.count * self.element_size != self.size:
            return f"{self.count:,} elements of {self.element_size} bytes are not its {self.size:,} bytes of data"
        return ""

    def __str__(self) -> str:
        return f"{self.tag} {self.number}"


@dataclass(frozen=True)
class AbifFile:
    """A file whose directory is sound. `notes`: entries that contradict themselves, an error only once one is used."""

    path: Path
    version: int
    entries: Mapping[tuple[str, int], Entry]
    data: bytes = field(repr=False)
    notes: tuple[str, ...] = ()

    def __contains__(self, key: tuple[str, int]) -> bool:
        return key in self.entries

    def entry(self, tag: str, number: int = 1) -> Entry:
        if (tag, number) not in self.entries:
            have = sorted(number for name, number in self.entries if name == tag)
            hint = f"it has {tag} {', '.join(map(str, have))}" if have else f"it has no {tag} at all"
            raise refuse(ABIF, f"no entry {tag} {number}", hint, self.path)
        return self.entries[tag, number]

    def raw(self, tag: str, number: int = 1) -> bytes:
        """The bytes of an entry."""
        entry = self.entry(tag, number)
        return self.data[entry.start : entry.start + entry.size]

    def value(self, tag: str, number: int = 1) -> Any:
        """Numbers and booleans in an array (element,); texts as str; dates, times as tuples of Date, Time; else bytes.

        Raises DataError if the entry is missing or contradicts itself.
        """
        entry = self.entry(tag, number)
        if entry.contradiction:
            raise _wrong(self.path, entry.contradiction, entry)
        try:
            return entry.kind.decode(self.raw(tag, number))
        except (ValueError, struct.error) as error:
            raise _wrong(self.path, str(error), entry) from None

    def text(self, tag: str, number: int = 1, default: str = "") -> str:
        """A text that can be done without, no blanks and NULs around it; `default` if it is missing or wrong."""
        if (tag, number) not in self.entries:
            return default
        try:
            value = self.value(tag, number)
        except DataError:
            return default
        return value.strip("\0 \t\r\n") if isinstance(value, str) else default


def read(path: Path) -> AbifFile:
    """The file with its directory; raises DataError with path, tag and offset where it is not sound."""
    data = _content(path)
    version, entry_of_directory = _header(path, data)
    found, notes = _directory(path, data, entry_of_directory)
    return AbifFile(path, version, found, data, tuple(notes))


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise refuse(MISSING, f"cannot read the file: {error.strerror or error}", file=path) from None


def _header(path: Path, data: bytes) -> tuple[int, Entry]:
    if data.startswith(LFS):
        hint = "fetch the file itself with 'git lfs pull'"
        raise refuse(ABIF, "a Git LFS pointer stands here instead of the ABIF file", hint, path)
    if data[:4] != MAGIC:
        hint = "expected a .hid or .fsa file of a sequencer"
        raise refuse(ABIF, f"not an ABIF file: it begins with {data[:4]!r} at byte 0 instead of {MAGIC!r}", hint, path)
    if len(data) < FIRST + ENTRY.size:
        raise refuse(ABIF, f"ends after {len(data)} bytes, inside its header", "copy the file again", path)
    return struct.unpack_from(">h", data, 4)[0], _entry(data, FIRST)


def _entry(data: bytes, place: int) -> Entry:
    tag, *numbers = ENTRY.unpack_from(data, place)
    number, kind, element_size, count, size, offset, _handle = numbers
    return Entry(tag.decode("latin-1"), number, kind, element_size, count, size, offset, place)


def _directory(path: Path, data: bytes, of: Entry) -> tuple[dict[tuple[str, int], Entry], list[str]]:
    stride = of.element_size
    if stride < ENTRY.size:
        raise _wrong(path, f"directory entries of {stride} bytes, expected {ENTRY.size}", of)
    last = of.offset + (of.count - 1) * stride + ENTRY.size if of.count > 0 else of.offset
    if of.count < 0 or of.offset < 0 or last > len(data):
        place = f"directory of {of.count:,} entries from byte {of.offset:,}"
        raise _wrong(path, f"{place} lies outside the file of {len(data):,} bytes", of, "copy the file again")
    found: dict[tuple[str, int], Entry] = {}
    notes = []
    for rank in range(of.count):
        entry = _inside(path, data, _entry(data, of.offset + rank * stride))
        if entry.contradiction:
            notes.append(f"{entry} at byte {entry.place:,}: {entry.contradiction}")
        if (entry.tag, entry.number) in found:
            notes.append(f"{entry} at byte {entry.place:,} is there twice; the first one counts")
        found.setdefault((entry.tag, entry.number), entry)
    return found, notes


def _inside(path: Path, data: bytes, entry: Entry) -> Entry:
    if entry.size < 0 or entry.count < 0 or entry.start < 0 or entry.start + entry.size > len(data):
        place = f"its {entry.size:,} bytes of data from byte {entry.start:,}"
        raise _wrong(path, f"{place} lie outside the file of {len(data):,} bytes", entry, "copy the file again")
    return entry


def _wrong(path: Path, sentence: str, entry: Entry, hint: str = "") -> DataError:
    return refuse(ABIF, f"{entry} at byte {entry.place:,}: {sentence}", hint, path)


def write_abif(path: Path, entries: Sequence[Value], *, version: int = 101, stride: int = ENTRY.size) -> None:
    """A file with `entries` in their order, its directory last; it appears whole or not at all."""
    files.write(path, packed(entries, version=version, stride=stride))


def packed(entries: Sequence[Value], *, version: int = 101, stride: int = ENTRY.size) -> bytes:
    """The bytes of such a file; `stride` (28 or more) of its directory."""
    body, lines, at = [], [], HEADER
    for tag, number, kind, value in entries:
        table = TYPES.get(kind, BYTES)
        data = table.encode(value)
        outside = data if len(data) > INLINE else b""
        where = struct.pack(">i", at) if outside else data.ljust(INLINE, b"\0")
        name = tag.encode("latin-1")
        line = struct.pack(">4sihhii", name, number, kind, table.size, len(data) // table.size, len(data)) + where
        lines.append(line.ljust(stride, b"\0"))
        body.append(outside)
        at += len(outside)
    directory = ENTRY.pack(b"tdir", 1, 1023, stride, len(lines), len(lines) * stride, at, 0)
    head = (MAGIC + struct.pack(">h", version) + directory).ljust(HEADER, b"\0")
    return b"".join((head, *body, *lines))
