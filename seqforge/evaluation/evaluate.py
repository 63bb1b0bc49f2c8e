# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A trained model over one set: predictions, losses and scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqforge.backends.base import Learner
from seqforge.data.dataset import Dataset
from seqforge.evaluation.scores import scores
from seqforge.tasks import Task


@dataclass(frozen=True)
class Evaluation:
    """`prediction` (n, label), `target` as the dataset gives it, `scores` ready for JSON."""

    prediction: np.ndarray
    target: np.ndarray
    scores: dict[str, Any]


def evaluate(
    learner: Learner,
    dataset: Dataset,
    labels: tuple[str, ...],
    task: Task,
    batch_size: int,
    advance: Callable[[int], None] = lambda examples: None,
) -> Evaluation:
    """Every example of `dataset` once, in order; the loss is the mean over examples. `advance` hears of progress."""
    predictions, targets, losses = [], [], []
    for start in range(0, len(dataset), batch_size):
        batch = dataset.batch(np.arange(start, min(start + batch_size, len(dataset))))
        evaluated = learner.eval_step(batch)
        predictions.append(evaluated.prediction)
        targets.append(np.asarray(batch.target))
        losses.append(evaluated.losses.get("loss", np.full(len(batch), np.nan)))
        advance(len(batch))
    prediction, target = np.concatenate(predictions), np.concatenate(targets)
    loss = float(np.mean(np.concatenate(losses), dtype=np.float64))
    found = {"n": len(target), "loss": loss if np.isfinite(loss) else None}
    return Evaluation(prediction, target, found | scores(prediction, target, labels, task))
