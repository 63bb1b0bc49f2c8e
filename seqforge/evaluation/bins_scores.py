# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Scores of predicted bins and regions against known labels: of each chromosome and of all bins together.

Only bins with known labels count, and their number is given. What is not defined is None, and `notes` says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqforge.data.bins.identity import Chromosome
from seqforge.data.bins.tables import UNKNOWN
from seqforge.errors import DataError
from seqforge.evaluation.regions import Agreement, Calling, Region, agreement, first_hit, runs, truth
from seqforge.evaluation.scores import plain
from seqforge.metrics import ranking
from seqforge.metrics.thresholds import DEFAULT, best, calls

TOP = (1, 3, 5)  # most probable regions of a chromosome, among which a true one is looked for


@dataclass(frozen=True)
class Threshold:
    """A threshold and where it comes from, in words."""

    value: float
    source: str


@dataclass(frozen=True)
class Predicted:
    """What a model says of one chromosome: `p` (bin,) float32, `ranges` (bin, 3) float32 scores of start, end and
    confidence in [0, 1], or None; `windows`: passes that it took."""

    chromosome: Chromosome
    p: np.ndarray
    ranges: np.ndarray | None = None
    windows: int = 1

    def __post_init__(self) -> None:
        broken = int((~np.isfinite(self.p)).sum())
        if broken:
            share = f"{broken:,} of {len(self.p):,} probabilities"
            raise DataError(f"{self.chromosome}: {share} are not finite; the weights are damaged or diverged")

    @property
    def positions(self) -> np.ndarray:
        """Start and end (bin, 2) int64 of each bin in bp."""
        edges = self.chromosome.block.edges
        return np.stack([edges[:-1], edges[1:]], axis=1)

    @property
    def labels(self) -> np.ndarray | None:
        """(bin,) int8, None where not one is known."""
        labels = self.chromosome.labels
        return labels if labels is not None and (labels != UNKNOWN).any() else None

    @property
    def known(self) -> tuple[np.ndarray, np.ndarray]:
        """p and labels of the bins with known labels."""
        labels = self.labels
        if labels is None:
            return self.p[:0], np.zeros(0, dtype=np.int8)
        return self.p[labels != UNKNOWN], labels[labels != UNKNOWN]

    @property
    def true_regions(self) -> list[Region]:
        return [] if self.labels is None else truth(self.labels, self.positions)


@dataclass(frozen=True)
class Called:
    """A predicted chromosome with its regions, the most probable first."""

    predicted: Predicted
    regions: list[Region]


def call(predicted: Sequence[Predicted], calling: Calling) -> list[Called]:
    """The regions of every chromosome; those of a sample are one genome."""
    found = [calling.of(one.p, one.positions) for one in predicted]
    kept: dict[int, list[Region]] = {}
    for sample in dict.fromkeys(one.chromosome.sample for one in predicted):
        places = {one.chromosome.name: n for n, one in enumerate(predicted) if one.chromosome.sample == sample}
        chosen = calling.of_genome({name: found[n] for name, n in places.items()})
        kept |= {n: chosen[name] for name, n in places.items()}
    return [Called(one, kept[n]) for n, one in enumerate(predicted)]


def search(predicted: Sequence[Predicted], source: str) -> Threshold:
    """The threshold of the best F1 over all known bins; 0.5 where nothing is known."""
    p, labels = pooled(predicted)
    return Threshold(best(p, labels).threshold, source) if len(p) else Threshold(DEFAULT, "default")


def scores(called: Sequence[Called], threshold: Threshold, hull: bool = False) -> dict[str, Any]:
    """Ready for JSON: of all bins pooled, `chromosomes` (a list with each alone), and `notes`.

    Regions over all chromosomes: bp summed, the mean IoU of those that have a true one, and `top_1_hits` …: the share
    of these in which one of the N most probable regions overlaps a true one.
    """
    each = [(one, of_chromosome(one, threshold, hull)) for one in called]
    p, labels = pooled([one.predicted for one in called])
    found, notes = _bins(p, labels, threshold.value)
    found |= _regions([one for one in called if one.predicted.labels is not None], hull)
    listed = [_named(one) | (own or {}) for one, own in each]
    notes += [f"{_name(one)}: {note}" for one, own in each if own for note in own["notes"]]
    head = {"threshold": threshold.value, "threshold_source": threshold.source}
    result: dict[str, Any] = plain(found | head | {"chromosomes": listed, "notes": notes})
    return result


