# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Losses of profile models: the published check values, against slow formulas, and what they say of themselves."""

from __future__ import annotations

import numpy as np
import pytest
from profile_cases import HEADS, LOGITS, READS, case
from scipy.stats import multinomial

from seqforge.heads import Head
from seqforge.losses.bpnet_loss import BPNetLoss
from seqforge.losses.profiles import reference_mse, reference_nll


def test_the_published_check_values() -> None:
    assert reference_nll(LOGITS, READS) == pytest.approx([11.4948432], abs=1e-7)
    assert reference_nll(np.zeros_like(LOGITS), READS) == pytest.approx([6.5020616], abs=1e-7)
    coefficient = reference_nll(LOGITS, READS, coefficient=False) - reference_nll(LOGITS, READS)
    assert coefficient == pytest.approx([6.0402547], abs=1e-7)


def test_the_nll_is_that_of_scipys_multinomial() -> None:
    (logits, *_), (reads, *_) = case()
    for one, seen in zip(logits, reads, strict=True):
        share = np.exp(one.astype(float)).ravel() / np.exp(one.astype(float)).sum()
        expected = -multinomial.logpmf(seen.ravel(), int(seen.sum()), share)
        assert reference_nll(one[None], seen[None])[0] == pytest.approx(expected, rel=1e-9)


def test_a_window_without_reads_costs_no_profile() -> None:
    assert reference_nll(LOGITS, np.zeros_like(READS)) == pytest.approx([0.0], abs=1e-12)


def test_counts_are_compared_in_equal_rank() -> None:
    """Of n regions there are n errors, not n²; perfect predictions have none."""
    reads = np.arange(1, 25, dtype=float).reshape(3, 4, 2)
    joint = np.log(reads.sum(axis=(1, 2)))[:, None]
    per_task = np.log(reads.sum(axis=1))
    np.testing.assert_array_equal(reference_mse(joint, reads, 0.0), np.zeros(3))
    np.testing.assert_allclose(reference_mse(per_task, reads, 0.0), np.zeros(3), atol=1e-12)
    np.testing.assert_allclose(reference_mse(joint + 2, reads, 0.0), np.full(3, 4.0))


def test_a_loss_names_its_parts_and_their_factors() -> None:
    loss = BPNetLoss().for_heads(HEADS)
    assert loss.weights() == {
        "nexus_profile_nll": 0.5,
        "atac_profile_nll": 1.0,
        "nexus_counts_mse": 3.0,
        "atac_counts_mse": 7.0,
    }
    assert loss.adapted() == []
    short = BPNetLoss(coefficient=False).for_heads(HEADS[:1])
    assert list(short.weights()) == ["nexus_profile_nll_without_coefficient", "nexus_counts_mse"]


def test_heads_with_a_target_are_adapted() -> None:
    heads = [Head(name="x", tasks=("a",), counts_loss_frac_target=0.2), HEADS[0]]
    (adapted,) = BPNetLoss().for_heads(heads).adapted()
    assert (adapted.number, adapted.profile, adapted.counts) == (0, "x_profile_nll", "x_counts_mse")
