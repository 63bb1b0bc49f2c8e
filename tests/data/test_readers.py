# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
from __future__ import annotations

import gzip
import random

import pytest

from seqforge.data import readers
from seqforge.data.readers import Columns, Record, chunks, delimiter_of, fasta, table
from seqforge.errors import DataError


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("block", [2, 7, 64, 1 << 20])
@pytest.mark.parametrize("last", [True, False], ids=["line end at the end", "none"])
def test_fasta_in_blocks_of_any_size(tmp_path, monkeypatch, end, block, last):
    draw = random.Random(5)
    text, expected = end, []
    for number in range(60):
        lines = ["acGT" * draw.randint(1, 5) for _ in range(draw.randint(1, 4))]
        expected.append(Record("".join(lines).encode(), "", f"id{number} > text", text.count("\n") + 1))
        text += end.join([f">id{number} > text", *lines]) + end * draw.randint(1, 3)
    path = tmp_path / "x.fa"
    path.write_bytes((text if last else text.rstrip()).encode())
    monkeypatch.setattr(readers, "BLOCK", block)
    assert list(fasta(path)) == expected


def test_gzip_is_known_by_its_bytes_not_its_name(tmp_path):
    path = tmp_path / "x.fa"
    path.write_bytes(gzip.compress(b">one\nAC\nGT\n", mtime=0))
    assert list(fasta(path)) == [Record(b"ACGT", "", "one", 1)]


def test_byte_order_mark_is_no_letter(tmp_path):
    path = tmp_path / "x.txt"
    path.write_bytes(b"\xef\xbb\xbfx\ty\nACGT\ta\n")
    assert list(table(path, Columns())) == [Record(b"ACGT", "a", "", 2)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "x.fa: SF0709: the file has no sequences"),
        (b"\n\n", "x.fa: SF0709: the file has no sequences"),
        (b"\nACGT\n>a\nAC\n", "x.fa:2: SF0708: a FASTA file starts with '>', received 'ACGT'"),
        (b">a\nAC\n>b\n>c\nAC\n", "x.fa:3: SF0709: the record 'b' has no sequence"),
        (gzip.compress(b">a\n" + b"ACGT" * 99, mtime=0)[:-9], "x.fa: SF0708: the gzip data are damaged or cut off"),
    ],
)
def test_broken_fasta(tmp_path, content, message):
    path = tmp_path / "x.fa"
    path.write_bytes(content)
    with pytest.raises(DataError) as raised:
        list(fasta(path))
    assert str(raised.value).startswith(f"{tmp_path}/{message}")


@pytest.mark.parametrize("name", ["absent.fa", "."])
def test_a_file_that_cannot_be_read(tmp_path, name):
    with pytest.raises(DataError, match="SF0701: cannot read the file: "):
        list(fasta(tmp_path / name))


def test_quoted_fields_and_line_breaks_in_csv(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text('name,sequence,class\n"a,\n1",ACGT,"x, y"\n\nb,GGTT,z\n')
    found = list(table(path, Columns("sequence", ("class",), "name"), delimiter_of(path)))
    assert found == [Record(b"ACGT", "x, y", "a,\n1", 2), Record(b"GGTT", "z", "b", 5)]


def test_quotes_are_letters_in_tab_separated_files(tmp_path):
    path = tmp_path / "x.tsv"
    path.write_text('x\ty\nACGT\t"a\nGGGG\tb"\n')
    assert [record.label for record in table(path, Columns())] == ['"a', 'b"']


def test_columns_by_number_and_joined_labels(tmp_path):
    path = tmp_path / "x.tsv"
    path.write_text("1\tACGT\t0.5\n2\tGG\t0.25\n")
    columns = Columns("2", ("1", "3"), header=False)
    assert [(r.sequence, r.label, r.line) for r in table(path, columns)] == [
        (b"ACGT", "1|0.5", 1),
        (b"GG", "2|0.25", 2),
    ]


@pytest.mark.parametrize(
    ("text", "columns", "message"),
    [
        ("", Columns(), "x.tsv: SF0709: the file is empty"),
        ("seq\ty\nAC\ta\n", Columns("sequence"), "x.tsv:1: SF0702: no column 'sequence'; expected one of seq, y"),
        ("x\ty\nAC\ta\nAC\n", Columns(), "x.tsv:3: SF0702: expected at least 2 columns (x, y), received 1"),
        ("x\ty\n\ta\n", Columns(), "x.tsv:2: SF0709: the sequence in column 'x' is empty"),
        (
            "AC\ta\n",
            Columns("3", header=False),
            "x.tsv:1: SF0702: without a header line columns are numbers from 1 to 2",
        ),
    ],
)
def test_broken_tables(tmp_path, text, columns, message):
    path = tmp_path / "x.tsv"
    path.write_text(text)
    with pytest.raises(DataError) as raised:
        list(table(path, columns))
    assert str(raised.value).startswith(f"{tmp_path}/{message}")


def test_chunks_hold_every_record_once():
    records = [Record(b"A" * length) for length in (1, 5000, 10, 90000, 3)]
    parts = list(chunks(iter(records), letters=4000))
    assert [record for part in parts for record in part] == records
    assert len(parts) > 1
    assert all(parts)
