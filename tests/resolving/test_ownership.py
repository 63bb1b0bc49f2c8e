# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Which parameters an optimizer owns where the loss leaves some of them untrained."""

from __future__ import annotations

from seqforge.architectures.base import InputSpec
from seqforge.architectures.centromere_transformer import CentromereTransformer
from seqforge.losses.base import Loss
from seqforge.losses.weighted_bce_loss import WeightedBCELoss
from seqforge.losses.weighted_loss import WeightedLoss
from seqforge.resolving.ownership import owned, trained

MODEL = CentromereTransformer(d_model=32, nhead=4, num_layers=4, dim_feedforward=64, conv_channels=16)
BRANCH = ("multi_scale_conv.", "range_head.")


def told(loss: Loss) -> tuple[list[str], list[str]]:
    found = trained(MODEL, loss, InputSpec(length=None, channels=8, outputs=2))
    assert found is not None
    return found


def test_a_branch_that_the_loss_does_not_reach_has_no_optimizer() -> None:
    names, frozen = told(WeightedBCELoss())
    assert len(names) == 56
    assert len(frozen) == 18
    assert all(name.startswith(BRANCH) for name in frozen)
    assert not any(name.startswith(BRANCH) for name in names)
    spec = InputSpec(length=None, channels=8, outputs=2)
    assert owned(MODEL, WeightedBCELoss(), spec, [None]) == [names]


def test_with_a_range_loss_everything_is_trained() -> None:
    names, frozen = told(WeightedLoss(terms="WeightedBCELoss 1, RangeLoss 0.1"))
    assert (len(names), frozen) == (74, [])
