# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Calibration: the size standard's peaks, the curve through them, the grid, and the shift of an allelic ladder."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from seqforge.data.epg import calibration, kits
from seqforge.data.epg.calibration import _lines, _monotone, assigned, candidates, fit, shifted, shifts
from seqforge.data.epg.kits import Kit
from seqforge.data.epg.panels import Bin, Marker, Panel
from seqforge.errors import DataError, UsageError

PPF6C = kits.find("PPF6C")
SCANS = 9000


def positions(kit: Kit, first: float = 2000, slope: float = 10.0, bend: float = 8.0) -> np.ndarray:
    """Scans of the kit's fragments on a slightly bent line."""
    fragments = np.array(kit.fragments, dtype=float)
    return first + slope * fragments + bend * ((fragments - 270) / 200) ** 2


def standard(scans: np.ndarray, heights: float | np.ndarray = 900, noise: float = 5, seed: int = 1) -> np.ndarray:
    """A size standard with peaks at `scans`, a dye front before them, and noise."""
    at = np.arange(SCANS)
    signal = np.random.default_rng(seed).normal(0, noise, SCANS)
    for place, height in zip(scans, np.broadcast_to(heights, len(scans)), strict=True):
        signal += height * np.exp(-0.5 * ((at - place) / 3) ** 2)
    return signal + 15000 * np.exp(-0.5 * ((at - 900) / 50) ** 2)


@pytest.mark.parametrize("name", ["PPF6C", "GlobalFiler", "5-dye", "5-dye-600"])
@pytest.mark.parametrize("bend", [-15.0, 0.0, 15.0])
def test_finds_the_fragments_of_every_kit(name: str, bend: float):
    kit = kits.find(name)
    scans = positions(kit, bend=bend)
    found = fit(standard(scans), kit)
    assert np.abs(found.scans - scans).max() < 0.5
    assert found.fragments.tolist() == list(kit.fragments)
    truth = np.interp(np.arange(found.first, found.first + len(found.base_pairs)), scans, kit.fragments)
    assert np.abs(found.base_pairs - truth).max() < 0.15
    assert (np.diff(found.base_pairs) > 0).all()


def test_other_peaks_are_not_taken_for_fragments():
    scans = positions(PPF6C)
    extra = np.array([1500.0, 2300, 3333, 4444, 5555, 6666, 8000])
    heights = np.array([3000, 250, 300, 200, 400, 350, 2500])
    found = fit(standard(np.r_[scans, extra], np.r_[np.full(19, 900.0), heights]), PPF6C)
    assert np.abs(found.scans - scans).max() < 0.5


def test_of_two_peaks_near_the_curve_the_one_as_tall_as_the_others_is_taken():
    scans = positions(PPF6C)
    found = fit(standard(np.r_[scans, scans[9] + 14], np.r_[np.full(19, 900.0), 180]), PPF6C)
    assert np.abs(found.scans - scans).max() < 0.5


def test_the_assignment_is_the_best_of_all_monotone_ones():
    random = np.random.default_rng(4)
    for _ in range(20):
        peaks = np.sort(random.uniform(0, 100, 9))
        expected = np.sort(random.uniform(0, 100, 4))
        best = min(combinations(range(9), 4), key=lambda chosen: np.square(peaks[list(chosen)] - expected).sum())
        assert _monotone(peaks, expected[None])[0].tolist() == list(best)


def test_the_line_through_the_assignment_is_the_best_of_all():
    fragments = np.array([65.0, 80, 100, 140, 160, 200])
    peaks = np.array([1500.0, 2650, 2790, 2800, 3000, 3210, 3400, 3600, 4000, 4300])

    def misfit(chosen: np.ndarray) -> float:
        slope, offset = _lines(chosen[None], fragments)
        inside = 7 <= slope[0] <= 13
        return float(np.square((chosen - offset[0]) / slope[0] - fragments).sum()) if inside else np.inf

    best = min((peaks[list(chosen)] for chosen in combinations(range(len(peaks)), 6)), key=misfit)
    found = assigned(peaks, np.full(len(peaks), 900.0), fragments, (7, 13))
    assert found is not None
    assert found.tolist() == best.tolist() == [2650, 2800, 3000, 3400, 3600, 4000]


def test_peaks_are_found_between_scans():
    found, heights = candidates(standard(np.array([3000.3, 4000.7]), 1000, noise=0), 19)
    near = found[found > 2000]
    assert near == pytest.approx([3000.3, 4000.7], abs=0.03)
    assert heights[found > 2000] == pytest.approx([1000, 1000], rel=0.02)


def refused(signal: np.ndarray, kit: Kit = PPF6C) -> str:
    with pytest.raises(DataError) as caught:
        fit(signal, kit, "run.hid")
    assert str(caught.value).startswith("run.hid: SF0742: ")
    return str(caught.value)


def test_too_few_peaks_are_counted():
    message = refused(standard(positions(PPF6C)[:12]))
    assert "the size standard has 13 peaks of 40 RFU and more, WEN ILS 500 has 19 fragments" in message
    assert "has 0 peaks" in refused(np.zeros(SCANS))


def test_peaks_that_follow_another_standard_are_refused():
    signal = standard(np.linspace(2500, 4000, 30))
    assert "no peaks of the size standard follow WEN ILS 500" in refused(signal)


