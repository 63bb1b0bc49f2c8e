# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A run judged on one of its sets: scores, curves, predictions and a report, written into the run folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqforge import files
from seqforge.backends.base import Learner
from seqforge.data.dataset import Data, Dataset
from seqforge.errors import BackendError, RunError, UsageError
from seqforge.evaluation import profile_report
from seqforge.evaluation import report as reports
from seqforge.evaluation.curves import Curve, pr_curves, roc_curves, write_tsv
from seqforge.evaluation.evaluate import Evaluation, evaluate
from seqforge.evaluation.examples import examples
from seqforge.evaluation.profiles import Judging, ProfileEvaluation, evaluate_profiles
from seqforge.evaluation.tables import write_regions
from seqforge.experiment import Experiment
from seqforge.run.record import Run

FOLDER = "evaluation"


@dataclass(frozen=True)
class Judgement:
    """What a judgement found and where it lies."""

    scores: dict[str, Any]
    folder: Path
    report: Path | None


def judge(
    run: Run,
    set_name: str = "test",
    *,
    with_report: bool = True,
    device: str = "auto",
    threads: int | None = None,
    smoothing: float = 0.0,
    say: Callable[[str], None] = lambda line: None,
) -> Judgement:
    """Judge `run` on its training, validation or test set; raises RunError where it has no such set.

    `smoothing`: of observed profiles, in bases, before their Jensen-Shannon distance is taken.
    """
    data = run.data(say)
    dataset = data.set(set_name)
    if dataset is None:
        there = ", ".join(name for name in ("training", "validation", "test") if data.set(name) is not None)
        raise RunError(f"{run.path}: the data has no {set_name} set; there are: {there}")
    learner = run.learner(device, threads)
    found = judged(run.experiment, learner, data, set_name, smoothing)
    folder = run.path / FOLDER / set_name
    folder.mkdir(parents=True, exist_ok=True)
    files.write_json(folder / "scores.json", found.scores)
    if isinstance(found, ProfileEvaluation):
        render = _profiles(run, set_name, found, learner, dataset.plain(), folder)
    else:
        render = _labels(run, set_name, found, folder)
    _remember(run, set_name, found.scores)
    path = run.path / "report.html" if set_name == "test" else folder / "report.html"
    return Judgement(found.scores, folder, path if with_report and _reported(render, path, say) else None)


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


def _labels(run: Run, set_name: str, found: Evaluation, folder: Path) -> Callable[[], str]:
    """Write the curves of labels; what comes back makes the report."""
    roc, pr = _curves(run, found)
    for name, curves in (("roc", roc), ("pr", pr)):
        if curves:
            with files.new_file(folder / f"{name}.tsv") as path, path.open("w", encoding="utf-8", newline="") as out:
                write_tsv(curves, out)
    return lambda: reports.render(_findings(run, set_name, found, roc, pr))


def _profiles(
    run: Run, set_name: str, found: ProfileEvaluation, learner: Learner, dataset: Dataset, folder: Path
) -> Callable[[], str]:
    """Write the numbers of regions; what comes back makes the report."""
    with files.new_file(folder / "regions.tsv") as path, path.open("w", encoding="utf-8", newline="") as out:
        write_regions(found, dataset, out)
    return lambda: profile_report.render(
        profile_report.ProfileFindings(
            title=_title(run),
            set_name=set_name,
            evaluation=found,
            examples=examples(found, learner, dataset),
            history=run.history,
            record=_record(run),
            definition=_definition(run),
        )
    )


def _reported(render: Callable[[], str], path: Path, say: Callable[[str], None]) -> bool:
    """Whether the report could be written; without the packages that it needs the scores are worth having, too."""
    try:
        files.write(path, render())
    except BackendError as error:
        say(f"note: no report: {error}")
        return False
    return True


def _curves(run: Run, found: Evaluation) -> tuple[list[Curve], list[Curve]]:
    if run.experiment.task.targets == "values":
        return [], []
    labels = run.experiment.labels
    return roc_curves(found.prediction, found.target, labels), pr_curves(found.prediction, found.target, labels)


def _remember(run: Run, set_name: str, scores: dict[str, Any]) -> None:
    files.write_json(run.path / "scores.json", run.scores | {set_name: scores})


def _findings(
    run: Run, set_name: str, found: Evaluation, roc: Sequence[Curve], pr: Sequence[Curve]
) -> reports.Findings:
    return reports.Findings(
        title=_title(run),
        set_name=set_name,
        scores=found.scores,
        labels=run.experiment.labels,
        prediction=found.prediction,
        target=found.target,
        history=run.history,
        roc=roc,
        pr=pr,
        record=_record(run),
        definition=_definition(run),
    )


def _title(run: Run) -> str:
    definition = run.experiment.definition
    return str(definition.general.name or definition.id)


def _definition(run: Run) -> str:
    return (run.path / run.manifest["definition"]).read_text(encoding="utf-8")


def _record(run: Run) -> dict[str, Any]:
    manifest, experiment = run.manifest, run.experiment
    best = manifest.get("best") or {}
    versions = ", ".join(f"{name} {version}" for name, version in manifest["versions"].items())
    sizes = ", ".join(f"{size:,} {name}" for name, size in manifest["data"]["sizes"].items())
    return {
        "run": run.id,
        "task": experiment.task.name,
        "library": experiment.library,
        "architecture": experiment.architecture.name,
        "parameters": manifest.get("parameters", {}).get("parameters"),
        "data": sizes,
        "epochs": len(run.history),
        "best epoch": best.get("epoch"),
        "seed": manifest["seed"],
        "overrides": ", ".join(manifest["overrides"]) or None,
        "device": manifest.get("device"),
        "versions": versions,
        "started": manifest["started"],
        "ended": manifest.get("ended"),
    }
