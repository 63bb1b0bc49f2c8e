# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A run's model made ready for new sequences, which are read as the training sequences were."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from seqforge.data.sequences import Reading, in_memory
from seqforge.data.windows import SIDES
from seqforge.errors import UsageError, did_you_mean
from seqforge.evaluation.predict import Predictor
from seqforge.run.record import Run


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


def predict(run: Run, sequences: str | Path | Sequence[str], device: str = "auto") -> Prediction:
    """Predictions for a file (FASTA, text, TSV, CSV) or for a list of sequences, all in memory.

    Raises DataError for sequences of a length that the model does not read.
    """
    model = predictor(run, device)
    if isinstance(sequences, (str, Path)):
        chunks = list(model.from_file(sequences, reading(run)))
    else:
        chunks = list(model.of(in_memory(sequences, model.alphabet, reading(run))))
    scores = np.concatenate([chunk.prediction for chunk in chunks]) if chunks else np.empty((0, len(model.labels)))
    return Prediction([id for chunk in chunks for id in chunk.ids], model.call(scores), scores, model.labels)
