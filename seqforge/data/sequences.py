# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Sequences for prediction, streamed from a file or from standard input in constant memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import IO, NamedTuple

from seqforge.arrays import np
from seqforge.data.encodings import Alphabet
from seqforge.data.problems import EMPTY, LENGTH, LETTERS, refuse
from seqforge.data.readers import CHUNK_LETTERS, Columns, Record, fasta_records, opened, table_records
from seqforge.data.windows import Fit, fitted
from seqforge.errors import UsageError, did_you_mean

FORMATS = ("auto", "fasta", "lines", "tsv", "csv")


@dataclass(frozen=True)
class Reading:
    """How sequences are read.

    `format` auto: FASTA if the text begins with ">", else by the file's ending and the first line: a table if it has
    the column `sequence_column`, else one sequence per line. `length`, `pad`, `crop` as in the data options; `unknown`
    error refuses letters outside the alphabet. `id_column` None: a column called id, if there is one. At most `rows`
    sequences make a chunk. `way_out`: said to whoever gives sequences that are too long, beside --crop.
    """

    format: str = "auto"
    length: int | None = None
    pad: str = "none"
    crop: str = "none"
    unknown: str = "uniform"
    sequence_column: str = "x"
    label_column: str = "y"
    id_column: str | None = None
    rows: int = 1024
    way_out: str = ""


AS_FOUND = Reading()


class Sequences(NamedTuple):
    """Some sequences of one length: `ids` (n), `codes` (n, length) uint8, `labels` (n) as written, or None."""

    ids: list[str]
    codes: np.ndarray
    labels: list[str] | None


def stream(path: Path | str, alphabet: Alphabet, reading: Reading = AS_FOUND) -> Iterator[Sequences]:
    """The sequences of `path` ("-": standard input) in the order of the file; gzip is known by its first bytes.

    An id is the first word of a FASTA header, the id column of a table, else the number of the sequence. Sequences of
    different lengths come in chunks of their own. Raises DataError with the place of what cannot be read.
    """
    if reading.format not in FORMATS:
        raise UsageError(f"unknown format '{reading.format}'; {did_you_mean(reading.format, FORMATS)}")
    with opened(path) as file:
        records, labelled = _records(file, path, reading)
        found = False
        for chunk in _in_chunks(records, labelled, path, alphabet, reading):
            found = True
            yield chunk
        if not found:
            raise refuse(EMPTY, "the input has no sequences", file=path)


def in_memory(sequences: Sequence[str], alphabet: Alphabet, reading: Reading = AS_FOUND) -> Iterator[Sequences]:
    """Sequences of Python, read as those of a file; ids, and the numbers in messages, count from 1."""
    records = (Record(sequence.strip().encode(), line=number) for number, sequence in enumerate(sequences, start=1))
    return _in_chunks(records, False, "sequence", alphabet, reading)


def _in_chunks(
    records: Iterator[Record], labelled: bool, path: Path | str, alphabet: Alphabet, reading: Reading
) -> Iterator[Sequences]:
    number = 0
    for chunk in _chunks(records, reading):
        yield _encoded(chunk, number, labelled, path, alphabet, reading)
        number += len(chunk)


def _records(file: IO[bytes], path: Path | str, reading: Reading) -> tuple[Iterator[Record], bool]:
    """The records of an opened file, and whether they have labels."""
    start = file.peek(1 << 16) if hasattr(file, "peek") else b""
    kind = _format(start, path, reading)
    if kind == "fasta":
        return (record._replace(id=_word(record.id)) for record in fasta_records(file, path)), False
    if kind == "lines":
        return _lines(file), False
    delimiter = "," if kind == "csv" else "\t"
    header = [name.strip().strip('"') for name in _first_line(start).split(delimiter)]
    labels = (reading.label_column,) if reading.label_column in header else ()
    named = reading.id_column or ("id" if "id" in header else None)
    columns = Columns(reading.sequence_column, labels, named)
    return table_records(file, path, columns, delimiter), bool(labels)


def _format(start: bytes, path: Path | str, reading: Reading) -> str:
    if reading.format != "auto":
        return reading.format
    if start.lstrip().startswith(b">"):
        return "fasta"
    for kind, delimiter in (("csv", ","), ("tsv", "\t")):
        if delimiter in _first_line(start):
            return kind
    return "tsv" if _first_line(start) == reading.sequence_column else "lines"


def _first_line(start: bytes) -> str:
    lines = start.lstrip().split(b"\n", 1)
    return lines[0].decode("utf-8", "replace").strip()


def _word(header: str) -> str:
    words = header.split(maxsplit=1)
    return words[0] if words else ""


def _lines(file: IO[bytes]) -> Iterator[Record]:
    for line, text in enumerate(file, start=1):
        if sequence := text.strip():
            yield Record(sequence, "", "", line)


def _chunks(records: Iterator[Record], reading: Reading) -> Iterator[list[Record]]:
    """Up to `rows` records; without padding or cropping only such of equal length."""
    free = reading.pad != "none" or reading.crop != "none"
    for _, same in groupby(records, key=lambda record: 0 if free else len(record.sequence)):
        chunk: list[Record] = []
        letters = 0
        for record in same:
            chunk.append(record)
            letters += len(record.sequence)
            if len(chunk) >= reading.rows or letters >= CHUNK_LETTERS:
                yield chunk
                chunk, letters = [], 0
        if chunk:
            yield chunk


def _encoded(
    chunk: list[Record], number: int, labelled: bool, path: Path | str, alphabet: Alphabet, reading: Reading
) -> Sequences:
    lengths = np.array([len(record.sequence) for record in chunk])
    flat = alphabet.encode(b"".join(record.sequence for record in chunk))
    if reading.unknown == "error":
        _refuse_unknown(flat, lengths, chunk, path, alphabet)
    fit = Fit(reading.length, reading.pad, reading.crop)
    length = reading.length or int(lengths[0])
    wrong = fit.misfit(lengths, length)
    if wrong is not None:
        raise _misfit(chunk[wrong], length, path, reading.way_out)
    codes = fitted(flat, lengths, length, fit, alphabet.unknown)
    ids = [record.id or str(number + row + 1) for row, record in enumerate(chunk)]
    return Sequences(ids, codes, [record.label for record in chunk] if labelled else None)


def _misfit(record: Record, length: int, path: Path | str, way_out: str) -> Exception:
    found = len(record.sequence)
    hint = f"{'--pad' if found < length else '--crop'} centre or right brings all to one length"
    if way_out and found > length:
        hint = f"{way_out}; {hint}"
    return refuse(LENGTH, f"the model reads {length} letters, received {found}", hint, path, record.line)


def _refuse_unknown(
    flat: np.ndarray, lengths: np.ndarray, chunk: list[Record], path: Path | str, alphabet: Alphabet
) -> None:
    strange = np.flatnonzero(flat == alphabet.unknown)
    if len(strange):
        ends = np.cumsum(lengths)
        row = int(np.searchsorted(ends, strange[0], side="right"))
        record = chunk[row]
        letter = chr(record.sequence[int(strange[0] - ends[row] + lengths[row])])
        message = f"the letters of {alphabet.name} are {alphabet.letters}, received '{letter}'"
        raise refuse(LETTERS, message, "declare unknown uniform or zeros", path, record.line)
