# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""How well scan points, peaks and alleles of electropherograms are found; sums that grow profile by profile.

0/0 gives 0 here, and a note says so: a profile set without a class is rare, and a mean must not be flattered by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from seqforge.arrays import np
from seqforge.data.epg.peaks import runs_of, unreached
from seqforge.data.epg.tables import IGNORE
from seqforge.data.epg.tables import Peaks as FoundPeaks
from seqforge.evaluation.epg_calling import NO_ALLELE, Call

RATES = ("precision", "recall", "f1")
EDGES = tuple(10.0 * 2**k for k in range(13))  # RFU, log-spaced: 10, 20, 40 … 40,960
TRUTHS = ("analyst", "donors")
OUT_OF_BIN = ("count", "ignore")
MARKERS = ("autosomal", "all")
OF_SEX = ("AMEL", "DYS", "YINDEL")  # how names of markers on the sex chromosomes begin


# ---------------------------------------------------------------------------------------------------- counts and rates


def confusion(prediction: np.ndarray, target: np.ndarray, classes: int) -> np.ndarray:
    """(true, predicted) int64 counts of class numbers of one shape; −100 in `target` leaves out both."""
    prediction, target = np.asarray(prediction).ravel(), np.asarray(target).ravel()
    kept = target != IGNORE
    cells = target[kept].astype(np.int64) * classes + prediction[kept].astype(np.int64)
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


def over(above: float, below: float) -> float:
    """above / below, 0 where both are 0."""
    return float(above) / float(below) if below else 0.0


