# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""BPNet as keras.Models: solo, transformation of a frozen solo, and residual and frozen bias combined.

One input, one-hot DNA (n, position, base). A flat list of outputs: the logits (n, position, task) of every head, then
the log counts (n, 1) of every head, or (n, task) with `counts_per_task`. Every model says its `heads` and the names of
its weights: `weight_names` in the order of `model.weights`, `weight_order` in that of the family, where Keras differs.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import keras
from keras import layers

from seqforge.architectures import lengths
from seqforge.architectures.bpnet import Sizes, sized
from seqforge.architectures.bpnet_parts import (
    Interface,
    bias_excess,
    half_a_base,
    matched,
    read_specification,
    starts,
    surplus,
)
from seqforge.architectures.bpnet_weights import BASES, initial_weights, number
from seqforge.architectures.keras.naming import named, variables_by_name
from seqforge.architectures.keras.profile_layers import CountsLogSumExp, ScalarAffine, TaskCounts
from seqforge.architectures.lengths import LengthWarning
from seqforge.errors import UsageError, quoted
from seqforge.heads import Head, heads_of

Heads = Sequence[Head | Mapping[str, Any]]


def solo_model(
    input_length: int,
    output_length: int,
    num_filters: int,
    num_layers: int,
    input_filter_width: int,
    output_filter_width: int,
    heads: Heads,
    name: str = "solo",
    seed: int = 0,
) -> keras.Model:
    """A model called `name` with the initial weights of `seed`; raises UsageError before any layer is built."""
    sizes = sized(input_length, output_length, num_filters, num_layers, input_filter_width, output_filter_width)
    known = heads_of(heads)
    _name(name)
    _warn(sizes.warnings if sizes.excess >= 0 else [])
    return build_solo(sizes, known, name, seed)


def transformation_model(
    solo: keras.Model,
    profile_architecture: Mapping[str, Any],
    counts_architecture: Mapping[str, Any],
    heads: Heads,
    name: str = "transformation",
) -> keras.Model:
    """The frozen `solo` and scalar functions of its outputs; `solo.trainable` becomes False.

    A specification is {"name": "passthrough"} or {"name": "simple", "types": [linear, sigmoid, relu, …]}.
    """
    profile = read_specification(profile_architecture, "profile_architecture")
    counts = read_specification(counts_architecture, "counts_architecture")
    known = heads_of(heads)
    _name(name)
    for what, types in (("profile_architecture", profile), ("counts_architecture", counts)):
        _warn(surplus(types, what), UserWarning)
    return build_transformation(solo, profile, counts, known, name)


def combined_model(
    input_length: int,
    output_length: int,
    num_filters: int,
    num_layers: int,
    input_filter_width: int,
    output_filter_width: int,
    heads: Heads,
    bias_model: keras.Model,
    name: str = "combined",
    seed: int = 0,
) -> tuple[keras.Model, keras.Model, keras.Model]:
    """(combined, residual, bias), which share weights; `bias_model.trainable` becomes False.

    `bias` is what is added to the residual: `bias_model` on the residual's input.
    """
    sizes = sized(input_length, output_length, num_filters, num_layers, input_filter_width, output_filter_width)
    known = heads_of(heads)
    _name(name)
    said = sizes.warnings if sizes.excess >= 0 else []
    excess = bias_excess(sizes.window(), interface_of(bias_model, "the bias model"))
    _warn([*said, *half_a_base(excess)])
    return build_combined(sizes, known, bias_model, name, seed)


def _name(name: Any) -> None:
    if not isinstance(name, str) or not name or "/" in name:
        raise UsageError(f"the name of a model is a text without '/', received {quoted(name)}")


