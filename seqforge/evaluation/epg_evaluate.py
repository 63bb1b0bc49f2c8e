# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A trained model over a set of electropherograms: profile by profile, so that memory is that of a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from seqforge.arrays import np
from seqforge.backends.base import Learner
from seqforge.data.epg import peaks as finding
from seqforge.data.epg.alleles import Genotype, mixed
from seqforge.data.epg.annotation import Annotation, annotated
from seqforge.data.epg.dataset import PeakSet, ProfileSet, Store
from seqforge.data.epg.panels import Panel
from seqforge.data.epg.tables import IGNORE, Peaks, ProfileTable
from seqforge.errors import DataError
from seqforge.evaluation import epg_calling as calling
from seqforge.evaluation import epg_scores as scoring
from seqforge.evaluation.epg_calling import Call
from seqforge.evaluation.epg_outputs import Called, PeakRow
from seqforge.evaluation.scores import plain
from seqforge.training.loop import evaluated
from seqforge.training.progress import Means


class ProfileRow(NamedTuple):
    """How one profile was judged. Counts of scan points and of alleles (None: not judged); errors of reconstruction."""

    profile: str
    contributors: int | None = None
    points: scoring.Found | None = None
    alleles: scoring.Found | None = None
    mean_squared_error: float | None = None
    mean_squared_error_rfu: float | None = None

    @property
    def order(self) -> float:
        """What sorts profiles from the worst to the best."""
        if self.mean_squared_error is not None:
            return -self.mean_squared_error
        return 1.0 if self.points is None or "f1" in self.points.undefined else self.points.rates()["f1"]


@dataclass(frozen=True)
class EpgEvaluation:
    """`scores` ready for JSON; a row per profile; what was called; a row per peak, where single peaks are judged."""

    scores: dict[str, Any]
    profiles: Sequence[ProfileRow] = ()
    called: Sequence[Called] = ()
    peaks: Sequence[PeakRow] = ()


Heights = dict[tuple[str, str], "float | None"]  # (marker, allele) → RFU, as far as that is known


@dataclass(frozen=True, kw_only=True)
class Calling:
    """How alleles are called and judged. `labels`: the classes that are called."""

    panel: Panel
    labels: tuple[int, ...] = (1,)
    rules: scoring.AlleleRules = field(default_factory=scoring.AlleleRules)

    def calls(self, prediction: np.ndarray, mask: np.ndarray, rfu: np.ndarray, scale: np.ndarray) -> list[Call]:
        """Of one profile: `prediction` (dye, scan) or (class, dye, scan), `mask` (dye, scan) its classes."""
        return calling.call(prediction, rfu, scale, self.panel, labels=self.labels, mask=mask)

    def judged(self, calls: Sequence[Call], store: Store, mask: np.ndarray) -> list[Call]:
        """The calls that count: all, but where the true `mask` (dye, scan) decides and does not judge their apex."""
        if self.rules.truth == "donors" or store.annotations is not None:
            return list(calls)
        return [one for one in calls if mask[one.dye, one.position] != IGNORE]

    def truth(self, store: Store, row: int, mask: np.ndarray, rfu: np.ndarray, scale: np.ndarray) -> Heights | None:
        """The right alleles of a profile; None: nobody knows them.

        Of analysts: those of their report, else what their `mask` (dye, scan) calls. Of donors: all that they have.
        """
        if self.rules.truth == "donors":
            genotype = _mixture(store, row)
            return None if genotype is None else self._of(genotype, rfu, scale)
        if store.annotations is None:
            if (mask == IGNORE).all():
                return None
            return scoring.heights(calling.truth_calls(mask, rfu, scale, self.panel, self.labels))
        return _in_bins(store.annotations[row], rfu)

    def _of(self, genotype: Genotype, rfu: np.ndarray, scale: np.ndarray) -> Heights:
        """Alleles known by name: how high the profile is in their bins; None where the panel has no bin."""
        found: Heights = {}
        for name, labels in genotype.items():
            marker = self.panel.marker(name)
            found |= {(marker.name if marker else name, label): None for label in labels}
        return found | _in_bins(annotated(genotype, self.panel, scale), rfu)


