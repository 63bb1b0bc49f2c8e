# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Runs that predict profiles: judged, reported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from seqforge import files
from seqforge.backends.base import Learner
from seqforge.data.dataset import Data, Dataset
from seqforge.data.encodings import DNA
from seqforge.data.sources.profiles import ProfileSource
from seqforge.errors import UsageError
from seqforge.evaluation import profile_report
from seqforge.evaluation.both_strands import BothStrands
from seqforge.evaluation.examples import examples
from seqforge.evaluation.profiles import Judging, ProfileEvaluation, evaluate_profiles
from seqforge.evaluation.tables import write_regions
from seqforge.experiment import Experiment
from seqforge.metrics.profiles import AVERAGE
from seqforge.run import about
from seqforge.run.record import Run


def judged(
    experiment: Experiment,
    learner: Learner,
    data: Data,
    set_name: str,
    *,
    smoothing: float = 0.0,
    reverse_complement_average: bool = False,
    undefined_as: float | None = None,
    ties: str = AVERAGE,
) -> ProfileEvaluation:
    """`smoothing`: of observed profiles, in bases, before their Jensen-Shannon divergence is taken.

    `reverse_complement_average`: predictions are the means of both strands. `undefined_as`, `ties`: of `Judging`.
    """
    dataset = data.set(set_name)
    assert dataset is not None
    pseudocount = float(getattr(experiment.loss, "pseudocount", 0.0))
    judging = Judging(pseudocount, smoothing, reverse_complement_average, undefined_as, ties)
    learner = both_strands(learner, experiment) if reverse_complement_average else learner
    heads, batch_size = experiment.heads, experiment.batch_size
    return evaluate_profiles(learner, dataset.plain(), heads, batch_size, judging=judging, training=data.training)


def both_strands(learner: Learner, experiment: Experiment) -> Learner:
    """The learner as one that predicts with both strands.

    Raises UsageError for models that read no DNA, DataError for tasks of which the data do not say where they go.
    """
    source = experiment.source
    if experiment.wanted.alphabet is not DNA or not isinstance(source, ProfileSource):
        raise UsageError("reverse complements are averaged for models that read DNA, from data of profiles")
    wrapped: Any = BothStrands(learner, source.orders(experiment.heads), source.control_order)
    return wrapped


def write(
    run: Run, set_name: str, found: ProfileEvaluation, learner: Learner, dataset: Dataset, folder: Path
) -> Callable[[], str]:
    """Write the numbers of regions; what comes back makes the report."""
    dataset = dataset.plain()
    learner = both_strands(learner, run.experiment) if found.judging.both_strands else learner
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
