# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A FASTA file as one byte per base on disk: records one after the other, a gap between any two."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np

from seqforge.data.kmers.spill import Spill
from seqforge.data.problems import DAMAGED, DUPLICATE, EMPTY, refuse
from seqforge.data.readers import opened

GAP = 4  # the code of every letter but A C G T, and of what lies between records
BLOCK = 1 << 20
WHITE = b" \t\r\n\v\f"


def _table() -> bytes:
    table = bytearray([GAP]) * 256
    for code, letter in enumerate("ACGT"):
        table[ord(letter)] = table[ord(letter.lower())] = code
    return bytes(table)


TABLE = _table()


class Record(NamedTuple):
    """One sequence: its bases are `start` to `start` + `length` of all; `line` (from 1) is its header's."""

    name: str
    start: int
    length: int
    line: int


@dataclass(frozen=True)
class Codes:
    """Codes 0 to 3 are A C G T; `size` counts bases and gaps."""

    records: tuple[Record, ...]
    size: int
    spill: Spill

    def read(self, start: int, stop: int) -> np.ndarray:
        """The codes from `start` to `stop` (stop − start,) uint8; beyond the end lies a gap."""
        found = np.full(stop - start, GAP, dtype=np.uint8)
        self.spill.read(found[: max(min(stop, self.size) - start, 0)], start)
        return found


def encode(path: Path, scratch: Path) -> Codes:
    """The sequences of a FASTA file (plain, gzip or bgzip), read once in blocks; raises DataError."""
    spill = Spill(scratch / "codes", np.uint8)
    records: list[Record] = []
    seen: set[str] = set()
    size = 0
    for piece in _pieces(path):
        if isinstance(piece, _Header):
            name = _name(piece, path, seen)
            if records:
                spill.write(np.full(1, GAP, dtype=np.uint8), size)
                size += 1
            records.append(Record(name, size, 0, piece.line))
            continue
        letters = np.frombuffer(piece.translate(TABLE, WHITE), dtype=np.uint8)
        spill.write(letters, size)
        size += len(letters)
        records[-1] = records[-1]._replace(length=size - records[-1].start)
    if not any(record.length for record in records):
        raise refuse(EMPTY, "the records have no sequences" if records else "the file has no sequences", file=path)
    return Codes(tuple(records), size, spill)


class _Header(NamedTuple):
    text: bytes
    line: int


def _name(header: _Header, path: Path, seen: set[str]) -> str:
    words = header.text.split()
    if not words:
        raise refuse(DAMAGED, "expected a name behind '>', received none", file=path, line=header.line)
    if b"\r" in header.text.rstrip(b"\r"):
        raise refuse(DAMAGED, "lines end in carriage returns alone", "end them in line feeds", path, header.line)
    name = words[0].decode("utf-8", "replace")
    if name in seen:
        raise refuse(DUPLICATE, f"there is a record '{name}' already", "names must differ", path, header.line)
    seen.add(name)
    return name


def _pieces(path: Path) -> Iterator[_Header | bytes]:
    """Headers, and between them letters with line breaks in blocks of about BLOCK bytes."""
    lines, begun = 0, False
    with opened(path) as stream:
        for text in _whole_headers(stream):
            letters, *records = text.split(b"\n>")
            if begun:
                yield letters
            elif letters.strip():
                word = letters.split()[0][:20].decode("utf-8", "replace")
                at = lines + letters[: len(letters) - len(letters.lstrip())].count(b"\n")
                raise refuse(DAMAGED, f"a FASTA file starts with '>', received '{word}'", file=path, line=max(at, 1))
            lines += letters.count(b"\n")
            for record in records:
                header, _, letters = record.partition(b"\n")
                begun = True
                yield _Header(header, lines + 1)
                yield letters
                lines += 1 + record.count(b"\n")


def _whole_headers(stream: IO[bytes]) -> Iterator[bytes]:
    """The file in blocks that end neither inside a header nor between a line break and what follows it.

    A line break is put before the first letter, so that every header begins with one.
    """
    rest = b"\n"
    while block := stream.read(BLOCK):
        text = rest + block
        at = text.rfind(b"\n>")
        if at >= 0 and text.find(b"\n", at + 1) < 0:
            text, rest = text[:at], text[at:]
        elif text.endswith(b"\n"):
            text, rest = text[:-1], b"\n"
        else:
            rest = b""
        yield text
    yield rest
