# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""How well profiles and counts of regions are predicted: formulas in NumPy float64, and metrics that are watched.

A region is a row. Its values lie in one axis: the positions of a task, or positions and tasks of a head (joint). A row
for which a formula is not defined gives NaN: a constant has no correlation, a region without reads no profile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from seqforge.arrays import np
from seqforge.metrics import ranking
from seqforge.metrics.base import Accumulator, Metric
from seqforge.metrics.counts import mean_of_defined
from seqforge.registry import register

if TYPE_CHECKING:
    from seqforge.losses.base import Loss

AVERAGE, ORDINAL = TIES = ("average", "ordinal")  # what equal values rank as: their mean rank, or by position
LEAST = 2  # defined regions that a mean over regions, and a correlation over them, is made of
CUT = 4  # standard deviations after which a smoothing kernel ends


# formulas per region


def pearson(predicted: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Linear correlation (n,) of the rows of two (n, value); one row stands for all n."""
    varied = (np.ptp(predicted, axis=1) > 0) & (np.ptp(observed, axis=1) > 0)
    x, y = (array - array.mean(axis=1, keepdims=True) for array in (predicted, observed))
    below = np.sqrt(np.square(x).sum(axis=1) * np.square(y).sum(axis=1))
    above = (x * y).sum(axis=1)
    found = np.divide(above, below, out=np.full(above.shape, np.nan), where=varied & (below > 0))
    return np.clip(found, -1, 1)


def spearman(predicted: np.ndarray, observed: np.ndarray, ties: str = AVERAGE) -> np.ndarray:
    """Pearson correlation (n,) of the ranks in the rows of two (n, value); one row stands for all n.

    Under ordinal `ties` a constant row has ranks that differ, and so a correlation: that of positions.
    """
    return pearson(RANKS[ties](predicted), RANKS[ties](observed))


def ordinal_ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1 within each row of (n, value), float64; of equal values the first has the lowest rank."""
    order = np.argsort(values, axis=1, kind="stable")
    found = np.empty(values.shape)
    np.put_along_axis(found, order, np.arange(1.0, values.shape[1] + 1)[None], axis=1)
    return found


def ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1 within each row of (n, value), float64; equal values share their mean rank."""
    n, width = values.shape
    order = np.argsort(values, axis=1)
    rising = np.take_along_axis(values, order, axis=1)
    first = np.ones((n, width), dtype=bool)  # of the values that are equal
    first[:, 1:] = rising[:, 1:] != rising[:, :-1]
    starts = np.flatnonzero(first)
    ends = np.append(starts[1:], n * width)
    shared = np.repeat((starts + ends + 1) / 2, ends - starts).reshape(n, width)
    found = np.empty((n, width))
    np.put_along_axis(found, order, shared - width * np.arange(n)[:, None], axis=1)
    return found


RANKS: dict[str, Callable[[np.ndarray], np.ndarray]] = {AVERAGE: ranks, ORDINAL: ordinal_ranks}


def js_divergence(predicted: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Jensen-Shannon divergence (n,), natural logarithm, of the shares in the rows of two (n, value) ≥ 0.

    ½KL(p‖m) + ½KL(q‖m), m = (p + q)/2, 0·ln 0 = 0: from 0 to ln 2 = 0.6931. Rows that sum up to 0: NaN.
    """
    p, q = _shares(predicted), _shares(observed)
    m = (p + q) / 2
    return np.maximum((_divergence(p, m) + _divergence(q, m)) / 2, 0)


def js_distance(predicted: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Jensen-Shannon distance (n,), the square root of the divergence: from 0 to sqrt(ln 2) = 0.8326."""
    return np.sqrt(js_divergence(predicted, observed))


def _shares(values: np.ndarray) -> np.ndarray:
    total = values.sum(axis=1, keepdims=True)
    return np.divide(values, total, out=np.full(values.shape, np.nan), where=total > 0)


def _divergence(p: np.ndarray, m: np.ndarray) -> np.ndarray:
    ratio = np.divide(p, m, out=np.ones_like(m), where=(p > 0) & (m > 0))
    return (p * np.log(ratio)).sum(axis=1)


def multinomial_nll(log_shares: np.ndarray, reads: np.ndarray, coefficient: bool = True) -> np.ndarray:
    """−ln of the multinomial probability (n,) of `reads` (n, value) under shares whose logarithms are given.

    Without `coefficient` the terms that do not depend on the shares are left out; reads where the share is 0 give ∞.
    """
    found: np.ndarray = -(reads * np.where(reads > 0, log_shares, 0)).sum(axis=1)
    return found + _coefficient(reads) if coefficient else found


def _coefficient(reads: np.ndarray) -> np.ndarray:
    from scipy.special import gammaln

    return np.asarray(gammaln(reads + 1).sum(axis=1) - gammaln(reads.sum(axis=1) + 1))


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Of each row of (n, value), float64; a row of nothing but −∞ becomes NaN."""
    shifted = np.asarray(logits, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        shifted = shifted - shifted.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def smoothed(reads: np.ndarray, sd: float) -> np.ndarray:
    """`reads` (n, position, task) under a normal kernel of `sd` positions, cut at 4 sd, with sum 1; 0: as they are.

    Outside of the window there are no reads.
    """
    if sd <= 0:
        return reads
    from scipy.ndimage import convolve1d

    offsets = np.arange(-int(CUT * sd), int(CUT * sd) + 1)
    kernel = np.exp(-0.5 * np.square(offsets / sd))
    return np.asarray(convolve1d(reads.astype(np.float64), kernel / kernel.sum(), axis=1, mode="constant"))


# regions of one head or task


@dataclass(frozen=True)
class Profiles:
    """What profiles are compared with: `reads` (n, value) float64, and the same for the Jensen-Shannon divergence,
    which may be smoothed; `ties`: how equal values are ranked."""

    reads: np.ndarray
    smooth: np.ndarray
    ties: str = AVERAGE

    @classmethod
    def of(cls, reads: np.ndarray, smooth: np.ndarray | None = None, ties: str = AVERAGE) -> Profiles:
        """Of arrays (n, …) of any number type."""
        flat = np.asarray(reads, dtype=np.float64).reshape(len(reads), -1)
        wide = flat if smooth is None else np.asarray(smooth, dtype=np.float64).reshape(len(reads), -1)
        return cls(flat, wide, ties)

    @cached_property
    def total(self) -> np.ndarray:
        return self.reads.sum(axis=1)

    @cached_property
    def ranks(self) -> np.ndarray:
        return RANKS[self.ties](self.reads)

    @cached_property
    def coefficient(self) -> np.ndarray:
        return _coefficient(self.reads)

    def measure(self, name: str, log_shares: np.ndarray) -> np.ndarray:
        """The metric `name` (n,) for predictions (n or 1, value) as logarithms of shares.

        NaN for regions without reads, and where the prediction is NaN.
        """
        found = PROFILE_FORMULAS[name](log_shares, self)
        return np.where((self.total > 0) & ~np.isnan(log_shares).any(axis=1), found, np.nan)


PROFILE_FORMULAS: dict[str, Callable[[np.ndarray, Profiles], np.ndarray]] = {
    "profile_pearson": lambda log_shares, seen: pearson(np.exp(log_shares), seen.reads),
    "profile_spearman": lambda log_shares, seen: pearson(RANKS[seen.ties](np.exp(log_shares)), seen.ranks),
    "profile_jsd": lambda log_shares, seen: js_divergence(np.exp(log_shares), seen.smooth),
    "profile_js_distance": lambda log_shares, seen: js_distance(np.exp(log_shares), seen.smooth),
    "profile_mnll": lambda log_shares, seen: multinomial_nll(log_shares, seen.reads, False) + seen.coefficient,
    "profile_mnll_per_read": lambda log_shares, seen: (
        multinomial_nll(log_shares, seen.reads, False) / np.maximum(seen.total, np.finfo(np.float64).tiny)
    ),
}
CORRELATIONS = ("profile_pearson", "profile_spearman")  # of regions: constants have none
ROOTS = {"profile_js_distance": "profile_jsd"}  # square roots of other metrics
SMOOTHED = ("profile_jsd", "profile_js_distance")  # by these smoothed reads are judged
COUNTS_FORMULAS: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "counts_pearson": lambda predicted, observed: float(ranking.pearson(predicted[:, None], observed[:, None])[0]),
    "counts_spearman": lambda predicted, observed: float(ranking.spearman(predicted[:, None], observed[:, None])[0]),
    "counts_mse": lambda predicted, observed: float(np.mean(np.square(predicted - observed))),
}


def log_counts(reads: np.ndarray, pseudocount: float) -> np.ndarray:
    """ln(pseudocount + reads) of window sums; NaN where that is ln 0."""
    total = np.asarray(reads, dtype=np.float64) + pseudocount
    return np.log(total, out=np.full(total.shape, np.nan), where=total > 0)


def counts_score(name: str, predicted: np.ndarray, observed: np.ndarray) -> float:
    """A counts metric over the regions (n,) of which both log counts are defined; NaN where fewer than two are."""
    defined = np.isfinite(predicted) & np.isfinite(observed)
    if np.count_nonzero(defined) < LEAST:
        return float("nan")
    return COUNTS_FORMULAS[name](predicted[defined], observed[defined])


def head_log_counts(logcounts: np.ndarray, pseudocount: float) -> np.ndarray:
    """The log counts (n,) of a head from (n, 1), or from (n, task) with the expected reads of its tasks added up."""
    wide = np.asarray(logcounts, dtype=np.float64)
    if wide.shape[1] == 1:
        return wide[:, 0]
    return log_counts(np.maximum(np.exp(wide) - pseudocount, 0).sum(axis=1), pseudocount)


# metrics that a training watches


def of_mean(values: Sequence[float] | np.ndarray) -> float:
    """The mean over heads for which a value is defined."""
    return float(mean_of_defined(np.asarray(values, dtype=np.float64)))


class ProfileMean(Accumulator):
    """The mean over heads of a joint profile metric's mean over regions; two numbers are kept for each head."""

    def __init__(self, name: str):
        self._name = name
        self._sums: list[float] = []
        self._seen: list[int] = []

    def update(self, prediction: Any, target: Any) -> None:
        if not self._sums:
            self._sums, self._seen = [0.0] * len(target), [0] * len(target)
        for number, reads in enumerate(target):
            logits = np.asarray(prediction[number])
            found = Profiles.of(reads).measure(self._name, log_softmax(logits.reshape(len(logits), -1)))
            defined = found[~np.isnan(found)]
            self._sums[number] += float(defined.sum())
            self._seen[number] += defined.size

    def value(self) -> float:
        means = [
            total / seen if seen >= LEAST else float("nan") for total, seen in zip(self._sums, self._seen, strict=True)
        ]
        return of_mean(means) if means else float("nan")


class CountsOver(Accumulator):
    """The mean over heads of a counts metric over regions; two numbers are kept for each head and region."""

    def __init__(self, name: str, pseudocount: float):
        self._name, self._pseudocount = name, pseudocount
        self._seen: list[list[tuple[np.ndarray, np.ndarray]]] = []

    def update(self, prediction: Any, target: Any) -> None:
        self._seen = self._seen or [[] for _ in target]
        for number, reads in enumerate(target):
            predicted = head_log_counts(np.asarray(prediction[len(target) + number]), self._pseudocount)
            observed = log_counts(np.asarray(reads).sum(axis=(1, 2), dtype=np.float64), self._pseudocount)
            self._seen[number].append((predicted, observed))

    def value(self) -> float:
        columns = [[np.concatenate(part) for part in zip(*seen, strict=True)] for seen in self._seen]
        return of_mean([counts_score(self._name, *pair) for pair in columns]) if columns else float("nan")


@dataclass(frozen=True, kw_only=True)
class ProfileMetric(Metric):
    """Of profiles, as the mean over heads of the mean over regions with reads; joint over positions and tasks."""

    tasks: ClassVar[tuple[str, ...]] = ("profile prediction",)

    def start(self) -> Accumulator:
        return ProfileMean(self.name)


@register("metrics", "profile_pearson")
@dataclass(frozen=True, kw_only=True)
class ProfilePearson(ProfileMetric):
    """Correlation of predicted shares and observed reads."""


@register("metrics", "profile_spearman")
@dataclass(frozen=True, kw_only=True)
class ProfileSpearman(ProfileMetric):
    """Correlation of the ranks of predicted shares and observed reads."""


@register("metrics", "profile_jsd")
@dataclass(frozen=True, kw_only=True)
class ProfileJSD(ProfileMetric):
    """Jensen-Shannon divergence of predicted and observed shares, natural logarithm, from 0 to 0.6931."""

    greater_is_better = False


@register("metrics", "profile_js_distance")
@dataclass(frozen=True, kw_only=True)
class ProfileJSDistance(ProfileMetric):
    """Jensen-Shannon distance, the square root of the divergence, from 0 to 0.8326."""

    greater_is_better = False


@register("metrics", "profile_mnll")
@dataclass(frozen=True, kw_only=True)
class ProfileMNLL(ProfileMetric):
    """Multinomial negative log-likelihood of the observed reads, with its coefficient."""

    greater_is_better = False


@register("metrics", "profile_mnll_per_read")
@dataclass(frozen=True, kw_only=True)
class ProfileMNLLPerRead(ProfileMetric):
    """Multinomial negative log-likelihood without its coefficient, divided by the reads."""

    greater_is_better = False


@dataclass(frozen=True, kw_only=True)
class CountsMetric(Metric):
    """Of log counts against ln(pseudocount + reads), over regions, as the mean over heads."""

    tasks: ClassVar[tuple[str, ...]] = ("profile prediction",)

    pseudocount: float = field(default=0.0, init=False)  # the loss', once it is known

    def for_loss(self, loss: Loss | None) -> Metric:
        bound = replace(self)
        object.__setattr__(bound, "pseudocount", float(getattr(loss, "pseudocount", 0.0)))
        return bound

    def start(self) -> Accumulator:
        return CountsOver(self.name, self.pseudocount)


@register("metrics", "counts_pearson")
@dataclass(frozen=True, kw_only=True)
class CountsPearson(CountsMetric):
    """Correlation of predicted and observed log counts."""


@register("metrics", "counts_spearman")
@dataclass(frozen=True, kw_only=True)
class CountsSpearman(CountsMetric):
    """Correlation of the ranks of predicted and observed log counts."""


@register("metrics", "counts_mse")
@dataclass(frozen=True, kw_only=True)
class CountsMSE(CountsMetric):
    """Mean squared difference of predicted and observed log counts."""

    greater_is_better = False
