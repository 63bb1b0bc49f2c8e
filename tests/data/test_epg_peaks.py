# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Peaks: SciPy's, windows, markers, labels; scaling and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_epg import BASE_PAIRS, REAL, REAL_PANEL, real_data, table, write_panel

from seqforge.data.epg import reading
from seqforge.data.epg.panels import read_panel
from seqforge.data.epg.peaks import find_peaks, labels, markers, runs_of, unreached, windows
from seqforge.data.epg.scaling import Scaling
from seqforge.data.epg.tables import IGNORE, Peaks


def places(peaks: Peaks) -> list[tuple[int, int, int]]:
    return list(zip(peaks.profile.tolist(), peaks.dye.tolist(), peaks.position.tolist(), strict=True))


def at(*found: tuple[int, int, int]) -> Peaks:
    return Peaks(*(np.array(column) for column in zip(*found, strict=True)))


@pytest.mark.parametrize("kind", [np.int16, np.int32, np.float32])
def test_peaks_are_those_of_scipy(kind: type) -> None:
    from scipy.signal import find_peaks as reference

    generator = np.random.default_rng(1)
    for _ in range(100):
        signal = generator.integers(-2, 4, (2, 3, generator.integers(1, 40))).astype(kind)
        found = find_peaks(signal, 1)
        rows = [(profile, dye) for profile in range(2) for dye in range(3)]
        expected = [(*row, int(at)) for row in rows for at in reference(signal[row], height=1)[0]]
        assert places(found) == expected
        assert found.height.tolist() == [signal[place] for place in expected]


def test_plateaus_count_once_and_not_at_the_ends() -> None:
    line = np.array([[[9, 9, 1, 5, 5, 1, 5, 5, 5, 0, 25, 0, 24, 7, 7]]])
    assert places(find_peaks(line, 5)) == [(0, 0, 3), (0, 0, 7), (0, 0, 10), (0, 0, 12)]
    assert places(find_peaks(line, 25)) == [(0, 0, 10)]
    assert len(find_peaks(np.zeros((0, 5, 100)), 25)) == 0


def test_int16_does_not_wrap() -> None:
    line = np.array([[[-32768, 32767, -32768]]], dtype=np.int16)
    assert find_peaks(line, 25).height.tolist() == [32767.0]


def test_windows_are_filled_with_zeros() -> None:
    signal = np.arange(1, 31).reshape(1, 3, 10)
    signal[0, 2, 4] = -7
    found = windows(signal, at((0, 0, 1), (0, 2, 9)), 6, 2)
    assert found[0].tolist() == [[0, 0, 1, 2, 3, 4], [0, 0, 21, 22, 23, 24]]
    assert found[1].tolist() == [[27, 28, 29, 30, 0, 0], [17, 18, 19, 20, 0, 0]]
    assert windows(signal, at((0, 1, 4)), 5)[0, 0].tolist() == [13, 14, 15, 16, 17]
    without = windows(signal, at((0, 0, 4)), 2, 2, analysis_dyes=2)
    assert without[0].tolist() == [[4, 5], [14, 15]]
    assert windows(-signal, at((0, 0, 4)), 2, 2)[0, 1].tolist() == [-14, 7]


def test_markers_are_found_by_base_pairs(tmp_path: Path) -> None:
    panel = read_panel(write_panel(tmp_path / "p.xml"))
    chosen = [int(np.argmin(np.abs(BASE_PAIRS - bp))) for bp in (104, 123.5, 130, 110)]
    peaks = at(*((0, dye, position) for dye, position in zip((0, 0, 0, 1), chosen, strict=True)))
    assert markers(peaks, BASE_PAIRS, panel).tolist() == [1, 0, 2, 3]
    assert markers(peaks, BASE_PAIRS[None] + 100, panel).tolist() == [0, 0, 0, 0]


