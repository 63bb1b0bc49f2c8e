# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""How far models of simulated reads are from the truth that the reads were drawn with. NumPy alone.

Profiles have the axes (n, position, strand): `logits` before a softmax that is joint over positions and strands,
`bias` (κβS), `signal` (the profile without bias) and `rate` (with it) as the simulator keeps them. `logcounts` (n).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from seqforge.definitions.profile_data import Motif
from seqforge.metrics import profiles
from seqforge.simulation.profiles import footprint

# formulas


def flat(values: np.ndarray) -> np.ndarray:
    """(n, position, strand) as (n, value) float64."""
    return np.asarray(values, dtype=np.float64).reshape(len(values), -1)


def shares(logits: np.ndarray) -> np.ndarray:
    """The predicted profile: probabilities of the same shape, with the sum 1 in each region."""
    return np.exp(profiles.log_softmax(flat(logits))).reshape(np.shape(logits))


def correlation(predicted: np.ndarray, wanted: np.ndarray) -> float:
    """The median over regions of the correlation of two (n, position, strand)."""
    return float(np.median(profiles.pearson(flat(predicted), flat(wanted))))


def distance(predicted: np.ndarray, wanted: np.ndarray) -> float:
    """The median over regions of the Jensen-Shannon distance of two (n, position, strand) ≥ 0, each made shares."""
    return float(np.median(profiles.js_distance(flat(predicted), flat(wanted))))


def bias_slope(logits: np.ndarray, bias: np.ndarray) -> float:
    """The least-squares slope of logits on bias, both centred in each region: 0 where nothing of the bias is left."""
    z, b = (values - values.mean(axis=1, keepdims=True) for values in (flat(logits), flat(bias)))
    return float((z * b).sum() / (b * b).sum())


# motifs in random sequences


def planted(codes: np.ndarray, motif: np.ndarray) -> np.ndarray:
    """`codes` (n, position_in) with the letters `motif` (m) written into their middle."""
    found, start = codes.copy(), middle(codes.shape[1], len(motif))
    found[:, start : start + len(motif)] = motif
    return found


def middle(length: int, width: int) -> int:
    """The start of a motif whose centre, start + width // 2, is that of the sequence."""
    return length // 2 - width // 2


def letters(motif: Motif) -> np.ndarray:
    """The consensus as codes (m)."""
    return np.array(["ACGT".index(letter) for letter in motif.consensus.upper()], dtype=np.uint8)


def mutated(codes: np.ndarray, width: int) -> np.ndarray:
    """Every letter at every position of the middle: (n, position_in) → (width · 4 · n, position_in)."""
    found = np.broadcast_to(codes, (width, 4, *codes.shape)).copy()
    start = middle(codes.shape[1], width)
    for position in range(width):
        found[position, :, :, start + position] = np.arange(4)[:, None]
    return found.reshape(-1, codes.shape[1])


def consensus_found(logcounts: np.ndarray, motif: np.ndarray) -> int:
    """At how many positions of `motif` (m) its letter gives the most reads; log counts of `mutated` sequences."""
    means = np.asarray(logcounts, dtype=np.float64).reshape(len(motif), 4, -1).mean(axis=2)
    return int((means.argmax(axis=1) == motif).sum())