def _in_bins(annotation: Annotation, rfu: np.ndarray) -> Heights:
    intervals = annotation.intervals
    return {(one.marker, one.allele): float(rfu[one.dye, one.start : one.stop].max()) for one in intervals}


def _mixture(store: Store, row: int) -> Genotype | None:
    """The alleles of a profile's donors; None where a donor, or what one has, is not known."""
    donors = store.table.donors[row] if store.table.donors else ()
    genotypes = store.genotypes or {}
    if not donors or any(donor not in genotypes for donor in donors):
        return None
    return mixed(genotypes, donors)


def classes_of(prediction: np.ndarray) -> np.ndarray:
    """The class of each scan point (n, dye, scan) int8, from (n, dye, scan) of class 1 or from (n, class, dye, scan).

    Raises DataError for numbers that are not finite.
    """
    broken = int((~np.isfinite(prediction)).reshape(len(prediction), -1).any(axis=1).sum())
    if broken:
        share = f"{broken} of {len(prediction)}"
        raise DataError(f"the model: {share} predictions are not finite; the weights are damaged or diverged")
    return calling.arg_max(prediction, axis=1) if prediction.ndim == 4 else calling.classes(prediction)


def peaks_of(dataset: ProfileSet, indices: np.ndarray, rfu: np.ndarray, threshold: float) -> Peaks:
    """The peaks of some profiles, numbered from 0; looked for where the set has none."""
    store = dataset.store
    if store.peaks is None:
        return finding.find_peaks(rfu, threshold, store.analysis_dyes)
    numbers, counts = store.peaks_of(dataset.rows[indices])
    return replace(store.peaks.rows(numbers), profile=np.repeat(np.arange(len(indices)), counts))


def classes_of_peaks(mask: np.ndarray, peaks: Peaks, reads_peaks: bool) -> np.ndarray:
    """The predicted class (P,) of each peak in `mask` (n, dye, scan): at its apex, where the model judges peaks; else
    that of the nearest positive point, as the true class is found."""
    if reads_peaks:
        return mask[peaks.profile, peaks.dye, peaks.position].astype(np.int64)
    return np.maximum(finding.labels(peaks, mask), 0)


def masks_of(store: Store) -> np.ndarray | None:
    """The true classes (n, dye, scan): as they are learned, else as the table has them."""
    return store.table.masks if store.masks is None else store.masks


def contributors_of(dataset: ProfileSet | PeakSet, row: int) -> int | None:
    counts = dataset.store.table.contributors
    return None if counts is None or counts[row] < 0 else int(counts[row])


# ------------------------------------------------------------------------------------------------------- segmentation


