# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""FASTA files as codes: block by block, whatever the breaks of lines and blocks, and what is refused."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from seqforge.data.kmers import codes as room
from seqforge.data.kmers.codes import GAP, encode
from seqforge.errors import DataError

TEXT = b">one first record\nACGT\nacgu\n\nNN-*\n>two\r\nTT\r\nGG\r\n>empty\n>three\tx\nA C\tG"
CODES = [0, 1, 2, 3, 0, 1, 2, GAP, GAP, GAP, GAP, GAP, GAP, 3, 3, 2, 2, GAP, GAP, 0, 1, 2]


def encoded(path: Path, text: bytes):
    path.write_bytes(text)
    return encode(path, path.parent)


@pytest.mark.parametrize("block", [1, 2, 3, 5, 8, 13, 1 << 20])
def test_blocks_make_no_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int):
    monkeypatch.setattr(room, "BLOCK", block)
    found = encoded(tmp_path / "a.fa", TEXT)
    assert found.read(0, found.size).tolist() == CODES
    assert [tuple(record) for record in found.records] == [
        ("one", 0, 12, 1), ("two", 13, 4, 6), ("empty", 18, 0, 9), ("three", 19, 3, 10),
    ]  # fmt: skip
    assert found.read(19, 25).tolist() == [0, 1, 2, GAP, GAP, GAP]


def test_gzip_and_a_byte_order_mark(tmp_path: Path):
    plain = encoded(tmp_path / "a.fa", TEXT)
    packed = encoded(tmp_path / "a.fa.gz", gzip.compress(b"\xef\xbb\xbf" + TEXT))
    assert plain.records == packed.records
    assert packed.read(0, packed.size).tolist() == CODES


def test_one_long_line(tmp_path: Path):
    letters = np.frombuffer(b"ACGT", dtype=np.uint8)[np.random.default_rng(1).integers(0, 4, 3_000_000)]
    found = encoded(tmp_path / "a.fa", b">x\n" + letters.tobytes())
    assert found.records[0].length == 3_000_000
    assert found.read(2_999_998, 3_000_000).tolist() == [b"ACGT".index(letter) for letter in letters[-2:].tobytes()]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "the file has no sequences"),
        (b">a\n>b\n", "the records have no sequences"),
        (b"\n\nACGT\n>a\nAC\n", "a.fa:3: SF0708: a FASTA file starts with '>', received 'ACGT'"),
        (b">a\nACGT\n>\nAC\n", "a.fa:3: SF0708: expected a name behind '>', received none"),
        (b">a x\nACGT\n>b\nAC\n>a y\nAA\n", "a.fa:5: SF0706: there is a record 'a' already"),
        (b">a\rACGT\rAC\r", "a.fa:1: SF0708: lines end in carriage returns alone; end them in line feeds"),
        (b">a\nAC\0GT\n", "this is no text file"),
        (gzip.compress(TEXT * 2000, mtime=0)[:40], "the gzip data are damaged or cut off"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: bytes, message: str):
    with pytest.raises(DataError, match=message.replace("(", r"\(").replace("'>'", "'>'")):
        encoded(tmp_path / "a.fa", text)
