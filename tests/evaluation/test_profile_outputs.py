# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Reads, shares and log counts from the outputs of a head, against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from seqforge.evaluation import profile_outputs as outputs

LOGITS = np.array([[[1, 0], [0, 2], [-1, 0.5]]], dtype=np.float32)  # one region, (position, task)
JOINT = np.array([[1.5]], dtype=np.float32)


def test_the_softmax_is_over_positions_and_tasks_together() -> None:
    expected = np.exp(LOGITS[0].astype(float)) / np.exp(LOGITS[0].astype(float)).sum()
    np.testing.assert_allclose(outputs.softmax(LOGITS)[0], expected, rtol=1e-12)
    assert outputs.softmax(np.full((2, 5, 3), 1000.0)).sum(axis=(1, 2)) == pytest.approx([1, 1])
    assert np.isfinite(outputs.log_softmax(np.array([[[1e4], [-1e4]]]))).all()


def test_shares_and_log_counts_of_tasks() -> None:
    np.testing.assert_allclose(np.exp(outputs.log_shares(LOGITS)), [[0.2893075, 0.7106925]], atol=1e-7)
    np.testing.assert_allclose(outputs.task_logcounts(LOGITS, JOINT), [[0.2597348, 1.1584846]], atol=1e-7)
    apart = np.array([[0.3, -0.2]])
    np.testing.assert_array_equal(outputs.task_logcounts(LOGITS, apart), apart)


@pytest.mark.parametrize("pseudocount", [0.0, 1.0])
def test_expected_reads_sum_to_the_counts_of_the_head(pseudocount: float) -> None:
    reads = outputs.expected_reads(LOGITS, JOINT, pseudocount)
    assert reads.shape == LOGITS.shape
    assert reads.sum() == pytest.approx(np.exp(1.5) - pseudocount)
    np.testing.assert_allclose(reads / reads.sum(), outputs.softmax(LOGITS))


def test_tasks_that_are_counted_apart_spread_their_own_reads() -> None:
    reads = outputs.expected_reads(LOGITS, np.log([[3.0, 5.0]]))
    np.testing.assert_allclose(reads.sum(axis=1), [[3, 5]])
    own = np.exp(LOGITS[0, :, 0].astype(float))
    np.testing.assert_allclose(reads[0, :, 0], 3 * own / own.sum())


def test_reads_are_never_negative() -> None:
    few = np.array([np.log(0.25), np.log(4.0)])
    np.testing.assert_allclose(outputs.counts(few, 1.0), [[0.0], [3.0]])
    assert (outputs.expected_reads(np.zeros((2, 4, 1)), few, 1.0)[0] == 0).all()


def test_normalised_logits_have_the_same_softmax_and_mean_zero() -> None:
    drawn = np.random.default_rng(3).normal(7, 2, (4, 6, 2))
    found = outputs.mean_normalized(drawn)
    np.testing.assert_allclose(found.mean(axis=(1, 2)), 0, atol=1e-12)
    np.testing.assert_allclose(outputs.softmax(found), outputs.softmax(drawn))
    np.testing.assert_allclose(outputs.mean_normalized(drawn + 5), found, atol=1e-12)
