# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""From scans to base pairs: the size standard's peaks, a spline through them, and profiles on an even grid.

fitted = fit(standard, kit)                        raises DataError where the standard does not fit
profile, valid = fitted.resampled(signal, grid)    (dye, scan of the grid)
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seqforge.data.epg.kits import Kit
from seqforge.data.epg.panels import Bin, Marker, Panel
from seqforge.data.epg.problems import CALIBRATION
from seqforge.data.problems import refuse
from seqforge.errors import UsageError, did_you_mean

NEAREST, LINEAR = "nearest", "linear"
METHODS = (NEAREST, LINEAR)
LEAST_HEIGHT = 40  # RFU of a size standard's peak
CANDIDATES = 2.5  # so many times the fragments: the tallest peaks are tried
STRAIGHT = 0.02  # of the fitted range: how far a fragment may lie off a straight line (real runs: below 0.01)
SLOPES = 25  # straight lines tried from each candidate, evenly over the kit's spacing
HEIGHT_WEIGHT = 6.0  # scans off the curve that weigh as much as a height e times too large or too small
CURVE = 3  # degree of the curve along which the assignment is refined
ROUNDS = 8  # of assignment and fit from one line; most end after three
STEP, REACH, CLOSE = 0.05, 1.5, 0.4  # base pairs of a ladder's shift: step, largest, and distance of a match


@dataclass(frozen=True)
class Calibration:
    """`scans`, `fragments` (fragment,): the assigned peaks of the size standard; `off_line`: the most that one lies off
    the best straight line, bp; `base_pairs` (scan,) float64 of every scan from the first fragment to the last."""

    scans: np.ndarray
    fragments: np.ndarray
    off_line: float
    base_pairs: np.ndarray

    @property
    def first(self) -> int:
        """The scan of the first base pair."""
        return int(self.scans[0])

    @property
    def spacing(self) -> tuple[float, float]:
        """The least and the most scans per base pair between neighbouring fragments."""
        found = np.diff(self.scans) / np.diff(self.fragments)
        return float(found.min()), float(found.max())

    def position(self, base_pairs: np.ndarray) -> np.ndarray:
        """Where base pairs lie between scans, float64; outside the fitted range the nearest end."""
        return np.interp(base_pairs, self.base_pairs, np.arange(self.first, self.first + len(self.base_pairs)))

    def resampled(self, signal: np.ndarray, grid: np.ndarray, method: str = NEAREST) -> tuple[np.ndarray, np.ndarray]:
        """`signal` (dye, scan) at the base pairs `grid` (point,): (dye, point), and whether a point lies in the fitted
        range (point,); what lies outside is 0 and not data."""
        if method not in METHODS:
            raise UsageError(f"unknown resampling '{method}'; {did_you_mean(method, METHODS)}")
        grid = np.asarray(grid, dtype=np.float64)
        rounding = 1e-4  # bp: the ends of a float32 grid
        valid = (grid >= self.fragments[0] - rounding) & (grid <= self.fragments[-1] + rounding)
        found = self._nearest(signal, grid) if method == NEAREST else self._linear(signal, grid)
        return np.where(valid, found, 0), valid

    def _nearest(self, signal: np.ndarray, grid: np.ndarray) -> np.ndarray:
        """By the smallest distance in base pairs; ties go to the earlier scan."""
        right = np.clip(np.searchsorted(self.base_pairs, grid), 1, len(self.base_pairs) - 1)
        earlier = grid - self.base_pairs[right - 1] <= self.base_pairs[right] - grid
        found: np.ndarray = signal[:, self.first + right - earlier]
        return found

    def _linear(self, signal: np.ndarray, grid: np.ndarray) -> np.ndarray:
        at = self.position(grid)
        left = np.minimum(at.astype(np.int64), signal.shape[1] - 2)
        share = at - left
        found: np.ndarray = signal[:, left] * (1 - share) + signal[:, left + 1] * share
        return found


def fit(standard: np.ndarray, kit: Kit, path: Path | str = "") -> Calibration:
    """The calibration of a run by its size standard (scan,) without baseline; raises DataError."""
    fragments = np.array(kit.fragments, dtype=np.float64)
    peaks, heights = candidates(standard, len(fragments))
    if len(peaks) < len(fragments):
        sentence = f"the size standard has {len(peaks)} peaks of {LEAST_HEIGHT} RFU and more"
        raise refuse(CALIBRATION, f"{sentence}, {kit.standard} has {len(fragments)} fragments", file=path)
    scans = assigned(peaks, heights, fragments, kit.spacing)
    if scans is None:
        raise _refuse_straight(kit, path)
    off_line = float(np.abs(_residuals(scans, fragments)).max())
    if off_line > STRAIGHT * (fragments[-1] - fragments[0]):
        raise _refuse_straight(kit, path, off_line)
    return _spline(scans, fragments, off_line, kit, path)


