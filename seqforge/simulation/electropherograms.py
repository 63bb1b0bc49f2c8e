# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Simulated electropherograms with the truth behind them. A profile follows from (options, its number) alone.

    simulator = Simulator(Options(profiles=40))
    simulator.profile(3)          on the grid of base pairs, with its mask, donors and alleles
    simulator.table()             all of them as a ProfileTable
    simulator.camera(3)           the same injection as the camera saw it, before calibration


    height of an allele = level · Σ_donors proportion · copies · efficiency(marker) · e^(−λ · bp / 100) · e^N(0, 0.15)

Beside alleles there are stutter one repeat before and after, pull-up into the neighbouring dyes, dye blobs, spikes in
all dyes, peaks outside every bin, a drifting baseline and noise. Kit, markers and donors are invented.

`context_effect` adds peaks at allele bins whose class no window around them tells: in one half of the mixture sets
they are alleles, in the other artefacts, and only three tall peaks at the far end of the first (artefacts) or last
(alleles) dye say which half a profile belongs to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from seqforge.data.epg.baseline import clipped
from seqforge.data.epg.panels import Marker
from seqforge.data.epg.tables import ProfileTable
from seqforge.simulation import draws
from seqforge.simulation.epg_options import Options
from seqforge.simulation.epg_panel import END, KIT, MALE, REPEAT, SEX, Called, base_pairs, marked, panel

VERSION = 2  # of the generated profiles: raised when the same options give others
ALLELE, STUTTER, EXTRA, SIGNPOST, PULL_UP, BLOB, SPIKE, OFF_LADDER, FRONT = range(9)  # kinds of a peak
PEAK = np.dtype([("kind", "i1"), ("dye", "<i2"), ("base_pair", "<f8"), ("height", "<f8"), ("sigma", "<f8")])
EXTRA_LEAST, EXTRA_RANGE = 200.0, 8.0  # RFU: the lowest peak of the context effect; the tallest is so many times that
TAIL = 1.15  # of a peak: how much wider it is behind its apex than before
SCANS, FIRST_SCAN, SCANS_PER_BP = 10_000, 2_000.0, 10.2  # of a run


class Shape(NamedTuple):
    """One peak: its kind, dye, base pair, height in RFU, and the width before its apex in base pairs."""

    kind: int
    dye: int
    base_pair: float
    height: float
    sigma: float


@dataclass(frozen=True)
class Profile:
    """`signal` (dye, scan) int16; `mask` (dye, scan) int8, 1 in the bins of alleles; `peaks` (peak,) of type PEAK;
    `proportions` as the donors; `artefact_regime`: whether the extra peaks of `context_effect` are artefacts."""

    name: str
    mixture_set: str
    donors: tuple[str, ...]
    proportions: tuple[float, ...]
    signal: np.ndarray
    mask: np.ndarray
    alleles: tuple[Called, ...]
    peaks: np.ndarray
    artefact_regime: bool


@dataclass(frozen=True)
class Camera:
    """A run before calibration: `raw`, `analysed` (dye, scan) int16, the size standard last; `base_pairs` (scan,): the
    truth that calibration looks for; `peaks` (peak,) of type PEAK."""

    name: str
    raw: np.ndarray
    analysed: np.ndarray
    base_pairs: np.ndarray
    peaks: np.ndarray


def uniform(count: int, *name: int | str) -> np.ndarray:
    """(count,) numbers in [0, 1) of the stream `name`."""
    return draws.uniforms(draws.stream(*name), np.arange(count))


