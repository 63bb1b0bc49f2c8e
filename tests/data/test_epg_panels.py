# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Panels: what GeneMarker's files say, lookups by base pair, and files that are refused."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from small_epg import REAL, REAL_PANEL, panel_text, real_data, write_panel

from seqforge.data.epg import panels, reading
from seqforge.data.epg.panels import Panel, read_panel
from seqforge.data.epg.peaks import runs_of
from seqforge.errors import DataError


@pytest.fixture
def panel(tmp_path: Path) -> Panel:
    return read_panel(write_panel(tmp_path / "panel.xml"))


def test_markers_and_bins_are_read(panel: Panel, tmp_path: Path) -> None:
    assert panel.name == "small"
    assert [marker.name for marker in panel.markers] == ["M1", "M2", "M3"]
    assert [marker.dye for marker in panel.markers] == [0, 0, 1]
    first = panel.markers[0].bins[0]
    assert (first.label, first.size, first.lower, first.upper) == ("8", 104.0, 103.5, 104.5)
    packed = read_panel(write_panel(tmp_path / "panel.xml.gz"))
    assert packed.digest == panel.digest
    moved = read_panel(write_panel(tmp_path / "moved.xml", panel_text().replace("104.0", "104.1")))
    assert moved.digest != panel.digest


def test_disabled_loci_are_left_out(tmp_path: Path) -> None:
    text = panel_text().replace("<Enabled>1", "<Enabled>0", 1)
    assert [marker.name for marker in read_panel(write_panel(tmp_path / "p.xml", text)).markers] == ["M2", "M3"]


def test_markers_are_found_by_bounds_on_their_dye(panel: Panel) -> None:
    dyes = np.array([0, 0, 0, 0, 1, 2, 0])
    base_pairs = np.array([102.0, 122.0, 123.0, 149.0, 104.9, 110.0, np.nan])
    assert panel.indices(dyes, base_pairs).tolist() == [1, 1, 0, 2, 0, 0, 0]
    assert panel.marker_at(1, 105.0) == panel.marker("m3")
    assert panel.marker_at(1, 104.0) is None
    assert (panel.index("M3"), panel.index("nothing")) == (3, 0)


def test_the_nearest_allele_of_the_dye_is_found(panel: Panel) -> None:
    near = panel.nearest(0, 111.2)
    assert near is not None
    assert (near.marker.name, near.bin.label) == ("M1", "9.3")
    assert near.distance == pytest.approx(0.2)
    tie = panel.nearest(0, 106.0)
    assert tie is not None
    assert tie.bin.label == "8"
    across = panel.nearest(0, 124.0)
    assert across is not None
    assert across.marker.name == "M2"
    assert panel.nearest(2, 110.0) is None
    assert panel.nearest(0, float("nan")) is None


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("<DyeIndex>2", "<DyeIndex>5", "marker 'M3': DyeIndex: expected one of 1, 2, 3, 4, 6, received 5"),
        ("<LowerBoundary>125", "<LowerBoundary>x", "marker 'M2': LowerBoundary: expected a number ≥ 0, received 'x'"),
        ("<LowerBoundary>125", "<LowerBoundary>155", "LowerBoundary 155 is not below UpperBoundary 150"),
        ("Size='108.0'", "Size='nan'", "Size: expected a number ≥ 0"),
        ("Size='108.0'", "Siez='108.0'", "has no Size (did you mean 'Siez'?)"),
        ("Label='9.3'", "Label='9'", "allele '9' is there twice"),
        (">M2<", ">m1<", "marker 'm1' is there twice"),
        (">M2<", "><", "has no MarkerTitle"),
        ("</Loci>", "", "not well-formed XML"),
        ("<Panel>", "<!DOCTYPE Panel [<!ENTITY a 'b'>]><Panel>", "DOCTYPE"),
        ("Locus>", "Place>", "no Loci/Locus"),
    ],
)
def test_wrong_panels_are_refused(old: str, new: str, words: str, tmp_path: Path) -> None:
    path = write_panel(tmp_path / "panel.xml", panel_text().replace(old, new))
    with pytest.raises(DataError) as caught:
        read_panel(path)
    assert words in str(caught.value)
    assert "panel.xml" in str(caught.value)


def test_every_wrong_marker_is_named(tmp_path: Path) -> None:
    text = panel_text().replace("<DyeIndex>2", "<DyeIndex>7").replace("<LowerBoundary>102", "<LowerBoundary>-1")
    with pytest.raises(DataError) as caught:
        read_panel(write_panel(tmp_path / "panel.xml", text))
    assert [(problem.id, problem.place.line) for problem in caught.value.problems] == [("SF0721", 3), ("SF0721", 13)]


def test_files_that_cannot_be_unpacked_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = gzip.compress(panel_text().encode())
    (tmp_path / "cut.xml.gz").write_bytes(packed[:-20])
    with pytest.raises(DataError, match="cannot unpack"):
        read_panel(tmp_path / "cut.xml.gz")
    with pytest.raises(DataError, match="No such file"):
        read_panel(tmp_path / "none.xml")
    monkeypatch.setattr(panels, "LARGEST", 100)
    with pytest.raises(DataError, match="more than"):
        read_panel(write_panel(tmp_path / "large.xml.gz"))


@real_data
def test_the_real_panel_has_27_loci_and_783_alleles() -> None:
    panel = read_panel(REAL_PANEL)
    assert len(panel.markers) == 27
    assert sum(len(marker.bins) for marker in panel.markers) == 783
    assert panel.dyes == 5
    assert {marker.dye for marker in panel.markers} == {0, 1, 2, 3, 4}


@real_data
def test_annotated_peaks_lie_near_alleles_of_the_real_panel() -> None:
    panel, given = read_panel(REAL_PANEL), reading.read_table(REAL)
    base_pairs = np.linspace(65, 475, given.length)
    assert given.masks is not None
    for signal, mask, runs in zip(given.profiles, given.masks, (70, 71), strict=True):
        found = []
        for dye, start, stop, _ in runs_of(mask):
            near = panel.nearest(dye, base_pairs[start + int(np.argmax(signal[dye, start:stop]))])
            assert near is not None
            found.append(near)
        assert len(found) == runs
        assert max(near.distance for near in found) < 0.278
        moved = [near for near in found if near.marker.name == "D18S51" and near.bin.label.endswith(".1")]
        assert len(moved) == 3
