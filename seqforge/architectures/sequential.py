# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Sequential: the embedded layers of `<sequential>`, the same on PyTorch and Keras.

Both backends start with the weights that NumPy draws from the definition's seed; shapes are proven without a framework.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, NamedTuple

from seqforge.architectures.base import Architecture, InputSpec
from seqforge.arrays import np
from seqforge.definitions.components import Subject, assemble, items_of
from seqforge.definitions.model import Operation
from seqforge.definitions.reader import errors
from seqforge.errors import NOWHERE, DataError, Place, Problem
from seqforge.layers.base import Arrays, Layer, Shape, ShapeError, product, shown
from seqforge.layers.weights_file import find_weights, read_weights
from seqforge.parameters import Kind
from seqforge.registry import KERAS, PYTORCH, UnknownName, find


class Step(NamedTuple):
    """A layer at its place in the chain."""

    name: str  # of the layer in the model: conv1d, dense, dense_1 …
    layer: Layer
    place: Place
    before: Shape
    after: Shape


class Layers(Kind):
    """A tuple of layers, at least one."""

    expected = "layers, at least one"

    def check(self, value: Any) -> Any:
        layers = tuple(value) if isinstance(value, (tuple, list)) else ()
        if not layers or not all(isinstance(layer, Layer) for layer in layers):
            raise self.unfit(value)
        return layers


class Places(Kind):
    expected = "the places of the layers"

    def check(self, value: Any) -> Any:
        return tuple(value)


@dataclass(frozen=True, kw_only=True)
class Sequential(Architecture):
    """`layers` in order; `places`: where each is written, for messages."""

    name: ClassVar[str] = "Sequential"
    libraries: ClassVar[tuple[str, ...]] = (PYTORCH, KERAS)

    layers: Annotated[tuple[Layer, ...], Layers()]
    places: Annotated[tuple[Place, ...], Places()] = field(default=())

    def layout(self, library: str) -> str:
        """Channels last on both: layers that want them first only change strides."""
        return "NLC"

    def settings(self) -> dict[str, Any]:
        return {"layers": [{"operation": layer.name, **layer.settings()} for layer in self.layers]}

    @property
    def input_shape(self) -> Shape | None:
        """What the first layer says about the input."""
        return self.layers[0].option("input_shape")

    @property
    def final_activation(self) -> str:
        """What the outputs have gone through: "linear", "softmax", "sigmoid" …"""
        said = (layer.final_activation for layer in reversed(self.layers))
        return next((activation for activation in said if activation), "linear")

    def steps(self, spec: InputSpec) -> Iterator[Step]:
        """The chain with its shapes; raises `ShapeError` at the layer that does not fit."""
        shape = self._start(spec)
        for name, layer, place in zip(layer_names(self.layers), self.layers, self._places(), strict=True):
            after = layer.output_shape(shape)
            layer.weight_shapes(shape)
            yield Step(name, layer, place, shape, after)
            shape = after

    def check(self, spec: InputSpec) -> list[Problem]:
        problems = [*self._entrance(spec)]
        if problems:
            return problems
        places = self._places()
        done: list[Step] = []
        try:
            for step in self.steps(spec):
                done.append(step)
        except ShapeError as error:
            layer = self.layers[len(done)]
            message = f"layer {len(done) + 1} '{layer.name}': {error}"
            return [Problem(places[len(done)], "SF0522", message, _chain(done))]
        return [*self._outputs(done[-1], spec), *self._weights_files(done)]

    def _entrance(self, spec: InputSpec) -> Iterator[Problem]:
        """`input_shape` against the data's."""
        for number, (layer, place) in enumerate(zip(self.layers, self._places(), strict=True)):
            said = layer.option("input_shape")
            wanted = spec.shape("NLC")
            if said is None or number:
                continue
            if len(said) != len(wanted) or any(a != b for a, b in zip(said, wanted, strict=True) if a and b):
                message = f"input_shape {shown(said)} does not fit the input {shown(wanted)} ({spec.encoding})"
                yield Problem(place, "SF0521", message, f'write input_shape="{shown(wanted)}"')

    def _outputs(self, last: Step, spec: InputSpec) -> Iterator[Problem]:
        if last.after != (spec.outputs,):
            message = (
                f"the last layer '{last.layer.name}' puts out {shown(last.after)}, but there are {spec.outputs} labels"
            )
            yield Problem(last.place, "SF0523", message, f"its output must be ({spec.outputs},)")

    def _weights_files(self, steps: Sequence[Step]) -> Iterator[Problem]:
        for step in steps:
            try:
                if step.layer.weights_file:
                    read_weights(Path(step.layer.weights_file), step.layer.weight_shapes(step.before))
            except DataError as error:
                yield Problem(step.place, "SF0443", f"weights_file {error}")

    def _start(self, spec: InputSpec) -> Shape:
        """The input's shape: the data's, and where that is open the first layer's `input_shape`."""
        said = self.input_shape or ()
        wanted = spec.shape("NLC")
        return tuple(size or (said[axis] if len(said) == len(wanted) else None) for axis, size in enumerate(wanted))

    def _places(self) -> tuple[Place, ...]:
        return self.places or (NOWHERE,) * len(self.layers)

    def weights(self, spec: InputSpec) -> Arrays:
        """The initial weights, named `layer.weight`, in Keras' order."""
        steps = list(self.steps(spec))
        seeds = np.random.SeedSequence(spec.seed).spawn(len(steps))
        return {
            f"{step.name}.{name}": values
            for step, seed in zip(steps, seeds, strict=True)
            for name, values in step.layer.weights(np.random.default_rng(seed), step.before).items()
        }

    def parameter_count(self, spec: InputSpec) -> int:
        """Elements of all weights that are not buffers."""
        return sum(
            product(size)
            for step in self.steps(spec)
            for name, size in step.layer.weight_shapes(step.before).items()
            if name not in step.layer.buffers
        )

    def torch(self, spec: InputSpec) -> Any:
        from seqforge.architectures.torch.sequential import SequentialModule

        module = SequentialModule({step.name: (step.layer, step.before) for step in self.steps(spec)})
        if not any(tensor.is_meta for tensor in module.state_dict().values()):
            module.start(self.weights(spec))
        return module

    def keras(self, spec: InputSpec) -> Any:
        import keras

        model = keras.Sequential([keras.Input(self._start(spec)), *self._keras_layers(spec)], name="sequential")
        weights = self.weights(spec)
        if weights:
            model.set_weights(list(weights.values()))
        model.weight_names = list(weights)
        return model

    def _keras_layers(self, spec: InputSpec) -> list[Any]:
        return [step.layer.keras(step.name, spec.seed + number) for number, step in enumerate(self.steps(spec))]

    def fingerprint(self) -> str:
        """A hash of the weights files ("" if there are none)."""
        files = [Path(layer.weights_file) for layer in self.layers if layer.weights_file]
        if not files:
            return ""
        digest = hashlib.sha256()
        for file in files:
            digest.update(file.read_bytes())
        return digest.hexdigest()


