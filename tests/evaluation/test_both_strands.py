# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Predictions as means of both strands: probabilities, log counts, tasks inside their head, control tracks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from seqforge.backends.base import Evaluated
from seqforge.data.dataset import Batch
from seqforge.evaluation.both_strands import BothStrands, mean_profile
from seqforge.evaluation.profile_outputs import softmax

ORDERS, CONTROLS = ((0,), (1, 0)), (1, 0)
N, LENGTH = 3, 12


class Fake:
    """Two heads, of one and of two tasks; every number depends on where a base and a control stand."""

    def __init__(self) -> None:
        self.loss_weights = {"loss": 1.0}
        self.seen: list[Batch] = []

    def eval_step(self, batch: Batch) -> Evaluated:
        self.seen.append(batch)
        codes = batch.sequence.astype(np.float32) + np.arange(LENGTH, dtype=np.float32) / 7
        if batch.control is not None:
            codes = codes + batch.control @ np.float32([1, 3])
        two = np.stack([codes, codes**2 / 5], axis=2)
        losses = {} if batch.target is None else {"loss": codes.mean(axis=1)}
        return Evaluated((codes[:, :, None], two, codes[:, :1], codes[:, 1:2]), losses)


def batch(control: bool = False) -> Batch:
    draw = np.random.default_rng(1)
    codes = draw.integers(0, 5, (N, LENGTH)).astype(np.uint8)
    reads = draw.random((N, LENGTH, 2)).astype(np.float32) if control else None
    target = (np.ones((N, LENGTH, 1)), np.ones((N, LENGTH, 2)))
    return Batch(np.arange(N), codes, target, control=reads)


def turned(given: Batch) -> Batch:
    codes = np.array([3, 2, 1, 0, 4], dtype=np.uint8)[given.sequence[:, ::-1]]
    control = None if given.control is None else given.control[:, ::-1, ::-1]
    return Batch(given.index, codes, given.target, control=control)


@pytest.mark.parametrize("control", [False, True])
def test_the_other_strand_is_predicted_alike(control: bool):
    both: Any = BothStrands(Fake(), ORDERS, CONTROLS if control else ())
    given = batch(control)
    here, there = both.eval_step(given).prediction, both.eval_step(turned(given)).prediction
    np.testing.assert_allclose(there[0], here[0][:, ::-1], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(there[1], here[1][:, ::-1, ::-1], rtol=1e-5, atol=1e-6)
    for one, other in zip(here[2:], there[2:], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_what_is_averaged():
    given, plain = batch(), Fake()
    here, there = plain.eval_step(given).prediction, plain.eval_step(turned(given)).prediction
    found = BothStrands(Fake(), ORDERS).eval_step(given)
    expected = (softmax(here[1]) + softmax(there[1])[:, ::-1, ::-1]) / 2
    np.testing.assert_allclose(np.exp(found.prediction[1]), expected, rtol=1e-5)
    np.testing.assert_allclose(found.prediction[2], (here[2] + there[2]) / 2)
    assert [array.dtype for array in found.prediction] == [np.float32] * 4
    assert found.losses["loss"].tolist() == plain.eval_step(given).losses["loss"].tolist()


def test_the_other_strand_has_no_target_and_turned_controls():
    fake = Fake()
    given = batch(control=True)
    both: Any = BothStrands(fake, ORDERS, CONTROLS)
    both.eval_step(given)
    assert fake.seen[0] is given
    assert fake.seen[1].target is None
    np.testing.assert_array_equal(fake.seen[1].control, given.control[:, ::-1, ::-1])
    assert both.loss_weights == {"loss": 1.0}


def test_tasks_counted_apart_have_profiles_of_their_own():
    draw = np.random.default_rng(2)
    one, other = draw.random((2, 4, 9, 2))
    found = np.exp(mean_profile(one, other, apart=True))
    np.testing.assert_allclose(found.sum(axis=1), 1)
    np.testing.assert_allclose(np.exp(mean_profile(one, one)), softmax(one))


def test_controls_without_an_order_are_refused():
    both: Any = BothStrands(Fake(), ORDERS)
    with pytest.raises(ValueError, match="2 control tracks, but an order of 0"):
        both.eval_step(batch(control=True))
