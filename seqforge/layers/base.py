# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What every layer has: shapes and initial weights in pure Python, and the same formula on both backends.

Shapes are logical and without the batch axis, channels last: (L, C) for 1D, (1, L, C) for 2D; None is an
unknown length.
Weights have Keras' names and Keras' axis order on both backends, so that they convert one to one.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeAlias

from seqforge.arrays import np
from seqforge.layers.activations import ACTIVATIONS
from seqforge.layers.initializers import InitializerText, initializer
from seqforge.layers.regularizers import RegularizerText, keras_penalty
from seqforge.parameters import Integer, Kind, Maybe, Name, OneOf, Switch, Tuple, Unfit, setting
from seqforge.registry import Component

Shape = tuple[int | None, ...]
Arrays: TypeAlias = "dict[str, np.ndarray]"


class ShapeError(ValueError):
    """A layer that cannot take its input; the text says what it needs and what it got."""


class Sizes(Kind):
    """One size for each of `axes` axes: `5`, `(5,)` or, for two axes, `(1, 5)`; one number stands for all of them."""

    def __init__(self, axes: int):
        self.axes = axes
        self.expected = "an integer ≥ 1" + ("" if axes == 1 else f" or {axes} of them")

    def parse(self, text: str) -> Any:
        try:
            return self.check(ast.literal_eval(text))
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            raise self.unfit(text) from None

    def check(self, value: Any) -> Any:
        sizes = (value,) * self.axes if isinstance(value, (int, float)) else value
        try:
            return Tuple(Integer(ge=1), self.axes).check(sizes)
        except Unfit:
            raise self.unfit(value) from None

    def schema(self) -> dict[str, Any]:
        one = {"type": "integer", "minimum": 1}
        return {"anyOf": [one, {"type": "array", "items": one, "minItems": self.axes, "maxItems": self.axes}]}

    def bad_values(self) -> list[str]:
        return ["0", "-3", "many", "(1, 2, 3)", "__import__('os')"]


class Extents(Tuple):
    """A shape: a tuple of integers; one bare integer is a shape of one axis."""

    def check(self, value: Any) -> Any:
        return super().check((value,) if isinstance(value, int) and not isinstance(value, bool) else value)


Size = Annotated[tuple[int, ...], Sizes(1)]
Pair = Annotated[tuple[int, ...], Sizes(2)]
InputShape = Annotated[tuple[int | None, ...], Extents(Maybe(Integer(ge=1)))]
Activation = Annotated[str, OneOf(*ACTIVATIONS)]
Initial = Annotated[str, InitializerText()]
Penalty = Annotated[str, RegularizerText()]


@dataclass(frozen=True, kw_only=True)
class Layer(Component):
    """One `<operation>`. Fields are its attributes."""

    buffers: ClassVar[tuple[str, ...]] = ()  # weights that are not trained

    weights_file: Name | None = setting(None, "start with the arrays of this .npy, .npz or .safetensors file")

    def problems(self) -> list[tuple[str, str]]:
        """(attribute, sentence) for values that do not go together."""
        return []

    def output_shape(self, shape: Shape) -> Shape:
        """The shape after this layer; raises `ShapeError`."""
        return shape

    def weight_shapes(self, shape: Shape) -> dict[str, tuple[int, ...]]:
        """Shapes by name in Keras' order, for an input of `shape`; raises `ShapeError`."""
        return {}

    def initializer_of(self, weight: str) -> str:
        """The text of the initializer of a weight."""
        raise NotImplementedError(weight)

    def regularizer_of(self, weight: str) -> str | None:
        """The text of the regularizer of a weight, if it has one."""
        return None

    def option(self, name: str, default: Any = None) -> Any:
        """An attribute that not every layer has."""
        return getattr(self, name, default)

    @property
    def final_activation(self) -> str | None:
        """What the output values have just gone through; None: this layer says nothing about it."""
        return None

    def weights(self, rng: np.random.Generator, shape: Shape) -> Arrays:
        """Initial weights, float32, those of `weights_file` if there is one."""
        shapes = self.weight_shapes(shape)
        if self.weights_file:
            from seqforge.layers.weights_file import read_weights

            return read_weights(Path(self.weights_file), shapes)
        return self.initial_weights(rng, shapes)

    def initial_weights(self, rng: np.random.Generator, shapes: Mapping[str, tuple[int, ...]]) -> Arrays:
        drawn = {name: initializer(self.initializer_of(name)).draw(rng, size) for name, size in shapes.items()}
        return {name: np.ascontiguousarray(values, dtype=np.float32) for name, values in drawn.items()}

    def run_torch(self, x: Any, weights: Mapping[str, Any], training: bool) -> Any:
        """This layer's formula over `x` (N, *shape) in torch; buffers among `weights` are updated in place."""
        raise NotImplementedError(f"{self.name} has no PyTorch form")

    def keras(self, name: str, seed: int) -> Any:
        """The keras.layers.Layer called `name`; `seed` is that of its dropout."""
        raise NotImplementedError(f"{self.name} has no Keras form")


