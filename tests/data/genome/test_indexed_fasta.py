# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Windows of an indexed FASTA file: letters, sizes, processes, and every file that cannot be read."""

from __future__ import annotations

import gzip
import multiprocessing
import os
import pickle
import sys
from pathlib import Path

import numpy as np
import pysam
import pytest
from small_genomes import sequences, write_fasta

from seqforge.data.encodings import DNA
from seqforge.data.genome.fasta import Genome
from seqforge.errors import BackendError, DataError


@pytest.fixture
def fasta(tmp_path: Path) -> Path:
    return write_fasta(tmp_path / "small.fa", {"chr1": "ACGTNacgtnRYacgt", "chr2": "GGGGCCCC"}, width=5)


def test_sizes_and_codes(fasta: Path):
    genome = Genome(fasta)
    assert genome.sizes == {"chr1": 16, "chr2": 8}
    assert genome.codes("chr1", 0, 16).tolist() == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 4, 4, 0, 1, 2, 3]
    assert genome.codes("chr1", 0, 16).dtype == np.uint8
    assert genome.codes("chr2", 3, 5).tolist() == [2, 1]
    assert genome.codes("chr2", 8, 8).tolist() == []
    assert (fasta.parent / "small.fa.fai").is_file()
    assert sorted(path.name for path in fasta.parent.iterdir()) == ["small.fa", "small.fa.fai"]


def test_bgzip_is_read(fasta: Path, tmp_path: Path):
    packed = tmp_path / "small.fa.gz"
    pysam.tabix_compress(str(fasta), str(packed))
    assert Genome(packed).codes("chr1", 10, 16).tolist() == [4, 4, 0, 1, 2, 3]
    assert (tmp_path / "small.fa.gz.gzi").is_file()


@pytest.mark.parametrize(
    ("window", "message"),
    [
        (("chr1", 10, 17), "SF0708: chr1:10-17 is outside of chr1, 0-16"),
        (("chr1", -1, 4), "SF0708: chr1:-1-4 is outside of chr1, 0-16"),
        (("chr11", 0, 4), "SF0701: there is no chromosome 'chr11'; did you mean 'chr1'?"),
    ],
)
def test_windows_that_do_not_exist(fasta: Path, window: tuple, message: str):
    with pytest.raises(DataError) as raised:
        Genome(fasta).codes(*window)
    assert str(raised.value) == f"{fasta}: {message}"


def _packed(text: str) -> bytes:
    return gzip.compress(text.encode())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "SF0709: the FASTA file is empty"),
        (b"hello\n", ":1: SF0708: a FASTA file starts with '>', received 'hello'"),
        (b">a\nAC\nACGT\nA\n", "all lines of a sequence but its last must have one length"),
        (_packed(">a\nACGT\n"), "packed with gzip; unpack it, or pack it with bgzip instead of gzip"),
    ],
    ids=["empty", "text", "uneven", "gzip"],
)
def test_files_that_are_no_fasta(tmp_path: Path, content: bytes, message: str, capfd: pytest.CaptureFixture[str]):
    path = tmp_path / "x.fa"
    path.write_bytes(content)
    with pytest.raises(DataError, match="SF070") as raised:
        Genome(path)
    assert message in str(raised.value)
    assert capfd.readouterr() == ("", "")
    assert [one.name for one in tmp_path.iterdir()] == ["x.fa"]


def test_missing_file_and_read_only_folder(tmp_path: Path, fasta: Path, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(DataError, match=r"none\.fa: SF0701: no such FASTA file"):
        Genome(tmp_path / "none.fa")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(DataError) as raised:
        Genome(fasta)
    assert f"it has no index (small.fa.fai) and {tmp_path} is read-only; copy or link the file" in str(raised.value)


@pytest.mark.parametrize("change", ["longer", "shorter", "renamed", "moved", "damaged"])
def test_index_of_another_file(fasta: Path, change: str):
    Genome(fasta)
    text, index = fasta.read_text(), Path(f"{fasta}.fai")
    changed = {
        "longer": text + "ACGTA\n",
        "shorter": text[:-5] + "\n",
        "renamed": text.replace(">chr2", ">chrX"),
        "moved": text.replace("ACGTN\n", "", 1),
    }
    if change == "damaged":
        index.write_text("chr1\tx\n")
    else:
        fasta.write_text(changed[change])
    with pytest.raises(DataError, match=r"the index small\.fa\.fai was made for another FASTA file; remove"):
        Genome(fasta)


def test_without_pysam(fasta: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "pysam", None)
    with pytest.raises(BackendError, match=r"genome data need pysam; pip install 'seqforge\[genome\]'"):
        Genome(fasta)


def test_close_and_open_again(fasta: Path):
    with Genome(fasta) as genome:
        handle = genome.handle
        assert genome.handle is handle
    assert handle.closed
    assert genome.codes("chr2", 0, 2).tolist() == [2, 2]


def _read(genome: Genome, windows: list[tuple[str, int, int]]) -> list[list[int]]:
    return [genome.codes(*window).tolist() for window in windows]


def _answer(genome: Genome, windows: list, queue: multiprocessing.Queue) -> None:
    queue.put(_read(genome, windows))


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_other_processes_read_their_own_handles(tmp_path: Path, method: str):
    texts = sequences({"chr1": 20_000, "chr2": 20_000})
    genome = Genome(write_fasta(tmp_path / "g.fa", texts, width=60))
    windows = [(name, at, at + 50) for at in range(0, 19_000, 997) for name in texts]
    expected = [DNA.encode(texts[name][first:last]).tolist() for name, first, last in windows]
    assert _read(genome, windows[:3]) == expected[:3]  # the handle of this process is open and somewhere in the file
    context = multiprocessing.get_context(method)
    queue = context.Queue()
    workers = [context.Process(target=_answer, args=(genome, windows, queue)) for _ in range(1 + (method == "fork"))]
    for worker in workers:
        worker.start()
    assert _read(genome, windows) == expected
    for _ in workers:
        assert queue.get(timeout=60) == expected
    for worker in workers:
        worker.join()


def test_what_is_pickled_is_the_path(fasta: Path):
    genome = Genome(fasta)
    genome.codes("chr1", 0, 4)
    copy = pickle.loads(pickle.dumps(genome))
    assert copy.path == fasta
    assert copy.handle is not genome.handle
    assert copy.codes("chr1", 0, 4).tolist() == [0, 1, 2, 3]


def test_a_file_that_is_cut_off_later(fasta: Path, capfd: pytest.CaptureFixture[str]):
    genome = Genome(fasta)
    fasta.write_text(fasta.read_text()[:-5])
    with pytest.raises(
        DataError, match=r"SF0708: chr2:0-8 cannot be read; is the file cut off\?|for another FASTA file"
    ):
        genome.codes("chr2", 0, 8)
    assert capfd.readouterr() == ("", "")