def layer_names(layers: Sequence[Layer]) -> list[str]:
    """A name for each layer: its operation, numbered from the second on: dense, dense_1."""
    seen: Counter[str] = Counter()
    found = []
    for layer in layers:
        base = layer.name.lower()
        found.append(f"{base}_{seen[base]}" if seen[base] else base)
        seen[base] += 1
    return found


def _chain(done: Sequence[Step]) -> str:
    """How the shape came about, as a way to see the mistake."""
    if not done:
        return ""
    return "before it: " + " → ".join(
        [shown(done[0].before), *(f"{step.layer.name} {shown(step.after)}" for step in done)]
    )


def sequential_from(
    operations: Sequence[Operation], spec: InputSpec | None = None
) -> tuple[Sequential | None, list[Problem]]:
    """The architecture that `operations` write, or None, with every problem; shapes are checked if `spec` is given."""
    problems: list[Problem] = []
    layers = [_layer(operation, problems) for operation in operations]
    complete = [layer for layer in layers if layer is not None]
    if len(complete) < len(layers) or errors(problems) or not complete:
        return None, problems
    sequential = Sequential(layers=tuple(complete), places=tuple(operation.place for operation in operations))
    return sequential, problems + (sequential.check(spec) if spec else [])


def _layer(operation: Operation, problems: list[Problem]) -> Layer | None:
    try:
        cls = find("layers", str(operation.name))
    except UnknownName as unknown:
        problems.append(Problem(operation.place, "SF0441", f"unknown layer '{operation.name}'", unknown.hint))
        return None
    subject = Subject(f"layer '{cls.name}'", operation.place, "attribute")
    layer: Layer | None = assemble(cls, items_of(operation.attributes), subject, problems)
    return layer and _with_weights_file(layer, operation, problems)


def _with_weights_file(layer: Layer, operation: Operation, problems: list[Problem]) -> Layer:
    """`layer` with the absolute path of its weights file."""
    if not layer.weights_file:
        return layer
    place = operation.attributes["weights_file"].place
    found = find_weights(layer.weights_file, operation.place)
    if found.path is None:
        problems.append(Problem(place, "SF0401", f"weights_file '{layer.weights_file}' not found", found.hint))
        return layer
    return replace(layer, weights_file=str(found.path))
