# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Runs that label the bins of chromosomes: judged, reported, and applied to new tables."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import numpy as np

from seqforge.backends.base import Learner
from seqforge.data.bins import windows
from seqforge.data.bins.collection import FEATURES_FILE, collected, recipe
from seqforge.data.bins.dataset import BinsSet
from seqforge.data.bins.identity import Chromosome
from seqforge.data.bins.normalising import of_facts
from seqforge.data.dataset import Batch, Data, Dataset
from seqforge.data.problems import refuse
from seqforge.data.profiles.checks import counted
from seqforge.errors import DataError, RunError, UsageError, did_you_mean
from seqforge.evaluation import bins_outputs, bins_report
from seqforge.evaluation.bins_outputs import SORTS, Output
from seqforge.evaluation.bins_scores import Called, Predicted, Threshold, call, scores, search
from seqforge.evaluation.regions import SCOPES, Calling
from seqforge.experiment import Experiment
from seqforge.files import filled_folder
from seqforge.metrics.thresholds import DEFAULT
from seqforge.run import about
from seqforge.run.record import Run
from seqforge.run.written import Written

Say = Callable[[str], None]
FEATURES = "SF0739"
SETS = ("training", "validation", "test")
THRESHOLD = "validation_threshold"  # in a run's history
OPTIONS = (
    "set", "threshold", "min_bins", "merge_gap", "min_prob", "top_n", "top_n_scope", "nms_iou", "candidate_thresholds",
    "window", "overlap", "range_scores", "keep_going", "sort", "track", "manifest",
)  # fmt: skip
LEAST = {"min_bins": 1, "merge_gap": 0, "top_n": 1, "window": 1, "overlap": 0}
TRUTHS = REGIONS, HULL = "regions", "hull"  # what called regions are compared with


@dataclass(frozen=True)
class Judged:
    """The chromosomes of a set with their regions, and `scores` ready for JSON."""

    called: list[Called]
    threshold: Threshold
    scores: dict[str, Any]
    hull: bool = False


# judging


def judged(experiment: Experiment, learner: Learner, data: Data, set_name: str, *, truth: str = TRUTHS[0]) -> Judged:
    """A set judged with the threshold that the validation set gives, 0.5 without one. Test labels never choose it.

    `truth`: regions, or hull: the true regions of a chromosome count as one, from the first start to the last end.
    """
    _one_of("--truth", truth, TRUTHS)
    dataset = _plain(data, set_name)
    predicted, loss = _with_loss(learner, dataset)
    threshold = Threshold(DEFAULT, "default: there is no validation set")
    if set_name == "validation":
        threshold = search(predicted, "validation set")
    elif data.validation is not None:
        threshold = search(list(_predicted(learner, _plain(data, "validation"))), "validation set")
    called = call(predicted, Calling(threshold.value))
    head = {"n": len(dataset), "loss": loss if math.isfinite(loss) else None}
    hull = truth == HULL
    return Judged(called, threshold, head | scores(called, threshold, hull) | {"truth": truth}, hull)


def _plain(data: Data, set_name: str) -> BinsSet:
    dataset = data.set(set_name)
    assert isinstance(dataset, BinsSet)
    return dataset.plain()


def _with_loss(learner: Learner, dataset: BinsSet) -> tuple[list[Predicted], float]:
    """Every chromosome by itself, and the loss as a mean over their bins."""
    predicted, total, weight = [], 0.0, 0.0
    for index, chromosome in enumerate(dataset.chromosomes):
        batch = dataset.batch(np.array([index]))
        found = learner.eval_step(batch)
        means, size = found.means()
        total, weight = total + means.get("loss", math.nan) * size, weight + size
        predicted.append(Predicted(chromosome, _position(found.prediction)))
    return predicted, total / weight if weight else math.nan


def write(
    run: Run, set_name: str, found: Judged, learner: Learner, dataset: Dataset, folder: Path
) -> Callable[[], str]:
    """Write the regions and probabilities; what comes back makes the report."""
    options = asdict(Calling(found.threshold.value))
    bins_outputs.write(folder, Output(found.called, found.threshold, run.id, options, hull=found.hull))
    return lambda: bins_report.render(
        bins_report.BinsFindings(
            title=about.title(run),
            set_name=set_name,
            scores=found.scores,
            called=found.called,
            history=run.history,
            record=about.record(run),
            definition=about.definition(run),
        )
    )


