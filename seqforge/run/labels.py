# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Runs that score labels of sequences: judged, reported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from seqforge import files
from seqforge.backends.base import Learner
from seqforge.data.dataset import Data, Dataset
from seqforge.evaluation import report as reports
from seqforge.evaluation.curves import Curve, pr_curves, roc_curves, write_tsv
from seqforge.evaluation.evaluate import Evaluation, evaluate
from seqforge.experiment import Experiment
from seqforge.run import about
from seqforge.run.record import Run


def judged(experiment: Experiment, learner: Learner, data: Data, set_name: str) -> Evaluation:
    dataset = data.set(set_name)
    assert dataset is not None
    return evaluate(learner, dataset.plain(), experiment.labels, experiment.task, experiment.batch_size)


def write(
    run: Run, set_name: str, found: Evaluation, learner: Learner, dataset: Dataset, folder: Path
) -> Callable[[], str]:
    """Write the curves; what comes back makes the report."""
    roc, pr = _curves(run, found)
    for name, curves in (("roc", roc), ("pr", pr)):
        if curves:
            with files.new_file(folder / f"{name}.tsv") as path, path.open("w", encoding="utf-8", newline="") as out:
                write_tsv(curves, out)
    return lambda: reports.render(_findings(run, set_name, found, roc, pr))


def _curves(run: Run, found: Evaluation) -> tuple[list[Curve], list[Curve]]:
    if run.experiment.task.targets == "values":
        return [], []
    labels = run.experiment.labels
    return roc_curves(found.prediction, found.target, labels), pr_curves(found.prediction, found.target, labels)


def _findings(
    run: Run, set_name: str, found: Evaluation, roc: Sequence[Curve], pr: Sequence[Curve]
) -> reports.Findings:
    return reports.Findings(
        title=about.title(run),
        set_name=set_name,
        scores=found.scores,
        labels=run.experiment.labels,
        prediction=found.prediction,
        target=found.target,
        history=run.history,
        roc=roc,
        pr=pr,
        record=about.record(run),
        definition=about.definition(run),
    )