def _warn(messages: Iterable[str], category: type[Warning] = LengthWarning) -> None:
    """At the line, outside of this package, that called the builder."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("seqforge.architectures"):
        level, frame = level + 1, frame.f_back
    for message in messages:
        warnings.warn(message, category, stacklevel=level)


# the solo model


def build_solo(sizes: Sizes, heads: Sequence[Head], name: str, seed: int) -> keras.Model:
    """`solo_model` for checked sizes, without warnings."""
    excess = sizes.excess
    x = inputs = keras.Input((sizes.input_length, BASES), name=f"{name}_input")
    if excess:
        x = layers.Cropping1D(lengths.split(excess), name=f"{name}_crop_input")(x)
    trunk = _trunk(x, sizes, name, seed)
    model = _finished(keras.Model(inputs, _outputs(trunk, sizes, heads, name, seed), name=name), heads)
    arrays = initial_weights(sizes, heads, name, seed)
    for weight, variable in variables_by_name(model).items():
        variable.assign(arrays[weight])
    return model


def _trunk(x: Any, sizes: Sizes, name: str, seed: int) -> Any:
    """The first convolution, and h ← relu(conv(h)) + h, the ends of h cut off, for dilations 2, 4, 8 …"""
    filters = sizes.num_filters
    x = _convolution(x, filters, sizes.input_filter_width, f"{name}_initial_conv", seed, activation="relu")
    for i in range(sizes.num_layers):
        reach = 2 ** (i + 1)
        y = _convolution(x, filters, 3, f"{name}_conv_{i}", seed, activation="relu", dilation_rate=reach)
        x = layers.Cropping1D(reach, name=f"{name}_crop_{i}")(x)
        x = layers.Add(name=f"{name}_add_{i}")([y, x])
    return x


def _outputs(trunk: Any, sizes: Sizes, heads: Sequence[Head], name: str, seed: int) -> list[Any]:
    """Logits of every head, then log counts from the mean over all positions; float32 under every policy."""
    exact: dict[str, Any] = {"dtype": "float32"}
    width = sizes.output_filter_width
    profiles = [_convolution(trunk, h.width, width, f"{name}_profile_{h.name}", seed, **exact) for h in heads]
    counts = []
    for head in heads:
        mean = layers.GlobalAveragePooling1D(name=f"{name}_pool_{head.name}", **exact)(trunk)
        layer = f"{name}_logcounts_{head.name}"
        counts.append(layers.Dense(head.counts, kernel_initializer=_start(layer, seed), name=layer, **exact)(mean))
    return [*profiles, *counts]


def _convolution(x: Any, filters: int, width: int, name: str, seed: int, **settings: Any) -> Any:
    return layers.Conv1D(filters, width, padding="valid", kernel_initializer=_start(name, seed), name=name, **settings)(
        x
    )


def _start(layer: str, seed: int) -> Any:
    """What a copy of the layer starts with; it draws nothing from Keras' own generator."""
    return keras.initializers.GlorotUniform(seed=number(seed, layer, 3))


# the transformation


def build_transformation(
    solo: keras.Model,
    profile_types: Sequence[str] | None,
    counts_types: Sequence[str] | None,
    heads: Sequence[Head],
    name: str,
) -> keras.Model:
    """`transformation_model` for checked types, None: handed on unchanged; without warnings."""
    known = interface_of(solo, "the solo model")
    order = matched(heads, known, "the solo model")
    terms = [
        layer
        for head in heads
        for output, types in (("profile", profile_types), ("logcounts", counts_types))
        for layer in _layers_of(types, f"{name}_{output}_{head.name}")
    ]
    _refuse_clash(solo, [f"{name}_input", *terms])
    solo.trainable = False
    inputs = keras.Input(solo.input_shape[1:], name=f"{name}_input")
    z = _flat(solo(inputs, training=False))
    profiles = [_fitted(z[i], profile_types, f"{name}_profile_{h.name}") for i, h in zip(order, heads, strict=True)]
    rest = z[len(heads) :]
    counts = [_fitted(rest[i], counts_types, f"{name}_logcounts_{h.name}") for i, h in zip(order, heads, strict=True)]
    model = _finished(keras.Model(inputs, [*profiles, *counts], name=name), heads)
    inner = tuple(weight for weight in model.weight_names if weight.startswith(f"{solo.name}/"))
    model.weight_order = inner + tuple(f"{layer}/{weight}" for layer in terms for weight in ("slope", "offset"))
    return model


