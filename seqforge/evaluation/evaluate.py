# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A trained model over one set: predictions, losses and scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from seqforge.backends.base import Learner
from seqforge.data.dataset import Dataset
from seqforge.evaluation.scores import scores
from seqforge.tasks import Task
from seqforge.training.loop import evaluated


@dataclass(frozen=True)
class Evaluation:
    """`prediction` (n, label), `target` as the dataset gives it, `scores` ready for JSON."""

    prediction: np.ndarray
    target: np.ndarray
    scores: dict[str, Any]


def evaluate(learner: Learner, dataset: Dataset, labels: tuple[str, ...], task: Task, batch_size: int) -> Evaluation:
    """Every example of `dataset` once, in order; the loss is the mean over examples."""
    predictions, targets, losses = [], [], []
    for batch, found in evaluated(learner, dataset, batch_size):
        predictions.append(found.prediction)
        targets.append(np.asarray(batch.target))
        losses.append(found.losses.get("loss", np.full(len(batch), np.nan)))
    prediction, target = np.concatenate(predictions), np.concatenate(targets)
    loss = float(np.mean(np.concatenate(losses), dtype=np.float64))
    head = {"n": len(target), "loss": loss if np.isfinite(loss) else None}
    return Evaluation(prediction, target, head | scores(prediction, target, labels, task))
