# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Predictions of profiles as the mean of both strands: of an input, and of its reverse complement turned back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from seqforge.backends.base import Evaluated, Learner
from seqforge.data.augmentation import reverse_complement
from seqforge.data.dataset import Batch
from seqforge.data.encodings import DNA
from seqforge.evaluation.profile_outputs import log_softmax


@dataclass(frozen=True)
class BothStrands:
    """A learner that judges and predicts with both strands; everything else is the learner's own.

    `orders`: per head, task t of a region is task order[t] of its reverse complement; `control_order`: the same for
    control tracks. Losses are those of the input as it is.
    """

    learner: Learner
    orders: tuple[tuple[int, ...], ...]
    control_order: tuple[int, ...] = ()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.learner, name)

    def eval_step(self, batch: Batch) -> Evaluated:
        here, there = self.learner.eval_step(batch), self.learner.eval_step(self._turned(batch))
        count = len(self.orders)
        logits, counts = [], []
        for number, order in enumerate(self.orders):
            one, other = here.prediction[number], there.prediction[number][:, ::-1][:, :, list(order)]
            count_one, count_other = here.prediction[count + number], there.prediction[count + number]
            apart = count_one.shape[1] > 1  # every task has counts, and so a profile, of its own
            logits.append(mean_profile(one, other, apart))
            counts.append((count_one + (count_other[:, list(order)] if apart else count_other)) / 2)
        return here._replace(prediction=(*logits, *counts))

    def _turned(self, batch: Batch) -> Batch:
        assert batch.sequence is not None
        control = batch.control
        if control is not None:
            control = np.ascontiguousarray(control[:, ::-1, self._controls(control.shape[2])])
        return replace(batch, sequence=reverse_complement(batch.sequence, DNA), target=None, control=control)

    def _controls(self, tracks: int) -> Sequence[int]:
        if len(self.control_order) != tracks:
            raise ValueError(f"{tracks} control tracks, but an order of {len(self.control_order)}")
        return list(self.control_order)


def mean_profile(one: np.ndarray, other: np.ndarray, apart: bool = False) -> np.ndarray:
    """Logits (n, position, task) of the mean of two profiles' probabilities, in the type of `one`.

    `apart`: each task has probabilities of its own, which sum up to 1 over positions.
    """
    logs = [_by_task(logits) if apart else log_softmax(logits) for logits in (one, other)]
    return np.asarray(np.logaddexp(*logs) - np.log(2), dtype=one.dtype)


def _by_task(logits: np.ndarray) -> np.ndarray:
    tasks = [log_softmax(logits[:, :, task : task + 1]) for task in range(logits.shape[2])]
    return np.concatenate(tasks, axis=2)
