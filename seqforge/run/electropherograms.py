# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Runs on electropherograms: judged, reported, and applied to new profiles."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seqforge import files
from seqforge.backends.base import Learner
from seqforge.data.dataset import Data, Dataset
from seqforge.data.epg.dataset import PeakSet, ProfileSet, Store
from seqforge.data.epg.panels import Panel
from seqforge.errors import UsageError, did_you_mean
from seqforge.evaluation import epg_calling as calling
from seqforge.evaluation import epg_evaluate as evaluating
from seqforge.evaluation import epg_outputs as outputs
from seqforge.evaluation import epg_report
from seqforge.evaluation.epg_evaluate import Calling, EpgEvaluation, ProfileRow
from seqforge.evaluation.epg_plots import Drawn, Window
from seqforge.evaluation.epg_scores import MARKERS, OUT_OF_BIN, TRUTHS, AlleleRules
from seqforge.experiment import Experiment
from seqforge.run import about
from seqforge.run.record import Run

CHOICES = {"truth": TRUTHS, "ob": OUT_OF_BIN, "markers": MARKERS}
PROFILES, STRATA = "profiles.tsv", "strata.tsv"
COUNTS = ("tp", "fp", "fn", "precision", "recall", "f1")


# judging


def judged(experiment: Experiment, learner: Learner, data: Data, set_name: str, **rules: str) -> EpgEvaluation:
    """A set judged as the task asks. `rules`: `truth`, `ob` and `markers` of `AlleleRules`, for segmentation alone."""
    dataset = data.set(set_name)
    assert dataset is not None
    found = JUDGES[experiment.task.targets](experiment, learner, dataset.plain(), _rules(experiment, rules))
    return EpgEvaluation(
        {"set": set_name, "task": experiment.task.name, **found.scores}, found.profiles, found.called, found.peaks
    )


def _rules(experiment: Experiment, given: Mapping[str, str]) -> AlleleRules:
    for name, value in given.items():
        if experiment.task.targets != "mask":
            raise UsageError(f"--{name} is for alleles; the task of this run is {experiment.task.name}")
        if value not in CHOICES[name]:
            raise UsageError(f"--{name}: unknown '{value}'; {did_you_mean(value, CHOICES[name])}")
    return AlleleRules(**given)


def _segmentation(experiment: Experiment, learner: Learner, dataset: Any, rules: AlleleRules) -> EpgEvaluation:
    called = _calling(dataset.store, experiment.labels, rules)
    height = threshold_of(experiment)
    return evaluating.evaluate_segmentation(learner, dataset, experiment.labels, experiment.batch_size, called, height)


def _calling(store: Store, labels: Sequence[str], rules: AlleleRules) -> Calling | None:
    """How alleles are called; None without a panel. Raises UsageError where the truth asked for is not known."""
    if rules.truth == "donors":
        lacking = {"a panel": store.panel, "donor_alleles": store.genotypes, "donors": store.table.donors}
        for what, there in lacking.items():
            if there is None:
                raise UsageError(f"--truth donors: the run's data have no {what}; leave it out to judge by analysts")
    if store.panel is None:
        return None
    return Calling(panel=store.panel, labels=calling.called_labels(labels), rules=rules)


def threshold_of(experiment: Experiment) -> float:
    """The least RFU of a peak, as the run's data options have it."""
    return float(getattr(experiment.source, "peak_threshold"))  # noqa: B009 — a source of another family has none


def _reconstruction(experiment: Experiment, learner: Learner, dataset: Any, rules: AlleleRules) -> EpgEvaluation:
    return evaluating.evaluate_reconstruction(learner, dataset, experiment.batch_size)


def _peaks(experiment: Experiment, learner: Learner, dataset: Any, rules: AlleleRules) -> EpgEvaluation:
    task, size = experiment.task, experiment.batch_size
    return evaluating.evaluate_peaks(learner, dataset, experiment.labels, task, size, dataset.store.panel)


JUDGES: Mapping[str, Callable[[Experiment, Learner, Any, AlleleRules], EpgEvaluation]] = {
    "mask": _segmentation,
    "signal": _reconstruction,
    "index": _peaks,
}


# writing


def write(
    run: Run, set_name: str, found: EpgEvaluation, learner: Learner, dataset: Dataset, folder: Path
) -> Callable[[], str]:
    """Write what was found of profiles, heights, peaks and alleles; what comes back makes the report."""
    dataset = dataset.plain()
    assert isinstance(dataset, (ProfileSet, PeakSet))
    labels = run.experiment.labels
    if found.profiles:
        _table(folder / PROFILES, _profile_rows(found.profiles, run.experiment.task.targets))
    if found.scores.get("strata"):
        _table(folder / STRATA, _strata_rows(found.scores["strata"]))
    if found.called:
        outputs.write_calls(folder, found.called, {"run": run.id, "set": set_name})
    if found.peaks:
        with outputs.peak_file(folder / outputs.PEAKS, labels) as add:
            add(found.peaks)
    return lambda: epg_report.render(_findings(run, set_name, found, learner, dataset))


