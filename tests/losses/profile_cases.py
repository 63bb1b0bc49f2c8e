# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Outputs and reads of two heads, one of them with a count per task, and the losses bound to them."""

from __future__ import annotations

from typing import Any

import numpy as np

from seqforge.heads import Head
from seqforge.losses.base import Loss
from seqforge.losses.bpnet_loss import BPNetLoss
from seqforge.losses.log_counts_mse import LogCountsMSE
from seqforge.losses.multinomial_nll import MultinomialNLL

HEADS = (
    Head(name="nexus", tasks=("plus", "minus"), profile_loss_weight=0.5, counts_loss_weight=3.0),
    Head(name="atac", tasks=("a", "b", "c"), counts_loss_weight=7.0, counts_per_task=True),
)
LOSSES: list[Loss] = [
    loss.for_heads(HEADS)
    for loss in (
        MultinomialNLL(),
        MultinomialNLL(coefficient=False),
        LogCountsMSE(pseudocount=1.0),
        BPNetLoss(pseudocount=0.5),
        BPNetLoss(coefficient=False),
    )
]
# the published check: position × task
READS = np.array([[[2, 1], [0, 1], [3, 0]]], np.float32)
LOGITS = np.array([[[1, 0], [0, 2], [-1, 0.5]]], np.float32)


def case(reads_per_base: float = 0.3, seed: int = 3) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Outputs and reads of 5 regions of 40 positions; every window has reads."""
    draw = np.random.default_rng(seed)
    profiles = [draw.normal(0, 2, (5, 40, head.width)).astype(np.float32) for head in HEADS]
    counts = [draw.normal(3, 1, (5, head.counts)).astype(np.float32) for head in HEADS]
    reads = [draw.poisson(reads_per_base, (5, 40, head.width)).astype(np.float32) for head in HEADS]
    for array in reads:
        array[:, 7] += 1
    return [*profiles, *counts], reads


def same(found: dict[str, Any], wanted: dict[str, np.ndarray], relative: float) -> None:
    assert list(found) == list(wanted)
    for name, expected in wanted.items():
        np.testing.assert_allclose(np.asarray(found[name]), expected, rtol=relative, atol=1e-6, err_msg=name)
