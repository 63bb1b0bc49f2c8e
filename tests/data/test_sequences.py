# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
from __future__ import annotations

import gzip
import io
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from seqforge.data.encodings import DNA
from seqforge.data.sequences import Reading, in_memory, stream
from seqforge.errors import DataError, UsageError

FASTA = ">one first\nAC\nGT\n>two\nACGA\n"
LINES = "ACGT\n\nACGA\n"
TABLE = "x\ty\nACGT\ta|b\nACGA\t\n"
CSV = 'id,x\n"one",ACGT\ntwo,ACGA\n'
ONLY_X = "x\nACGT\nACGA\n"


def collected(path, reading: Reading = Reading()):  # noqa: B008
    parts = list(stream(path, DNA, reading))
    texts = [DNA.decode(row) for part in parts for row in part.codes]
    labels = [label for part in parts for label in part.labels or ()]
    return [name for part in parts for name in part.ids], texts, labels


@pytest.mark.parametrize("pack", [str.encode, lambda text: gzip.compress(text.encode())], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    ("text", "ids", "labels"),
    [
        (FASTA, ["one", "two"], []),
        (LINES, ["1", "2"], []),
        (TABLE, ["1", "2"], ["a|b", ""]),
        (CSV, ["one", "two"], []),
        (ONLY_X, ["1", "2"], []),
    ],
    ids=["fasta", "lines", "tsv", "csv", "one column"],
)
@pytest.mark.parametrize("stdin", [False, True], ids=["file", "stdin"])
def test_formats_are_found_out(tmp_path, monkeypatch, text, ids, labels, stdin, pack):
    path = tmp_path / "x"
    path.write_bytes(pack(text))
    if stdin:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BufferedReader(io.BytesIO(pack(text)))))
    assert collected("-" if stdin else path) == (ids, ["ACGT", "ACGA"], labels)


def test_several_lengths_come_in_chunks_of_their_own_in_order(tmp_path):
    path = tmp_path / "x"
    path.write_text("AC\nGT\nACG\nTT\n")
    parts = list(stream(path, DNA))
    assert [part.codes.shape for part in parts] == [(2, 2), (1, 3), (1, 2)]
    assert [name for part in parts for name in part.ids] == ["1", "2", "3", "4"]


def test_padding_and_cropping_to_the_model(tmp_path):
    path = tmp_path / "x"
    path.write_text("AC\nACGTAC\nACGT\n")
    reading = Reading(length=4, pad="right", crop="right")
    assert collected(path, reading)[1] == ["ACNN", "ACGT", "ACGT"]


def test_chunks_have_at_most_so_many_rows(tmp_path):
    path = tmp_path / "x"
    path.write_text("ACGT\n" * 10)
    assert [len(part.ids) for part in stream(path, DNA, Reading(rows=4))] == [4, 4, 2]


@pytest.mark.parametrize(
    ("text", "reading", "message"),
    [
        (
            "ACGT\nAC\n",
            Reading(length=4),
            "x:2: SF0705: the model reads 4 letters, received 2; --pad centre or right brings all to one length",
        ),
        (">a\nACGTA\n", Reading(length=4), "x:1: SF0705: the model reads 4 letters, received 5; --crop"),
        (">a\nAC\n>b\nART\n", Reading(unknown="error"), "x:3: SF0704: the letters of DNA are ACGT, received 'R'"),
        ("AC\n", Reading(format="fasta"), "x:1: SF0708: a FASTA file starts with '>', received 'AC'"),
        ("a\tb\nAC\tGT\n", Reading(), "x:1: SF0702: no column 'x'; expected one of a, b"),
        ("", Reading(), "x: SF0709: the input has no sequences"),
    ],
)
def test_input_that_does_not_fit(tmp_path, text, reading, message):
    path = tmp_path / "x"
    path.write_text(text)
    with pytest.raises(DataError) as raised:
        list(stream(path, DNA, reading))
    assert str(raised.value).startswith(f"{tmp_path}/{message}")


def test_unknown_format(tmp_path):
    with pytest.raises(UsageError, match="unknown format 'fastq'; did you mean 'fasta'"):
        next(stream(tmp_path / "x", DNA, Reading(format="fastq")))


def test_memory_does_not_grow_with_the_input(tmp_path):
    """The reader is lazy: the first chunk comes before the damaged end of the file is met."""
    path = tmp_path / "x"
    path.write_bytes(gzip.compress(b"ACGT" * 25 + b"\n", 1) * 200_000)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 5)
    chunks = stream(path, DNA)
    assert next(chunks).codes.shape == (1024, 100)
    np.testing.assert_array_equal(next(chunks).codes[0], DNA.encode("ACGT" * 25))
    chunks.close()


def test_a_named_id_column_must_be_there(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(CSV)
    with pytest.raises(DataError, match="no column 'name'; expected one of id, x"):
        collected(path, Reading(id_column="name"))


def test_sequences_in_memory_are_read_like_those_of_a_file():
    reading = Reading(length=4, pad="right", crop="right")
    (part,) = in_memory([" ACGT\n", "AC", "ACGTT"], DNA, reading)
    assert (part.ids, [DNA.decode(row) for row in part.codes]) == (["1", "2", "3"], ["ACGT", "ACNN", "ACGT"])
    with pytest.raises(DataError, match="sequence:2: SF0705: the model reads 4 letters, received 2"):
        list(in_memory(["ACGT", "AC"], DNA, Reading(length=4)))
    with pytest.raises(DataError, match="sequence:1: SF0704: the letters of DNA are ACGT, received 'N'"):
        list(in_memory(["ACGN"], DNA, Reading(unknown="error")))


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "x").write_bytes(b"PK\x03\x04\x00ACGT\n" * 9)
    with pytest.raises(DataError, match="this is no text file"):
        collected(tmp_path / "x")
