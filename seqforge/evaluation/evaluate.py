# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A trained model over one set: predictions, losses and scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from seqforge.backends.base import Learner
from seqforge.data.dataset import Data, Dataset
from seqforge.errors import UsageError
from seqforge.evaluation.profiles import Judging, ProfileEvaluation, evaluate_profiles
from seqforge.evaluation.scores import scores
from seqforge.experiment import Experiment
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


def judged(
    experiment: Experiment, learner: Learner, data: Data, set_name: str, smoothing: float = 0.0
) -> Evaluation | ProfileEvaluation:
    """A set of `data` as it is, without augmentation, judged as the task of `experiment` asks."""
    dataset = data.set(set_name)
    assert dataset is not None
    dataset = dataset.plain()
    if experiment.task.targets != "profiles":
        if smoothing:
            raise UsageError(f"smoothing is for profiles; the task is {experiment.task.name}")
        return evaluate(learner, dataset, experiment.labels, experiment.task, experiment.batch_size)
    judging = Judging(float(getattr(experiment.loss, "pseudocount", 0.0)), smoothing)
    return evaluate_profiles(
        learner, dataset, experiment.heads, experiment.batch_size, judging=judging, training=data.training
    )
