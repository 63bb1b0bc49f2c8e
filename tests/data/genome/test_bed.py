# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""BED and narrowPeak: columns, header lines, gzip, and every line that is refused."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from seqforge.data.genome import bed
from seqforge.errors import DataError

TEXT = b"""#chrom\tstart\tend
track name="x"
browser position chr1
chr1\t0\t10
chr2 5 25 two 0 -

chr1\t20\t40\tthree\t7\t+\t1.5\t-1\t-1\t12\r
chr1\t20\t40\t\t7\t.\t1.5\t-1\t-1\t-1
"""


@pytest.mark.parametrize("packed", [False, True])
def test_columns(tmp_path: Path, packed: bool):
    path = tmp_path / "r.bed"
    path.write_bytes(gzip.compress(TEXT) if packed else TEXT)
    found = bed.read(path)
    assert len(found) == 4
    assert found.chromosomes == ("chr1", "chr2")
    assert found.chrom.tolist() == [0, 1, 0, 0]
    assert found.start.tolist() == [0, 5, 20, 20]
    assert found.stop.tolist() == [10, 25, 40, 40]
    assert found.names == ("", "two", "three", "")
    assert found.strand.tolist() == [0, -1, 1, 0]
    assert found.summit.tolist() == [-1, -1, 12, -1]
    assert found.line.tolist() == [4, 5, 7, 8]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("chr1\t5", "SF0702: a region has chromosome, start and stop, separated by tabs; received 2 columns"),
        ("chr1\tx\t9", "SF0708: expected start and stop as integers, received 'x' and 9"),
        ("chr1\t1.5\t9", "SF0708: expected start and stop as integers, received 1.5 and 9"),
        ("chr1\t9\t9", "SF0708: expected 0 ≤ start < stop, received 9 and 9"),
        ("chr1\t-1\t9", "SF0708: expected 0 ≤ start < stop, received -1 and 9"),
        ("chr1\t1\t9\tn\t0\t*", "SF0708: expected +, - or . as strand (column 6), received '*'"),
    ],
)
def test_lines_that_are_refused(tmp_path: Path, line: str, message: str):
    path = tmp_path / "r.bed"
    path.write_text(f"# header\nchr1\t0\t5\n{line}\n")
    with pytest.raises(DataError) as raised:
        bed.read(path)
    assert str(raised.value) == f"{path}:3: {message}"


def test_nothing_to_read(tmp_path: Path):
    path = tmp_path / "r.bed"
    path.write_text("# only a header\n")
    with pytest.raises(DataError, match="SF0709: the file has no regions"):
        bed.read(path)
    with pytest.raises(DataError, match="SF0701: cannot read the file"):
        bed.read(tmp_path / "none.bed")