class _Segmentation:
    """The sums that a segmentation is judged by."""

    def __init__(self, dataset: ProfileSet, labels: Sequence[str], called: Calling | None, threshold: float):
        self.dataset, self.labels, self.calling, self.threshold = dataset, tuple(labels), called, threshold
        self.points, self.peaks = scoring.Points(labels), scoring.Peaks(labels)
        self.alleles = scoring.Alleles(called.rules) if called else None
        self.unreachable = scoring.Unreachable()
        self.rows: list[ProfileRow] = []
        self.called: list[Called] = []

    def add(self, indices: np.ndarray, prediction: np.ndarray, truth: np.ndarray) -> None:
        """A batch of profiles: (n, [class,] dye, scan) and (n, dye, scan)."""
        rfu = self.dataset.raw(indices)
        masks = classes_of(prediction)
        for number, index in enumerate(indices.tolist()):
            self._profile(index, prediction[number], masks[number], truth[number], rfu[number])
        self._peaks(indices, masks, truth, rfu)

    def _profile(
        self, index: int, prediction: np.ndarray, mask: np.ndarray, truth: np.ndarray, rfu: np.ndarray
    ) -> None:
        table, row = self.dataset.store.table, int(self.dataset.rows[index])
        name, people = table.names[row], contributors_of(self.dataset, row)
        points, alleles = self.points.add(mask, truth, rfu, people), None
        scale = table.base_pairs_of(row)
        if self.calling and self.alleles is not None and scale is not None:
            calls = self.calling.calls(prediction, mask, rfu, scale)
            self.called.append(Called(name, calls))
            known = self.calling.truth(self.dataset.store, row, truth, rfu, scale)
            counted = self.calling.judged(calls, self.dataset.store, truth)
            alleles = self.alleles.add(counted, known, people)
        self.rows.append(ProfileRow(name, people, points, alleles))

    def _peaks(self, indices: np.ndarray, masks: np.ndarray, truth: np.ndarray, rfu: np.ndarray) -> None:
        peaks = peaks_of(self.dataset, indices, rfu, self.threshold)
        true = peaks.label if peaks.label is not None else finding.labels(peaks, truth)
        said = classes_of_peaks(masks, peaks, self.dataset.reads_peaks)
        people = [contributors_of(self.dataset, row) for row in self.dataset.rows[indices].tolist()]
        heights = rfu[peaks.profile, peaks.dye, peaks.position]
        for number, count in enumerate(people):
            own = peaks.profile == number
            self.peaks.add(said[own], np.asarray(true)[own], heights[own], count)
            if self.dataset.reads_peaks:
                self.unreachable.add(truth[number], peaks.rows(own))

    def scores(self) -> dict[str, Any]:
        peaks = self.peaks.scores()
        found = self.points.scores() | {f"peak_{name}": peaks[name] for name in scoring.RATES}
        if self.alleles:
            alleles = self.alleles.scores()
            found |= {f"allele_{name}": alleles[name] for name in scoring.RATES} | {"alleles": alleles}
        levels = {"points": self.points, "peaks": self.peaks, "alleles": self.alleles}
        found |= {"threshold": calling.THRESHOLD, "peaks": peaks, "strata": _strata(levels)}
        if self.dataset.reads_peaks:
            found["unreachable"] = self.unreachable.plain()
        return found | {"notes": self._notes()}

    def _notes(self) -> list[str]:
        found = [*self.points.notes(), *self.peaks.notes()]
        if self.alleles:
            return [*found, *self.alleles.notes()]
        missing = "base pairs" if self.calling else "panel"
        return [*found, f"no {missing}: alleles are not called"]


def _strata(levels: Mapping[str, Any]) -> dict[str, Any]:
    """Rates by height and by number of contributors, of scan points, peaks and alleles as far as they are judged."""
    there = {name: level for name, level in levels.items() if level is not None}
    people = {name: level.contributors.by_key("contributors") for name, level in there.items()}
    return {
        "rfu": {"edges": list(scoring.EDGES), **{name: level.strata.by_rfu() for name, level in there.items()}},
        "contributors": {name: rows for name, rows in people.items() if rows},
    }


def evaluate_segmentation(
    learner: Learner,
    dataset: ProfileSet,
    labels: Sequence[str],
    batch_size: int,
    called: Calling | None = None,
    peak_threshold: float = 25,
) -> EpgEvaluation:
    """Every profile of `dataset` once, in order. Peaks are those of the set, else those of `peak_threshold` RFU."""
    if called and dataset.store.table.base_pairs is None:
        called = None
    sums, means = _Segmentation(dataset, labels, called, peak_threshold), Means()
    for batch, found in evaluated(learner, dataset, batch_size):
        means.add(*found.means())
        assert isinstance(batch.target, Mapping)
        sums.add(batch.index, np.asarray(found.prediction), np.asarray(batch.target["mask"]))
    return EpgEvaluation(plain(_head(len(dataset), means) | sums.scores()), sums.rows, sums.called)


def _head(n: int, means: Means) -> dict[str, Any]:
    """The number of examples, the loss, and its parts where it has any."""
    losses = means.values()
    parts = {name: value for name, value in losses.items() if name != "loss"}
    return {"n": n, "loss": losses.get("loss"), **({"losses": parts} if parts else {})}


# ----------------------------------------------------------------------------------------------------- reconstruction


