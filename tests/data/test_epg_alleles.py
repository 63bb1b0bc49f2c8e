# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Allele reports, donors, and alleles as masks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_epg import BASE_PAIRS, LENGTH, profile, table, write_panel

from seqforge.data.epg.alleles import Called, allele, annotations_of, mixed, read_donors, read_report
from seqforge.data.epg.annotation import Interval, annotated, bin_of, reshaped, scan_points, shaped
from seqforge.data.epg.panels import Bin, Panel, read_panel
from seqforge.data.epg.samples import Sample
from seqforge.data.epg.tables import IGNORE
from seqforge.errors import DataError

INTERLEAVED = [
    "Sample Name,Marker,Allele#1,Height#1,Allele#2,Height#2,Allele#3,Height#3",
    "one,M1,8,900,,,10,450",
    "two,M1,9,100,,,,",
    "one,M2,X,700,Y,680.5,,",
    "one,M3,OB,50,OB_21,60,OL,7",
]
GROUPED = [
    "Sample Name,Dye,Marker,Allele 1,Allele 2,Allele 3,Height 1,Height 2,Height 3",
    "one,B,M1,8,,10,900,,450",
    "two,B,M1,9,,,100,,",
    "one,B,M2,X,Y,,700,680.5,",
    "one,G,M3,OB,OB_21,OL,50,60,7",
]


@pytest.fixture
def panel(tmp_path: Path) -> Panel:
    return read_panel(write_panel(tmp_path / "panel.xml"))


def written(path: Path, lines: list[str], separator: str = ",") -> Path:
    path.write_text("\n".join(line.replace(",", separator) for line in lines) + "\n")
    return path


@pytest.mark.parametrize("separator", ["\t", ",", ";"])
@pytest.mark.parametrize("lines", [INTERLEAVED, GROUPED])
def test_both_layouts_are_read(lines: list[str], separator: str, tmp_path: Path) -> None:
    report = read_report(written(tmp_path / "report.txt", lines, separator))
    assert list(report.samples) == ["one", "two"]
    assert report.samples["one"]["M1"] == (Called("8", 900.0), Called("10", 450.0))
    assert report.samples["one"]["M2"] == (Called("X", 700.0), Called("Y", 680.5))
    assert report.samples["one"]["M3"] == (Called("21", 60.0, True),)
    assert report.genotype("one") == {"M1": ("8", "10"), "M2": ("X", "Y"), "M3": ("21",)}


