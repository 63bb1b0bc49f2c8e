# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Factors of counts losses that follow the share which the counts shall have in the total loss."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from seqforge.errors import TrainingError
from seqforge.losses.base import Adapted
from seqforge.training.progress import Callback, Training

RULE_OF_THUMB = 37.0  # start = 37 · target · mean reads of a training region; may be off by orders of magnitude
FIRST_EPOCHS = 2  # in which a factor follows its target at once, by up to a factor of FAST
FAST, SLOW = 10.0, 2.0  # the greatest change in one epoch, at first and later
AGGRESSION = 0.3  # how much of the way to its target a factor goes later


class AdaptiveWeights(Callback):
    """After an epoch: factor ← (1 − 0.3)·factor + 0.3·aim; in the first two epochs the aim itself; clamped.

    The aim comes from the losses of the training epoch; in the first one, whose first batches inflate them, from those
    of validation. It stands behind everything that compares the epoch with others.
    """

    name = "AdaptiveWeights"

    def __init__(self, adapted: Sequence[Adapted]):
        self._adapted = tuple(adapted)

    def begin(self, training: Training) -> None:
        if training.resumes:
            return
        weights = dict(training.learner.loss_weights)
        for one in self._adapted:
            if one.head.counts_loss_weight is None:
                weights[one.counts] = self._start(one, training)
        training.learner.loss_weights = weights

    def _start(self, one: Adapted, training: Training) -> float:
        mean_reads = getattr(training.examples, "mean_reads", None)
        if mean_reads is None:
            raise TrainingError(f"head '{one.head.name}': the data do not say their reads; give counts_loss_weight")
        mean = float(mean_reads()[one.number])
        weight = RULE_OF_THUMB * one.target * mean
        training.report(
            f"head '{one.head.name}': {mean:.4g} reads per region, counts_loss_weight starts at {weight:.4g}"
        )
        if weight <= 0:
            raise TrainingError(f"head '{one.head.name}': the training regions have no reads, nothing can be adapted")
        return weight

    def epoch(self, training: Training, logs: Mapping[str, Any]) -> None:
        weights = dict(training.learner.loss_weights)
        for one in self._adapted:
            weights[one.counts] = self._adapt(one, training, weights[one.counts])
        training.learner.loss_weights = weights

    def _adapt(self, one: Adapted, training: Training, weight: float) -> float:
        """The factor for the next epoch; the share that the counts had, and a clamp, go into the logs of this one."""
        logs, first = training.logs, training.epoch <= FIRST_EPOCHS
        prefix = "validation_" if training.epoch == 1 and training.validation is not None else ""
        profile, counts = float(logs[prefix + one.profile]), float(logs[prefix + one.counts])
        whole = weight * counts + one.head.profile_loss_weight * profile
        logs[f"{one.head.name}_counts_share"] = weight * counts / whole if whole else math.nan
        aim = one.aim(profile, counts, weight)
        if not math.isfinite(aim):
            return weight
        wanted = aim if first else (1 - AGGRESSION) * weight + AGGRESSION * aim
        limit = FAST if first else SLOW
        new = min(max(wanted, weight / limit), weight * limit)
        if new != wanted:
            logs[f"{one.head.name}_counts_clamped"] = True
        if new != wanted and first:
            training.report(_far_off(one, training.epoch, weight, aim))
        return new


def _far_off(one: Adapted, epoch: int, weight: float, aim: float) -> str:
    """A start that was far off is worth a word: a good one saves epochs."""
    kind = "error" if epoch == 1 else "warning"
    measured = f"the losses of epoch {epoch} ask for {aim:.4g}"
    message = f"head '{one.head.name}': counts_loss_weight {weight:.4g} is far off, {measured}"
    return f"{kind}: {message}; give counts_loss_weight near {aim:.3g}"
