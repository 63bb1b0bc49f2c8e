# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Text files of sequences, read in chunks of bounded size: FASTA, tables and one sequence per line; plain or gzip."""

from __future__ import annotations

import csv
import gzip
import io
import sys
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any, NamedTuple

from seqforge.data.problems import COLUMNS, DAMAGED, EMPTY, MISSING, refuse
from seqforge.errors import did_you_mean

CHUNK_LETTERS = 1 << 22  # letters of one chunk: bounds the memory of every reader
BLOCK = 1 << 20
STDIN = "-"
GZIP = b"\x1f\x8b"
BOM = b"\xef\xbb\xbf"


class Record(NamedTuple):
    """One sequence as a file spells it; `line` (from 1) is where the record starts."""

    sequence: bytes
    label: str = ""
    id: str = ""
    line: int = 0


@contextmanager
def opened(path: Path | str) -> Iterator[IO[bytes]]:
    """The bytes of a file, of standard input for "-", unpacked if they are gzip (known by its first bytes)."""
    with _raw(path) as raw:
        packed = raw.peek(2)[:2] == GZIP
        stream = io.BufferedReader(gzip.GzipFile(fileobj=raw), BLOCK) if packed else raw  # type: ignore[type-var]
        try:
            start = stream.peek(3)
            if b"\0" in start:
                raise refuse(DAMAGED, "this is no text file", file=path)
            if start[:3] == BOM:
                stream.read(3)
            yield stream
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            hint = "pack the file again"
            raise refuse(DAMAGED, f"the gzip data are damaged or cut off: {error}", hint, path) from None


def _raw(path: Path | str) -> Any:
    """A buffered binary stream that closes at the end of `with`; standard input stays open."""
    if str(path) == STDIN:
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(path).open("rb", buffering=BLOCK)
    except OSError as error:
        raise refuse(MISSING, f"cannot read the file: {error.strerror or error}", file=path) from None


def chunks(records: Iterable[Record], letters: int = CHUNK_LETTERS) -> Iterator[list[Record]]:
    """`records` in lists of about `letters` letters, never empty."""
    chunk: list[Record] = []
    size = 0
    for record in records:
        chunk.append(record)
        size += len(record.sequence) + 64
        if size >= letters:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def fasta(path: Path | str) -> Iterator[Record]:
    """The records of a FASTA file: `id` is the whole header line without ">"; line breaks and blanks are dropped.

    Lower case, several lines per sequence, CRLF and gzip are read; a record without letters is an error.
    """
    with opened(path) as stream:
        yield from fasta_records(stream, path)


def fasta_records(stream: IO[bytes], path: Path | str) -> Iterator[Record]:
    """As `fasta`, from an opened stream; `path` is for messages."""
    for line, block in _fasta_blocks(stream, path):
        header, _, body = block.partition(b"\n")
        sequence = body.translate(None, b" \t\r\n")
        name = header.decode("utf-8", "replace").strip()
        if not sequence:
            raise refuse(EMPTY, f"the record '{name}' has no sequence", file=path, line=line)
        yield Record(sequence, "", name, line)


def _fasta_blocks(stream: IO[bytes], path: Path | str) -> Iterator[tuple[int, bytes]]:
    """(line, text) of every record: what lies between one ">" at the start of a line and the next."""
    waiting: list[bytes] = []
    begun = lines = 0  # the line of the record that waits for its end; line ends read so far
    while block := stream.read(BLOCK) + stream.readline():
        continued, *starts = (b"\n" + block).split(b"\n>")
        waiting.append(continued[1:])
        ends = lines - 1 + continued.count(b"\n")
        for start in starts:
            if begun:
                yield begun, b"".join(waiting)
            else:
                _nothing_before(b"".join(waiting), path)
            waiting, begun = [start], ends + 2
            ends += 1 + start.count(b"\n")
        lines += block.count(b"\n")
    if not begun:
        _nothing_before(b"".join(waiting), path)
        raise refuse(EMPTY, "the file has no sequences", file=path)
    yield begun, b"".join(waiting)


def _nothing_before(text: bytes, path: Path | str) -> None:
    if text.strip():
        word = text.split()[0][:20].decode("utf-8", "replace")
        line = 1 + text[: len(text) - len(text.lstrip())].count(b"\n")
        raise refuse(DAMAGED, f"a FASTA file starts with '>', received '{word}'", file=path, line=line)


class Columns(NamedTuple):
    """Which columns of a table are read, by name in the header line or, without one, by number from 1.

    Several `labels` columns are joined by "|" in their order; none: the label is "".
    """

    sequence: str = "x"
    labels: tuple[str, ...] = ("y",)
    id: str | None = None
    header: bool = True
    keys: tuple[str, ...] = ("sequence_column", "label_column", "id_column")  # of the options that name them


