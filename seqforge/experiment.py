# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A definition resolved into typed components that fit together; no framework is imported here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seqforge.architectures.base import Architecture, InputSpec
from seqforge.data.encodings import Alphabet
from seqforge.data.sources.base import Source, Wanted
from seqforge.definitions.model import ModelDefinition
from seqforge.losses.base import Loss
from seqforge.metrics.base import Metric
from seqforge.optimizers.base import Optimizer
from seqforge.schedules.base import Schedule
from seqforge.tasks import Task
from seqforge.training.process import TrainingProcess

if TYPE_CHECKING:
    from seqforge.definitions.data import DataDefinition


@dataclass(frozen=True)
class OptimizerUse:
    """An optimizer and the parameters it owns: a glob over names; None: all that no other one takes."""

    optimizer: Optimizer
    pattern: str | None = None


@dataclass(frozen=True)
class ScheduleUse:
    """A schedule and the number of the optimizer it drives; None: all."""

    schedule: Schedule
    optimizer: int | None = None


@dataclass(frozen=True)
class Experiment:
    """Everything a backend and the loop need. `loss`, `process` are None and `optimizers` empty for BayesOptimalClassifier."""

    definition: ModelDefinition
    library: str  # "PyTorch", "Keras" or "BayesOptimalClassifier"
    task: Task
    alphabet: Alphabet
    labels: tuple[str, ...]
    encoding: str  # "1D" or "2D"
    seed: int
    architecture: Architecture
    loss: Loss | None
    optimizers: tuple[OptimizerUse, ...]
    schedules: tuple[ScheduleUse, ...]
    process: TrainingProcess | None
    metrics: tuple[Metric, ...]
    source: Source | None  # None: the definition names no data and none lies beside it
    data_definition: DataDefinition | None = None
    unknown: str = "uniform"  # how a letter outside the alphabet is fed: "uniform" or "zeros"
    length: int | None = None  # of the input, where it is known without data files

    @property
    def wanted(self) -> Wanted:
        return Wanted(self.task, self.alphabet, self.labels, self.seed, self.definition.folder)

    def spec(self, length: int | None = None) -> InputSpec:
        """What the architecture is built for; `length` overrides the one that the definition implies."""
        return InputSpec(length or self.length, len(self.alphabet), len(self.labels), self.encoding, self.seed)