def evaluate_reconstruction(learner: Learner, dataset: ProfileSet, batch_size: int) -> EpgEvaluation:
    """Errors of scaled values and of RFU, which the set's own scaling is taken back to."""
    table, scaling = dataset.store.table, dataset.store.scaling
    sums, means = scoring.Reconstruction(dye_names(dataset)), Means()
    for batch, found in evaluated(learner, dataset, batch_size):
        means.add(*found.means())
        prediction = np.asarray(found.prediction)
        rfu = dataset.raw(batch.index)
        sums.add(prediction, scaling.scaled(rfu), scaling.inverse(prediction), rfu)
    people = [contributors_of(dataset, row) for row in dataset.rows.tolist()]
    names = [table.names[row] for row in dataset.rows.tolist()]
    rows = [
        ProfileRow(name, count, mean_squared_error=scaled, mean_squared_error_rfu=raw)
        for name, count, (scaled, raw) in zip(names, people, sums.by_profile, strict=True)
    ]
    return EpgEvaluation(plain(_head(len(dataset), means) | sums.scores()), rows)


def dye_names(dataset: ProfileSet | PeakSet) -> tuple[str, ...]:
    table = dataset.store.table
    return tuple(table.dye_names or (f"dye {number + 1}" for number in range(table.dyes)))


# ------------------------------------------------------------------------------------------------ peak classification


def evaluate_peaks(
    learner: Learner, dataset: PeakSet, labels: Sequence[str], task: Any, batch_size: int, panel: Panel | None = None
) -> EpgEvaluation:
    """Every peak of `dataset` once, in order; scores are those of any classification, and by height."""
    from seqforge.evaluation.evaluate import evaluate
    from seqforge.evaluation.scores import scores

    found = evaluate(learner, dataset, tuple(labels), task, batch_size)
    judged = np.flatnonzero(found.target != IGNORE)
    said, true = found.prediction[judged].argmax(axis=1), found.target[judged]
    sums = scoring.Peaks(labels)
    heights = dataset.store.table.profiles[dataset.peaks.profile, dataset.peaks.dye, dataset.peaks.position]
    people = dataset.store.table.contributors
    for row in np.unique(dataset.rows[judged]).tolist():
        own = dataset.rows[judged] == row
        count = None if people is None else contributors_of(dataset, row)
        sums.add(said[own], true[own], heights[judged][own], count)
    head = {"n": found.scores["n"], "loss": found.scores["loss"]}
    whole = head | scores(found.prediction[judged], true, labels, task) | {"strata": _strata({"peaks": sums})}
    return EpgEvaluation(plain(whole), peaks=peak_rows(dataset, found.prediction, labels, panel))


def peak_rows(
    dataset: PeakSet, prediction: np.ndarray, labels: Sequence[str], panel: Panel | None = None
) -> list[PeakRow]:
    """A row per peak of `dataset`; `prediction` (peak, class)."""
    rfu = dataset.store.table.profiles[dataset.peaks.profile, dataset.peaks.dye, dataset.peaks.position]
    return described(dataset.store.table, dataset.peaks, rfu, prediction, labels, dye_names(dataset), panel)


def described(
    table: ProfileTable,
    peaks: Peaks,
    rfu: np.ndarray,
    prediction: np.ndarray,
    labels: Sequence[str],
    dyes: Sequence[str],
    panel: Panel | None = None,
) -> list[PeakRow]:
    """A row per peak; `peaks.profile` counts in `table`, `rfu` (peak,), `prediction` (peak, class)."""
    said = calling.arg_max(prediction, axis=1)
    bp = _base_pairs(table, peaks)
    markers = [0] * len(peaks) if panel is None or bp is None else panel.indices(peaks.dye, bp).tolist()
    rows = []
    for number, (row, dye, position) in enumerate(
        zip(peaks.profile.tolist(), peaks.dye.tolist(), peaks.position.tolist(), strict=True)
    ):
        true = None if peaks.label is None or peaks.label[number] < 0 else labels[int(peaks.label[number])]
        rows.append(
            PeakRow(
                table.names[row],
                dyes[dye],
                position,
                None if bp is None else float(bp[number]),
                float(rfu[number]),
                panel.markers[markers[number] - 1].name if panel and markers[number] else None,
                labels[int(said[number])],
                prediction[number].tolist(),
                true,
            )
        )
    return rows


def _base_pairs(table: ProfileTable, peaks: Peaks) -> np.ndarray | None:
    """(P,) of the apexes; None where the table has none."""
    if table.base_pairs is None:
        return None
    scale = table.base_pairs
    return scale[peaks.position] if scale.ndim == 1 else scale[peaks.profile, peaks.position]
