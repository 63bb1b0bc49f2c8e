# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The loop, the same for every backend: batches in, logs out. Everything else is the learner's or a callback's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from seqforge.backends.base import Evaluated, Learner
from seqforge.data.dataset import Batch, Data, Dataset
from seqforge.training import checkpoints
from seqforge.training.process import TrainingProcess
from seqforge.training.progress import Callback, Judge, Means, Training


def train(
    learner: Learner,
    data: Data,
    process: TrainingProcess,
    metrics: Sequence[Judge] = (),
    callbacks: Sequence[Callback] = (),
    *,
    seed: int = 0,
    folder: Path | None = None,
    resume: Path | None = None,
    report: Callable[[str], None] = lambda line: None,
) -> Training:
    """Train `learner` until the epochs are done or a callback stops it; what comes back says where it ended.

    Batches are a pure function of (seed, epoch). `folder` is where callbacks write, `resume` a checkpoint to
    continue from, `report` hears lines for the user.
    """
    training = Training(
        learner, data, process, metrics, callbacks, seed=seed, folder=folder, resumes=resume is not None, report=report
    )
    with training:
        if resume is not None:
            checkpoints.load(training, resume)
        while not training.over:
            for indices in training.batches():
                learner.train_step(training.examples.batch(indices, training.epoch))
                training.advance(len(indices))
            learner.end_epoch()
            training.look()
            training.finish_epoch(judge(training) if training.validation else {})
        for callback in training.callbacks:
            callback.end(training)
    return training


def judge(training: Training) -> dict[str, float]:
    """The validation set as the learner sees it now: `loss`, its parts, and every metric."""
    assert training.validation is not None
    return evaluate(
        training.learner, training.validation, training.process.batch_size, training.metrics, training.judged
    )


def evaluate(
    learner: Learner,
    dataset: Dataset,
    batch_size: int,
    metrics: Sequence[Judge] = (),
    judged: Callable[[], None] = lambda: None,
) -> dict[str, float]:
    """Weighted mean losses and metrics over `dataset`, in its order; `judged` is called after every batch."""
    means = Means()
    accumulators = {metric.name: metric.start() for metric in metrics}
    for batch, found in evaluated(learner, dataset, batch_size):
        means.add(*found.means())
        for accumulator in accumulators.values():
            accumulator.update(found.prediction, batch.target)
        judged()
    return {**means.values(), **{name: accumulator.value() for name, accumulator in accumulators.items()}}


def evaluated(learner: Learner, dataset: Dataset, batch_size: int) -> Iterator[tuple[Batch, Evaluated]]:
    """Every example of `dataset` once, in its order, with what the learner says about it."""
    for start in range(0, len(dataset), batch_size):
        batch = dataset.batch(np.arange(start, min(start + batch_size, len(dataset))))
        yield batch, learner.eval_step(batch)