def _findings(
    run: Run, set_name: str, found: EpgEvaluation, learner: Learner, dataset: ProfileSet | PeakSet
) -> epg_report.EpgFindings:
    panel = dataset.store.panel
    drawn: list[Drawn] = []
    if isinstance(dataset, ProfileSet):
        chosen = _chosen([row.order for row in found.profiles])
        drawn = list(drawn_of(learner, dataset, chosen, run.experiment.labels, panel))
    return epg_report.EpgFindings(
        title=about.title(run),
        set_name=set_name,
        scores=found.scores,
        labels=run.experiment.labels,
        profiles=drawn,
        windows=windows_of(panel) if run.experiment.task.targets == "mask" else (),
        history=run.history,
        record=about.record(run),
        definition=about.definition(run),
    )


def _chosen(order: Sequence[float]) -> np.ndarray:
    """The numbers of the worst, the middle and the best profile, each once."""
    ranked = np.argsort(np.asarray(order), kind="stable")
    return np.array(list(dict.fromkeys(ranked[[0, len(ranked) // 2, -1]].tolist())) if len(ranked) else [], dtype=int)


def windows_of(panel: Panel | None) -> list[Window]:
    """Where the markers of a panel lie."""
    return [Window(one.name, one.dye, one.lower, one.upper) for one in panel.markers] if panel else []


def drawn_of(
    learner: Learner,
    dataset: ProfileSet,
    indices: np.ndarray,
    labels: Sequence[str],
    panel: Panel | None,
    called: tuple[int, ...] | None = None,
    exact: bool = False,
) -> Iterator[Drawn]:
    """Profiles of a set with what the model says of them, predicted again, one at a time."""
    table, dyes = dataset.store.table, evaluating.dye_names(dataset)
    chosen = calling.called_labels(labels) if called is None else called
    for index in indices.tolist():
        batch = dataset.batch(np.array([index]))
        prediction = np.asarray(learner.eval_step(batch).prediction)
        row = int(dataset.rows[index])
        rfu, scale = dataset.raw(np.array([index]))[0], table.base_pairs_of(row)
        if dataset.targets == "signal":
            back = dataset.store.scaling.inverse(prediction[0])
            yield Drawn(table.names[row], rfu, scale, dyes=dyes, reconstruction=back)
            continue
        mask = evaluating.classes_of(prediction)[0]
        how = {"labels": chosen, "exact": exact, "mask": mask}
        calls = calling.call(prediction[0], rfu, scale, panel, **how) if panel and scale is not None else []
        masks = evaluating.masks_of(dataset.store)
        truth = None if masks is None else np.asarray(masks[row])
        yield Drawn(table.names[row], rfu, scale, truth, mask, calls, dyes)


def _table(path: Path, rows: Iterable[Sequence[Any]]) -> None:
    with files.new_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out, delimiter="\t", lineterminator="\n").writerows([_cell(value) for value in row] for row in rows)


def _cell(value: Any) -> str:
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def _profile_rows(rows: Sequence[ProfileRow], targets: str) -> Iterator[list[Any]]:
    """A row per profile, the header first."""
    if targets == "signal":
        errors = ("mean_squared_error", "mean_squared_error_rfu")
        yield ["profile", "contributors", *errors]
        yield from ([row.profile, row.contributors, *(getattr(row, name) for name in errors)] for row in rows)
        return
    judged_alleles = any(row.alleles for row in rows)
    levels = ("points", "alleles") if judged_alleles else ("points",)
    yield ["profile", "contributors", *(f"{level}_{name}" for level in levels for name in COUNTS)]
    for row in rows:
        found = [getattr(row, level) for level in levels]
        counts = [one.plain() if one else {} for one in found]
        yield [row.profile, row.contributors, *(each.get(name) for each in counts for name in COUNTS)]


def _strata_rows(strata: Mapping[str, Any]) -> Iterator[list[Any]]:
    """Counts and rates by height, from and to in RFU, and by number of contributors; the header first."""
    yield ["stratum", "of", "from", "to", *COUNTS]
    for level, rows in strata["rfu"].items():
        if level != "edges":
            yield from (["rfu", level, row["from"], row["to"], *(row[name] for name in COUNTS)] for row in rows)
    for level, rows in strata["contributors"].items():
        for row in rows:
            yield ["contributors", level, *[row["contributors"]] * 2, *(row[name] for name in COUNTS)]


# predicting


def predict(
    run: Run,
    given: str | None,
    output: Path | None,
    options: Mapping[str, Any],
    say: Callable[[str], None] = lambda line: None,
    device: str = "auto",
    threads: int | None = None,
) -> Any:
    """Predictions for new profiles, see `seqforge.run.epg_predicting`."""
    from seqforge.run.epg_predicting import predict as write_predictions

    return write_predictions(run, given, output, options, say, device, threads)