def test_labels_are_those_of_any_point_within_two() -> None:
    mask = np.zeros((1, 2, 20), dtype=np.int8)
    mask[0, 0, 5] = 1
    mask[0, 1, 3], mask[0, 1, 7], mask[0, 1, 12] = 3, 2, IGNORE
    peaks = at(*((0, 0, place) for place in (2, 3, 5, 7, 8)), *((0, 1, place) for place in (1, 4, 5, 12, 14, 19)))
    assert labels(peaks, mask).tolist() == [0, 1, 1, 1, 0, 3, 3, 2, IGNORE, 0, 0]


def test_runs_and_unreached_positives() -> None:
    mask = np.zeros((2, 20), dtype=np.int8)
    mask[0, 2:5] = 1
    mask[0, 5:7] = 2
    mask[1, 18:] = 1
    mask[1, 0] = IGNORE
    assert runs_of(mask) == [(0, 2, 5, 1), (0, 5, 7, 2), (1, 18, 20, 1)]
    assert unreached(at((0, 0, 3), (0, 1, 10)), mask) == (1, 6)
    assert unreached(at((0, 0, 3), (0, 1, 16)), mask) == (0, 6)


def test_sizes_of_peaks_of_a_table() -> None:
    given = table(2)
    peaks = find_peaks(given.profiles, 25)
    assert len(peaks) == 14
    assert labels(peaks, given.masks).sum() == 10


@pytest.mark.parametrize("kind", ["log1p", "linear"])
@pytest.mark.parametrize("given", [np.int16, np.int32, np.int64, np.float32])
def test_scaling_has_an_inverse(kind: str, given: type) -> None:
    scaling = Scaling(kind, 20000.0)
    rfu = np.array([-5, 0, 1, 77, 15944, 20000, 30000]).astype(given)
    scaled = scaling.scaled(rfu)
    assert scaled.dtype == np.float32
    assert (scaled.min(), scaled.max()) == (0.0, 1.0)
    assert np.abs(scaling.inverse(scaled) - np.clip(rfu, 0, 20000)).max() <= 0.01
    assert scaling.inverse(np.array([-0.5])).tolist() == [0.0]


def test_scaling_formulas() -> None:
    rfu = np.array([100.0])
    assert Scaling().scaled(rfu)[0] == pytest.approx(np.log1p(100) / np.log1p(33000))
    assert Scaling("linear").scaled(rfu)[0] == pytest.approx(100 / 33000)
    assert Scaling("none").scaled(np.array([-4], dtype=np.int16)).tolist() == [-4.0]
    assert Scaling("none").inverse(np.array([-4.0])).tolist() == [-4.0]


@real_data
def test_the_real_profiles_have_the_published_peaks() -> None:
    given = reading.read_table(REAL)
    assert given.masks is not None
    signal, masks = np.asarray(given.profiles), np.asarray(given.masks)
    peaks = find_peaks(signal, 25)
    per_dye = [np.bincount(peaks.dye[peaks.profile == row]).tolist() for row in range(2)]
    assert per_dye == [[91, 71, 66, 63, 42], [91, 74, 53, 55, 47]]
    assert np.bincount(find_peaks(signal, 40).profile).tolist() == [219, 216]
    found = labels(peaks, masks)
    assert [int(found[peaks.profile == row].sum()) for row in range(2)] == [70, 71]
    assert [len(runs_of(mask)) for mask in masks] == [70, 71]
    around = windows(signal, peaks, 120)
    assert np.array_equal(around[:, 0, 60], signal[peaks.profile, peaks.dye, peaks.position])
    in_bin = markers(peaks, np.linspace(65, 475, 4096), read_panel(REAL_PANEL))
    assert 0 <= in_bin.min() < in_bin.max() <= 27
    assert (in_bin[found == 1] > 0).all()


@real_data
def test_scaling_of_the_real_profiles_can_be_undone() -> None:
    signal = np.asarray(reading.read_table(REAL).profiles)
    for kind in ("log1p", "linear"):
        assert np.abs(Scaling(kind).inverse(Scaling(kind).scaled(signal)) - signal).max() <= 0.01