def _refuse_straight(kit: Kit, path: Path | str, off_line: float | None = None) -> Exception:
    far = "" if off_line is None else f": the best assignment lies up to {off_line:.1f} bp off"
    sentence = f"no peaks of the size standard follow {kit.standard} in a line{far}"
    return refuse(CALIBRATION, sentence, "is it another size standard?", path)


def candidates(standard: np.ndarray, fragments: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions (peak,), ascending, of the tallest peaks, refined to a part of a scan by a parabola; their heights."""
    from scipy.signal import find_peaks

    standard = np.asarray(standard, dtype=np.float64)
    found, about = find_peaks(standard, height=LEAST_HEIGHT, prominence=LEAST_HEIGHT / 2, distance=10)
    tallest = np.argsort(-about["prominences"], kind="stable")[: round(CANDIDATES * fragments)]
    found = np.sort(found[tallest])
    left, top, right = standard[found - 1], standard[found], standard[found + 1]
    curve = left - 2 * top + right
    return found + np.where(curve < 0, 0.5 * (left - right) / np.where(curve < 0, curve, 1), 0), top


def assigned(
    peaks: np.ndarray, heights: np.ndarray, fragments: np.ndarray, spacing: tuple[float, float]
) -> np.ndarray | None:
    """Which `peaks` (peak,) of `heights` (peak,) are the fragments: their positions (fragment,), ascending.

    It is the monotone assignment with the best linear fit whose slope lies in `spacing`; None if there is none.

    Lines through every candidate, of every slope, are each assigned by dynamic programming and fitted again until
    nothing changes; the best one is then assigned once more along its own curve, which tells a fragment from a
    neighbour that happens to lie nearer to the line.
    """
    slopes = np.linspace(*spacing, SLOPES)
    offset = (peaks[:, None] - slopes * fragments[0]).ravel()
    slope = np.broadcast_to(slopes, (len(peaks), SLOPES)).ravel()
    chosen = np.zeros((0, len(fragments)), dtype=np.int64)
    for _ in range(ROUNDS):
        before = chosen
        chosen = np.unique(_monotone(peaks, offset[:, None] + slope[:, None] * fragments), axis=0)
        slope, offset = _lines(peaks[chosen], fragments)
        inside = (slope >= spacing[0]) & (slope <= spacing[1])
        chosen, slope, offset = chosen[inside], slope[inside], offset[inside]
        if not len(chosen) or np.array_equal(chosen, before):
            break
    if not len(chosen):
        return None
    misfit = np.square((peaks[chosen] - offset[:, None]) / slope[:, None] - fragments).sum(axis=1)
    return _along_curve(peaks, heights, chosen[int(np.argmin(misfit))], fragments)


def _along_curve(peaks: np.ndarray, heights: np.ndarray, chosen: np.ndarray, fragments: np.ndarray) -> np.ndarray:
    """`chosen` peaks (fragment,) assigned again along their own curve, preferring heights like the others'."""
    unlikely = np.square(HEIGHT_WEIGHT * np.log(heights / np.median(heights[chosen])))
    for _ in range(ROUNDS):
        curve = np.polynomial.Polynomial.fit(fragments, peaks[chosen], CURVE)
        again = _monotone(peaks, curve(fragments)[None], unlikely)[0]
        if np.array_equal(again, chosen):
            break
        chosen = again
    found: np.ndarray = peaks[chosen]
    return found


def _lines(scans: np.ndarray, fragments: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slope and offset (line,) of the best straight lines scan = offset + slope · bp for `scans` (line, fragment)."""
    centred = fragments - fragments.mean()
    slope = scans @ centred / (centred @ centred)
    return slope, scans.mean(axis=1) - slope * fragments.mean()


def _monotone(peaks: np.ndarray, expected: np.ndarray, unlikely: np.ndarray | float = 0.0) -> np.ndarray:
    """Which peaks (line, fragment), ascending, have the least Σ distance² from `expected` (line, fragment).

    `unlikely` (peak,) scans²: what choosing a peak costs beside its distance.
    """
    lines, count = expected.shape
    size = len(peaks)
    cost = np.zeros((lines, size))
    back = np.zeros((count, lines, size), dtype=np.int32)
    for number in range(count):
        if number:  # the best end of the fragments before, at an earlier peak
            running = np.minimum.accumulate(cost, axis=1)
            least = np.where(cost == running, np.arange(size), 0)
            back[number, :, 1:] = np.maximum.accumulate(least, axis=1)[:, :-1]
            cost = np.concatenate((np.full((lines, 1), np.inf), running[:, :-1]), axis=1)
        cost = cost + np.square(peaks - expected[:, number, None]) + unlikely
    chosen = np.empty((lines, count), dtype=np.int64)
    chosen[:, -1] = np.argmin(cost, axis=1)
    for number in range(count - 1, 0, -1):
        chosen[:, number - 1] = back[number, np.arange(lines), chosen[:, number]]
    return chosen


def _residuals(scans: np.ndarray, fragments: np.ndarray) -> np.ndarray:
    """How far (fragment,) bp the peaks lie off their straight line."""
    slope, offset = _lines(scans[None], fragments)
    found: np.ndarray = (scans - offset[0]) / slope[0] - fragments
    return found


def _spline(scans: np.ndarray, fragments: np.ndarray, off_line: float, kit: Kit, path: Path | str) -> Calibration:
    from scipy.interpolate import CubicSpline

    curve = CubicSpline(scans, fragments, bc_type="natural")
    every = np.arange(int(np.floor(scans[0])), int(np.ceil(scans[-1])) + 1)
    base_pairs = curve(every)
    if not (np.diff(base_pairs) > 0).all():
        at = every[int(np.argmin(np.diff(base_pairs)))]
        raise refuse(
            CALIBRATION, f"base pairs do not increase at scan {at:,}", "is a peak of the standard split?", path
        )
    found = Calibration(scans, fragments, off_line, base_pairs)
    low, high = found.spacing
    if low < kit.spacing[0] or high > kit.spacing[1]:
        wanted = f"{kit.name} has {kit.spacing[0]:g} to {kit.spacing[1]:g}"
        raise refuse(CALIBRATION, f"{low:.2f} to {high:.2f} scans per base pair, {wanted}", file=path)
    return found


# the allelic ladder


@dataclass(frozen=True)
class Shift:
    """How a ladder moves a marker: `sizes` (allele,) of the panel and `by` (allele,) bp, where a peak was found."""

    marker: str
    sizes: np.ndarray
    by: np.ndarray


def shifts(panel: Panel, ladder: np.ndarray, base_pairs: np.ndarray, least: float = 100) -> list[Shift]:
    """Of every marker, by a calibrated run of the allelic ladder (dye, scan) on `base_pairs` (scan,)."""
    from scipy.signal import find_peaks

    found = []
    tops = [_refined(dye, find_peaks(dye, height=least)[0], base_pairs) for dye in ladder.astype(np.float64)]
    for marker in panel.markers:
        peaks = tops[marker.dye] if marker.dye < len(tops) else np.zeros(0)
        near = peaks[(peaks >= marker.lower - REACH) & (peaks <= marker.upper + REACH)]
        found.append(_shift(marker, near))
    return found


def _refined(dye: np.ndarray, tops: np.ndarray, base_pairs: np.ndarray) -> np.ndarray:
    """The base pairs of peaks between scan points, by a parabola through each apex."""
    left, top, right = dye[tops - 1], dye[tops], dye[tops + 1]
    curve = left - 2 * top + right
    part = np.where(curve < 0, 0.5 * (left - right) / np.where(curve < 0, curve, 1), 0)
    return np.interp(tops + part, np.arange(len(base_pairs)), base_pairs)


def _shift(marker: Marker, peaks: np.ndarray) -> Shift:
    """The common shift under which most alleles have a peak (of equals the smallest), then each allele's own."""
    sizes = np.array([one.size for one in marker.bins])
    if not len(sizes) or not len(peaks):
        return Shift(marker.name, np.zeros(0), np.zeros(0))
    tried = np.arange(-REACH, REACH + STEP / 2, STEP)
    far = np.abs(sizes[None, :, None] + tried[:, None, None] - peaks).min(axis=2)  # (shift, allele)
    matches = (far <= CLOSE).sum(axis=1)
    misfit = np.where(far <= CLOSE, far, 0).sum(axis=1)
    common = tried[np.lexsort((np.abs(tried), misfit, -matches))[0]]
    return _own(marker.name, sizes, peaks, float(common))


def _own(name: str, sizes: np.ndarray, peaks: np.ndarray, common: float) -> Shift:
    """Alleles and peaks that are each other's nearest."""
    far = np.abs(sizes[:, None] + common - peaks)
    peak = far.argmin(axis=1)
    mutual = (far.argmin(axis=0)[peak] == np.arange(len(sizes))) & (far.min(axis=1) <= CLOSE)
    return Shift(name, sizes[mutual], peaks[peak[mutual]] - sizes[mutual])


def shifted(panel: Panel, found: list[Shift]) -> Panel:
    """The panel with its sizes, bins and bounds moved, between the ladder alleles of a marker by interpolation."""
    by_name = {shift.marker: shift for shift in found if len(shift.sizes)}
    markers = [_moved(marker, by_name[marker.name]) if marker.name in by_name else marker for marker in panel.markers]
    return Panel(panel.name, tuple(markers), panel.file)


def _moved(marker: Marker, shift: Shift) -> Marker:
    order = np.argsort(shift.sizes)

    def by(size: float) -> float:
        return float(np.interp(size, shift.sizes[order], shift.by[order]))

    bins: tuple[Bin, ...] = tuple(one.moved(by(one.size)) for one in marker.bins)
    lower, upper = marker.lower + by(marker.lower), marker.upper + by(marker.upper)
    return marker._replace(lower=lower, upper=upper, bins=bins)
