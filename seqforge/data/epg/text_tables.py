# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Small text tables of laboratories: a header line, cells separated by tabs, commas or semicolons."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from seqforge.data.problems import DAMAGED, EMPTY, MISSING, refuse

SEPARATORS = "\t;,"


def rows(path: Path, noun: str = "the table") -> Iterator[tuple[int, list[str]]]:
    """Line numbers and cells, the header first; lines without content are left out. What the header has separates."""
    text = _text(path)
    header = next((line for line in text.splitlines() if line.strip()), "")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(SEPARATORS, key=header.count))
    empty = True
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                empty = False
                yield reader.line_num, cells
    except csv.Error as error:
        raise refuse(DAMAGED, f"{noun} cannot be read: {error}", file=path, line=reader.line_num) from None
    if empty:
        raise refuse(EMPTY, f"{noun} is empty", file=path)


def plain(cell: str) -> str:
    """Letters and digits of a column's name, as it is compared."""
    return "".join(letter for letter in cell.casefold() if letter.isalnum())


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise refuse(MISSING, f"cannot read the file: {error.strerror or error}", file=path) from None
    if b"\0" in data:
        raise refuse(DAMAGED, "this is no text file", file=path)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")
