# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Scores against hand-made cases and against scikit-learn; labels that are absent from a set."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn import metrics as sk

from seqforge.errors import DataError
from seqforge.evaluation.scores import scores
from seqforge.registry import find

MULTI_CLASS, MULTI_LABEL, REGRESSION = (
    find("tasks", name)() for name in ("multi-class classification", "multi-label classification", "regression")
)
LABELS = ["c1", "c2", "c3"]


def drawn(n=200, k=3, seed=1):
    draw = np.random.default_rng(seed)
    target = draw.integers(0, k, n)
    logits = draw.normal(0, 1, (n, k)) + 1.2 * np.eye(k)[target]
    e = np.exp(logits)
    return e / e.sum(1, keepdims=True), target


def test_hand_made_multi_class():
    prediction = np.array([[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.6, 0.3, 0.1], [0.1, 0.2, 0.7]])
    found = scores(prediction, np.array([0, 1, 1, 2]), LABELS, MULTI_CLASS)
    assert found["confusion_matrix"] == [[1, 0, 0], [1, 1, 0], [0, 0, 1]]
    assert found["accuracy"] == 0.75
    assert found["labels"]["c1"]["precision"] == 0.5
    assert found["labels"]["c2"]["recall"] == found["labels"]["c2"]["sensitivity"] == 0.5
    assert found["labels"]["c1"]["specificity"] == pytest.approx(2 / 3)
    assert [found["labels"][label]["n"] for label in LABELS] == [1, 2, 1]
    assert found["notes"] == []


def test_multi_class_equals_sklearn():
    prediction, target = drawn()
    found, said = scores(prediction, target, LABELS, MULTI_CLASS), prediction.argmax(1)
    precision, recall, f1, _ = sk.precision_recall_fscore_support(target, said, average="macro")
    assert [found["precision"], found["recall"], found["f1"]] == pytest.approx([precision, recall, f1])
    assert found["matthews_correlation"] == pytest.approx(sk.matthews_corrcoef(target, said))
    assert found["roc_auc"] == pytest.approx(sk.roc_auc_score(target, prediction, multi_class="ovr"))
    hot = np.eye(3)[target]
    assert found["roc_auc_micro"] == pytest.approx(sk.roc_auc_score(hot, prediction, average="micro"))
    assert found["pr_auc_micro"] == pytest.approx(sk.average_precision_score(hot, prediction, average="micro"))
    assert found["pr_auc"] == pytest.approx(sk.average_precision_score(hot, prediction, average="macro"))
    assert found["confusion_matrix"] == sk.confusion_matrix(target, said).tolist()


def test_multi_label_equals_sklearn():
    draw = np.random.default_rng(2)
    target = (draw.random((150, 3)) < 0.4).astype(np.float32)
    prediction = np.clip(0.4 * target + 0.6 * draw.random((150, 3)), 0, 1)
    found, said = scores(prediction, target, LABELS, MULTI_LABEL), prediction > 0.5
    assert found["accuracy"] == pytest.approx(sk.accuracy_score(target > 0, said))
    assert found["label_accuracy"] == pytest.approx(((target > 0) == said).mean())
    assert found["f1"] == pytest.approx(sk.f1_score(target > 0, said, average="macro"))
    assert found["matthews_correlation"] == pytest.approx(sk.matthews_corrcoef((target > 0).ravel(), said.ravel()))
    assert found["confusion_matrix"] == sk.multilabel_confusion_matrix(target > 0, said).tolist()
    assert found["labels"]["c2"]["roc_auc"] == pytest.approx(sk.roc_auc_score(target[:, 1], prediction[:, 1]))


def test_two_classes_give_the_binary_scores():
    prediction, target = drawn(k=2, seed=7)
    found, said = scores(prediction, target, ["other", "promoter"], MULTI_CLASS), prediction.argmax(1)
    assert found["labels"]["promoter"]["sensitivity"] == pytest.approx(sk.recall_score(target, said))
    assert found["labels"]["promoter"]["specificity"] == pytest.approx(sk.recall_score(target, said, pos_label=0))
    assert found["labels"]["promoter"]["matthews_correlation"] == pytest.approx(sk.matthews_corrcoef(target, said))


def test_label_without_examples_is_null_and_said():
    prediction, target = drawn()
    present = target < 2
    found = scores(prediction[present], target[present], LABELS, MULTI_CLASS)
    assert (
        found["labels"]["c3"]["recall"] is found["labels"]["c3"]["roc_auc"] is found["labels"]["c3"]["pr_auc"] is None
    )
    assert found["labels"]["c3"]["precision"] == 0
    assert found["recall"] == pytest.approx(np.mean([found["labels"][label]["recall"] for label in ("c1", "c2")]))
    assert found["notes"] == ["no example of 'c3': recall and areas are not defined, and left out of means"]


def test_one_class_only():
    prediction = np.array([[0.9, 0.1], [0.8, 0.2]])
    found = scores(prediction, np.array([0, 0]), ["a", "b"], MULTI_CLASS)
    assert found["accuracy"] == 1
    assert found["roc_auc"] is found["matthews_correlation"] is None
    assert "every example is 'a'" in found["notes"][1]


def test_label_never_predicted_has_precision_zero():
    prediction = np.array([[0.9, 0.1], [0.8, 0.2]])
    found = scores(prediction, np.array([0, 1]), ["a", "b"], MULTI_CLASS)
    assert found["labels"]["b"]["precision"] == found["labels"]["b"]["f1"] == 0


def test_no_example_at_all():
    for task, target in (
        (MULTI_CLASS, np.zeros(0, int)),
        (MULTI_LABEL, np.zeros((0, 3))),
        (REGRESSION, np.zeros((0, 3))),
    ):
        found = scores(np.zeros((0, 3)), target, LABELS, task)
        assert found.get("accuracy") is found.get("pearson_r") is None


def test_regression():
    draw = np.random.default_rng(3)
    target = draw.normal(0, 1, (50, 2)).astype(np.float32)
    prediction = target + draw.normal(0, 0.5, (50, 2))
    found = scores(prediction, target, ["x", "y"], REGRESSION)
    assert found["mean_squared_error"] == pytest.approx(sk.mean_squared_error(target, prediction))
    assert found["mean_absolute_error"] == pytest.approx(sk.mean_absolute_error(target, prediction))
    assert found["labels"]["y"]["pearson_r"] == pytest.approx(np.corrcoef(prediction[:, 1], target[:, 1])[0, 1])
    constant = scores(np.ones((50, 2)), target, ["x", "y"], REGRESSION)
    assert constant["pearson_r"] is None
    assert constant["notes"] == ["correlations of 'x', 'y' are not defined: a constant has none"]


@pytest.mark.parametrize("task", [MULTI_CLASS, MULTI_LABEL])
def test_is_json_without_nan(task):
    prediction, target = drawn(30)
    target = np.zeros_like(target) if task is MULTI_CLASS else np.zeros((30, 3))
    assert json.loads(json.dumps(scores(prediction, target, LABELS, task), allow_nan=False))


def test_refuses_what_it_cannot_judge():
    prediction, target = drawn(10)
    with pytest.raises(DataError, match=r"expected predictions of shape \(10, 2\), received \(10, 3\)"):
        scores(prediction, target, ["a", "b"], MULTI_CLASS)
    prediction[3, 1] = np.nan
    with pytest.raises(DataError, match="1 of 10 predictions are not finite"):
        scores(prediction, target, LABELS, MULTI_CLASS)
