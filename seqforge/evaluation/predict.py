# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Predictions for sequences from a file, standard input or memory: streamed, in constant memory."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import numpy as np

from seqforge.backends.base import Learner
from seqforge.data.dataset import Batch
from seqforge.data.encodings import Alphabet
from seqforge.data.sequences import Reading, Sequences, stream
from seqforge.tasks import Task

THRESHOLD = 0.5  # a label of several is present above it


class Predicted(NamedTuple):
    """Some predictions: `ids` (n), `prediction` (n, label) float32."""

    ids: list[str]
    prediction: np.ndarray


@dataclass(frozen=True)
class Predictor:
    """A trained model and what it needs to read sequences as it was trained on them."""

    learner: Learner
    alphabet: Alphabet
    labels: tuple[str, ...]
    task: Task
    batch_size: int

    def from_file(self, path: Path | str, reading: Reading) -> Iterator[Predicted]:
        """Predictions for the sequences of `path` ("-": standard input), in the order of the file."""
        return self.of(stream(path, self.alphabet, reading))

    def of(self, chunks: Iterable[Sequences]) -> Iterator[Predicted]:
        for chunk in chunks:
            for start in range(0, len(chunk.ids), self.batch_size):
                part = slice(start, start + self.batch_size)
                codes = chunk.codes[part]
                evaluated = self.learner.eval_step(Batch(np.arange(len(codes)), sequence=codes))
                yield Predicted(chunk.ids[part], np.asarray(evaluated.prediction))

    def call(self, prediction: np.ndarray) -> list[str]:
        """The label of each row (n, label): the largest; of several labels those above 1/2, joined by "|"."""
        if self.task.targets == "index":
            return [self.labels[k] for k in prediction.argmax(axis=1)]
        if self.task.targets == "multi-hot":
            return ["|".join(np.asarray(self.labels)[row > THRESHOLD]) for row in prediction]
        return [""] * len(prediction)

    @property
    def header(self) -> list[str]:
        called = [] if self.task.targets == "values" else ["prediction"]
        return ["id", *called, *self.labels]

    def rows(self, found: Predicted) -> Iterator[list[Any]]:
        """One row per sequence: id, the label that is called (not in regression), and a number per label."""
        for id, called, values in zip(found.ids, self.call(found.prediction), found.prediction.tolist(), strict=True):
            numbers = [f"{value:.6g}" for value in values]
            yield [id, *numbers] if self.task.targets == "values" else [id, called, *numbers]


def write_tsv(predictor: Predictor, predictions: Iterable[Predicted], file: TextIO) -> int:
    """Write predictions as tab-separated rows as they come; returns how many. Nothing is written before the first."""
    writer = csv.writer(file, delimiter="\t", lineterminator="\n")
    parts = iter(predictions)
    first = next(parts, None)
    writer.writerow(predictor.header)
    count = 0
    for found in chain([first] if first else [], parts):
        writer.writerows(predictor.rows(found))
        count += len(found.ids)
    return count