# memory


def refuse_too_large(experiment: Experiment, data: Data, device: str) -> None:
    """Raise BackendError where the longest chromosome of a set does not fit into the memory of `device`."""
    process = experiment.process
    for name in SETS:
        dataset = data.set(name)
        if isinstance(dataset, BinsSet) and process is not None:
            training = name == "training"
            together = min(process.batch_size, len(dataset)) if training else 1
            of_pass = {"training": training, "checkpointing": process.gradient_checkpointing, "chromosomes": together}
            ranges = not training or trains_ranges(experiment)
            _fits(experiment, dataset, device, window=dataset.train_window, ranges=ranges, **of_pass)


def _fits(experiment: Experiment, dataset: BinsSet, device: str, **of_pass: Any) -> None:
    """Ask the architecture, if it can tell."""
    refuse_it = getattr(experiment.architecture, "refuse_too_large", None)
    if refuse_it is not None:
        longest = max(dataset.chromosomes, key=len)
        refuse_it(str(longest), len(longest), device=device, **of_pass)


def trains_ranges(experiment: Experiment) -> bool:
    """Whether the loss trains scores of start, end and confidence."""
    return bool(getattr(experiment.loss, "reads_range", False))


# what a learner says


def _position(prediction: Any) -> np.ndarray:
    """p (bin,) of the one chromosome of a batch."""
    first = prediction[0] if isinstance(prediction, (tuple, list)) else prediction
    return np.asarray(first)[0].reshape(-1)


def _ranges(prediction: Any) -> np.ndarray:
    """Scores (bin, 3) in [0, 1] of start, end and confidence: their logits' sigmoid."""
    second = prediction[1] if isinstance(prediction, (tuple, list)) and len(prediction) > 1 else None
    if second is None:
        raise UsageError("--range-scores: the model of this run has no range head")
    logits = np.asarray(second)[0].astype(np.float64)
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -700, 700))), dtype=np.float32)


@dataclass(frozen=True)
class Passes:
    """How chromosomes go through a model: whole, or in windows of `window` bins; with scores of ranges or without."""

    window: int | None = None
    overlap: int | None = None
    ranges: bool = False


def _predicted(learner: Learner, dataset: BinsSet, passes: Passes = Passes()) -> Iterator[Predicted]:
    """Every chromosome of `dataset` by itself, so that nothing is padded."""
    for index, chromosome in enumerate(dataset.chromosomes):

        def of(start: int, end: int, index: int = index) -> np.ndarray:
            arrays, _ = dataset.crops(np.array([index]), np.array([start]), np.array([end - start]))
            prediction = learner.eval_step(Batch(np.array([index]), arrays=arrays)).prediction
            p = _position(prediction)[:, None]
            return np.concatenate([p, _ranges(prediction)], axis=1) if passes.ranges else p

        bins = len(chromosome)
        found = windows.windowed(of, bins, passes.window, passes.overlap)
        count = 1 if passes.window is None else len(windows.starts(bins, passes.window, passes.overlap))
        yield Predicted(chromosome, found[:, 0], found[:, 1:] if passes.ranges else None, count)


# predicting


