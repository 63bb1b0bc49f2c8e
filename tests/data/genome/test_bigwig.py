# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Windows of bigWig files, what is counted on the way, what is refused; and the writer."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
from small_genomes import write_track

from seqforge.data.genome import bigwig
from seqforge.data.genome.bigwig import Track
from seqforge.errors import BackendError, DataError

NAN = np.nan


def test_uncovered_bases_are_zero_and_counted(tmp_path: Path):
    track = Track(write_track(tmp_path / "t.bw", {"chr1": np.array([NAN, 1, 2, NAN, 0, 3, NAN])}))
    values = track.values("chr1", 0, 7)
    assert values.tolist() == [0, 1, 2, 0, 0, 3, 0]
    assert values.dtype == np.float32
    assert (track.bases, track.uncovered) == (7, 3)
    assert track.values("chr2", 0, 3).tolist() == [0, 0, 0]
    assert (track.bases, track.uncovered) == (10, 6)
    assert track.notes() == []


def test_negative_signal_has_its_place(tmp_path: Path):
    path = write_track(tmp_path / "t.bw", {"chr1": np.array([1, 1, -2, -3.0])})
    with pytest.raises(DataError) as raised:
        Track(path).values("chr1", 1, 4)
    expected = f"{path}: SF0712: expected signal ≥ 0, received -2 at chr1:2-3 (0-based); a profile model counts reads"
    assert str(raised.value).startswith(expected)
    assert Track(path).values("chr1", 0, 2).tolist() == [1, 1]


def test_fractions_are_noted_once(tmp_path: Path):
    track = Track(write_track(tmp_path / "t.bw", {"chr1": np.array([1, 0.5, 2.25, 3])}))
    assert track.values("chr1", 0, 4).tolist() == [1, 0.5, 2.25, 3]
    track.values("chr1", 2, 4)
    where = "(first: 0.5 at chr1:1-2): are these reads?"
    assert track.notes() == [f"{track.path}: the signal is not whole numbers {where}"]


def test_silence_is_noted(tmp_path: Path):
    track = Track(write_track(tmp_path / "t.bw", {"chr1": np.array([1, NAN, NAN])}))
    assert track.values("chr1", 1, 3).tolist() == [0, 0]
    assert track.notes() == [f"{track.path}: no base of any window has signal"]


def test_files_that_are_no_bigwig(tmp_path: Path):
    with pytest.raises(DataError, match=r"none\.bw: SF0701: no such bigWig file"):
        Track(tmp_path / "none.bw")
    (tmp_path / "bad.bw").write_bytes(b"x" * 500)
    with pytest.raises(DataError, match="SF0708: this is no bigWig file"):
        _ = Track(tmp_path / "bad.bw").sizes


def test_without_pybigtools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = write_track(tmp_path / "t.bw", {"chr1": np.ones(3)})
    monkeypatch.setitem(sys.modules, "pybigtools", None)
    with pytest.raises(BackendError, match=r"genome data need pybigtools; pip install 'seqforge\[genome\]'"):
        _ = Track(path).sizes


def test_pickled_and_closed(tmp_path: Path):
    with Track(write_track(tmp_path / "t.bw", {"chr1": np.arange(5.0)})) as track:
        assert pickle.loads(pickle.dumps(track)).values("chr1", 2, 5).tolist() == [2, 3, 4]
        handle = track.handle
    with pytest.raises(Exception, match="closed"):
        handle.values("chr1", 0, 2, fillna=0)
    assert track.values("chr1", 0, 2).tolist() == [0, 1]


def test_another_genome(tmp_path: Path):
    track = Track(write_track(tmp_path / "t.bw", {"1": np.ones(5), "2": np.ones(6)}))
    bigwig.fitting(track, {"1": 5, "3": 9})
    with pytest.raises(DataError, match=r"its chromosomes \(1, 2, …\) are not those of the genome \(chr1, …\)"):
        bigwig.fitting(track, {"chr1": 5})
    with pytest.raises(DataError, match="2 has 6 bases, in the genome 7; track and genome are of different assemblies"):
        bigwig.fitting(track, {"1": 5, "2": 7})


# writing


def test_intervals_join_equal_values():
    found = list(bigwig.intervals("chr1", 10, np.array([0, 0, 1.5, 1.5, 0])))
    assert found == [("chr1", 10, 12, 0.0), ("chr1", 12, 14, 1.5), ("chr1", 14, 15, 0.0)]


def test_written_zeros_are_covered(tmp_path: Path):
    spans = [*bigwig.intervals("chr1", 3, np.array([0, 2, 2, -1])), *bigwig.intervals("chr2", 0, np.array([7.25]))]
    bigwig.write(tmp_path / "p.bw", {"chr2": 9, "chr1": 20}, iter(spans))
    track = Track(tmp_path / "p.bw")
    assert track.sizes == {"chr1": 20, "chr2": 9}
    raw = track.handle.values("chr1", 2, 8, fillna=None)
    assert np.isnan(raw).tolist() == [True, False, False, False, False, True]
    assert raw[1:5].tolist() == [0, 2, 2, -1]
    assert track.values("chr2", 0, 2).tolist() == [7.25, 0]


@pytest.mark.parametrize(
    ("spans", "message"),
    [
        ([], "SF0709: there is nothing to write"),
        ([("chr1", 10, 20, 1.0), ("chr1", 0, 5, 1.0)], "chr1:0-5 comes after chr1, which was written up to 20"),
        ([("chr1", 0, 10, 1.0), ("chr1", 9, 12, 1.0)], "chr1:9-12 comes after chr1, which was written up to 10"),
        ([("chr2", 0, 1, 1.0), ("chr1", 0, 1, 1.0)], "chr1:0-1 comes after chr2, which was written up to 1"),
        ([("chr1", 0, 31, 1.0)], "chr1:0-31 is outside of the chromosomes"),
        ([("chrX", 0, 1, 1.0)], "chrX:0-1 is outside of the chromosomes"),
        ([("chr1", 0, 1, 1.0), ("chr1", 1, 2, NAN)], "the value at chr1:1-2 is nan"),
    ],
)
def test_what_cannot_be_written(tmp_path: Path, spans: list, message: str, capfd: pytest.CaptureFixture[str]):
    with pytest.raises(DataError) as raised:
        bigwig.write(tmp_path / "p.bw", {"chr1": 30, "chr2": 30}, spans)
    assert message in str(raised.value)
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")


def test_errors_of_the_caller_come_through(tmp_path: Path):
    def spans():
        yield "chr1", 0, 1, 1.0
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        bigwig.write(tmp_path / "p.bw", {"chr1": 30}, spans())
    assert list(tmp_path.iterdir()) == []