def wanted_footprint(motif: Motif, length: int) -> np.ndarray:
    """K (position, strand) in an output window of `length` positions with the motif in its middle."""
    return footprint(motif, length // 2)[:, :length].T


# a model, and everything that is asked of it


class Regions(NamedTuple):
    """Test regions of a sample with their truth: `codes` (n, position_in), the others (n, position_out, strand)."""

    codes: np.ndarray
    reads: np.ndarray
    bias: np.ndarray
    signal: np.ndarray
    rate: np.ndarray


class Predicted(NamedTuple):
    """`logits` (n, position_out, strand) and `logcounts` (n)."""

    logits: np.ndarray
    logcounts: np.ndarray

    def split(self, sizes: Mapping[str, int]) -> dict[str, Predicted]:
        """By name: the next so many regions."""
        ends = np.cumsum(list(sizes.values()))[:-1]
        parts = zip(np.split(self.logits, ends), np.split(self.logcounts, ends), strict=True)
        return {name: Predicted(*part) for name, part in zip(sizes, parts, strict=True)}


RANDOM, MUTATED = 256, 64  # motif-free sequences with planted motifs, and those of them that are mutated


def questions(peaks: Regions, background: Regions, motifs: tuple[Motif, ...]) -> dict[str, np.ndarray]:
    """Name → codes of everything that a model predicts for `answers`."""
    asked = {"peaks": peaks.codes, "background": background.codes}
    for motif in motifs:
        sequences = planted(background.codes[:RANDOM], letters(motif))
        asked[f"with {motif.name}"] = sequences
        asked[f"mutated {motif.name}"] = mutated(sequences[:MUTATED], len(motif.consensus))
    return asked


def answers(
    free: Mapping[str, Predicted],
    whole: Predicted,
    peaks: Regions,
    background: Regions,
    motifs: tuple[Motif, ...],
) -> dict[str, float]:
    """Quantity → value. `free`: what should know nothing of the bias, by question; `whole`: the reads of the peaks."""
    profile = shares(free["peaks"].logits)
    found = {
        "bias slope": bias_slope(free["background"].logits, background.bias),
        "signal": correlation(profile, peaks.signal),
        "signal distance": distance(profile, peaks.signal),
        "rate": correlation(shares(whole.logits), peaks.rate),
        "reads": correlation(shares(whole.logits), peaks.reads),
    }
    return found | {name: value for motif in motifs for name, value in _of_motif(free, motif)}


def _of_motif(free: Mapping[str, Predicted], motif: Motif) -> Iterator[tuple[str, float]]:
    planted_in = free[f"with {motif.name}"]
    profile = shares(planted_in.logits)
    wanted = wanted_footprint(motif, profile.shape[1])[None]
    yield f"footprint {motif.name}", correlation(profile.mean(axis=0)[None], wanted)
    yield f"single {motif.name}", correlation(profile, wanted)
    before = free["background"].logcounts[: len(profile)]
    yield f"rise {motif.name}", float(np.mean(planted_in.logcounts - before))
    yield f"consensus {motif.name}", consensus_found(free[f"mutated {motif.name}"].logcounts, letters(motif))


# what they must reach


class Quantity(NamedTuple):
    """A known truth: its key, what it is, and the least and most that it may be with all regions and epochs."""

    key: str
    title: str
    least: float = -np.inf
    most: float = np.inf

    @property
    def wanted(self) -> str:
        if self.least == -np.inf:
            return f"≤ {self.most:g}"
        return f"≥ {self.least:g}" if self.most == np.inf else f"{self.least:g} to {self.most:g}"

    def reached(self, found: Mapping[str, float]) -> bool:
        return bool(self.least <= found[self.key] <= self.most)


QUANTITIES = (
    Quantity("bias", "bias model: logits against the bias of control reads, Pearson", least=0.98),
    Quantity("slope", "transformation: slope of the bias in the experiment (truth: 0.7)", 0.65, 0.75),
    Quantity("bias slope", "bias that is left: slope of logits on it, motif-free regions", -0.05, 0.05),
    Quantity("signal", "profile without bias against the true signal, Pearson", least=0.93),
    Quantity("signal distance", "… Jensen-Shannon distance", most=0.13),
    Quantity("rate", "profile with bias against the true rate, Pearson", least=0.95),
    Quantity("reads", "… against the observed reads, Pearson", least=0.78),
    Quantity("footprint A", "mean footprint of A in random sequences, Pearson with the truth", least=0.99),
    Quantity("footprint B", "mean footprint of B", least=0.93),
    Quantity("single B", "footprint of B in single sequences, median", least=0.88),
    Quantity("rise A", "rise of the log counts by one A", least=0.4),
    Quantity("rise B", "rise of the log counts by one B", least=0.4),
    Quantity("consensus A", "positions of A whose best base is the consensus, of 10", least=9),
    Quantity("consensus B", "positions of B", least=9),
)


def orderings(corrected: Mapping[str, float], uncorrected: Mapping[str, float]) -> dict[str, bool]:
    """What holds after a short training already, as sentences."""
    better = corrected["signal"] - uncorrected["signal"]
    return {
        "the signal is met better than without correction, by at least 0.1": bool(better >= 0.1),
        "of the bias at most a quarter of the uncorrected model's slope is left": (
            abs(corrected["bias slope"]) <= abs(uncorrected["bias slope"]) / 4
        ),
    }


def table(corrected: Mapping[str, float], uncorrected: Mapping[str, float]) -> str:
    """Every quantity: its value, what it must reach, whether it does, and what the uncorrected model has."""
    width = max(len(quantity.title) for quantity in QUANTITIES)
    lines = [f"{'':{width}}  {'value':>8}  {'must reach':>12}       {'uncorrected':>12}"]
    for one in QUANTITIES:
        there = "yes" if one.reached(corrected) else "no"
        other = f"{uncorrected[one.key]:12.3f}" if one.key in uncorrected else f"{'–':>12}"
        lines.append(f"{one.title:{width}}  {corrected[one.key]:8.3f}  {one.wanted:>12}  {there:3}  {other}")
    return "\n".join(lines)