@dataclass(frozen=True)
class Asked:
    """The options of a prediction, checked; raises UsageError for those that do not go together."""

    calling: Calling
    passes: Passes
    threshold: float | None
    set_name: str | None
    keep_going: bool
    sort: str
    track: bool
    range_scores: bool | None
    manifest: Path | None

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Asked:
        given = {name: value for name, value in options.items() if value is not None}
        for name in given:
            _one_of("option", name, OPTIONS)
        candidates = _thresholds(given.pop("candidate_thresholds", None))
        if "nms_iou" in given and not candidates:
            raise UsageError("--nms-iou would do nothing: regions of one threshold never overlap; it goes with "
                             "--candidate-thresholds")  # fmt: skip
        if "overlap" in given and "window" not in given:
            raise UsageError("--overlap is of windows: give --window, too")
        if "top_n_scope" in given and "top_n" not in given:
            raise UsageError("--top-n-scope goes with --top-n")
        for name in ("threshold", "min_prob", "nms_iou"):
            _share(f"--{name.replace('_', '-')}", given.get(name, 0))
        for name, least in LEAST.items():
            _whole(f"--{name.replace('_', '-')}", given.get(name, least), least)
        if "window" in given:
            windows.overlap_of(given["window"], given.get("overlap"))
        passes = Passes(given.get("window"), given.get("overlap"))
        keys = ("min_bins", "merge_gap", "min_prob", "nms_iou", "top_n", "top_n_scope")
        calling = Calling(candidate_thresholds=candidates, **{key: given[key] for key in keys if key in given})
        _one_of("--top-n-scope", calling.top_n_scope, SCOPES)
        _one_of("--sort", given.get("sort", SORTS[0]), SORTS)
        return cls(
            calling=calling,
            passes=passes,
            threshold=given.get("threshold"),
            set_name=given.get("set"),
            keep_going=bool(given.get("keep_going")),
            sort=given.get("sort", SORTS[0]),
            track=bool(given.get("track")),
            range_scores=given.get("range_scores"),
            manifest=Path(given["manifest"]) if "manifest" in given else None,
        )