def _fitted(z: Any, types: Sequence[str] | None, name: str) -> Any:
    """f(z) = Σ f_k(z), or z itself."""
    if types is None:
        return z
    pairs = zip(types, starts(types), strict=True)
    terms = [_term(z, kind, start, f"{name}_{k}_{kind}") for k, (kind, start) in enumerate(pairs)]
    return terms[0] if len(terms) == 1 else layers.Add(name=f"{name}_sum", dtype="float32")(terms)


def _term(z: Any, kind: str, start: float, name: str) -> Any:
    """m·z + b, or m2·kind(m1·z + b1) + b2 with b1 = `start` at first."""
    if kind == "linear":
        return ScalarAffine(name=name)(z)
    inner = ScalarAffine(offset=start, name=f"{name}_in")(z)
    return ScalarAffine(name=f"{name}_out")(layers.Activation(kind, name=name, dtype="float32")(inner))


def _layers_of(types: Sequence[str] | None, name: str) -> Iterator[str]:
    """The layers with weights of one output's terms, `in` before `out`."""
    for k, kind in enumerate(types or ()):
        yield from [f"{name}_{k}_linear"] if kind == "linear" else [f"{name}_{k}_{kind}_in", f"{name}_{k}_{kind}_out"]


def idle_terms(model: keras.Model, x: Any) -> list[str]:
    """A sentence for every relu of a transformation that is off for all of the one-hot DNA `x` (n, position, 4).

    No gradient reaches such a term, so that it stays off while z lies in the same range.
    """
    kinds = [layer for layer in model.layers if isinstance(layer, layers.Activation)]
    relus = [layer for layer in kinds if layer.activation is keras.activations.relu]
    if not relus:
        return []
    before = [model.get_layer(f"{layer.name}_in").input for layer in relus]
    probe = keras.Model(model.inputs[0], [*before, *(layer.output for layer in relus)])
    found = [keras.ops.convert_to_numpy(one) for one in _flat(probe(x, training=False))]
    return [
        f"{layer.name} is off for the whole batch and gets no gradient: z lies between {z.min():.4g} and {z.max():.4g}"
        for layer, z, y in zip(relus, found, found[len(relus) :], strict=False)
        if not y.any()
    ]


# residual and bias


def build_combined(
    sizes: Sizes, heads: Sequence[Head], bias_model: keras.Model, name: str, seed: int
) -> tuple[keras.Model, keras.Model, keras.Model]:
    """`combined_model` for checked sizes, without warnings."""
    for head in heads:
        if head.use_bias_counts is None:
            raise UsageError(f"head '{head.name}': use_bias_counts is missing; say True or False")
    known = interface_of(bias_model, "the bias model")
    excess = bias_excess(sizes.window(), known) if sizes.excess >= 0 else 0
    order = matched(heads, known, "the bias model")
    residual = build_solo(sizes, heads, "residual", seed)
    bias = _on_longer_input(bias_model, sizes.input_length, excess, order, heads)
    inputs = keras.Input((sizes.input_length, BASES), name=f"{name}_input")
    outputs = _sums(_flat(residual(inputs)), _flat(bias(inputs, training=False)), heads, name)
    return _finished(keras.Model(inputs, outputs, name=name), heads), residual, bias


def _on_longer_input(
    bias_model: keras.Model, length: int, excess: int, order: Sequence[int], heads: Sequence[Head]
) -> keras.Model:
    """The bias model in the middle of an input of `length` bases, its heads in the `order` of the residual's."""
    _refuse_clash(bias_model, ["bias_input", "bias_crop_input"])
    bias_model.trainable = False
    x = inputs = keras.Input((length, BASES), name="bias_input")
    if excess:
        x = layers.Cropping1D(lengths.split(excess), name="bias_crop_input")(x)
    z = _flat(bias_model(x, training=False))
    outputs = [z[i] for i in order] + [z[len(order) + i] for i in order]
    bias = keras.Model(inputs, outputs, name="bias")
    bias.trainable = False
    return _finished(bias, heads)


