# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Profiles and log counts of sequences, as they stream in: constant memory, whatever the input's length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from seqforge.backends.base import Learner
from seqforge.data.dataset import Batch
from seqforge.heads import Head


@dataclass(frozen=True)
class Examples:
    """Some inputs of a model: `codes` (n, length) uint8; `names` (n), "" where there are none.

    `coords` (n,) of type COORDS: windows that have the model's output in their middle; None: no coordinates.
    `controls` (n, length, track) float32, for a model that reads some.
    """

    codes: np.ndarray
    names: list[str]
    coords: np.ndarray | None = None
    controls: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.codes)

    def part(self, first: int, stop: int) -> Examples:
        coords = None if self.coords is None else self.coords[first:stop]
        controls = None if self.controls is None else self.controls[first:stop]
        return Examples(self.codes[first:stop], self.names[first:stop], coords, controls)


@dataclass(frozen=True)
class PredictedProfiles:
    """Some predictions. Per head: `logits` (n, position, task) and `logcounts` (n, 1), or (n, task), float32.

    `coords` (n,) of type COORDS: the output windows, or None.
    """

    logits: tuple[np.ndarray, ...]
    logcounts: tuple[np.ndarray, ...]
    names: list[str]
    coords: np.ndarray | None

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True)
class ProfilePredictor:
    """A trained model that reads `input_length` bases and puts out `output_length` positions for `heads`.

    `read_length`: of a part that sees only the middle of its whole's input.
    """

    learner: Learner
    heads: tuple[Head, ...]
    input_length: int
    output_length: int
    read_length: int
    batch_size: int

    def of(self, examples: Iterable[Examples]) -> Iterator[PredictedProfiles]:
        """At most `batch_size` predictions at a time, in the order of the inputs."""
        for chunk in examples:
            for first in range(0, len(chunk), self.batch_size):
                yield self._predicted(chunk.part(first, first + self.batch_size))

    def _predicted(self, given: Examples) -> PredictedProfiles:
        left = (self.input_length - self.read_length) // 2  # as combined models cut the input of their bias
        codes = given.codes[:, left : left + self.read_length]
        batch = Batch(np.arange(len(codes)), sequence=np.ascontiguousarray(codes), control=given.controls)
        found = self.learner.eval_step(batch)
        outputs = [np.asarray(output, dtype=np.float32) for output in found.prediction]
        count = len(self.heads)
        return PredictedProfiles(
            tuple(outputs[:count]), tuple(outputs[count:]), given.names, self._windows(given.coords)
        )

    def _windows(self, coords: np.ndarray | None) -> np.ndarray | None:
        if coords is None:
            return None
        found = coords.copy()
        found["start"] += (coords["stop"] - coords["start"] - self.output_length) // 2
        found["stop"] = found["start"] + self.output_length
        return found
