# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Alleles called from what a model says about scan points: runs, their apex, and the nearest allele of a panel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from seqforge.arrays import np
from seqforge.data.epg.peaks import runs_of
from seqforge.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from seqforge.data.epg.panels import Panel

THRESHOLD = 0.5  # a scan point is positive at this probability and above
TOLERANCE = 0.3  # bp: an allele is called at this distance at most
DIGITS = 4  # of a distance: base pairs are stored in float32, where 0.3 bp is 0.30000305
NO_ALLELE = "OB"  # out of bin
NO_MARKER = "off-marker"
ALLELE = "allele"  # the label that is called among several, if nothing else is said


class Run(NamedTuple):
    """Neighbouring scan points of one dye, `start` to `stop` (0-based, half-open), that have one label."""

    dye: int
    start: int
    stop: int
    label: int


@dataclass(frozen=True)
class Call:
    """One allele that a model found. `dye`: row of the profile; `start`, `stop`: scan points, 0-based and half-open;
    `position`: scan point of the apex; `bp` and `rfu` there; `confidence`: mean probability of the run; `distance`:
    to the panel's allele in bp (None: the dye has no alleles); `label`: number of the class."""

    dye: int
    start: int
    stop: int
    position: int
    bp: float
    rfu: float
    confidence: float
    marker: str
    allele: str
    distance: float | None = None
    label: int = 1

    @property
    def name(self) -> str:
        """`Marker_Allele`; `Marker_OB` or `off-marker_OB` for a run that is not called."""
        return f"{self.marker}_{self.allele}"

    @property
    def in_bin(self) -> bool:
        return self.allele != NO_ALLELE

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {"name": self.name, **asdict(self)}


def classes(probability: np.ndarray, threshold: float = THRESHOLD) -> np.ndarray:
    """The class of each scan point, int8: (…, dye, scan) of one probability, 1 where it is `threshold` or more.

    `probability` (dye, scan) or (profile, dye, scan) is that of class 1. Several classes: see `arg_max`.
    """
    return (np.asarray(probability) >= threshold).astype(np.int8)


def arg_max(probability: np.ndarray, axis: int = 0) -> np.ndarray:
    """The most probable class, int8; `axis`: that of the classes. Of ties the first, but of two classes the second."""
    found = np.asarray(probability)
    if found.shape[axis] == 2:
        return classes(np.take(found, 1, axis))
    return found.argmax(axis=axis).astype(np.int8)


def runs(mask: np.ndarray, labels: Sequence[int] = (1,)) -> list[Run]:
    """Maximal runs of the same class in `mask` (dye, scan), of the classes `labels`; ordered by dye and position."""
    return [run for run in map(Run._make, runs_of(np.asarray(mask))) if run.label in labels]


def called_labels(labels: Sequence[str], asked: Sequence[str] | None = None) -> tuple[int, ...]:
    """Numbers of the classes whose runs are alleles: those `asked` for by name; else "allele", or all but the first.

    Raises UsageError for a name that is no label, and for the background.
    """
    if asked is None:
        return (labels.index(ALLELE),) if ALLELE in labels else tuple(range(1, max(len(labels), 2)))
    for name in asked:
        if name not in labels:
            raise UsageError(f"--call-labels: unknown '{name}'; {did_you_mean(name, labels[1:])}")
        if name == labels[0]:
            raise UsageError(f"--call-labels: '{name}' is the background; expected one of {', '.join(labels[1:])}")
    return tuple(sorted({list(labels).index(name) for name in asked}))


def call(
    probability: np.ndarray,
    rfu: np.ndarray,
    base_pairs: np.ndarray,
    panel: Panel,
    *,
    labels: Sequence[int] = (1,),
    exact: bool = False,
    mask: np.ndarray | None = None,
) -> list[Call]:
    """The alleles of one profile, ordered by dye and position.

    `probability` (dye, scan) of class 1, or (class, dye, scan); `rfu` (dye, scan) raw; `base_pairs` (scan,);
    `labels`: the classes whose runs are called; `exact`: leave out what is more than 0.3 bp from every allele;
    `mask` (dye, scan): the classes, where they are known already.

    A run's apex is its highest point, the first of several; its bp decides the allele: the nearest of the panel on that
    dye (the smaller of two), if it is 0.3 bp away at most.
    """
    several = np.ndim(probability) == 3
    found = mask if mask is not None else arg_max(probability) if several else classes(probability)
    calls = []
    for run in runs(found, labels):
        own = probability[run.label] if several else probability
        calls.append(_named(run, own, rfu, base_pairs, panel))
    return [one for one in calls if one.in_bin] if exact else calls


def _named(run: Run, probability: np.ndarray, rfu: np.ndarray, base_pairs: np.ndarray, panel: Panel) -> Call:
    height = rfu[run.dye, run.start : run.stop]
    position = run.start + int(height.argmax())
    bp = float(base_pairs[position])
    marker, allele, distance = named(panel, run.dye, bp)
    return Call(
        dye=run.dye,
        start=run.start,
        stop=run.stop,
        position=position,
        bp=bp,
        rfu=float(rfu[run.dye, position]),
        confidence=float(np.mean(probability[run.dye, run.start : run.stop], dtype=np.float64)),
        marker=marker,
        allele=allele,
        distance=distance,
        label=run.label,
    )


def named(panel: Panel, dye: int, bp: float) -> tuple[str, str, float | None]:
    """(marker, allele, distance in bp) at `bp` on a dye: OB beyond 0.3 bp, off-marker outside the markers' bounds."""
    nearest = panel.nearest(dye, bp)
    distance = nearest.distance if nearest else None
    if nearest and round(nearest.distance, DIGITS) <= TOLERANCE:
        return nearest.marker.name, nearest.bin.label, distance
    marker = panel.marker_at(dye, bp)
    return marker.name if marker else NO_MARKER, NO_ALLELE, distance


def truth_calls(
    mask: np.ndarray, rfu: np.ndarray, base_pairs: np.ndarray, panel: Panel, labels: Sequence[int] = (1,)
) -> list[Call]:
    """What an analyst's mask (dye, scan) calls, by the same rule; points to ignore (−100) belong to no run."""
    certain = np.ones(np.shape(mask), dtype=np.float32)
    return [_named(run, certain, rfu, base_pairs, panel) for run in runs(mask, labels)]


def by_marker(calls: Sequence[Call]) -> Iterator[tuple[str, list[Call]]]:
    """(marker, its calls by size), markers in the order in which they first occur."""
    markers = dict.fromkeys(one.marker for one in calls)
    for marker in markers:
        yield marker, sorted((one for one in calls if one.marker == marker), key=lambda one: one.bp)
