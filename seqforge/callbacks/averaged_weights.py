# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A word where the averaged weights cannot forget how they started."""

from __future__ import annotations

import math

from seqforge.training.progress import Callback, Training

MOST = 0.05  # share of the initial weights that may be left at the end
RISE = 10  # of the warm-up: δ_s = min(δ, (1 + s)/(RISE + s))


def decay_at(step: int, decay: float, warmup: bool) -> float:
    """δ of the averages a ← δ·a + (1 − δ)·p at `step`, counted from 0."""
    return min(decay, (1 + step) / (RISE + step)) if warmup else decay


def initial_share(steps: int, decay: float, warmup: bool) -> float:
    """How much of the initial weights is in the averages after `steps` steps: the product of all δ."""
    rising = range(min(steps, math.ceil((RISE * decay - 1) / (1 - decay)) + 1)) if warmup else range(0)
    return math.prod(decay_at(step, decay, True) for step in rising) * float(decay ** (steps - len(rising)))


class AveragedWeights(Callback):
    """Warns at the start of a training that is too short for its `ema_decay`."""

    name = "AveragedWeights"

    def begin(self, training: Training) -> None:
        process = training.process
        updates = process.epochs * -(-training.steps // process.gradient_accumulation)
        share = initial_share(updates, process.ema_decay or 0.0, process.ema_warmup)
        if share > MOST:
            message = f"after {updates:,} steps with ema_decay {process.ema_decay:g}"
            way_out = "lower ema_decay, or set ema_warmup to True"
            training.report(
                f"warning: {message} the averaged weights are {share:.1%} the initial ones; train longer, {way_out}"
            )