def test_a_spacing_outside_the_kits_is_refused():
    assert "no peaks of the size standard follow" in refused(standard(positions(PPF6C, slope=15)))
    narrow = replace(PPF6C, spacing=(9.99, 10.01))
    message = refused(standard(positions(PPF6C, bend=15)), narrow)
    assert "scans per base pair, PowerPlex Fusion 6C has 9.99 to 10.01" in message


def test_a_curve_that_turns_back_is_refused():
    scans = np.array([1000.0, 1100, 1101, 1300])
    kit = replace(PPF6C, fragments=(10, 60, 20.5, 30))
    with pytest.raises(DataError, match="base pairs do not increase at scan"):
        calibration._spline(scans, np.array(kit.fragments), 0.0, kit, "")


# the grid


def even(first: int = 100, spacing: float = 10.0) -> calibration.Calibration:
    """Scan `first` is 65 bp, and every base pair has `spacing` scans."""
    fragments = np.array(PPF6C.fragments, dtype=float)
    scans = first + spacing * (fragments - 65)
    return calibration.Calibration(scans, fragments, 0.0, 65 + np.arange(round(410 * spacing) + 1) / spacing)


def test_the_nearest_scan_is_taken():
    signal = np.arange(5000)[None]
    values, valid = even().resampled(signal, np.array([65.0, 65.04, 65.06, 66.0, 475.0]))
    assert values.tolist() == [[100, 100, 101, 110, 4200]]
    assert valid.all()


def test_linear_resampling_lies_between_scans():
    signal = 2 * np.arange(5000)[None]
    values, _ = even().resampled(signal, np.array([65.0, 65.04, 65.06, 475.0]), "linear")
    assert values[0] == pytest.approx([200, 200.8, 201.2, 8400])


def test_beyond_the_fitted_range_nothing_is_valid():
    signal = np.full((2, 5000), 7)
    values, valid = even().resampled(signal, np.array([60.0, 64.9, 65.0, 475.0, 475.2]))
    assert valid.tolist() == [False, False, True, True, False]
    assert values[:, ~valid].max() == 0


def test_the_ends_of_a_float32_grid_are_valid():
    _, valid = even().resampled(np.zeros((1, 5000)), PPF6C.base_pairs(4096))
    assert valid.all()
    assert len(valid) == 4096


def test_an_unknown_resampling_is_named():
    with pytest.raises(UsageError, match="unknown resampling 'liner'; did you mean 'linear'"):
        even().resampled(np.zeros((1, 5000)), np.array([70.0]), "liner")


# the ladder


def marker(name: str, first: float, count: int, dye: int = 0) -> Marker:
    bins = tuple(Bin(str(k), first + 4 * k, first + 4 * k - 0.5, first + 4 * k + 0.5) for k in range(count))
    return Marker(name, dye, first - 2, first + 4 * count, bins)


def ladder(panel: Panel, moved: dict[str, tuple[float, ...]], grid: np.ndarray) -> np.ndarray:
    signal = np.zeros((panel.dyes, len(grid)))
    for one in panel.markers:
        for allele, by in zip(one.bins, moved.get(one.name, ()), strict=False):
            signal[one.dye] += 1000 * np.exp(-0.5 * ((grid - allele.size - by) / 0.2) ** 2)
    return signal


def test_a_ladder_moves_sizes_bins_and_bounds():
    panel = Panel("p", (marker("A", 100, 5), marker("B", 150, 5, dye=1), marker("C", 200, 3)))
    grid = PPF6C.base_pairs(4096).astype(float)
    drawn = ladder(panel, {"A": (0.5,) * 5, "B": (-0.1, 0.05, 0.2, 0.35, 0.5)}, grid)
    found = shifts(panel, drawn, grid)
    a, b, c = shifted(panel, found).markers
    assert [one.size for one in a.bins] == pytest.approx([100.5, 104.5, 108.5, 112.5, 116.5], abs=0.02)
    assert a.bins[0].upper - a.bins[0].lower == pytest.approx(1)
    assert (a.lower, a.upper) == pytest.approx((98.5, 120.5), abs=0.02)
    assert [one.size - k.size for one, k in zip(b.bins, panel.markers[1].bins, strict=True)] == pytest.approx(
        [-0.1, 0.05, 0.2, 0.35, 0.5], abs=0.02
    )
    assert c == panel.markers[2]


def test_between_ladder_alleles_the_shift_is_interpolated():
    panel = Panel("p", (marker("A", 100, 5),))
    grid = PPF6C.base_pairs(4096).astype(float)
    whole = ladder(panel, {"A": (0.0, 0.1, 0.2, 0.3, 0.4)}, grid)
    variant = Bin("1.2", 106.0, 105.6, 106.4)
    with_variant = Panel("p", (panel.markers[0]._replace(bins=(*panel.markers[0].bins, variant)),))
    moved = shifted(with_variant, shifts(with_variant, whole, grid)).markers[0].bins[-1]
    assert moved.size == pytest.approx(106.15, abs=0.02)
    assert moved.upper - moved.size == pytest.approx(0.4)


def test_peaks_far_from_every_allele_move_nothing():
    panel = Panel("p", (marker("A", 100, 5),))
    grid = PPF6C.base_pairs(4096).astype(float)
    signal = np.zeros((1, len(grid)))
    signal[0] = 1000 * np.exp(-0.5 * ((grid - 300) / 0.2) ** 2)
    found = shifts(panel, signal, grid)
    assert len(found[0].by) == 0
    assert shifted(panel, found) == panel
