# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Shapes before numbers on Keras: build the model and look at its symbolic output."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from seqforge.architectures.base import InputSpec
from seqforge.architectures.pytorch_module import sentence
from seqforge.backends import outputs
from seqforge.backends.assignment import assign, misfit
from seqforge.definitions.reader import errors
from seqforge.errors import BackendError, Problem, SeqForgeError
from seqforge.experiment import Experiment
from seqforge.registry import KERAS


def prove(experiment: Experiment) -> list[Problem]:
    """What is wrong with the shapes of the architecture for the declared input and labels; no data is needed."""
    spec, place = experiment.spec(), experiment.definition.architecture.place
    problems = experiment.architecture.check(spec)
    if not errors(problems):
        problems = [*problems, *_proof(experiment, spec)]
    return [problem if problem.place.file else replace(problem, place=place) for problem in problems]


class Trace:
    """Follows the calls of layers: `failed` is the innermost one that did not come back, with what it received."""

    def __init__(self) -> None:
        self.failed: tuple[Any, Any] | None = None

    @contextmanager
    def follow(self) -> Iterator[None]:
        from keras.layers import Layer

        call, trace = Layer.__call__, self

        def followed(layer: Any, *inputs: Any, **options: Any) -> Any:
            try:
                output = call(layer, *inputs, **options)
            except BaseException:
                trace.failed = trace.failed or (layer, _shape(inputs))
                raise
            trace.failed = None  # Keras may try and take another way
            return output

        Layer.__call__ = followed
        try:
            yield
        finally:
            Layer.__call__ = call

    def words(self, given: tuple[int | None, ...]) -> str:
        """Where the pass stopped, for an architecture that was `given` an input of that shape."""
        if self.failed is None:
            return f"the architecture cannot be built for an input of shape {given[1:]}: "
        layer, received = self.failed
        return f"layer '{layer.name}' ({type(layer).__name__}) cannot take an input of shape {received}: "


def _shape(inputs: tuple[Any, ...]) -> str:
    """The shape of the first tensor, the examples' axis left out."""
    shape = getattr(inputs[0], "shape", None) if inputs else None
    return "(unknown)" if shape is None else str(tuple(shape)[1:])


def _proof(experiment: Experiment, spec: InputSpec) -> list[Problem]:
    import keras

    place, trace = experiment.definition.architecture.place, Trace()
    given = (None, *spec.shape(experiment.architecture.layout(KERAS)))
    try:
        with trace.follow():
            model = experiment.architecture.keras(spec)
            output: Any = model(keras.KerasTensor(given, dtype="float32"))
    except SeqForgeError as error:
        return [Problem(place, "SF0501", (trace.words(given) if trace.failed else "") + str(error))]
    except Exception as error:  # whatever a layer raises becomes one line
        return [Problem(place, "SF0501", trace.words(given) + (sentence(str(error)) or type(error).__name__))]
    return _judge(experiment, spec, output) or _update_problems(experiment, model)


def _update_problems(experiment: Experiment, model: Any) -> list[Problem]:
    """Optimizers that do not fit the parameters."""
    import keras

    from seqforge.backends.keras_models import named_weights

    if experiment.loss is None or experiment.process is None:
        return []
    loss = experiment.loss.keras()
    parts = {"": model} | ({"loss.": loss} if isinstance(loss, keras.layers.Layer) else {})
    trainable = {id(variable) for part in parts.values() for variable in part.trainable_variables}
    weights = [weight for prefix, part in parts.items() for weight in named_weights(part, prefix)]
    names = [weight.name for weight in weights if id(weight.variable) in trainable]
    try:
        assign([use.pattern for use in experiment.optimizers], names)
    except BackendError as error:
        return [misfit(error, experiment.definition)]
    return []


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
