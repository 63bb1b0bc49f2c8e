# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Metrics batch by batch: equal to scikit-learn on everything at once, in any batching, in constant memory."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as sk

from seqforge.evaluation.scores import scores
from seqforge.registry import classes, find, names

N, K = 300, 4
DRAW = np.random.default_rng(11)
INDEX = DRAW.integers(0, K, N)
SCORES = DRAW.dirichlet(np.ones(K), N) * 0.5 + 0.5 * np.eye(K)[(INDEX + (DRAW.random(N) < 0.4)) % K]
HOT = (DRAW.random((N, K)) < 0.35).astype(np.float32)
HOT_SCORES = (0.4 * HOT + 0.6 * DRAW.random((N, K))).astype(np.float32)
VALUES = DRAW.normal(0, 2, (N, K)).astype(np.float32)
PREDICTED = (VALUES + DRAW.normal(0, 1, (N, K))).astype(np.float32)
SAID, TOLD = SCORES.argmax(1), HOT_SCORES > 0.5

MULTI_CLASS = {
    "accuracy": sk.accuracy_score(INDEX, SAID),
    "precision": sk.precision_score(INDEX, SAID, average="macro"),
    "recall": sk.recall_score(INDEX, SAID, average="macro"),
    "sensitivity": sk.recall_score(INDEX, SAID, average="macro"),
    "specificity": np.mean([sk.recall_score(k != INDEX, k != SAID) for k in range(K)]),
    "f1": sk.f1_score(INDEX, SAID, average="macro"),
    "matthews_correlation": sk.matthews_corrcoef(INDEX, SAID),
    "roc_auc": sk.roc_auc_score(INDEX, SCORES, multi_class="ovr"),
    "pr_auc": sk.average_precision_score(np.eye(K)[INDEX], SCORES),
}
MULTI_LABEL = {
    "accuracy": sk.accuracy_score(HOT > 0, TOLD),
    "label_accuracy": ((HOT > 0) == TOLD).mean(),
    "precision": sk.precision_score(HOT, TOLD, average="macro"),
    "recall": sk.recall_score(HOT, TOLD, average="macro"),
    "sensitivity": sk.recall_score(HOT, TOLD, average="macro"),
    "specificity": np.mean([sk.recall_score(HOT[:, k] == 0, ~TOLD[:, k]) for k in range(K)]),
    "f1": sk.f1_score(HOT, TOLD, average="macro"),
    "matthews_correlation": sk.matthews_corrcoef(HOT.ravel(), TOLD.ravel()),
    "roc_auc": sk.roc_auc_score(HOT, HOT_SCORES),
    "pr_auc": sk.average_precision_score(HOT, HOT_SCORES),
}
REGRESSION = {
    "mean_squared_error": sk.mean_squared_error(VALUES, PREDICTED),
    "mean_absolute_error": sk.mean_absolute_error(VALUES, PREDICTED),
    "pearson_r": np.mean([stats.pearsonr(VALUES[:, k], PREDICTED[:, k])[0] for k in range(K)]),
    "spearman_r": np.mean([stats.spearmanr(VALUES[:, k], PREDICTED[:, k])[0] for k in range(K)]),
}
CASES = [
    pytest.param(name, prediction, target, expected, id=f"{task}-{name}")
    for task, prediction, target, table in (
        ("multi-class", SCORES, INDEX, MULTI_CLASS),
        ("multi-label", HOT_SCORES, HOT, MULTI_LABEL),
        ("regression", PREDICTED, VALUES, REGRESSION),
    )
    for name, expected in table.items()
]


def streamed(name, prediction, target, size=17):
    accumulator = find("metrics", name)().start()
    for start in range(0, len(prediction), size):
        accumulator.update(prediction[start : start + size], target[start : start + size])
    return accumulator.value()


@pytest.mark.parametrize(("name", "prediction", "target", "expected"), CASES)
def test_equals_sklearn(name, prediction, target, expected):
    assert streamed(name, prediction, target) == pytest.approx(float(expected), rel=1e-5)
    assert streamed(name, prediction, target, 1) == pytest.approx(streamed(name, prediction, target, N), rel=1e-12)


@pytest.mark.parametrize(("name", "prediction", "target", "expected"), CASES)
def test_scores_of_an_evaluation_agree(name, prediction, target, expected):
    form = "regression" if target is VALUES else f"multi-{'class' if target is INDEX else 'label'} classification"
    found = scores(prediction, target, [f"c{k}" for k in range(K)], find("tasks", form)())
    assert found[name] == pytest.approx(streamed(name, prediction, target), rel=1e-6)


def test_every_metric_is_tested_and_nan_before_the_first_batch():
    known = {task for metric in classes("metrics") for task in metric.tasks} & {
        "multi-class classification",
        "multi-label classification",
        "regression",
    }
    own = [metric for metric in classes("metrics") if set(metric.tasks) & known]
    assert {metric.name for metric in own} >= {*MULTI_CLASS, *MULTI_LABEL, *REGRESSION}
    for metric in own:
        if metric.name in {*MULTI_CLASS, *MULTI_LABEL, *REGRESSION}:
            assert np.isnan(metric().start().value())


def test_direction():
    lower = {name for name in names("metrics") if not find("metrics", name).greater_is_better}
    assert lower >= {"mean_squared_error", "mean_absolute_error"}
    assert not lower & set(MULTI_CLASS)


def test_threshold_is_strict_and_the_first_of_equal_scores_wins():
    assert streamed("accuracy", np.array([[0.5, 0.4]]), np.array([[0.0, 0.0]])) == 1
    assert streamed("accuracy", np.array([[0.3, 0.3]]), np.array([0])) == 1
    assert streamed("accuracy", np.array([[0.6, 0.6], [0.6, 0.1]]), np.array([[1.0, 0.0], [1.0, 0.0]])) == 0.5
    assert streamed("label_accuracy", np.array([[0.6, 0.6]]), np.array([[1.0, 0.0]])) == 0.5


def test_undefined_is_nan_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one_class = np.zeros(3, int)
        prediction = np.array([[0.9, 0.1]] * 3)
        assert np.isnan(streamed("matthews_correlation", prediction, one_class))
        assert np.isnan(streamed("roc_auc", prediction, one_class))
        assert streamed("recall", prediction, one_class) == 1
        assert np.isnan(streamed("pearson_r", np.ones((5, 1)), VALUES[:5, :1]))


def test_counting_metrics_do_not_grow():
    for name in ("accuracy", "f1", "matthews_correlation", "mean_squared_error"):
        accumulator = find("metrics", name)().start()
        for _ in range(3):
            accumulator.update(SCORES, INDEX if name != "mean_squared_error" else SCORES)
            kept = sum(np.size(value) for value in vars(accumulator).values())
            assert kept <= K * K + 4