@dataclass
class Found:
    """True and false positives and misses of something that is found or not."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def __iadd__(self, other: Found) -> Found:
        self.tp, self.fp, self.fn = self.tp + other.tp, self.fp + other.fp, self.fn + other.fn
        return self

    @property
    def undefined(self) -> list[str]:
        """The rates that are 0/0."""
        below = {
            "precision": self.tp + self.fp,
            "recall": self.tp + self.fn,
            "f1": 2 * self.tp + self.fp + self.fn,
        }
        return [name for name, count in below.items() if not count]

    def rates(self) -> dict[str, float]:
        tp, fp, fn = self.tp, self.fp, self.fn
        return {
            "precision": over(tp, tp + fp),
            "recall": over(tp, tp + fn),
            "f1": over(2 * tp, 2 * tp + fp + fn),
            "iou": over(tp, tp + fp + fn),
        }

    def plain(self, iou: bool = False) -> dict[str, Any]:
        """Counts and rates as JSON."""
        rates = self.rates()
        if not iou:
            del rates["iou"]
        return {"tp": self.tp, "fp": self.fp, "fn": self.fn, **rates}


def of_class(matrix: np.ndarray, label: int) -> Found:
    """One class against the rest, from (true, predicted) counts."""
    tp = int(matrix[label, label])
    return Found(tp, int(matrix[:, label].sum()) - tp, int(matrix[label].sum()) - tp)


def rates_of(matrix: np.ndarray) -> dict[str, float]:
    """Rates of class 1 of two classes, means over the classes of several; `f1_macro` is always such a mean."""
    means = macro(matrix)
    return (of_class(matrix, 1).rates() if len(matrix) == 2 else means) | {"f1_macro": means["f1"]}


def macro(matrix: np.ndarray) -> dict[str, float]:
    """Means of rates over the classes that occur or are predicted, from (true, predicted) counts."""
    each = [of_class(matrix, k) for k in range(len(matrix))]
    there = [found.rates() for found in each if "f1" not in found.undefined]
    return {name: float(np.mean([rates[name] for rates in there])) if there else 0.0 for name in Found().rates()}


def notes_of(matrix: np.ndarray, labels: Sequence[str], what: str) -> list[str]:
    """What is 0/0, for people."""
    found = []
    for k, label in enumerate(labels):
        undefined = of_class(matrix, k).undefined
        if undefined:
            absent = ", left out of means" if "f1" in undefined else ""
            found.append(f"{what} '{label}': {', '.join(undefined)} 0/0, given as 0{absent}")
    return found


# ------------------------------------------------------------------------------------------------------------- strata


def bin_of(rfu: np.ndarray, edges: Sequence[float] = EDGES) -> np.ndarray:
    """The bin of each height: 0 below the first edge, then [edge, next edge), the last one without an end."""
    return np.searchsorted(np.asarray(edges), np.asarray(rfu, dtype=np.float64), side="right")


@dataclass
class Strata:
    """Counts of found things by a bin of RFU, or by any other key."""

    counts: dict[Any, Found] = field(default_factory=dict)

    def add(self, key: Any, found: Found) -> None:
        self.counts.setdefault(key, Found()).__iadd__(found)

    def add_points(self, keys: np.ndarray, said: np.ndarray, true: np.ndarray) -> None:
        """`keys` int ≥ 0, `said`, `true` bool, of one shape."""
        keys, said, true = (np.asarray(one).ravel() for one in (keys, said, true))
        size = int(keys.max(initial=0)) + 1
        counts = (np.bincount(keys[which], minlength=size) for which in (said & true, said & ~true, ~said & true))
        for key, (tp, fp, fn) in enumerate(zip(*counts, strict=True)):
            if tp or fp or fn:
                self.add(key, Found(int(tp), int(fp), int(fn)))

    def by_rfu(self, edges: Sequence[float] = EDGES) -> list[dict[str, Any]]:
        """A row per bin that has anything, with its limits in RFU (None: open)."""
        ends = [None, *edges, None]
        return [{"from": ends[key], "to": ends[key + 1], **self.counts[key].plain()} for key in sorted(self.counts)]

    def by_key(self, name: str) -> list[dict[str, Any]]:
        return [{name: key, **self.counts[key].plain()} for key in sorted(self.counts)]


# --------------------------------------------------------------------------------------------------------- scan points


class Points:
    """Pixel metrics of profiles: counts over all scan points, IoU of each profile, strata."""

    def __init__(self, labels: Sequence[str]):
        self.labels = tuple(labels)
        size = len(self.labels)
        self.counts = np.zeros((size, size), dtype=np.int64)
        self.ious: list[float] = []
        self.left_out = 0
        self.strata, self.contributors = Strata(), Strata()

    def add(self, mask: np.ndarray, truth: np.ndarray, rfu: np.ndarray, contributors: int | None = None) -> Found:
        """One profile: predicted and true classes and heights, each (dye, scan); what comes back are its counts, summed
        over the classes but the background."""
        matrix = confusion(mask, truth, len(self.labels))
        self.counts += matrix
        self._iou(matrix)
        kept = np.asarray(truth) != IGNORE
        said, true = np.asarray(mask)[kept], np.asarray(truth)[kept]
        heights = bin_of(np.asarray(rfu)[kept])
        for label in range(1, len(self.labels)):
            self.strata.add_points(heights, said == label, true == label)
            if contributors is not None:
                self.contributors.add(int(contributors), of_class(matrix, label))
        found = Found()
        for label in range(1, len(self.labels)):
            found += of_class(matrix, label)
        return found

    def _iou(self, matrix: np.ndarray) -> None:
        """The mean over the classes but the background that the profile has, or is said to have."""
        each = [of_class(matrix, k) for k in range(1, len(self.labels))]
        there = [found.rates()["iou"] for found in each if "f1" not in found.undefined]
        if there:
            self.ious.append(float(np.mean(there)))
        else:
            self.left_out += 1

    def scores(self) -> dict[str, Any]:
        rates = rates_of(self.counts)
        by_label = {label: of_class(self.counts, k).plain(iou=True) for k, label in enumerate(self.labels)}
        return {
            **rates,
            "iou_per_profile": float(np.mean(self.ious)) if self.ious else None,
            "iou_left_out": self.left_out,
            "labels": by_label,
            "confusion_matrix": self.counts.tolist(),
        }

    def notes(self) -> list[str]:
        found = notes_of(self.counts, self.labels, "scan points of")
        if self.left_out:
            without = f"{self.left_out:,} of {self.left_out + len(self.ious):,} profiles have no true and no predicted"
            found.append(f"{without} points: left out of the mean IoU")
        return found


# --------------------------------------------------------------------------------------------------------------- peaks


class Peaks:
    """Metrics of peaks: each has a true and a predicted class and a height."""

    def __init__(self, labels: Sequence[str]):
        self.labels = tuple(labels)
        self.counts = np.zeros((len(labels), len(labels)), dtype=np.int64)
        self.strata, self.contributors = Strata(), Strata()

    def add(self, said: np.ndarray, true: np.ndarray, rfu: np.ndarray, contributors: np.ndarray | int | None) -> None:
        """Some peaks (peak,); `contributors`: of their profile, or of each one's."""
        said, true = np.asarray(said), np.asarray(true)
        kept = true != IGNORE
        self.counts += confusion(said, true, len(self.labels))
        heights = bin_of(np.asarray(rfu)[kept])
        people = None if contributors is None else np.broadcast_to(np.asarray(contributors, np.int64), true.shape)[kept]
        for label in range(1, len(self.labels)):
            pair = said[kept] == label, true[kept] == label
            self.strata.add_points(heights, *pair)
            if people is not None:
                self.contributors.add_points(people, *pair)

    def scores(self) -> dict[str, Any]:
        """Means over the classes, and each class against the rest."""
        each = {label: of_class(self.counts, k).plain() for k, label in enumerate(self.labels)}
        means = {name: mean for name, mean in macro(self.counts).items() if name in RATES}
        matrix = self.counts.tolist()
        return {"n": int(self.counts.sum()), **means, "labels": each, "confusion_matrix": matrix}

    def notes(self) -> list[str]:
        return notes_of(self.counts, self.labels, "peaks of")