def of_chromosome(one: Called, threshold: Threshold, hull: bool = False) -> dict[str, Any] | None:
    """The scores of one chromosome; None without a known label."""
    if one.predicted.labels is None:
        return None
    found, notes = _bins(*one.predicted.known, threshold.value)
    result: dict[str, Any] = plain(found | _regions([one], hull) | {"notes": notes})
    return result


def _bins(p: np.ndarray, labels: np.ndarray, threshold: float) -> tuple[dict[str, Any], list[str]]:
    """Scores of bins (bin,) with known labels, and notes on those that are not defined."""
    if not len(p):
        return {"bins": 0}, ["no bin has a known label: there are no scores"]
    counts, present = calls(p, labels, threshold), labels == 1
    found: dict[str, Any] = {"bins": len(p), "positives": int(present.sum())}
    found |= {name: getattr(counts, name) for name in ("f1", "precision", "recall", "accuracy")}
    found["roc_auc"] = ranking.roc_auc(p, present)
    found["average_precision"] = ranking.average_precision(p, present) if not present.all() else float("nan")
    found |= {name: getattr(counts, name) for name in ("tp", "fp", "fn", "tn")}
    wide = p.astype(np.float64)
    found["probabilities"] = {
        "mean": float(wide.mean()),
        "max": float(wide.max()),
        "mean_of_positives": float(wide[present].mean()) if present.any() else None,
    }
    single = present.all() or not present.any()
    kind = "centromere" if present.all() else "background"
    notes = [f"every bin is {kind}: ROC AUC and average precision are not defined"] if single else []
    return found, notes


def _agreement(one: Called, hull: bool) -> Agreement:
    predicted = one.predicted
    assert predicted.labels is not None
    firsts, lasts = runs(predicted.labels != UNKNOWN)
    known = list(zip(predicted.positions[firsts, 0].tolist(), predicted.positions[lasts, 1].tolist(), strict=True))
    return agreement(one.regions, predicted.true_regions, hull, known)


def _regions(called: Sequence[Called], hull: bool) -> dict[str, Any]:
    """Of chromosomes with known labels."""
    agreements = [_agreement(one, hull) for one in called]
    ious = [one.iou for one in agreements if one.iou is not None]
    total = Agreement(None, *(int(sum(one[place] or 0 for one in agreements)) for place in (1, 2, 3)))
    return {
        "region_iou": float(np.mean(ious)) if ious else None,
        "region_precision": total.precision,
        "region_recall": total.recall,
    } | _hits(called)


def _hits(called: Sequence[Called]) -> dict[str, float | None]:
    """Of the chromosomes with a true region, the share in which one of the N most probable regions overlaps one."""
    having = [(one.regions, one.predicted.true_regions) for one in called if one.predicted.true_regions]
    ranks = [first_hit(regions, true) for regions, true in having]
    return {
        f"top_{n}_hits": sum(rank is not None and rank <= n for rank in ranks) / len(ranks) if ranks else None
        for n in TOP
    }


def pooled(predicted: Sequence[Predicted]) -> tuple[np.ndarray, np.ndarray]:
    """p and labels (bin,) of all bins with known labels."""
    known = [one.known for one in predicted]
    empty = np.zeros(0, dtype=np.float32), np.zeros(0, dtype=np.int8)
    p, labels = zip(*(known or [empty]), strict=True)
    return np.concatenate(p), np.concatenate(labels)


def _named(one: Called) -> dict[str, Any]:
    chromosome = one.predicted.chromosome
    return {"sample": chromosome.sample, "chromosome": chromosome.name, "seq_len": len(chromosome)}


def _name(one: Called) -> str:
    return str(one.predicted.chromosome)