@dataclass(frozen=True, kw_only=True)
class Entrance(Layer):
    """A layer that may say the shape of the input, which is needed on the first layer of all."""

    input_shape: InputShape | None = setting(None, "shape of one example, without the batch axis")


@dataclass(frozen=True, kw_only=True)
class Kernel(Entrance):
    """A layer with a kernel and a bias: what Dense and the convolutions have in common."""

    trainable: Switch = setting(True, "False: the weights stay as they are")
    activation: Activation | None = setting(None, "applied to the output")
    use_bias: Switch = setting(True, "add a bias")
    kernel_initializer: Initial = setting("glorot_uniform", "how the kernel starts")
    bias_initializer: Initial = setting("zeros", "how the bias starts")
    kernel_regularizer: Penalty | None = setting(None, "penalty on the kernel")
    bias_regularizer: Penalty | None = setting(None, "penalty on the bias")
    activity_regularizer: Penalty | None = setting(None, "penalty on the output, divided by the number of examples")

    def initializer_of(self, weight: str) -> str:
        return getattr(self, f"{weight}_initializer")

    def regularizer_of(self, weight: str) -> str | None:
        return getattr(self, f"{weight}_regularizer")

    @property
    def final_activation(self) -> str | None:
        return self.activation or "linear"

    def with_bias(self, kernel: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
        """The weight shapes of a kernel whose last axis is that of the outputs."""
        return {"kernel": kernel, "bias": kernel[-1:]} if self.use_bias else {"kernel": kernel}

    def keras_arguments(self) -> dict[str, Any]:
        """What Dense and the convolutions of Keras are all told."""
        return {
            "activation": self.activation,
            "use_bias": self.use_bias,
            "kernel_regularizer": keras_penalty(self.kernel_regularizer),
            "bias_regularizer": keras_penalty(self.bias_regularizer),
            "activity_regularizer": keras_penalty(self.activity_regularizer),
            "trainable": self.trainable,
        }


def rank(shape: Shape, axes: int, meaning: str) -> Shape:
    """`shape` if it has `axes` axes; else `ShapeError`."""
    if len(shape) != axes:
        raise ShapeError(f"needs an input of shape {meaning}, received {shown(shape)}")
    return shape


def known(size: int | None, what: str) -> int:
    """`size` if it is known; else `ShapeError`."""
    if size is None:
        raise ShapeError(f"needs to know {what}; give input_shape on the first layer")
    return size


def product(sizes: Iterable[int]) -> int:
    return math.prod(sizes)


def shown(shape: Shape) -> str:
    """A shape as messages write it."""
    return (
        "(" + ", ".join("any" if size is None else str(size) for size in shape) + ("," if len(shape) == 1 else "") + ")"
    )