@dataclass
class Unreachable:
    """What a model of peaks cannot find: its background is a constant wherever no peak was detected.

    `points`: positive scan points that are no apex; `labels`: runs of positive points near no apex.
    """

    points: int = 0
    of_points: int = 0
    labels: int = 0
    of_labels: int = 0

    def add(self, truth: np.ndarray, peaks: FoundPeaks) -> None:
        """One profile: its true mask (dye, scan) and its peaks."""
        labels, points = unreached(peaks, np.asarray(truth))
        self.points += points
        self.labels += labels
        self.of_points += int(np.count_nonzero(np.asarray(truth) > 0))
        self.of_labels += len(runs_of(np.asarray(truth)))

    def plain(self) -> dict[str, int]:
        return asdict(self)


# ------------------------------------------------------------------------------------------------------------- alleles


def autosomal(marker: str) -> bool:
    """Whether a marker lies on no sex chromosome: all but AMEL, DYS… and the Y indel."""
    return not marker.upper().replace(" ", "").replace("-", "").startswith(OF_SEX)


@dataclass(frozen=True, kw_only=True)
class AlleleRules:
    """`truth`: whose alleles are right; `ob`: count what is out of bin as wrong, once per marker, or ignore it;
    `markers`: autosomal, or all."""

    truth: str = "analyst"
    ob: str = "count"
    markers: str = "autosomal"

    def plain(self) -> dict[str, str]:
        return {"truth": self.truth, "ob": self.ob, "markers": self.markers}