def normal(count: int, *name: int | str) -> np.ndarray:
    """(count,) standard normal numbers of the stream `name` (Box–Muller)."""
    first, second = uniform(2 * (-(-count // 2)), *name).reshape(2, -1)
    radius, angle = np.sqrt(-2 * np.log1p(-first)), 2 * np.pi * second
    return np.concatenate((radius * np.cos(angle), radius * np.sin(angle)))[:count]


def rendered(peaks: np.ndarray, grid: np.ndarray, dyes: int) -> np.ndarray:
    """`peaks` of type PEAK on ascending base pairs `grid` (scan,): (dye, scan) float64."""
    signal = np.zeros((dyes, len(grid)))
    for _, dye, at, height, sigma in peaks.tolist():
        if dye >= dyes:
            continue
        start, stop = np.searchsorted(grid, (at - 5 * sigma, at + 5 * TAIL * sigma))
        far = grid[start:stop] - at
        signal[dye, start:stop] += height * np.exp(-0.5 * np.square(far / np.where(far > 0, TAIL * sigma, sigma)))
    return signal


# profiles


class Simulator:
    """Options made ready for drawing; `panel`, `base_pairs` (scan,) of its profiles."""

    def __init__(self, options: Options):
        self.options = options
        self.panel = panel(options.length, options.dyes)
        self.base_pairs = base_pairs(options.length)
        self.pool_size = min(options.donors, max(options.contributors))
        self.pools = max(1, options.donors // self.pool_size)

    def __len__(self) -> int:
        return self.options.profiles

    def profile(self, index: int) -> Profile:
        """Profile `index`, calibrated and without most of its baseline."""
        options, mixture = self.options, self._mixture(index // self.options.replicates)
        peaks, alleles = self._peaks(index, mixture)
        signal = rendered(peaks, self.base_pairs.astype(np.float64), options.dyes)
        signal += self._noise(signal.shape, index, "noise") + options.drift * self._drift(signal.shape, index)
        return Profile(
            self.name(index), mixture.name, tuple(map(donor_name, mixture.donors)), tuple(mixture.proportions.tolist()),
            clipped(signal).signal, marked(self.panel, alleles, self.base_pairs, options.dyes), alleles, peaks,
            mixture.artefacts,
        )  # fmt: skip

    def profiles(self) -> Iterator[Profile]:
        return (self.profile(index) for index in range(len(self)))

    def table(self) -> ProfileTable:
        """All profiles."""
        found = list(self.profiles())
        return ProfileTable(
            profiles=np.stack([one.signal for one in found]),
            masks=np.stack([one.mask for one in found]),
            names=tuple(one.name for one in found),
            mixture_set=tuple(one.mixture_set for one in found),
            donors=tuple(one.donors for one in found),
            contributors=np.array([len(one.donors) for one in found]),
            base_pairs=self.base_pairs,
            dye_names=KIT.dyes[: self.options.dyes],
            kit=KIT.name,
        )

    def name(self, index: int) -> str:
        mixture, replicate = divmod(index, self.options.replicates)
        return f"mixture_{mixture:04d}_{replicate + 1}"

    def camera(self, index: int, shift: float = 0.0) -> Camera:
        """Injection `index` as the camera saw it, every fragment of the donors `shift` bp longer."""
        peaks, _ = self._peaks(index, self._mixture(index // self.options.replicates))
        return self._run(self.name(index), peaks, index, shift)

    def ladder(self, shift: float = 0.0) -> Camera:
        """A run of the allelic ladder: every whole repeat of every marker."""
        alleles = [
            Shape(ALLELE, marker.dye, one.size, self.options.height / 2, _sigma(one.size))
            for marker in self.panel.markers
            for one in marker.bins
            if "." not in one.label
        ]
        return self._run("allelic ladder", np.array(alleles, dtype=PEAK), -1, shift)

    # mixtures and donors

    def _mixture(self, number: int) -> _Mixture:
        options, seed = self.options, self.options.seed
        pool, turn = number % self.pools, number // self.pools + number % self.pools
        count = min(options.contributors[turn % len(options.contributors)], self.pool_size)
        members = draws.permutation(draws.stream(seed, "members", number), self.pool_size)[:count]
        shares = -np.log1p(-uniform(count, seed, "proportions", number))
        proportions = 0.08 + (1 - 0.08 * count) * shares / max(shares.sum(), 1e-9)
        artefacts = bool(uniform(1, seed, "regime", number)[0] < 0.5)
        donors = tuple(int(pool * self.pool_size + member) for member in np.sort(members))
        return _Mixture(number, donors, proportions, artefacts)

    def genotype(self, donor: int) -> list[tuple[int, int]]:
        """(marker, bin) of every copy that a donor has; numbers from 0 in the order of the panel."""
        male = donor % 2 == 0
        found = []
        for number, marker in enumerate(self.panel.markers):
            if marker.name == SEX:
                found += [(number, 0), (number, int(male))]
                continue
            copies = int(male) if marker.name == MALE else 2
            drawn = uniform(copies, self.options.seed, "genotype", donor, marker.name)
            found += [(number, int(at)) for at in np.searchsorted(self._frequencies[number], drawn, side="right")]
        return found

    @cached_property
    def _frequencies(self) -> list[np.ndarray]:
        """Of every marker: cumulated frequencies (bin,) of its alleles, the middle ones common, variants rare."""
        return [np.cumsum(self._shares(marker))[:-1] for marker in self.panel.markers]

    def _shares(self, marker: Marker) -> np.ndarray:
        middle = (np.arange(len(marker.bins)) - (len(marker.bins) - 1) / 2) / max(1, len(marker.bins) / 3)
        share = np.exp(-0.5 * middle**2) * (0.2 + uniform(len(marker.bins), self.options.seed, "shares", marker.name))
        share *= np.array([0.3 if "." in one.label else 1.0 for one in marker.bins])
        found: np.ndarray = share / share.sum()
        return found

    # peaks

    def _peaks(self, index: int, mixture: _Mixture) -> tuple[np.ndarray, tuple[Called, ...]]:
        """Everything in a profile but baseline and noise, and the alleles of its truth."""
        alleles = self._alleles(index, mixture)
        extra = self._extra(index, mixture)
        called = [(key, height) for key, height in alleles.items() if height >= self.options.detection]
        called += [] if mixture.artefacts else [(key, height) for key, height in extra.items() if key not in alleles]
        peaks = [*self._shapes(alleles, index, ALLELE), *self._shapes(extra, index, EXTRA)]
        peaks += self._stutter(alleles, index)
        peaks += self._signposts(index, mixture.artefacts) if extra else []
        peaks += self._pull_up(peaks, index)
        peaks += [*self._blobs(index), *self._spikes(index), *self._off_ladder(index)]
        markers = self.panel.markers
        truth = (Called(markers[m].name, markers[m].bins[at].label, height) for (m, at), height in sorted(called))
        return np.array(peaks, dtype=PEAK), tuple(truth)

    def _alleles(self, index: int, mixture: _Mixture) -> dict[tuple[int, int], float]:
        """(marker, bin) → RFU, over all donors."""
        seed, options, low = self.options.seed, self.options, float(self.base_pairs[0])
        level = options.height * np.exp(0.3 * normal(1, seed, "level", index)[0])
        loss = 2 * options.degradation * uniform(1, seed, "loss", mixture.number)[0] / 100
        efficiency = np.exp(0.2 * normal(len(self.panel.markers), seed, "efficiency"))
        found: dict[tuple[int, int], float] = {}
        for donor, share in zip(mixture.donors, mixture.proportions.tolist(), strict=True):
            for marker, at in self.genotype(donor):
                found[marker, at] = found.get((marker, at), 0.0) + share
        varied = np.exp(0.15 * normal(len(found), seed, "balance", index))
        return {
            (marker, at): float(
                level * copies * efficiency[marker] * np.exp(-loss * (self._size(marker, at) - low)) * factor
            )
            for ((marker, at), copies), factor in zip(sorted(found.items()), varied.tolist(), strict=True)
        }

    def _size(self, marker: int, at: int) -> float:
        return self.panel.markers[marker].bins[at].size

    def _extra(self, index: int, mixture: _Mixture) -> dict[tuple[int, int], float]:
        """(marker, bin) → RFU of the peaks of the context effect, at bins that are not the donors'."""
        seed, number = self.options.seed, mixture.number
        count = round(self.options.context_effect * len(self.panel.markers))
        held = {(marker, self._size(marker, at)) for donor in mixture.donors for marker, at in self.genotype(donor)}
        free = [
            (m, at)
            for m, marker in enumerate(self.panel.markers)
            for at, one in enumerate(marker.bins)
            if marker.name not in (SEX, MALE) and not any(m == o and abs(size - one.size) < 2 for o, size in held)
        ]
        order = draws.permutation(draws.stream(seed, "extra", number), len(free))
        chosen: list[tuple[int, int]] = []
        for m, at in (free[rank] for rank in order):
            if len(chosen) < count and all(m != o or abs(self._size(m, at) - self._size(o, b)) > 2 for o, b in chosen):
                chosen.append((m, at))
        heights = EXTRA_LEAST * np.exp(np.log(EXTRA_RANGE) * uniform(len(chosen), seed, "extra heights", index))
        return dict(zip(chosen, heights.tolist(), strict=True))

    def _shapes(self, alleles: dict[tuple[int, int], float], index: int, kind: int) -> list[Shape]:
        moved = self._moved(len(alleles), index, kind)
        return [
            Shape(kind, self.panel.markers[m].dye, self._size(m, at) + by, height, _sigma(self._size(m, at)))
            for ((m, at), height), by in zip(alleles.items(), moved, strict=True)
        ]

    def _moved(self, count: int, index: int, purpose: int) -> list[float]:
        """How far (count,) bp peaks of an injection lie off their sizes: one shift of all, and each its own."""
        shift = 0.05 * normal(1, self.options.seed, "shift", index)[0]
        found: list[float] = (shift + 0.03 * normal(count, self.options.seed, "moved", index, purpose)).tolist()
        return found

    def _stutter(self, alleles: dict[tuple[int, int], float], index: int) -> list[Shape]:
        seed, found = self.options.seed, []
        ratios = 0.05 + 0.06 * uniform(len(self.panel.markers), seed, "stutter")
        varied = np.exp(0.2 * normal(2 * len(alleles), seed, "stutter", index)).reshape(2, -1)
        moved = np.array(self._moved(2 * len(alleles), index, STUTTER)).reshape(2, -1)
        for rank, ((m, at), height) in enumerate(alleles.items()):
            if self.panel.markers[m].name == SEX:
                continue
            for side, (step, share) in enumerate(((-REPEAT, ratios[m]), (REPEAT, 0.2 * ratios[m]))):
                at_bp = self._size(m, at) + step + moved[side, rank]
                tall = height * share * self.options.stutter * varied[side, rank]
                found.append(Shape(STUTTER, self.panel.markers[m].dye, at_bp, tall, _sigma(at_bp)))
        return found

    def _signposts(self, index: int, artefacts: bool) -> list[Shape]:
        """Three tall peaks at the far end: of the first dye where extra peaks are artefacts, else of the last dye."""
        high, dye = float(self.base_pairs[-1]), 0 if artefacts else self.options.dyes - 1
        heights = 6000 * np.exp(0.1 * normal(3, self.options.seed, "signposts", index))
        return [
            Shape(SIGNPOST, dye, high - off, tall, _sigma(high)) for off, tall in zip((6, 4, 2), heights, strict=True)
        ]

    def _pull_up(self, peaks: list[Shape], index: int) -> list[Shape]:
        shares = 0.03 * uniform(2 * len(peaks), self.options.seed, "pull-up", index).reshape(2, -1)
        found = []
        for rank, (_, dye, at, height, sigma) in enumerate(peaks):
            for side, other in enumerate((dye - 1, dye + 1)):
                if height > 500 and 0 <= other < self.options.dyes:
                    found.append(Shape(PULL_UP, other, at, height * shares[side, rank], sigma))
        return found

    def _places(self, purpose: str, index: int) -> np.ndarray:
        """(artefact, number) in [0, 1) of none to three artefacts (times the option)."""
        count = int(4 * self.options.artefacts * uniform(1, self.options.seed, purpose, index)[0])
        return uniform(4 * count, self.options.seed, purpose, index, "places").reshape(count, 4)

    def _blobs(self, index: int) -> list[Shape]:
        return [
            Shape(BLOB, int(dye * self.options.dyes), self._anywhere(at), 50 + 350 * tall, 0.8 + 1.2 * wide)
            for dye, at, tall, wide in self._places("blobs", index)
        ]

    def _spikes(self, index: int) -> list[Shape]:
        """Narrow, and at the same scan in every dye."""
        return [
            Shape(SPIKE, dye, self._anywhere(at), (100 + 900 * tall) * (1 - 0.1 * dye), 0.05 + 0.03 * wide)
            for _, at, tall, wide in self._places("spikes", index)
            for dye in range(self.options.dyes)
        ]

    def _off_ladder(self, index: int) -> list[Shape]:
        """Peaks of an allele's shape half way between two repeats."""
        found = []
        for which, at, tall, _ in self._places("off ladder", index):
            marker = self.panel.markers[int(which * len(self.panel.markers))]
            whole = [one.size for one in marker.bins if "." not in one.label]
            size = whole[int(at * (len(whole) - 1))] + REPEAT / 2
            found.append(Shape(OFF_LADDER, marker.dye, size, 60 + 240 * tall, _sigma(size)))
        return found

    def _anywhere(self, share: float) -> float:
        low, high = float(self.base_pairs[0]), float(self.base_pairs[-1])
        return low + share * (high - END - low)

    # baseline and camera

    def _noise(self, shape: tuple[int, ...], index: int, purpose: str) -> np.ndarray:
        """(dye, scan), a little correlated between neighbouring scans."""
        white = normal(int(np.prod(shape)), self.options.seed, purpose, index).reshape(shape)
        found: np.ndarray = self.options.noise * (0.9 * white + 0.436 * np.roll(white, 1, axis=-1))
        return found

    def _drift(self, shape: tuple[int, ...], index: int) -> np.ndarray:
        """(dye, scan) between −1 and 1: slow waves."""
        dyes, length = shape
        phase = uniform(3 * dyes, self.options.seed, "drift", index).reshape(dyes, 3, 1)
        at = np.arange(length) / length
        waves = [np.sin(2 * np.pi * (turns * at + phase[:, turn])) for turn, turns in enumerate((0.7, 1.9, 4.3))]
        found: np.ndarray = np.mean(waves, axis=0)
        return found

    def _run(self, name: str, peaks: np.ndarray, index: int, shift: float) -> Camera:
        dyes = self.options.dyes
        grid = self._scale(index)
        peaks = peaks.copy()
        peaks["base_pair"] += shift
        fronts = [Shape(FRONT, dye, 18.0 + dye / 2, 9000.0, 2.5) for dye in range(dyes)]
        every = np.concatenate((peaks, np.array([*fronts, *self._standard(index)], dtype=PEAK)))
        signal = rendered(every, grid, dyes + 1)
        signal[dyes] += 0.004 * signal[dyes - 1]
        signal += self._noise(signal.shape, index, "camera")
        offset = np.linspace(180, 260, dyes + 1)[:, None]
        return Camera(name, clipped(signal + offset + 60 * self._drift(signal.shape, index)).signal,
                      clipped(signal).signal, grid, every)  # fmt: skip

    def _standard(self, index: int) -> list[Shape]:
        heights = 800 * np.exp(0.12 * normal(len(KIT.fragments), self.options.seed, "standard", index))
        dye = self.options.dyes
        return [Shape(ALLELE, dye, at, tall, _sigma(at)) for at, tall in zip(KIT.fragments, heights, strict=True)]

    def _scale(self, index: int) -> np.ndarray:
        """(scan,) base pairs of a run: nearly a straight line, another one for each injection."""
        first, slope, bend = uniform(3, self.options.seed, "scale", index)
        at = np.linspace(-300, 1000, 2601)
        scans = (
            FIRST_SCAN + 200 * first + (SCANS_PER_BP + 0.6 * slope) * at + 24 * (bend - 0.5) * ((at - 270) / 205) ** 2
        )
        return np.interp(np.arange(SCANS), scans, at)


@dataclass(frozen=True)
class _Mixture:
    """A sample that is injected several times; `proportions` (donor,)."""

    number: int
    donors: tuple[int, ...]
    proportions: np.ndarray
    artefacts: bool

    @property
    def name(self) -> str:
        return f"mixture_{self.number:04d}"


def donor_name(number: int) -> str:
    return f"donor_{number:03d}"


def _sigma(size: float) -> float:
    """The width of a peak, base pairs: a little more for longer fragments."""
    return 0.2 + 0.06 * (size - KIT.grid[0]) / (KIT.grid[1] - KIT.grid[0])
