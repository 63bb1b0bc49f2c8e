# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A trained profile model over one set: numbers per region, their summaries, and the floors that they must beat.

Batches are judged as they come. What stays in memory is some numbers per region, and never a profile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from seqforge.backends.base import Evaluated, Learner
from seqforge.data.dataset import Batch, Dataset
from seqforge.errors import DataError, UsageError, did_you_mean
from seqforge.evaluation.profile_outputs import task_logcounts
from seqforge.evaluation.scores import plain
from seqforge.heads import Head
from seqforge.metrics.profiles import (
    AVERAGE,
    CORRELATIONS,
    COUNTS_FORMULAS,
    LEAST,
    PROFILE_FORMULAS,
    ROOTS,
    TIES,
    Profiles,
    counts_score,
    head_log_counts,
    log_counts,
    log_softmax,
    of_mean,
    smoothed,
)
from seqforge.training.loop import evaluated
from seqforge.training.progress import Means

PROFILE, COUNTS = tuple(PROFILE_FORMULAS), tuple(COUNTS_FORMULAS)
UNIFORM, MEAN = "uniform", "mean_training"  # the floors: predictions that know nothing of the sequence
FLOORS = {UNIFORM: "uniform profile", MEAN: "mean training profile"}
QUANTILES = {"min": 0, "q25": 25, "median": 50, "q75": 75, "max": 100}  # name → percent


@dataclass(frozen=True)
class Judging:
    """How profiles are compared. `pseudocount`: of the logarithm of counts; `smoothing`: the standard deviation in
    bases of the kernel that observed reads pass before the Jensen-Shannon divergence is taken; `both_strands`: whether
    predictions are the means of both strands.

    The published scores of Cherimoya count a correlation of a constant as 0 and rank equal values by their positions:
    `undefined_as` 0 and `ties` "ordinal" reproduce that. `undefined_as`: what stands for a region's correlation where
    it has none; None: nothing does, the region is left out and counted. Raises UsageError for what neither can be.
    """

    pseudocount: float = 0.0
    smoothing: float = 0.0
    both_strands: bool = False
    undefined_as: float | None = None
    ties: str = AVERAGE

    def __post_init__(self) -> None:
        if self.undefined_as is not None and not np.isfinite(self.undefined_as):
            raise UsageError(f"undefined_as: expected a finite number; received {self.undefined_as}")
        if self.ties not in TIES:
            raise UsageError(f"ties: unknown '{self.ties}'; {did_you_mean(self.ties, TIES)}")

    def written(self) -> dict[str, Any]:
        """As JSON, without what is not asked for."""
        found, usual = asdict(self), asdict(PLAIN)
        return {name: found[name] for name in found if name in ALWAYS or found[name] != usual[name]}


ALWAYS = ("pseudocount", "smoothing")  # are written
PLAIN = Judging()


class Scope:
    """A head with all its tasks (joint), or one task: a number per region, metric and prediction.

    `floors`: their names; `undefined_as`: of Judging. Once all is added: `values[metric, floor]` (n,), with "" for the
    model; `reads` (n,) in the window; `predicted`, `observed` (n,) log counts.
    """

    def __init__(self, floors: Sequence[str], undefined_as: float | None = None):
        self.floors, self._undefined_as = tuple(floors), undefined_as
        self._parts: dict[tuple[str, str], list[np.ndarray]] = {
            (metric, floor): [] for metric in PROFILE if metric not in ROOTS for floor in ("", *floors)
        }
        self._counts: dict[str, list[np.ndarray]] = {"reads": [], "predicted": [], "observed": []}

    def add(
        self, shares: Mapping[str, np.ndarray], seen: Profiles, predicted: np.ndarray, observed: np.ndarray
    ) -> None:
        """Some regions: logarithms of shares by the model ("", (n, value)) and floors (1, value), what was observed,
        log counts (n,)."""
        for (metric, floor), parts in self._parts.items():
            parts.append(seen.measure(metric, shares[floor]))
        for name, values in (("reads", seen.total), ("predicted", predicted), ("observed", observed)):
            self._counts[name].append(values)

    @cached_property
    def values(self) -> dict[tuple[str, str], np.ndarray]:
        found = {key: _joined(parts) for key, parts in self._parts.items()}
        roots = {
            (root, floor): np.sqrt(found[metric, floor])
            for root, metric in ROOTS.items()
            for floor in ("", *self.floors)
        }
        return found | roots

    @cached_property
    def reads(self) -> np.ndarray:
        return _joined(self._counts["reads"])

    @cached_property
    def predicted(self) -> np.ndarray:
        return _joined(self._counts["predicted"])

    @cached_property
    def observed(self) -> np.ndarray:
        return _joined(self._counts["observed"])

    def scores(self) -> dict[str, Any]:
        """Metric → summary; of a profile metric with those of the floors on the same regions."""
        return {metric: self._profile(metric) for metric in PROFILE} | {
            metric: self._count(metric) for metric in COUNTS
        }

    def counted(self, metric: str, floor: str = "") -> np.ndarray:
        """`values` as they count (n,): with the number that stands for a correlation where there is none."""
        found = self.values[metric, floor]
        if self._undefined_as is None or metric not in CORRELATIONS:
            return found
        return np.where(np.isnan(found), self._undefined_as, found)

    def replaced(self, metric: str) -> int:
        """Of how many regions another number than the metric's counts."""
        return int(np.count_nonzero(np.isnan(self.values[metric, ""]) & ~np.isnan(self.counted(metric))))

    def _profile(self, metric: str) -> dict[str, Any]:
        own, replaced = self.counted(metric), self.replaced(metric)
        defined = ~np.isnan(own)
        floors = {floor: summary(self.counted(metric, floor)[defined]) for floor in self.floors}
        return summary(own) | ({"replaced": replaced} if replaced else {}) | {"floors": floors}

    def _count(self, metric: str) -> dict[str, Any]:
        used = int(np.count_nonzero(np.isfinite(self.predicted) & np.isfinite(self.observed)))
        value = counts_score(metric, self.predicted, self.observed)
        return {"n": used, "undefined": len(self.observed) - used, "value": value}