def _sums(residual: Sequence[Any], bias: Sequence[Any], heads: Sequence[Head], name: str) -> list[Any]:
    """Logits are added, so that probabilities multiply; reads are added where the head asks for it."""
    profiles, counts = [], []
    for i, head in enumerate(heads):
        exact = layers.Add(name=f"{name}_profile_{head.name}", dtype="float32")
        profiles.append(exact([residual[i], bias[i]]))
        pair = [residual[len(heads) + i], bias[len(heads) + i]]
        counts.append(CountsLogSumExp(name=f"{name}_logcounts_{head.name}")(pair) if head.use_bias_counts else pair[0])
    return [*profiles, *counts]


# what models say about themselves


def _finished(model: keras.Model, heads: Sequence[Head]) -> keras.Model:
    """The model with the names of its weights, and its heads."""
    model.heads = tuple(heads)
    named(model)
    model.weight_order = model.weight_names
    return model


def interface_of(model: Any, what: str) -> Interface:
    """Lengths and heads of a profile model; raises UsageError for any other one, `what` it is called there."""
    if not isinstance(model, keras.Model):
        raise UsageError(f"{what} is no keras.Model, received {quoted(type(model).__name__)}")
    ours = [tuple(tensor.shape[1:]) for tensor in _flat(model.inputs or [])]
    outs = [tuple(tensor.shape[1:]) for tensor in _flat(model.outputs or [])]
    half = len(outs) // 2
    profiles, counts = outs[:half], outs[half:]
    if [len(shape) for shape in ours] != [2] or ours[0][1] != BASES or not _paired(profiles, counts):
        expected = "one input (length, 4), then outputs (length, tasks) of every head and (counts,) of every head"
        raise UsageError(f"{what} '{model.name}' is no profile model: expected {expected}; received {ours} and {outs}")
    if None in (ours[0][0], profiles[0][0]):
        raise UsageError(f"{what} '{model.name}' takes inputs of any length; save it with a fixed one")
    widths = tuple((profile[1], count[0]) for profile, count in zip(profiles, counts, strict=True))
    heads = getattr(model, "heads", None) or ()
    names = tuple(head.name for head in heads) or None
    return Interface(ours[0][0], profiles[0][0], widths, names, tuple(head.tasks for head in heads) or None)


def _paired(profiles: Sequence[tuple[int, ...]], counts: Sequence[tuple[int, ...]]) -> bool:
    ranks = all(len(shape) == 2 for shape in profiles) and all(len(shape) == 1 for shape in counts)
    return bool(profiles) and len(profiles) == len(counts) and ranks and len({shape[0] for shape in profiles}) == 1


def _refuse_clash(nested: keras.Model, names: Iterable[str]) -> None:
    if nested.name in set(names):
        raise UsageError(f"the model inside is called '{nested.name}', as a layer beside it; give it another name")


def solo_of(model: keras.Model) -> keras.Model:
    """The solo model inside a transformation (of a transformation …) or a bias model; a solo itself as it is."""
    nested = [layer for layer in model.layers if isinstance(layer, keras.Model)]
    if len(nested) > 1:
        names = " and ".join(f"'{layer.name}'" for layer in nested)
        raise UsageError(f"'{model.name}' holds the models {names}; give solo_of one of them")
    return solo_of(nested[0]) if nested else model


def tasks_first(model: keras.Model) -> keras.Model:
    """A model that shares all weights, with profiles (n, task, length) and log counts (n, task) of every task.

    The log counts of a head are shared out by the task's part of the softmax; those of a head that counts every task
    are handed on.
    """
    known = interface_of(model, "the model")
    inputs = keras.Input(model.input_shape[1:], name=f"{model.name}_input_tasks_first")
    z = _flat(model(inputs))
    half = len(known.widths)
    profiles = [layers.Permute((2, 1), name=f"{model.name}_permute_{i}")(z[i]) for i in range(half)]
    counts = []
    for i, (tasks, columns) in enumerate(known.widths):
        shared = TaskCounts(name=f"{model.name}_task_counts_{i}") if columns != tasks else None
        counts.append(shared([z[half + i], z[i]]) if shared else z[half + i])
    return _finished(keras.Model(inputs, [*profiles, *counts], name=f"{model.name}_tasks_first"), ())


def _flat(outputs: Any) -> list[Any]:
    return list(keras.tree.flatten(outputs))
