# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Names of the weights of nested Keras models: the names of nested models, the layer, the variable, with "/"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras


def variables_by_name(model: Any) -> dict[str, Any]:
    """Every variable of a model once, by its name: `residual/residual_conv_0/kernel`; no name for the model itself."""
    found: dict[str, Any] = {}
    seen: set[int] = set()
    for name, variable in _walk(model, ""):
        if id(variable) not in seen:
            seen.add(id(variable))
            found[_free(name, found)] = variable
    return found


def _walk(model: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _walk(layer, f"{prefix}{layer.name}/")
        else:
            yield from ((f"{prefix}{layer.name}/{_tail(layer, variable)}", variable) for variable in layer.weights)


def _tail(layer: Any, variable: Any) -> str:
    """The variable's name within its layer: `kernel`, or `lstm_cell/kernel` of a layer of layers."""
    return variable.path.rpartition(f"{layer.name}/")[2] or variable.name


def _free(name: str, taken: dict[str, Any]) -> str:
    number = 1
    while (numbered := name if number == 1 else f"{name}_{number}") in taken:
        number += 1
    return numbered


def named(model: Any) -> Any:
    """The model with `weight_names`, in the order of `model.weights`."""
    names = {id(variable): name for name, variable in variables_by_name(model).items()}
    unique = {id(variable): variable for variable in model.weights}
    model.weight_names = tuple(names[key] for key in unique)
    return model
