# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Shapes, attributes and files of the embedded layers."""

from __future__ import annotations

from pathlib import Path

import layer_cases
import numpy as np
import pytest

from seqforge.architectures.base import InputSpec
from seqforge.architectures.sequential import layer_names, sequential_from
from seqforge.definitions.model import Operation
from seqforge.definitions.tree import Text
from seqforge.errors import DataError, Place
from seqforge.layers.base import ShapeError
from seqforge.layers.weights_file import read_weights
from seqforge.parameters import REQUIRED, Unfit, parameters_of
from seqforge.registry import classes, find


def operation(name: str, /, **attributes: str) -> Operation:
    place = Place("toy.xml", 12, 5)
    return Operation(Text(name, place), {key: Text(value, place) for key, value in attributes.items()})


def layer(name: str, **values):
    return find("layers", name)(**values)


@pytest.mark.parametrize("case", layer_cases.CASES)
def test_shapes_are_those_of_the_arrays(case: str):
    """A naive count: every layer's weights have the shapes it declares, and its output shape is full."""
    for _, each, shape in layer_cases.chain(case):
        drawn = each.weights(np.random.default_rng(0), shape)
        assert {name: array.shape for name, array in drawn.items()} == each.weight_shapes(shape)
        assert all(size and size > 0 for size in each.output_shape(shape))
        assert all(array.dtype == np.float32 for array in drawn.values())


@pytest.mark.parametrize(
    ("padding", "stride", "dilation", "expected"),
    [("valid", 1, 1, 8), ("valid", 3, 1, 3), ("valid", 1, 2, 6), ("same", 3, 1, 4), ("causal", 1, 2, 10)],
)
def test_convolution_length(padding: str, stride: int, dilation: int, expected: int):
    conv = layer("Conv1D", filters=2, kernel_size=3, padding=padding, strides=stride, dilation_rate=dilation)
    assert conv.output_shape((10, 4)) == (expected, 2)
    assert conv.output_shape((None, 4)) == (None, 2)


def test_channels_first_shape():
    conv = layer("Conv1D", filters=7, kernel_size=3, data_format="channels_first")
    assert conv.output_shape((4, 10)) == (7, 8)
    assert conv.weight_shapes((4, 10)) == {"kernel": (3, 4, 7), "bias": (7,)}


@pytest.mark.parametrize(
    ("name", "values", "shape", "part"),
    [
        ("Conv1D", {"filters": 1, "kernel_size": 11}, (5, 4), "covers 11 positions, but the input has only 5"),
        ("Conv1D", {"filters": 1, "kernel_size": 3}, (20,), "needs an input of shape (L, C), received (20,)"),
        ("MaxPool1D", {"pool_size": 4}, (3, 2), "covers 4 positions"),
        ("Flatten", {}, (None, 4), "needs to know the length of its input"),
        ("Reshape", {"target_shape": (7,)}, (2, 4), "cannot reshape (2, 4), 8 values, to (7,)"),
        ("LSTM", {"units": 2}, (4,), "needs an input of shape (L, C)"),
    ],
)
def test_shapes_that_do_not_fit(name: str, values: dict, shape: tuple, part: str):
    each = layer(name, **values)
    with pytest.raises(ShapeError) as caught:
        each.output_shape(shape)
    assert part in str(caught.value)


@pytest.mark.parametrize("cls", classes("layers"), ids=lambda cls: cls.name)
def test_bad_values_are_refused(cls: type):
    for parameter in parameters_of(cls).values():
        for text in parameter.kind.bad_values():
            with pytest.raises(Unfit):
                parameter.kind.parse(text)
        if parameter.default is not REQUIRED:
            assert parameter.kind.check(parameter.default) == parameter.default
        assert parameter.doc


