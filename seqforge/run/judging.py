# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A run judged on one of its sets: scores, curves, predictions and a report, written into the run folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqforge import files
from seqforge.errors import BackendError, RunError
from seqforge.evaluation import report as reports
from seqforge.evaluation.curves import Curve, pr_curves, roc_curves, write_tsv
from seqforge.evaluation.evaluate import Evaluation, evaluate
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
    say: Callable[[str], None] = lambda line: None,
) -> Judgement:
    """Judge `run` on its training, validation or test set; raises RunError where it has no such set."""
    data = run.data(say)
    dataset = data.set(set_name)
    if dataset is None:
        there = ", ".join(name for name in ("training", "validation", "test") if data.set(name) is not None)
        raise RunError(f"{run.path}: the data has no {set_name} set; there are: {there}")
    learner = run.learner(device, threads)
    experiment = run.experiment
    found = evaluate(learner, dataset.plain(), experiment.labels, experiment.task, experiment.batch_size)
    roc, pr = _curves(run, found)
    folder = run.path / FOLDER / set_name
    _write(folder, found, roc, pr)
    _remember(run, set_name, found.scores)
    path = run.path / "report.html" if set_name == "test" else folder / "report.html"
    findings = _findings(run, set_name, found, roc, pr)
    return Judgement(found.scores, folder, path if with_report and _reported(findings, path, say) else None)


def _reported(findings: reports.Findings, path: Path, say: Callable[[str], None]) -> bool:
    """Whether the report could be written; without the packages that it needs the scores are worth having, too."""
    try:
        files.write(path, reports.render(findings))
    except BackendError as error:
        say(f"note: no report: {error}")
        return False
    return True


def _curves(run: Run, found: Evaluation) -> tuple[list[Curve], list[Curve]]:
    if run.experiment.task.targets == "values":
        return [], []
    labels = run.experiment.labels
    return roc_curves(found.prediction, found.target, labels), pr_curves(found.prediction, found.target, labels)


def _write(folder: Path, found: Evaluation, roc: Sequence[Curve], pr: Sequence[Curve]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    files.write_json(folder / "scores.json", found.scores)
    for name, curves in (("roc", roc), ("pr", pr)):
        if curves:
            with files.new_file(folder / f"{name}.tsv") as path, path.open("w", encoding="utf-8", newline="") as out:
                write_tsv(curves, out)


def _remember(run: Run, set_name: str, scores: dict[str, Any]) -> None:
    files.write_json(run.path / "scores.json", run.scores | {set_name: scores})


def _findings(
    run: Run, set_name: str, found: Evaluation, roc: Sequence[Curve], pr: Sequence[Curve]
) -> reports.Findings:
    definition = run.experiment.definition
    return reports.Findings(
        title=str(definition.general.name or definition.id),
        set_name=set_name,
        scores=found.scores,
        labels=run.experiment.labels,
        prediction=found.prediction,
        target=found.target,
        history=run.history,
        roc=roc,
        pr=pr,
        record=_record(run),
        definition=(run.path / run.manifest["definition"]).read_text(encoding="utf-8"),
    )


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
