# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Curves against scikit-learn, hand-made cases, and the tables made of them."""

from __future__ import annotations

import io

import numpy as np
import pytest
from sklearn import metrics as sk

from seqforge.evaluation.curves import pr_curves, roc_curves, rows, write_tsv

LABELS = ["c1", "c2", "c3"]


def drawn(n=120, ties=False):
    draw = np.random.default_rng(8)
    target = draw.integers(0, 3, n)
    prediction = draw.random((n, 3)) + 0.5 * np.eye(3)[target]
    return (prediction.round(1) if ties else prediction), target


@pytest.mark.parametrize("ties", [False, True])
def test_roc_areas(ties):
    prediction, target = drawn(ties=ties)
    curves = {curve.label: curve for curve in roc_curves(prediction, target, LABELS)}
    assert list(curves) == [*LABELS, "micro", "macro"]
    for k, label in enumerate(LABELS):
        assert curves[label].area == pytest.approx(sk.roc_auc_score(target == k, prediction[:, k]))
        assert curves[label].n == (target == k).sum()
    assert curves["micro"].area == pytest.approx(sk.roc_auc_score(np.eye(3)[target], prediction, average="micro"))
    assert curves["macro"].area == pytest.approx(np.mean([curves[label].area for label in LABELS]))
    for curve in curves.values():
        assert (np.diff(curve.x) >= 0).all()
        assert (np.diff(curve.y) >= -1e-12).all()
        assert (curve.x[-1], curve.y[-1]) == (1, 1)


@pytest.mark.parametrize("ties", [False, True])
def test_pr_areas(ties):
    prediction, target = drawn(ties=ties)
    curves = {curve.label: curve for curve in pr_curves(prediction, target, LABELS)}
    assert list(curves) == [*LABELS, "micro"]
    for k, label in enumerate(LABELS):
        assert curves[label].area == pytest.approx(sk.average_precision_score(target == k, prediction[:, k]))
    hot = np.eye(3)[target]
    assert curves["micro"].area == pytest.approx(sk.average_precision_score(hot, prediction, average="micro"))


def test_macro_keeps_vertical_rises():
    """One perfect label, one that is always wrong: the mean curve runs at 0.5."""
    prediction = np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.7], [0.1, 0.6]])
    macro = roc_curves(prediction, np.array([[1, 1], [1, 1], [0, 0], [0, 0]], float), ["right", "wrong"])[-1]
    assert macro.area == pytest.approx(0.5)
    inside = (macro.x > 0) & (macro.x < 1)
    assert (macro.y[inside] == 0.5).all()


def test_undefined_curves_are_empty_and_left_out():
    prediction, target = drawn()
    target[target == 2] = 1
    roc = {curve.label: curve for curve in roc_curves(prediction, target, LABELS)}
    pr = {curve.label: curve for curve in pr_curves(prediction, target, LABELS)}
    assert roc["c3"].area is pr["c3"].area is None
    assert len(roc["c3"].x) == len(pr["c3"].x) == 0
    assert roc["macro"].area == pytest.approx((roc["c1"].area + roc["c2"].area) / 2)
    nothing = roc_curves(prediction, np.zeros((len(target), 3)), LABELS)
    assert [curve.area for curve in nothing] == [None] * 5


def test_tsv():
    curves = roc_curves(np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([0, 1]), ["a", "b"])
    out = io.StringIO()
    write_tsv(curves, out)
    lines = out.getvalue().splitlines()
    assert lines[0] == "label\tfalse_positive_rate\ttrue_positive_rate\tthreshold"
    assert lines[1] == "a\t0.0\t0.0\tinf"
    assert lines[2] == "a\t0.0\t1.0\t0.9"
    assert len(lines) == 1 + sum(len(curve.x) for curve in curves) == 1 + len(list(rows(curves)))
    pr = io.StringIO()
    write_tsv(pr_curves(np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([0, 1]), ["a", "b"]), pr)
    assert pr.getvalue().startswith("label\trecall\tprecision\tthreshold\n")
