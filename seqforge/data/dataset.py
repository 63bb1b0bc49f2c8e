# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What the loop feeds on: `Batch`, `Dataset` (one set) and `Data` (the three sets), the same for every backend."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from seqforge.arrays import np

Targets: TypeAlias = "np.ndarray | tuple[np.ndarray, ...] | Mapping[str, np.ndarray]"


@dataclass(frozen=True)
class Batch:
    """Some examples of a set, in NumPy. Fields that a model family does not use are None.

    `index` (n,) int64: the examples' numbers in their set.
    `sequence` (n, length) uint8 codes, `len(alphabet)` for unknown letters.
    `target`: index (n,) int64, multi-hot or values (n, label) float32; profiles: a tuple with one array per head,
    (n, position, task), reads ≥ 0 of any number type.
    `weight` (n,) float32: of each example in the training loss, mean 1 over the training set; None: all 1.
    `label` (n,) uint8: 1 for a peak, 0 for background; None: there is no such difference.
    `control` (n, position, track) float32: signal ≥ 0 that a model reads beside the sequence, as long as that.
    `arrays`: what models without sequences read, by name (`Architecture.reads`): profiles (n, dye, scan) float32 ·
    windows (peak, channel, scan) float32 · markers (peak,) · centres (peak, 2) as [dye, scan] · counts (n,) of peaks ·
    features (n, bin, feature) float32 · padding (n, bin) bool, absent where nothing is padded · offset (n,) int64.
    The other forms of `target` are those of `Task.targets`.
    """

    index: np.ndarray
    sequence: np.ndarray | None = None
    target: Targets | None = None
    weight: np.ndarray | None = None
    label: np.ndarray | None = None
    control: np.ndarray | None = None
    arrays: Mapping[str, np.ndarray] | None = None

    def __len__(self) -> int:
        return len(self.index)


class Dataset(ABC):
    """One set. `batch` is a pure function of (seed, epoch, indices): no worker, order or history changes it.

    `lengths` (n,): of examples that are padded to the longest of a batch, so that batches are made of similar ones;
    None: all are equally long.
    """

    lengths: np.ndarray | None = None

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def batch(self, indices: np.ndarray, epoch: int = 0) -> Batch:
        """The examples `indices` as epoch `epoch` sees them (augmentation included, if the set has any)."""

    def plain(self) -> Dataset:
        """The same examples as they are, without augmentation and weights: what is judged and explained."""
        return self


@dataclass(frozen=True)
class Data:
    """The opened data of an experiment. `fingerprint` is a hash of content and options, part of the run id.

    `facts`: what the run remembers of its training data, as plain JSON: class_counts [n of class 0, n of class 1, …],
    channels, normalisation, … Losses and predictions read them.
    """

    training: Dataset | None
    validation: Dataset | None
    test: Dataset | None
    fingerprint: str
    labels: tuple[str, ...] = ()
    length: int | None = None  # of every sequence; None: several lengths
    facts: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = field(default=())  # what a user should know: duplicates across sets, unknown letters, …

    def set(self, name: str) -> Dataset | None:
        """The set called training, validation or test."""
        return {"training": self.training, "validation": self.validation, "test": self.test}[name]