def test_the_prefix_is_a_prefix() -> None:
    assert allele("OB_19.1") == Called("19.1", out_of_bin=True)
    assert allele("OB_B") == Called("B", out_of_bin=True)
    assert [allele(text) for text in ("OB", "OL", "", " ", "OB_", "OB_OL")] == [None] * 6
    assert allele(" 9.3 ") == Called("9.3")


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["Sample,Marker,Allele 1", "a,M1,8"], "report.txt:1: SF0702: no column 'Sample Name'"),
        (["Sample Name,Marker,Size 1", "a,M1,8"], "no columns of alleles"),
        (["Sample Name,Marker,Allele 1", "a,,8"], "report.txt:2: SF0722: row without Marker"),
        (["Sample Name,Marker,Allele#1,Height#1", "a,M1,8,high"], "height: expected a number, received 'high'"),
        (["Sample Name,Marker,Allele 1"], "no rows"),
        ([""], "empty"),
    ],
)
def test_wrong_reports_are_refused(lines: list[str], words: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_report(written(tmp_path / "report.txt", lines))
    assert words in str(caught.value)


def test_unknown_samples_are_named(tmp_path: Path) -> None:
    report = read_report(written(tmp_path / "report.txt", INTERLEAVED))
    with pytest.raises(DataError, match="sample 'tow' is not in the allele report; did you mean 'two'"):
        report.genotype("tow")


def test_donors_and_their_mixtures(tmp_path: Path) -> None:
    lines = ["SampleName;Marker;Allele1;Allele2", "a;M1;8;8", "a;M2;X;Y", "b;M1;10;8"]
    donors = read_donors(written(tmp_path / "donors.csv", lines))
    assert donors == {"a": {"M1": ("8",), "M2": ("X", "Y")}, "b": {"M1": ("10", "8")}}
    assert mixed(donors, ["a", "b"]) == {"M1": ("8", "10"), "M2": ("X", "Y")}
    with pytest.raises(DataError, match="donor 'c' is not in the table"):
        mixed(donors, ["c"])


def test_bins_become_scan_points() -> None:
    scale = np.array([10.0, 10.1, 10.2, 10.3, 10.4, 10.5, 10.6])
    assert scan_points(Bin("a", 10.3, 10.12, 10.48), scale) == (1, 5)
    assert scan_points(Bin("a", 10.3, 9.9, 10.48), scale) == (0, 0)
    unknown = np.r_[np.nan, np.nan, scale, np.nan]
    assert scan_points(Bin("a", 10.3, 10.12, 10.48), unknown) == (3, 7)


def test_alleles_are_placed_on_their_dye(panel: Panel) -> None:
    found = annotated({"M1": ["8", "8"], "M3": ["20"]}, panel, BASE_PAIRS)
    assert [(one.dye, one.marker, one.allele) for one in found.intervals] == [(0, "M1", "8"), (1, "M3", "20")]
    for one in found.intervals:
        middle = BASE_PAIRS[one.start : one.stop].mean()
        assert middle == pytest.approx(104.0 if one.dye == 0 else 110.0, abs=0.25)
        assert one.stop - one.start == 5


def test_micro_variants_that_are_not_listed_are_placed_and_flagged(panel: Panel) -> None:
    marker = panel.marker("M1")
    assert marker is not None
    assert bin_of(marker, "9.3") == marker.bin("9.3")
    moved = bin_of(marker, "8.2")
    assert moved is not None
    assert (moved.label, moved.size) == ("8.2", 106.0)
    found = annotated({"M1": ["8.2", "9.3"]}, panel, BASE_PAIRS)
    assert found.flagged == ("M1_8.2",)
    assert len(found.intervals) == 2


def test_unknown_alleles_have_no_place(panel: Panel) -> None:
    found = annotated({"M1": ["33", "33.1"], "Mx": ["8"]}, panel, BASE_PAIRS)
    assert found.intervals == ()
    assert [text.split(":")[0] for text in found.unknown] == ["M1_33", "M1_33.1", "Mx_8"]
    assert "no such marker" in found.unknown[2]
    outside = annotated({"M1": ["8"]}, panel, BASE_PAIRS + 50)
    assert "outside of the base pairs" in outside.unknown[0]


def signal_with(height: float) -> tuple[np.ndarray, Interval, int]:
    """A profile with one peak at 104 bp, its bin, and its apex."""
    signal = profile([(0, 104.0, height)])
    apex = int(signal[0].argmax())
    return signal, Interval(0, apex - 2, apex + 4), apex


def test_label_modes() -> None:
    signal, one, apex = signal_with(1000.0)
    modes = {mode: np.flatnonzero(shaped([one], signal, mode, False, 40)[0][0]) for mode in ("bin", "complete", "top")}
    assert modes["bin"].tolist() == list(range(apex - 2, apex + 4))
    assert modes["top"].tolist() == [apex]
    assert modes["complete"].tolist() == np.flatnonzero(signal[0] >= 40).tolist()


def test_complete_peaks_end_in_the_valley() -> None:
    signal = profile([(0, 104.0, 1000.0), (0, 105.2, 900.0)])
    valley = int(np.argmin(np.where((BASE_PAIRS > 104) & (BASE_PAIRS < 105.2), signal[0], 9999)))
    apex = int(signal[0].argmax())
    mask, _ = shaped([Interval(0, apex - 2, apex + 3)], signal, "complete", False, 40)
    assert np.flatnonzero(mask[0]).max() == valley
    assert signal[0, valley] > 40


def test_bins_without_a_peak_are_counted() -> None:
    signal, one, apex = signal_with(1000.0)
    empty = Interval(1, 50, 56)
    mask, missing = shaped([one, empty], signal, "top", False, 25)
    assert missing == 1
    assert mask[1, 50:56].tolist() == [1] * 6
    mask, missing = shaped([one, empty], signal, "top", True, 25)
    assert (missing, int(mask.sum())) == (1, 1)
    assert mask[0, apex] == 1


def test_masks_are_reshaped_by_their_runs() -> None:
    signal, one, apex = signal_with(1000.0)
    mask = np.zeros((3, LENGTH), dtype=np.int8)
    mask[0, one.start : one.stop] = 2
    mask[2, :4] = IGNORE
    top, missing = reshaped(mask, signal, "top", False, 25)
    assert missing == 0
    assert top[0, apex] == 2
    assert np.count_nonzero(top[0]) == 1
    assert (top[2, :4] == IGNORE).all()
    assert np.array_equal(reshaped(mask, signal, "bin", False, 25)[0], mask)


def test_profiles_find_their_sample(panel: Panel, tmp_path: Path) -> None:
    report = read_report(written(tmp_path / "report.txt", INTERLEAVED))
    given = table(2, names=("run1.hid", "two"))
    samples = {"run1.hid": Sample("one"), "two": Sample("two")}
    found = annotations_of(given, report, panel, samples)
    assert [len(one.intervals) for one in found] == [5, 1]
    assert found[0].unknown == ()
    with pytest.raises(DataError, match="profile 'two' is not in the table of samples"):
        annotations_of(given, report, panel, {"run1": Sample("one")})
    with pytest.raises(DataError, match="sample 'run1' is not in the allele report"):
        annotations_of(given, report, panel)
