# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Small experiments and batches for the tests of learners; imports no framework."""

from __future__ import annotations

from typing import Any

import numpy as np

from seqforge.architectures.sequential import Sequential, sequential_from
from seqforge.data.dataset import Batch
from seqforge.data.encodings import DNA
from seqforge.definitions.model import Architecture, General, ModelDefinition, Operation
from seqforge.definitions.tree import Node, Text
from seqforge.experiment import Experiment, OptimizerUse
from seqforge.registry import KERAS, find
from seqforge.training.process import TrainingProcess

LENGTH = 30
CONVOLUTION = (
    ("Conv1D", {"filters": "6", "kernel_size": "5", "activation": "relu", "input_shape": f"({LENGTH}, 4)"}),
    ("MaxPool1D", {"pool_size": "3"}),
    ("Flatten", {}),
    ("Dense", {"units": "8", "activation": "relu"}),
)


def operation(name: str, /, **attributes: str) -> Operation:
    return Operation(Text(name), {key: Text(str(value)) for key, value in attributes.items()})


def sequential(*layers: tuple[str, dict[str, str]]) -> Sequential:
    built, problems = sequential_from([operation(name, **attributes) for name, attributes in layers])
    assert built is not None, problems
    return built


def experiment(
    *layers: tuple[str, dict[str, str]],
    labels: int = 3,
    library: str = KERAS,
    task: str = "multi-class classification",
    loss: tuple[str, dict[str, Any]] = ("categorical_crossentropy", {}),
    optimizers: tuple[tuple[str, dict[str, Any], str | None], ...] = (("SGD", {"learning_rate": 0.1}, None),),
    architecture: Any = None,
    encoding: str = "1D",
    length: int | None = LENGTH,
    **process: Any,
) -> Experiment:
    """An experiment over `layers` (a default convolution and softmax if there are none) with tiny values."""
    chain = layers or (*CONVOLUTION, ("Dense", {"units": str(labels), "activation": "softmax"}))
    names = tuple(f"c{number}" for number in range(labels))
    words = (Text("small"), Text("small"), Text(""), Text(task), Text("DNA"), Text(library))
    definition = ModelDefinition(
        general=General(*words, seed=7, labels=names),
        architecture=Architecture(),
        loss=None,
        optimizers=(),
        schedules=(),
        trainingprocess=None,
        data=None,
        version=1,
        tree=Node("seqgramodel"),
    )
    found = find("tasks", task)()
    return Experiment(
        definition=definition,
        library=library,
        task=found,
        alphabet=DNA,
        labels=names,
        encoding=encoding,
        seed=7,
        architecture=architecture or sequential(*chain),
        loss=find("losses", loss[0], library)(**loss[1]),
        optimizers=tuple(
            OptimizerUse(find("optimizers", name, library)(**values), pattern) for name, values, pattern in optimizers
        ),
        schedules=(),
        process=TrainingProcess(**({"batch_size": 8, "epochs": 1} | process)),
        metrics=tuple(find("metrics", name)() for name in found.metrics),
        source=None,
        length=length,
    )


def batches(
    count: int = 5, size: int = 8, labels: int = 3, length: int = LENGTH, targets: str = "index", seed: int = 0
) -> list[Batch]:
    """Random batches whose label follows from the letter that is most frequent."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(count):
        codes = rng.integers(0, 5, (size, length)).astype(np.uint8)
        counts = np.stack([(codes == letter).sum(axis=1) for letter in range(labels)], axis=1)
        target = counts.argmax(axis=1) if targets == "index" else (counts > length / 5).astype(np.float32)
        found.append(Batch(np.arange(size) + number * size, codes, target))
    return found