def _joined(parts: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate(parts) if parts else np.zeros(0)


def summary(values: np.ndarray) -> dict[str, Any]:
    """`n` used and `undefined`, and over the used ones `mean` and quantiles; NaN where fewer than two are used."""
    used = values[~np.isnan(values)]
    known = len(used) >= LEAST
    found = {"n": len(used), "undefined": len(values) - len(used), "mean": float(used.mean()) if known else np.nan}
    with np.errstate(invalid="ignore"):  # between infinite values
        points = np.percentile(used, list(QUANTILES.values())) if known else np.full(len(QUANTILES), np.nan)
    return found | dict(zip(QUANTILES, points.tolist(), strict=True))


class JudgedHead:
    """A head: `joint` over its tasks, and each of its `tasks` by name (a head with one task: the joint scope itself).

    `background` (position, task): the reads of the training set, of which a floor is made; None: no such floor.
    """

    def __init__(self, head: Head, background: np.ndarray | None, judging: Judging):
        self.head, self.background, self.judging = head, background, judging
        floors = (UNIFORM,) if background is None else (UNIFORM, MEAN)
        self.joint = Scope(floors, judging.undefined_as)
        self.tasks = {
            name: Scope(floors, judging.undefined_as) if head.width > 1 else self.joint for name in head.tasks
        }

    def add(self, logits: np.ndarray, logcounts: np.ndarray, reads: np.ndarray) -> None:
        """Some regions: logits and reads (n, position, task), log counts (n, 1 or task)."""
        c = self.judging.pseudocount
        logits, logcounts, reads = (np.asarray(array, dtype=np.float64) for array in (logits, logcounts, reads))
        smooth, ties = smoothed(reads, self.judging.smoothing), self.judging.ties
        whole = head_log_counts(logcounts, c)
        _add_to(self.joint, _flat(logits), self._shares(slice(None)), Profiles.of(reads, smooth, ties), whole, c)
        if self.head.width == 1:
            return
        counts = task_logcounts(logits, logcounts)
        for task, scope in enumerate(self.tasks.values()):
            seen = Profiles.of(reads[:, :, task], smooth[:, :, task], ties)
            _add_to(scope, logits[:, :, task], self._shares(task), seen, counts[:, task], c)

    def _shares(self, tasks: slice | int) -> np.ndarray | None:
        """Logarithms of the shares (1, value) of the mean training profile; NaN where it has no reads."""
        if self.background is None:
            return None
        with np.errstate(divide="ignore"):
            return log_softmax(np.log(self.background[:, tasks].reshape(1, -1)))

    def scores(self) -> dict[str, Any]:
        """`joint` and `tasks` → metric → summary."""
        return {
            "joint": self.joint.scores(),
            "tasks": {name: scope.scores() for name, scope in self.tasks.items()},
        }


def _flat(values: np.ndarray) -> np.ndarray:
    return values.reshape(len(values), -1)


def _add_to(
    scope: Scope, logits: np.ndarray, mean: np.ndarray | None, seen: Profiles, counts: np.ndarray, pseudocount: float
) -> None:
    """Some regions: `logits` (n, value), the shares of the mean training profile, log counts (n,)."""
    size = logits.shape[1]
    shares = {"": log_softmax(logits), UNIFORM: np.full((1, size), -np.log(size))}
    if mean is not None:
        shares[MEAN] = mean
    scope.add(shares, seen, counts, log_counts(seen.total, pseudocount))


@dataclass(frozen=True)
class ProfileEvaluation:
    """What was found on `n` regions. `losses`: name → mean over regions, the total under "loss"."""

    n: int
    heads: tuple[JudgedHead, ...]
    losses: dict[str, float]
    weights: dict[str, float]  # of the losses in the total
    judging: Judging

    @cached_property
    def scores(self) -> dict[str, Any]:
        """Ready for JSON: `n`, `loss`, every metric as the mean over heads of its joint value, `losses` (without their
        factors), `heads` → `joint` and `tasks` → metric → summary, `notes`."""
        heads = {judged.head.name: judged.scores() for judged in self.heads}
        parts = {name: value for name, value in self.losses.items() if name != "loss"}
        found: dict[str, Any] = {"n": self.n}
        if self.losses:
            found |= {"loss": self.losses.get("loss", np.nan), "losses": parts, "loss_weights": self.weights}
        found |= _means(heads)
        ready: dict[str, Any] = plain(
            found | {"judging": self.judging.written(), "heads": heads, "notes": list(self._notes())}
        )
        return ready

    def _notes(self) -> Iterator[str]:
        if self.judging.both_strands and self.losses:
            yield "predictions are means of both strands, losses those of the strand that was given"
        for judged in self.heads:
            empty = int(np.count_nonzero(judged.joint.reads <= 0))
            if empty:
                yield f"head '{judged.head.name}': {empty:,} of {self.n:,} regions have no reads, and so no profile"
            for metric in CORRELATIONS:
                replaced = judged.joint.replaced(metric)
                if replaced:
                    what = f"{replaced:,} of {self.n:,} regions have no {metric.replace('_', ' ')}"
                    yield f"head '{judged.head.name}': {what}, which counts as {self.judging.undefined_as:g}"
            beaten = judged.joint.values.get(("profile_mnll", MEAN), np.zeros(0))
            if np.isinf(beaten).any():
                yield f"head '{judged.head.name}': the mean training profile is 0 where test regions have reads"


def _means(heads: Mapping[str, Any]) -> dict[str, float]:
    """The mean over heads of every metric's joint value."""
    joints = [scores["joint"] for scores in heads.values()]
    profile = {metric: of_mean([joint[metric]["mean"] for joint in joints]) for metric in PROFILE}
    return profile | {metric: of_mean([joint[metric]["value"] for joint in joints]) for metric in COUNTS}


def evaluate_profiles(
    learner: Learner,
    dataset: Dataset,
    heads: Sequence[Head],
    batch_size: int,
    *,
    judging: Judging = PLAIN,
    training: Dataset | None = None,
) -> ProfileEvaluation:
    """Every region of `dataset` once, in order; the floor of the mean training profile is that of `training`."""
    background = total_reads(training, len(heads))
    judged = tuple(JudgedHead(head, total, judging) for head, total in zip(heads, background, strict=True))
    means = Means()
    for batch, found in evaluated(learner, dataset, batch_size):
        _add(judged, batch, found)
        means.add({name: float(np.mean(loss, dtype=np.float64)) for name, loss in found.losses.items()}, len(batch))
    return ProfileEvaluation(len(dataset), judged, means.values(), dict(learner.loss_weights), judging)


def _add(judged: Sequence[JudgedHead], batch: Batch, found: Evaluated) -> None:
    if not all(np.isfinite(array).all() for array in found.prediction):
        raise DataError("scores: predictions are not finite; the weights are damaged or diverged")
    for number, (head, reads) in enumerate(zip(judged, batch.target, strict=True)):  # type: ignore[arg-type]
        head.add(found.prediction[number], found.prediction[len(judged) + number], np.asarray(reads))


def total_reads(dataset: Dataset | None, heads: int) -> Sequence[np.ndarray | None]:
    """Per head (position, task) float64, summed over a set; None where there is no set."""
    summed: Callable[[], Sequence[np.ndarray]] | None = getattr(dataset, "total_reads", None)
    return [None] * heads if summed is None else summed()