def delimiter_of(path: Path | str, declared: str | None = None) -> str:
    """The delimiter by the declared name ("tab", "comma", "semicolon") or by the file's ending; else tab."""
    if declared is not None:
        return {"tab": "\t", "comma": ",", "semicolon": ";"}[declared]
    stem = str(path).casefold().removesuffix(".gz")
    return "," if stem.endswith(".csv") else "\t"


def header_of(path: Path | str, delimiter: str) -> list[str]:
    """The fields of the first line."""
    with opened(path) as stream:
        return _texts(next(_rows(stream, delimiter, path), (1, []))[1])


def _texts(fields: Sequence[bytes]) -> list[str]:
    return [field.decode("utf-8", "replace").strip() for field in fields]


def table(path: Path | str, columns: Columns, delimiter: str = "\t") -> Iterator[Record]:
    """The rows of a delimited file; empty lines are passed over; quotes count in comma-separated files only."""
    with opened(path) as stream:
        yield from table_records(stream, path, columns, delimiter)


def table_records(stream: IO[bytes], path: Path | str, columns: Columns, delimiter: str = "\t") -> Iterator[Record]:
    """As `table`, from an opened stream; `path` is for messages."""
    rows = _rows(stream, delimiter, path)
    first = list(islice(rows, 1))
    if not first:
        raise refuse(EMPTY, "the file is empty", file=path)
    at = _places(columns, _texts(first[0][1]), path)
    needed = max(at.all) + 1
    for line, row in rows if columns.header else chain(first, rows):
        if len(row) < needed:
            raise _short(path, line, len(row), needed, columns)
        sequence = row[at.sequence].strip()
        if not sequence:
            raise refuse(EMPTY, f"the sequence in column '{columns.sequence}' is empty", file=path, line=line)
        label = b"|".join([row[place].strip() for place in at.labels]).decode("utf-8", "replace")
        name = "" if at.id is None else row[at.id].decode("utf-8", "replace")
        yield Record(sequence, label, name, line)


class _Places(NamedTuple):
    sequence: int
    labels: tuple[int, ...]
    id: int | None

    @property
    def all(self) -> list[int]:
        return [self.sequence, *self.labels, *([] if self.id is None else [self.id])]


def _places(columns: Columns, header: Sequence[str], path: Path | str) -> _Places:
    def place(name: str, key: str) -> int:
        return _place(name, key, header, columns.header, path)

    return _Places(
        place(columns.sequence, columns.keys[0]),
        tuple(place(name, columns.keys[1]) for name in columns.labels),
        None if columns.id is None else place(columns.id, columns.keys[2]),
    )


def _place(name: str, key: str, header: Sequence[str], has_header: bool, path: Path | str) -> int:
    if has_header and name in header:
        return header.index(name)
    if has_header:
        raise refuse(COLUMNS, f"no column '{name}'", f"{did_you_mean(name, header[:12])}; say which in {key}", path, 1)
    if name.isdigit() and 1 <= int(name) <= len(header):
        return int(name) - 1
    expected = f"without a header line columns are numbers from 1 to {len(header)}"
    raise refuse(COLUMNS, f"{expected}, received '{name}'", file=path, line=1)


def _short(path: Path | str, line: int, received: int, needed: int, columns: Columns) -> Exception:
    names = ", ".join(filter(None, (columns.sequence, *columns.labels, columns.id)))
    return refuse(COLUMNS, f"expected at least {needed} columns ({names}), received {received}", file=path, line=line)


def _rows(stream: IO[bytes], delimiter: str, path: Path | str) -> Iterator[tuple[int, list[bytes]]]:
    """(line, fields) of every line that is not empty. Lines are split as bytes, ten times as fast as the csv module,
    until a comma-separated file has its first quote."""
    cut, quotes = delimiter.encode(), delimiter != "\t"
    for line, text in enumerate(stream, start=1):
        if quotes and b'"' in text:
            yield from _quoted_rows(chain((text,), stream), delimiter, path, line - 1)
            return
        if stripped := text.rstrip(b"\r\n"):
            yield line, stripped.split(cut)


def _quoted_rows(
    lines: Iterator[bytes], delimiter: str, path: Path | str, before: int
) -> Iterator[tuple[int, list[bytes]]]:
    csv.field_size_limit(sys.maxsize)
    reader = csv.reader((line.decode("utf-8", "replace") for line in lines), delimiter=delimiter)
    try:
        line = before + 1
        for row in reader:
            if row:
                yield line, [field.encode() for field in row]
            line = before + reader.line_num + 1
    except csv.Error as error:
        raise refuse(DAMAGED, f"not a table: {error}", file=path, line=before + reader.line_num) from None
