# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Runs that predict profiles: judged, reported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from seqforge import files
from seqforge.backends.base import Learner
from seqforge.data.dataset import Data, Dataset
from seqforge.evaluation import profile_report
from seqforge.evaluation.examples import examples
from seqforge.evaluation.profiles import Judging, ProfileEvaluation, evaluate_profiles
from seqforge.evaluation.tables import write_regions
from seqforge.experiment import Experiment
from seqforge.run import about
from seqforge.run.record import Run


def judged(
    experiment: Experiment, learner: Learner, data: Data, set_name: str, *, smoothing: float = 0.0
) -> ProfileEvaluation:
    """`smoothing`: of observed profiles, in bases, before their Jensen-Shannon distance is taken."""
    dataset = data.set(set_name)
    assert dataset is not None
    judging = Judging(float(getattr(experiment.loss, "pseudocount", 0.0)), smoothing)
    heads, batch_size = experiment.heads, experiment.batch_size
    return evaluate_profiles(learner, dataset.plain(), heads, batch_size, judging=judging, training=data.training)


def write(
    run: Run, set_name: str, found: ProfileEvaluation, learner: Learner, dataset: Dataset, folder: Path
) -> Callable[[], str]:
    """Write the numbers of regions; what comes back makes the report."""
    dataset = dataset.plain()
    with files.new_file(folder / "regions.tsv") as path, path.open("w", encoding="utf-8", newline="") as out:
        write_regions(found, dataset, out)
    return lambda: profile_report.render(
        profile_report.ProfileFindings(
            title=about.title(run),
            set_name=set_name,
            evaluation=found,
            examples=examples(found, learner, dataset),
            history=run.history,
            record=about.record(run),
            definition=about.definition(run),
        )
    )
