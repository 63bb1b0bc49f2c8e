# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Shapes before numbers on Keras: build the model and look at its symbolic output."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from seqforge.architectures.base import InputSpec
from seqforge.backends import outputs
from seqforge.definitions.reader import errors
from seqforge.errors import Problem, SeqForgeError
from seqforge.experiment import Experiment
from seqforge.registry import KERAS


def prove(experiment: Experiment) -> list[Problem]:
    """What is wrong with the shapes of the architecture for the declared input and labels; no data is needed."""
    spec, place = experiment.spec(), experiment.definition.architecture.place
    problems = experiment.architecture.check(spec)
    if not errors(problems):
        problems = [*problems, *_proof(experiment, spec)]
    return [problem if problem.place.file else replace(problem, place=place) for problem in problems]


def _proof(experiment: Experiment, spec: InputSpec) -> list[Problem]:
    import keras

    place = experiment.definition.architecture.place
    given = (None, *spec.shape(experiment.architecture.layout(KERAS)))
    try:
        model = experiment.architecture.keras(spec)
        output: Any = model(keras.KerasTensor(given, dtype="float32"))
    except SeqForgeError as error:
        return [Problem(place, "SF0501", str(error))]
    except Exception as error:  # whatever a layer raises becomes one line
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        return [
            Problem(place, "SF0501", f"the architecture cannot be built for an input of shape {given[1:]}: {first}")
        ]
    return _judge(experiment, spec, output)


def _judge(experiment: Experiment, spec: InputSpec, output: Any) -> list[Problem]:
    """One row for each example, one column for each label; of heads their profiles and log counts."""
    place = experiment.definition.architecture.place
    if spec.heads:
        several = output if isinstance(output, (list, tuple)) else [output]
        found = [tuple(one.shape[1:]) for one in several if hasattr(one, "shape")]
        return outputs.judge(experiment.architecture, spec, found, place)
    shape = getattr(output, "shape", None)
    if shape is None:
        message = f"the architecture returns a {type(output).__name__}, expected a tensor of shape (examples, labels)"
        return [Problem(place, "SF0502", message)]
    if len(shape) == 2 and shape[1] == spec.outputs:
        return []
    if len(shape) == 2:
        message = f"the architecture puts out {shape[1]} columns, the definition has {spec.outputs} labels"
        return [Problem(place, "SF0502", message, f"give its last layer {spec.outputs} outputs or mend the labels")]
    return [Problem(place, "SF0502", f"the architecture puts out {tuple(shape)}, expected (None, {spec.outputs})")]
