# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Profile models on the Keras learner: reported means, factors of heads, losses in low precision."""

from __future__ import annotations

from pathlib import Path

import pytest
from profile_learners import check_equal_rank, check_factor, check_means, check_precision, opened
from small_profiles import HEADS

from seqforge.losses.bpnet_loss import BPNetLoss

pytestmark = [pytest.mark.keras, pytest.mark.slow]
LIBRARY = "Keras"
STILL = ('learning_rate">0.02', 'learning_rate">1e-30')
SLOW = ('learning_rate">0.02', 'learning_rate">1e-4')
NO_COUNTS = ('counts_loss_weight">1', 'counts_loss_weight">0')
END = "</hyperparameter>"
TENFOLD = (f'weight">0{END}', f'weight">0{END}<hyperparameter name="profile_loss_weight">10{END}')
LOW = (f'"epochs">1{END}', f'"epochs">1{END}<hyperparameter name="precision">bf16{END}')


def test_right_counts_have_no_error(tmp_path: Path) -> None:
    check_equal_rank(opened(tmp_path, LIBRARY, STILL))


def test_a_short_batch_weighs_by_its_size(tmp_path: Path) -> None:
    check_means(opened(tmp_path, LIBRARY, STILL))


def test_the_weight_of_a_profile_scales_its_gradient_alone(tmp_path: Path) -> None:
    check_factor(opened(tmp_path, LIBRARY, SLOW, NO_COUNTS), opened(tmp_path, LIBRARY, SLOW, NO_COUNTS, TENFOLD))


def test_losses_are_exact_in_low_precision(tmp_path: Path) -> None:
    learner = opened(tmp_path, LIBRARY, LOW)
    check_precision(learner, BPNetLoss(pseudocount=1.0).for_heads(HEADS))