def test_attributes_as_files_spell_them():
    built, problems = sequential_from(
        [
            operation(
                "conv1d",
                filters="10",
                kernel_size="(11,)",
                dilation_rate="2",
                input_shape="(1000, 4)",
                kernel_initializer="tf.keras.initializers.HeNormal(seed=3)",
                kernel_regularizer='"l2"',
            ),
            operation("MaxPool1D", pool_size="(3,)"),
            operation("GlobalMaxPool1D"),
            operation("Dense", units="10", activation="softmax", trainable="False"),
        ],
        InputSpec(1000, 4, 10),
    )
    assert problems == []
    assert built is not None
    assert built.layers[0].kernel_size == (11,)
    assert built.layers[0].dilation_rate == (2,)
    assert built.final_activation == "softmax"
    assert [step.after for step in built.steps(InputSpec(1000, 4, 10))] == [(980, 10), (326, 10), (10,), (10,)]


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ([operation("Flaten")], "toy.xml:12: SF0441: unknown layer 'Flaten'; did you mean 'Flatten'?"),
        ([operation("Dense")], "toy.xml:12: SF0206: layer 'Dense' needs units (an integer ≥ 1)"),
        ([operation("Dropout", rate="1")], "toy.xml:12: SF0204: rate: expected a number ≥ 0 and < 1, received 1"),
        (
            [operation("Dense", units="3", kernel_initializer="__import__('os').system('true')")],
            "toy.xml:12: SF0204: kernel_initializer: expected an initializer such as he_normal",
        ),
        (
            [operation("LSTM", units="3", stateful="True")],
            "toy.xml:12: SF0208: LSTM cannot have stateful True: batches do not continue one another",
        ),
        (
            [operation("Conv1D", filters="3", kernel_size="2", strides="2", dilation_rate="2")],
            "toy.xml:12: SF0208: 'strides' and 'dilation_rate' cannot both exceed 1; keep one",
        ),
        (
            [operation("Dense", units="3", weights_file="nowhere.npz")],
            "toy.xml:12: SF0401: weights_file 'nowhere.npz' not found",
        ),
        (
            [operation("Flatten", input_shape="(100, 4)"), operation("Dense", units="3")],
            "toy.xml:12: SF0521: input_shape (100, 4) does not fit the input (30, 4) (1D)",
        ),
        (
            [operation("Conv1D", filters="3", kernel_size="31"), operation("Dense", units="3")],
            "toy.xml:12: SF0522: layer 1 'Conv1D': its window covers 31 positions",
        ),
        (
            [operation("Flatten"), operation("Dense", units="4")],
            "toy.xml:12: SF0523: the last layer 'Dense' puts out (4,), but there are 3 labels",
        ),
    ],
)
def test_problems_have_their_place(operations: list[Operation], expected: str):
    _, problems = sequential_from(operations, InputSpec(30, 4, 3))
    assert len(problems) == 1
    assert str(problems[0]).startswith(expected)


def test_several_problems_at_once():
    _, problems = sequential_from([operation("Dense", unit="3"), operation("Dens"), operation("Dropout", rate="2")])
    assert [problem.id for problem in problems] == ["SF0203", "SF0441", "SF0204"]


def test_names_count_layers_of_a_kind():
    layers = [layer("Dense", units=1), layer("Flatten"), layer("Dense", units=2), layer("Dense", units=3)]
    assert layer_names(layers) == ["dense", "flatten", "dense_1", "dense_2"]


def test_initial_weights_follow_from_the_seed():
    built, _ = sequential_from([operation("Flatten"), operation("Dense", units="3"), operation("Dense", units="3")])
    assert built is not None
    first, again = built.weights(InputSpec(30, 4, 3, seed=1)), built.weights(InputSpec(30, 4, 3, seed=1))
    other = built.weights(InputSpec(30, 4, 3, seed=2))
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert not np.array_equal(first["dense.kernel"], other["dense.kernel"])
    assert not first["dense.bias"].any()


def test_forget_gate_starts_at_one():
    drawn = layer("LSTM", units=2).weights(np.random.default_rng(0), (5, 3))
    assert drawn["bias"].tolist() == [0, 0, 1, 1, 0, 0, 0, 0]
    kernel = drawn["recurrent_kernel"]
    np.testing.assert_allclose(kernel @ kernel.T, np.eye(2), atol=1e-6)


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_weights_file(tmp_path: Path, suffix: str):
    from safetensors.numpy import save_file

    arrays = {"bias": np.arange(3, dtype=np.float32), "kernel": np.ones((120, 3), np.float32)}
    file = tmp_path / f"dense{suffix}"
    np.savez(file, **arrays) if suffix == ".npz" else save_file(arrays, file)
    built, problems = sequential_from(
        [operation("Flatten"), operation("Dense", units="3", weights_file=str(file))], InputSpec(30, 4, 3)
    )
    assert problems == []
    assert built is not None
    assert built.weights(InputSpec(30, 4, 3))["dense.bias"].tolist() == [0, 1, 2]
    assert len(built.fingerprint()) == 64


def test_weights_file_in_order_and_of_wrong_shape(tmp_path: Path):
    np.savez(tmp_path / "w.npz", np.ones((2, 3)), np.zeros(3))
    found = read_weights(tmp_path / "w.npz", {"kernel": (2, 3), "bias": (3,)})
    assert found["kernel"].sum() == 6
    with pytest.raises(DataError, match=r"expected kernel \(2, 4\), bias \(4,\), received \(2, 3\), \(3,\)"):
        read_weights(tmp_path / "w.npz", {"kernel": (2, 4), "bias": (4,)})


def test_pickled_weights_are_refused(tmp_path: Path):
    file = tmp_path / "w.npy"
    np.save(file, np.array([np.ones(2), np.ones(3)], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match="holds pickled objects, which are not read; if you trust it, convert it once"):
        read_weights(file, {"kernel": (2,), "bias": (3,)})
