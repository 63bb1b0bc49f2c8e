# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Profile and counts metrics: known values, SciPy region by region, and what is not defined stays undefined."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import jensenshannon
from scipy.special import softmax

from seqforge.losses.bpnet_loss import BPNetLoss
from seqforge.losses.profiles import reference_nll
from seqforge.metrics import profiles
from seqforge.metrics.profiles import PROFILE_FORMULAS, Profiles, log_softmax
from seqforge.registry import find

READS = np.array([[[2, 1], [0, 1], [3, 0]]])
LOGITS = np.array([[[1, 0], [0, 2], [-1, 0.5]]])
N, LENGTH, TASKS = 40, 30, 2


def drawn(n: int = N, mean: float = 0.8, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Logits with ties and reads (n, position, task)."""
    draw = np.random.default_rng(seed)
    return draw.normal(size=(n, LENGTH, TASKS)).round(1), draw.poisson(mean, (n, LENGTH, TASKS))


def measured(name: str, logits: np.ndarray, reads: np.ndarray) -> np.ndarray:
    return Profiles.of(reads).measure(name, log_softmax(logits.reshape(len(logits), -1)))


def streamed(name: str, prediction, target, size: int = 7, pseudocount: float = 0.0) -> float:
    accumulator = find("metrics", name)().for_loss(BPNetLoss(pseudocount=pseudocount)).start()
    for start in range(0, len(target[0]), size):
        part = slice(start, start + size)
        accumulator.update(tuple(array[part] for array in prediction), tuple(array[part] for array in target))
    return accumulator.value()


@pytest.mark.parametrize(
    ("name", "joint", "tasks"),
    [
        ("profile_pearson", -0.1022155, (None, None)),
        ("profile_spearman", -0.1791244, (None, None)),
        ("profile_js_distance", 0.4910699, (0.4550048, 0.3758375)),
        ("profile_jsd", 0.2411496, (0.2070294, 0.1412538)),
        ("profile_mnll", 11.4948432, (5.7354447, 1.9195642)),
        ("profile_mnll_per_read", 2.5050140, (None, None)),  # (11.4948432 + 6.0402547) / 7
    ],
)
def test_known_values(name: str, joint: float, tasks: tuple[float | None, ...]) -> None:
    assert measured(name, LOGITS, READS)[0] == pytest.approx(joint, abs=5e-8)
    for task, value in enumerate(tasks):
        if value is not None:
            found = measured(name, LOGITS[:, :, [task]], READS[:, :, [task]])[0]
            assert found == pytest.approx(value, abs=5e-8)


def test_known_value_without_coefficient() -> None:
    logs = log_softmax(LOGITS.reshape(1, -1))
    flat = READS.reshape(1, -1).astype(float)
    difference = profiles.multinomial_nll(logs, flat, False) - profiles.multinomial_nll(logs, flat)
    assert difference[0] == pytest.approx(6.0402547, abs=5e-8)
    uniform = np.full((1, 6), -np.log(6))
    assert profiles.multinomial_nll(uniform, flat)[0] == pytest.approx(6.5020616, abs=5e-8)


def slow(name: str, p: np.ndarray, y: np.ndarray) -> float:
    """One region, by SciPy; p and y (value,)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {
            "profile_pearson": lambda: stats.pearsonr(p, y)[0],
            "profile_spearman": lambda: stats.spearmanr(p, y)[0],
            "profile_js_distance": lambda: jensenshannon(p, y),
            "profile_jsd": lambda: divergence(p, y / y.sum()),
            "profile_mnll": lambda: -stats.multinomial.logpmf(y, int(y.sum()), p),
            "profile_mnll_per_read": lambda: -(y * np.log(p)).sum() / y.sum(),
        }[name]()


def divergence(p: np.ndarray, q: np.ndarray) -> float:
    m = (p + q) / 2
    return float(stats.entropy(p, m) + stats.entropy(q, m)) / 2


@pytest.mark.parametrize("name", PROFILE_FORMULAS)
@pytest.mark.parametrize("mean", [0.02, 0.8, 30.0])
def test_equals_scipy_region_by_region(name: str, mean: float) -> None:
    logits, reads = drawn(mean=mean)
    shares = softmax(logits.reshape(N, -1), axis=1)
    found = measured(name, logits, reads)
    for region in range(N):
        y = reads[region].ravel()
        if y.sum() == 0:
            assert np.isnan(found[region])
        else:
            assert found[region] == pytest.approx(slow(name, shares[region], y), rel=1e-9, abs=1e-12)


def test_mnll_is_the_loss() -> None:
    logits, reads = drawn()
    assert measured("profile_mnll", logits, reads) == pytest.approx(reference_nll(logits, reads), rel=1e-12)


def test_ranks_are_those_of_scipy() -> None:
    values = np.random.default_rng(1).integers(0, 4, (20, 9)).astype(float)
    assert np.array_equal(profiles.ranks(values), stats.rankdata(values, axis=1))
    assert profiles.ranks(np.zeros((2, 3))).tolist() == [[2, 2, 2], [2, 2, 2]]


def test_ordinal_ranks_are_those_of_scipy() -> None:
    values = np.random.default_rng(1).integers(0, 4, (20, 200)).astype(float)
    assert np.array_equal(profiles.ordinal_ranks(values), stats.rankdata(values, method="ordinal", axis=1))
    assert profiles.ordinal_ranks(np.array([[3.0, 1, 3, 1]])).tolist() == [[3, 1, 4, 2]]


def test_the_vectors_of_the_published_formulas() -> None:
    logits, reads = np.array([[0.0, 1, 2, 0]]), np.array([[1, 0, 3, 2]])
    wanted = {"pearson": 0.599230, "spearman": 0.316228, "jsd": 0.128280, "js_distance": 0.358162}
    for name, value in wanted.items():
        assert measured(f"profile_{name}", logits, reads)[0] == pytest.approx(value, abs=5e-7)
    ordinal = Profiles.of(reads, ties="ordinal").measure("profile_spearman", log_softmax(logits))
    assert ordinal[0] == pytest.approx(stats.pearsonr([1, 3, 4, 2], [2, 1, 4, 3])[0])


def test_ordinal_ties_by_scipy() -> None:
    logits, reads = drawn()
    logits[3] = 0
    reads[4] = 2
    logs = log_softmax(logits.reshape(N, -1))
    found = Profiles.of(reads, ties="ordinal").measure("profile_spearman", logs)
    for region in range(N):
        ranked = [stats.rankdata(row, method="ordinal") for row in (np.exp(logs[region]), reads[region].ravel())]
        assert found[region] == pytest.approx(stats.pearsonr(*ranked)[0], rel=1e-12)
    assert found == pytest.approx(profiles.spearman(np.exp(logs), reads.reshape(N, -1), "ordinal"), rel=1e-12)
    for name in ("profile_pearson", "profile_jsd"):
        plain, other = (Profiles.of(reads, ties=ties).measure(name, logs) for ties in ("average", "ordinal"))
        assert np.array_equal(plain, other, equal_nan=True)


def test_properties() -> None:
    _, reads = drawn(mean=5)
    flat = reads.reshape(N, -1).astype(float)
    assert profiles.js_distance(flat, 3 * flat) == pytest.approx(np.zeros(N), abs=1e-7)
    apart = np.eye(4)[[0, 1]], np.eye(4)[[2, 3]]
    assert profiles.js_distance(*apart) == pytest.approx([np.sqrt(np.log(2))] * 2, abs=1e-12)
    assert profiles.js_divergence(*apart) == pytest.approx([np.log(2)] * 2, abs=1e-12)
    assert profiles.js_distance(apart[0], flat[:2, :4]) == pytest.approx(profiles.js_distance(flat[:2, :4], apart[0]))
    assert profiles.pearson(flat, 2 * flat + 1) == pytest.approx(np.ones(N))
    assert profiles.spearman(flat, flat**3) == pytest.approx(np.ones(N))
    best = np.log(np.maximum(flat, 1e-300) / flat.sum(axis=1, keepdims=True))
    worse = log_softmax(best + np.random.default_rng(0).normal(size=flat.shape))
    assert (profiles.multinomial_nll(best, flat) < profiles.multinomial_nll(worse, flat)).all()


def test_reads_may_be_fractions_and_logits_far_apart() -> None:
    logits, reads = drawn()
    for name in PROFILE_FORMULAS:
        assert np.isfinite(measured(name, 1000 * logits, reads + 0.25)).all()


def test_undefined_is_nan_without_a_warning() -> None:
    reads = np.zeros((4, 5, 1))
    reads[1], reads[2, 0], reads[3] = 2, 1, [[1], [0], [2], [0], [0]]
    logits = np.zeros((4, 5, 1))
    logits[2, 1] = 3
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = {name: np.isnan(measured(name, logits, reads)).tolist() for name in PROFILE_FORMULAS}
    correlations = [True, True, False, True]  # no reads; constant reads; both vary; a constant prediction
    others = [True, False, False, False]
    assert found == {
        name: correlations if name in ("profile_pearson", "profile_spearman") else others for name in PROFILE_FORMULAS
    }


def test_reads_where_nothing_is_predicted_cost_everything() -> None:
    with np.errstate(divide="ignore"):
        logs = np.log([[0.5, 0.5, 0.0]])
    assert profiles.multinomial_nll(logs, np.array([[1.0, 1.0, 1.0]]))[0] == np.inf
    assert np.isfinite(profiles.multinomial_nll(logs, np.array([[1.0, 1.0, 0.0]]))[0])


def test_smoothing_is_a_normal_kernel_cut_at_four_sd() -> None:
    reads = np.zeros((1, 101, 2))
    reads[0, 50, 0], reads[0, 2, 1] = 8, 1
    found = profiles.smoothed(reads, 3)
    kernel = np.exp(-0.5 * (np.arange(-12, 13) / 3) ** 2)
    assert found[0, 38:63, 0] == pytest.approx(8 * kernel / kernel.sum())
    assert found[0, :38, 0].sum() == found[0, 63:, 0].sum() == 0
    assert found[0, :15, 1] == pytest.approx((kernel / kernel.sum())[10:])
    assert profiles.smoothed(reads, 0) is reads


def test_log_counts() -> None:
    assert np.isnan(profiles.log_counts(np.array([0.0]), 0)).all()
    assert profiles.log_counts(np.array([0.0, 4.0]), 1) == pytest.approx(np.log([1, 5]))
    tasks = np.log([[3.0, 5.0], [1.0, 9.0]])
    assert profiles.head_log_counts(tasks, 0) == pytest.approx(np.log([8, 10]))
    assert profiles.head_log_counts(tasks, 1) == pytest.approx(np.log([7, 9]))  # (3 − 1) + (5 − 1) + 1
    assert profiles.head_log_counts(np.array([[1.5]]), 1) == pytest.approx([1.5])


@pytest.mark.parametrize("name", PROFILE_FORMULAS)
def test_watched_profile_metrics(name: str) -> None:
    (one, first), (two, second) = drawn(seed=1), drawn(mean=0.01, seed=2)
    prediction = one, two[:, :, :1], np.zeros((N, 1)), np.zeros((N, 1))
    target = first.astype(np.uint8), second[:, :, :1].astype(np.float32)
    means = [np.nanmean(measured(name, logits, reads)) for logits, reads in zip(prediction, target, strict=False)]
    for size in (1, 7, N):
        assert streamed(name, prediction, target, size) == pytest.approx(np.mean(means), rel=1e-12)


@pytest.mark.parametrize("pseudocount", [0.0, 1.0])
def test_watched_counts_metrics(pseudocount: float) -> None:
    logits, reads = drawn(mean=0.03)
    logcounts = np.random.default_rng(9).normal(size=(N, 1))
    total = reads.sum(axis=(1, 2)) + pseudocount
    used = total > 0
    assert used.all() == (pseudocount > 0)
    x, y = logcounts[used, 0], np.log(total[used])
    wanted = {
        "counts_pearson": stats.pearsonr(x, y)[0],
        "counts_spearman": stats.spearmanr(x, y)[0],
        "counts_mse": np.mean((x - y) ** 2),
    }
    for name, value in wanted.items():
        found = streamed(name, (logits, logcounts), (reads,), pseudocount=pseudocount)
        assert found == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("name", [*PROFILE_FORMULAS, *profiles.COUNTS_FORMULAS])
def test_fewer_than_two_defined_regions_give_nan(name: str) -> None:
    logits, reads = drawn(4)
    reads[1:] = 0
    assert np.isnan(find("metrics", name)().start().value())
    assert np.isnan(streamed(name, (logits, np.zeros((4, 1))), (reads,)))


def test_direction() -> None:
    greater = {
        name for name in (*PROFILE_FORMULAS, *profiles.COUNTS_FORMULAS) if find("metrics", name).greater_is_better
    }
    assert greater == {"profile_pearson", "profile_spearman", "counts_pearson", "counts_spearman"}