def _one_of(option: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise UsageError(f"{option}: unknown '{value}'; {did_you_mean(value, known)}")


def _share(option: str, value: Any) -> None:
    if not isinstance(value, Real) or not 0 <= float(value) <= 1:  # nor NaN
        raise UsageError(f"{option}: expected a number in [0, 1], received {value}")


def _whole(option: str, value: Any, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        raise UsageError(f"{option}: expected an integer ≥ {least}, received {value}")


def _thresholds(given: Any) -> tuple[float, ...]:
    """Several thresholds as a text with commas or a sequence of numbers."""
    if given is None:
        return ()
    parts = given.split(",") if isinstance(given, str) else list(given)
    try:
        found = tuple(sorted({float(part) for part in parts}))
    except ValueError:
        found = ()
    if not found or not all(0 <= one <= 1 for one in found):
        raise UsageError(f"--candidate-thresholds: expected numbers in [0, 1] separated by commas, received '{given}'")
    return found


def predict(
    run: Run,
    given: str | Path | None,
    output: Path | None,
    options: Mapping[str, Any] | None = None,
    say: Say = lambda line: None,
    device: str = "auto",
    threads: int | None = None,
) -> Written:
    """Regions of the tables at `given` (a file or folder; None: a set of the run's own data) into the folder `output`.

    `options` by name: see `OPTIONS`. Raises DataError with every problem before anything is predicted; with keep_going
    tables with problems are skipped, and it is raised after the others are written.
    """
    asked = Asked.of(options or {})
    if output is None:
        raise UsageError("name the folder for the predictions with -o FOLDER")
    _refuse_output(output)
    chromosomes, skipped = _chromosomes(run, given, asked, say)
    threshold = threshold_of(run, asked.threshold)
    calling = replace(asked.calling, threshold=threshold.value)
    trained = trains_ranges(run.experiment)
    passes = replace(asked.passes, ranges=trained if asked.range_scores is None else asked.range_scores)
    dataset = BinsSet(tuple(chromosomes), of_facts(run.manifest["data"].get("facts", {}), str(run.path)))
    learner = run.learner(device, threads)
    _fits(run.experiment, dataset, str(learner.summary().get("device", "cpu")), window=passes.window)
    called = call(list(_predicted(learner, dataset, passes)), calling)
    described = asdict(calling) | {"window": passes.window, "overlap": _overlap(passes)}
    files = _written(
        output, Output(called, threshold, run.id, described, asked.sort, asked.track, untrained=not trained)
    )
    if skipped:
        lines = "\n".join(map(str, skipped.problems))
        count = len({problem.place.file for problem in skipped.problems})
        raise DataError(
            f"{lines}\n{output}: written without {counted(count, 'table')} that cannot be read", skipped.problems
        )
    return Written(files, len(called), "chromosomes")


def _overlap(passes: Passes) -> int | None:
    return None if passes.window is None else windows.overlap_of(passes.window, passes.overlap)


def threshold_of(run: Run, given: float | None = None) -> Threshold:
    """`given`, else what the validation set of the run chose in the epoch whose weights were kept, else 0.5."""
    if given is not None:
        return Threshold(given, "--threshold")
    best, history = (run.manifest.get("best") or {}).get("epoch"), run.history
    epoch = best or len(history)
    value = history[epoch - 1].get(THRESHOLD) if 0 < epoch <= len(history) else None
    if value is None or not math.isfinite(value):
        return Threshold(DEFAULT, "default: the run has none of its own")
    return Threshold(round(float(value), 2), f"validation set of the run, epoch {epoch}")


def _refuse_output(output: Path) -> None:
    """Raise UsageError, before anything is computed, for a folder that holds files or cannot be written."""
    if output.is_dir() and any(output.iterdir()):
        raise UsageError(f"-o {output}: the folder holds files already; remove them, or choose another name")
    there = next(one for one in (output.absolute(), *output.absolute().parents) if one.exists())
    if not os.access(there, os.W_OK):
        raise UsageError(f"-o {output}: nothing may be written into {there}; choose another folder")


def _written(output: Path, content: Output) -> list[Path]:
    """All files of `output`, or none; raises RunError for a full disk."""
    try:
        with filled_folder(output):
            return bins_outputs.write(output, content)
    except OSError as error:
        raise RunError(f"-o {output}: nothing is written: {error.strerror or error}") from None


def _chromosomes(
    run: Run, given: str | Path | None, asked: Asked, say: Say
) -> tuple[Sequence[Chromosome], DataError | None]:
    """What is to be predicted, checked against what the run was trained on; and the problems of skipped tables."""
    if given is None:
        if asked.manifest is not None:
            raise UsageError("--manifest is of tables: name them as INPUT")
        return _own(run, asked.set_name or "test", say), None
    if asked.set_name is not None:
        raise UsageError("--set is of the run's own data: leave INPUT out")
    source = run.experiment.source
    pattern = getattr(source, "name_pattern", None)
    found = collected([Path(given)], labelled=False, manifest=asked.manifest, pattern=pattern)
    skipped = DataError("", found.problems) if found.problems else None
    misnamed = any(problem.place.file == str(asked.manifest) for problem in found.problems)
    if skipped and (misnamed or not (asked.keep_going and found.chromosomes)):
        found.sound()
    for note in found.notes:
        say(f"warning: {note}")
    refuse_other_features(run, found.features, found.chromosomes, say)
    return found.chromosomes, skipped


def _own(run: Run, set_name: str, say: Say) -> Sequence[Chromosome]:
    _one_of("--set", set_name, SETS)
    dataset = run.data(say).set(set_name)
    if dataset is None:
        raise RunError(f"{run.path}: the data has no {set_name} set; name tables to predict, or another --set")
    assert isinstance(dataset, BinsSet)
    return dataset.chromosomes


def refuse_other_features(
    run: Run, features: Mapping[str, Any] | None, chromosomes: Sequence[Chromosome], say: Say
) -> None:
    """Raise DataError where features are made otherwise than those that the run was trained on, or bins are others."""
    facts = run.manifest["data"].get("facts", {})
    sizes = facts.get("bin_sizes") or []
    for one in chromosomes:
        if sizes and one.bin_size not in sizes:
            known = ", ".join(f"{size:,} bp" for size in sizes)
            message = f"expected bins of {known} as in training, received {one.bin_size:,} bp"
            raise refuse(FEATURES, message, "make the table with that bin size", one.place.file, one.place.line)
    trained = facts.get("features")
    if trained is None or features is None:
        where = "the training data" if trained is None else "the tables"
        say(f"warning: no features.json lies beside {where}: whether features are made alike is not known")
        return
    given = recipe(dict(features))
    for key in sorted(trained.keys() | given.keys()):
        if trained.get(key) != given.get(key):
            message = f"{key}: expected {trained.get(key)} as in training, received {given.get(key)}"
            hint = "make the tables with the settings of the training data"
            raise refuse(FEATURES, message, hint, _features_file(chromosomes))


def _features_file(chromosomes: Sequence[Chromosome]) -> Path:
    """That of the first table, in its folder or one above."""
    folders = (folder for one in chromosomes[:1] for folder in one.block.file.parents)
    return next((path for folder in folders if (path := folder / FEATURES_FILE).is_file()), Path(FEATURES_FILE))
