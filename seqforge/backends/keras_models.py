# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A Keras model as named weights, in a precision, layer by layer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import keras
import numpy as np

from seqforge.architectures.base import InputSpec
from seqforge.errors import BackendError

POLICIES = {"fp32": "float32", "bf16": "mixed_bfloat16", "fp16": "mixed_float16"}


class Weight(NamedTuple):
    """A variable under its SeqForge name; `swapped`: its axes lie in the opposite order of the published arrays."""

    name: str
    variable: Any
    swapped: bool = False

    def array(self) -> np.ndarray:
        value = np.array(keras.ops.convert_to_numpy(self.variable.value))
        return np.asarray(value.T, order="C") if self.swapped else value

    def assign(self, value: np.ndarray) -> None:
        self.variable.assign(np.ascontiguousarray(value.T) if self.swapped else value)

    @property
    def shape(self) -> tuple[int, ...]:
        shape = tuple(self.variable.shape)
        return shape[::-1] if self.swapped else shape


def named_weights(model: Any, prefix: str = "") -> list[Weight]:
    """Every weight once, in model order: called as the model says (`weight_names`), else by stable paths."""
    variables = list({id(variable): variable for variable in model.weights}.values())
    names = getattr(model, "weight_names", None) or stable_names([variable.path for variable in variables])
    swapped = set(getattr(model, "swapped_weights", ()))
    return [Weight(prefix + name, variable, name in swapped) for name, variable in zip(names, variables, strict=True)]


def stable_names(paths: Iterable[str]) -> list[str]:
    """Paths of variables as names that do not depend on what else was built in this process.

    Keras numbers layers over the whole process (dense_17/kernel);
    here they are numbered within the model (dense.kernel).
    """
    parts = [path.split("/") for path in paths]
    if parts and len({tuple(part[:1]) for part in parts}) == 1 and min(map(len, parts)) > 2:
        parts = [part[1:] for part in parts]  # the model's own name
    numbers: dict[tuple[str, ...], dict[str, str]] = {}
    names = []
    for part in parts:
        done: tuple[str, ...] = ()
        for layer in part[:-1]:
            done = (*done, _numbered(numbers.setdefault(done, {}), layer))
        names.append(".".join((*done, part[-1])))
    return names


def _numbered(known: dict[str, str], layer: str) -> str:
    """`layer` with its number among those of the same base name at the same level."""
    if layer not in known:
        base = re.sub(r"_\d+$", "", layer)
        same = sum(re.sub(r"_\d+$", "", other) == base for other in known)
        known[layer] = f"{base}_{same}" if same else base
    return known[layer]


def build(architecture: Any, spec: InputSpec, precision: str) -> Any:
    """The built model with initial weights that follow from the seed, computing in `precision`."""
    keras.utils.set_random_seed(spec.seed)
    with _policy(precision):
        model = architecture.keras(spec)
    if not model.built:
        model.build((None, *spec.shape(architecture.layout("Keras"))))
    if precision != "fp32":
        _lower(model, POLICIES[precision])
    if not list(model.weights):
        raise BackendError("the architecture has no weights, there is nothing to train")
    return model


@contextmanager
def _policy(precision: str) -> Iterator[None]:
    """Inside, new layers compute in a precision; variables stay float32."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(POLICIES[precision])
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _lower(model: Any, policy: str) -> None:
    """Layers that came with float32 of their own (loaded files) follow the policy; the last ones stay exact."""
    exact = list(_last(model))
    for layer in model._flatten_layers(include_self=False):
        if layer.dtype_policy.name == "float32" and not any(layer is one for one in exact):
            layer.dtype_policy = policy
    for layer in exact:
        layer.dtype_policy = "float32"


def _last(model: Any) -> Iterator[Any]:
    """The layer that puts out the output; of a model with several outputs, all that do, in nested models as well."""
    several = [one for one in model._flatten_layers() if isinstance(one, keras.Model) and len(_outputs(one)) > 1]
    found = [output._keras_history.operation for one in several for output in _outputs(one)]
    for last in found or [model.layers[-1]]:
        if isinstance(last, keras.layers.Layer) and not (found and isinstance(last, keras.Model)):
            yield from (last, *last._flatten_layers(include_self=False))


def _outputs(model: Any) -> list[Any]:
    """Symbolic outputs, where the model has them."""
    return list(getattr(model, "outputs", None) or ())


def rows(model: Any) -> list[tuple[str, str, tuple[int, ...] | None, int]]:
    """(name, type, output shape without the examples' axis, own parameters) of every layer."""
    return [
        (layer.name, type(layer).__name__, _output_shape(layer), sum(int(np.prod(w.shape)) for w in layer.weights))
        for layer in model.layers
        if type(layer).__name__ != "InputLayer"
    ]


def _output_shape(layer: Any) -> tuple[int, ...] | None:
    try:
        return tuple(layer.output.shape[1:])
    except (AttributeError, ValueError):
        return None
