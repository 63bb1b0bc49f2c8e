# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A run's model made ready for new sequences, which are read as the training sequences were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from seqforge.data.sequences import Reading, in_memory
from seqforge.data.windows import SIDES
from seqforge.errors import UsageError, did_you_mean
from seqforge.evaluation.predict import Predictor
from seqforge.run.record import Run

DEFAULTS = {"edges": "drop", "independent_windows": False}  # of options that are never absent


class Prediction(NamedTuple):
    """`ids` (n), `label` (n): the called label, several joined by "|"; `scores` (n, label) in the order of `labels`."""

    ids: list[str]
    label: list[str]
    scores: np.ndarray
    labels: tuple[str, ...]


def predictor(run: Run, device: str = "auto", threads: int | None = None) -> Predictor:
    """The run's best weights, ready to predict."""
    experiment = run.experiment
    learner = run.learner(device, threads)
    return Predictor(learner, experiment.alphabet, experiment.labels, experiment.task, experiment.batch_size)


def reading(
    run: Run,
    *,
    format: str = "auto",
    sequence_column: str = "x",
    id_column: str | None = None,
    pad: str | None = None,
    crop: str | None = None,
) -> Reading:
    """How the run reads sequences: length, padding, cropping and unknown letters as its data source declares them.

    `pad` and `crop` (none, centre, right) go before the declared ones; raises UsageError for anything else.
    """
    for name, side in (("pad", pad), ("crop", crop)):
        if side is not None and side not in SIDES:
            raise UsageError(f"--{name}: unknown '{side}'; {did_you_mean(side, SIDES)}")
    source = run.experiment.source
    return Reading(
        format=format,
        length=run.manifest["data"]["length"],
        pad=str(pad or getattr(source, "pad", "none")),
        crop=str(crop or getattr(source, "crop", "none")),
        unknown=getattr(source, "unknown", "uniform"),
        sequence_column=sequence_column,
        id_column=id_column,
        rows=run.experiment.batch_size,
    )


def predict(
    run: Run,
    sequences: Any,
    device: str = "auto",
    output: Path | None = None,
    options: Mapping[str, Any] | None = None,
    **of_profiles: Any,
) -> Any:
    """Predictions for a file (FASTA, text, TSV, CSV) or for a list of sequences, all in memory.

    `of_profiles`: options of runs that predict profiles. Models of electropherograms and genome bins write their files
    into the folder `output`, and they alone have `options`. Raises DataError for sequences of a length that the model
    does not read.
    """
    task = run.experiment.task
    refuse_unread_data(run, sequences)
    if task.family not in ("labels", "profiles"):
        return _written(run, sequences, output, device, of_profiles | dict(options or {}))
    if options:
        kinds = "runs on electropherograms and genome bins"
        raise UsageError(f"options ({', '.join(options)}) are for {kinds}; the task of this one is {task.name}")
    if task.family == "profiles":
        from seqforge.run.profile_inputs import Asked
        from seqforge.run.profile_predicting import predict as predict_profiles

        part = of_profiles.pop("part", None)
        return predict_profiles(run, Asked(given=sequences, **of_profiles), part, device)
    for name, value in of_profiles.items():
        if value is not None and value != DEFAULTS.get(name):
            raise UsageError(f"{name} is for runs of profiles; the task of this one is {task.name}")
    if sequences is None:
        raise UsageError("name the sequences: a file, or a list of texts")
    return _labels(run, sequences, device)


def refuse_unread_data(run: Run, given: Any) -> None:
    """Raise UsageError where a place of the run's own data is named, but what is `given` is all that is read."""
    experiment = run.experiment
    reads_own = given is None or experiment.architecture.control_tracks or experiment.task.family == "electropherograms"
    if run.moved is not None and not reads_own:
        raise UsageError(f"{run.moved}: beside an input nothing of the run's own data is read; leave one of them out")


def _written(run: Run, given: Any, output: Path | None, device: str, options: Mapping[str, Any]) -> Any:
    from seqforge.run.judging import family

    if output is None:
        raise UsageError("these predictions are written: name the folder, output=…")
    named = {name: value for name, value in options.items() if value != DEFAULTS.get(name)}
    named = {"set" if name == "set_name" else name: value for name, value in named.items()}
    spelt = None if given is None else str(given)
    return family(run.experiment.task).predict(run, spelt, output, named, lambda line: None, device, None)


def _labels(run: Run, sequences: str | Path | Sequence[str], device: str) -> Prediction:
    model = predictor(run, device)
    if isinstance(sequences, (str, Path)):
        chunks = list(model.from_file(sequences, reading(run)))
    else:
        chunks = list(model.of(in_memory(sequences, model.alphabet, reading(run))))
    scores = np.concatenate([chunk.prediction for chunk in chunks]) if chunks else np.empty((0, len(model.labels)))
    return Prediction([id for chunk in chunks for id in chunk.ids], model.call(scores), scores, model.labels)
