# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Sequences of regions for prediction: centring, chunks, ends of chromosomes, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_genomes import sequences, write_bed, write_fasta

from seqforge.data.encodings import DNA
from seqforge.data.genome.regions import regions_to_codes
from seqforge.errors import DataError


@pytest.fixture
def texts() -> dict[str, str]:
    return sequences({"chr1": 100, "chr2": 60})


@pytest.fixture
def fasta(tmp_path: Path, texts: dict[str, str]) -> Path:
    return write_fasta(tmp_path / "g.fa", texts)


ROWS = [
    ("chr2", 20, 30, "a", 0, "-", 0, 0, 0, 2),
    ("chr1", 40, 61, "b", 0, "+", 0, 0, 0, 20),
    ("chr1", 50, 51, "c", 0, ".", 0, 0, 0, 0),
]


@pytest.mark.parametrize(
    ("resize", "centre"), [("center", [25, 50, 50]), ("summit", [22, 60, 50]), ("start", [20, 40, 50])]
)
@pytest.mark.parametrize("chunk", [1, 2, 10])
def test_windows_of_both_strands_read_forward(
    tmp_path: Path, fasta: Path, texts: dict[str, str], resize: str, centre: list[int], chunk: int
):
    chunks = list(regions_to_codes(fasta, write_bed(tmp_path / "r.bed", ROWS), 7, resize=resize, chunk=chunk))
    assert [len(one) for one in chunks] == {1: [1, 1, 1], 2: [2, 1], 10: [3]}[chunk]
    assert chunks[0].chromosomes == {"chr1": 100, "chr2": 60}
    joined = {
        name: np.concatenate([getattr(one, name) for one in chunks]) for name in ("chrom", "start", "stop", "strand")
    }
    assert joined["chrom"].tolist() == [1, 0, 0]
    assert joined["start"].tolist() == [one - 3 for one in centre]
    assert joined["stop"].tolist() == [one + 4 for one in centre]
    assert joined["strand"].tolist() == [-1, 1, 0]
    assert [name for one in chunks for name in one.names] == ["a", "b", "c"]
    for codes, row, middle in zip(np.concatenate([one.codes for one in chunks]), ROWS, centre, strict=True):
        assert codes.tolist() == DNA.encode(texts[row[0]][middle - 3 : middle + 4]).tolist()


def test_bases_beyond_the_ends_are_unknown(tmp_path: Path, fasta: Path, texts: dict[str, str]):
    path = write_bed(tmp_path / "r.bed", [("chr1", 0, 4), ("chr2", 56, 60), ("chr1", 96, 99)])
    (found,) = regions_to_codes(fasta, path, 10)
    assert found.codes[0].tolist() == [4] * 3 + DNA.encode(texts["chr1"][:7]).tolist()
    assert found.codes[1].tolist() == DNA.encode(texts["chr2"][53:]).tolist() + [4] * 3
    assert found.start.tolist() == [-3, 53, 92]
    assert (found.codes[2] == 4).sum() == 2


@pytest.mark.parametrize(
    ("row", "resize", "message"),
    [
        (("chr11", 0, 4), "center", ":2: SF0701: {fasta} has no chromosome 'chr11'; did you mean 'chr1'?"),
        (("chr2", 100, 140), "center", ":2: SF0708: the region lies beyond the end of chr2, 60 bases"),
        (("chr2", 10, 14), "summit", "offset inside of the region in column 10, received none; give a narrowPeak"),
        (("chr2", 10, 14, "n", 0, ".", 0, 0, 0, 4), "summit", "in column 10, received 4"),
    ],
)
def test_regions_that_are_refused(tmp_path: Path, fasta: Path, row: tuple, resize: str, message: str):
    first = ("chr1", 10, 20, "n", 0, ".", 0, 0, 0, 4)
    path = write_bed(tmp_path / "r.bed", [first, row])
    with pytest.raises(DataError) as raised:
        list(regions_to_codes(fasta, path, 10, resize=resize))
    assert message.format(fasta=fasta) in str(raised.value)
    assert str(raised.value).startswith(f"{path}:2: ")