class Alleles:
    """Sets of `Marker_Allele` per profile: micro counts over all, per marker, and strata."""

    def __init__(self, rules: AlleleRules):
        self.rules = rules
        self.total = Found()
        self.markers: dict[str, Found] = {}
        self.strata, self.contributors = Strata(), Strata()
        self.profiles = self.unknown = self.true_out_of_bin = 0

    def add(
        self,
        calls: Iterable[Call],
        truth: Mapping[tuple[str, str], float | None] | None,
        contributors: int | None = None,
    ) -> Found | None:
        """One profile: what is called, and (marker, allele) → height in RFU (None: not known) of what is right.

        What comes back are its counts. `truth` None: not known for this profile, which is counted and left out.
        """
        if truth is None:
            self.unknown += 1
            return None
        before = replace(self.total)
        self.profiles += 1
        said = {key: height for key, height in heights(calls).items() if self._counts(*key)}
        right = {key: height for key, height in truth.items() if self._counts(*key)}
        self.true_out_of_bin += sum(allele == NO_ALLELE for _, allele in right)
        right = {key: height for key, height in right.items() if key[1] != NO_ALLELE}
        for key in sorted(said.keys() | right.keys()):
            found = Found(int(key in said and key in right), int(key not in right), int(key not in said))
            height = right.get(key)
            self._count(key[0], height if height is not None else said.get(key), found, contributors)
        after = self.total
        return Found(after.tp - before.tp, after.fp - before.fp, after.fn - before.fn)

    def _counts(self, marker: str, allele: str) -> bool:
        if self.rules.ob == "ignore" and allele == NO_ALLELE:
            return False
        return self.rules.markers == "all" or autosomal(marker)

    def _count(self, marker: str, height: float | None, found: Found, contributors: int | None) -> None:
        self.total += found
        self.markers.setdefault(marker, Found()).__iadd__(found)
        if height is not None:
            self.strata.add(int(bin_of(np.array(height))), found)
        if contributors is not None:
            self.contributors.add(int(contributors), found)

    def scores(self) -> dict[str, Any]:
        by_marker = {marker: self.markers[marker].plain() for marker in self.markers}
        return {
            **self.rules.plain(),
            "profiles": self.profiles,
            "profiles_without_truth": self.unknown,
            **self.total.plain(),
            "per_marker": by_marker,
        }

    def notes(self) -> list[str]:
        found = []
        if self.profiles and self.total.undefined:
            found.append(f"alleles: {', '.join(self.total.undefined)} 0/0, given as 0")
        if self.true_out_of_bin:
            found.append(f"alleles: true ones in no bin of the panel are left out: {self.true_out_of_bin:,}")
        if self.unknown:
            found.append(f"alleles: profiles without known ones ({self.rules.truth}) are left out: {self.unknown:,}")
        return found


def heights(calls: Iterable[Call]) -> dict[tuple[str, str], float | None]:
    """(marker, allele) → RFU of its highest call: what is out of bin counts once per marker."""
    found: dict[tuple[str, str], float | None] = {}
    for one in calls:
        key = (one.marker, one.allele)
        found[key] = max(one.rfu, found.get(key) or one.rfu)
    return found


# ------------------------------------------------------------------------------------------------------ reconstruction


class Reconstruction:
    """Mean squared errors, of scaled values and in RFU², over all scan points and per dye."""

    def __init__(self, dyes: Sequence[str]):
        self.dyes = tuple(dyes)
        self.scaled, self.rfu = np.zeros(len(dyes)), np.zeros(len(dyes))
        self.points = 0  # of each dye
        self.by_profile: list[tuple[float, float]] = []

    def add(self, prediction: np.ndarray, target: np.ndarray, said_rfu: np.ndarray, rfu: np.ndarray) -> None:
        """Profiles (profile, dye, scan): scaled output and input, and both in RFU."""
        scaled, raw = (_squares(*pair) for pair in ((prediction, target), (said_rfu, rfu)))
        self.scaled += scaled.sum(axis=(0, 2))
        self.rfu += raw.sum(axis=(0, 2))
        self.points += scaled.shape[0] * scaled.shape[2]
        means = (each.mean(axis=(1, 2)).tolist() for each in (scaled, raw))
        self.by_profile += list(zip(*means, strict=True))

    def scores(self) -> dict[str, Any]:
        scaled, rfu = self.scaled / max(self.points, 1), self.rfu / max(self.points, 1)
        by_dye = {
            dye: {"mean_squared_error": float(scaled[row]), "mean_squared_error_rfu": float(rfu[row])}
            for row, dye in enumerate(self.dyes)
        }
        whole = {"mean_squared_error": float(scaled.mean()), "mean_squared_error_rfu": float(rfu.mean())}
        return whole | {"dyes": by_dye}


def _squares(said: np.ndarray, true: np.ndarray) -> np.ndarray:
    return (np.asarray(said, dtype=np.float64) - np.asarray(true, dtype=np.float64)) ** 2
