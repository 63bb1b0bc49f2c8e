# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A run judged on one of its sets: scores, curves, predictions and a report, written into the run folder.

Each family of tasks has a module in this package, called as the family, with

    judged(experiment, learner, data, set_name, **options) -> found, with `found.scores`
    write(run, set_name, found, learner, dataset, folder) -> render      tables into `folder`; `render()` is the report
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from seqforge import files
from seqforge.backends.base import Learner
from seqforge.data.dataset import Data
from seqforge.errors import BackendError, RunError, UsageError, did_you_mean
from seqforge.experiment import Experiment
from seqforge.run.record import Run
from seqforge.tasks import Task

FOLDER = "evaluation"
# options of judging, and the families that have them
OPTIONS = {
    "smoothing": ("profiles",),
    "reverse_complement_average": ("profiles",),
    "undefined_as": ("profiles",),
    "ties": ("profiles",),
    "ob": ("electropherograms",),
    "markers": ("electropherograms",),
    "truth": ("electropherograms", "bins"),
}


@dataclass(frozen=True)
class Judgement:
    """What a judgement found and where it lies."""

    scores: dict[str, Any]
    folder: Path
    report: Path | None


def family(task: Task) -> Any:
    """The module that judges and applies models of a task."""
    return import_module(f"seqforge.run.{task.family}")


def judge(
    run: Run,
    set_name: str = "test",
    *,
    with_report: bool = True,
    device: str = "auto",
    threads: int | None = None,
    options: Mapping[str, Any] | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> Judgement:
    """Judge `run` on its training, validation or test set; raises RunError where it has no such set.

    `options`: those that the task's family has, see `OPTIONS`.
    """
    refuse_options(run.experiment.task, options or {})
    data = run.data(say)
    dataset = data.set(set_name)
    if dataset is None:
        there = ", ".join(name for name in ("training", "validation", "test") if data.set(name) is not None)
        raise RunError(f"{run.path}: the data has no {set_name} set; there are: {there}")
    learner = run.learner(device, threads)
    found = judged(run.experiment, learner, data, set_name, options)
    folder = run.path / FOLDER / set_name
    folder.mkdir(parents=True, exist_ok=True)
    files.write_json(folder / "scores.json", found.scores)
    render = family(run.experiment.task).write(run, set_name, found, learner, dataset, folder)
    _remember(run, set_name, found.scores)
    path = run.path / "report.html" if set_name == "test" else folder / "report.html"
    return Judgement(found.scores, folder, path if with_report and _reported(render, path, say) else None)


def judged(
    experiment: Experiment, learner: Learner, data: Data, set_name: str, options: Mapping[str, Any] | None = None
) -> Any:
    """A set of `data` as it is, without augmentation, judged as the task of `experiment` asks; it has `scores`."""
    refuse_options(experiment.task, options or {})
    return family(experiment.task).judged(experiment, learner, data, set_name, **(options or {}))


def refuse_options(task: Task, given: Mapping[str, Any]) -> None:
    """Raise UsageError for an option that judging this task does not have."""
    for name in given:
        if name not in OPTIONS:
            raise UsageError(f"option: unknown '{name}'; {did_you_mean(name, list(OPTIONS))}")
        if task.family not in OPTIONS[name]:
            raise UsageError(f"{name} is for {' and '.join(OPTIONS[name])}; the task is {task.name}")


def _reported(render: Callable[[], str], path: Path, say: Callable[[str], None]) -> bool:
    """Whether the report could be written; without the packages that it needs the scores are worth having, too."""
    try:
        files.write(path, render())
    except BackendError as error:
        say(f"note: no report: {error}")
        return False
    return True


def _remember(run: Run, set_name: str, scores: dict[str, Any]) -> None:
    files.write_json(run.path / "scores.json", run.scores | {set_name: scores})
