# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Keras models from JSON, HDF5, `.keras`, folders and Python files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqforge.architectures.base import InputSpec
from seqforge.architectures.keras_file import compiled_sections
from seqforge.backends.keras import start
from seqforge.errors import BackendError
from seqforge.registry import find

pytestmark = pytest.mark.keras
SPEC = InputSpec(30, 4, 3, "1D", 1)


@pytest.fixture(scope="module")
def keras():
    start()
    import keras

    return keras


def architecture(format: str, path: Path, **values: Any):
    return find("architectures", format)(path=str(path), **values)


@pytest.fixture(scope="module")
def trained(keras):
    """A compiled model after one step, so that its file holds optimizer and weights."""
    model = keras.Sequential(
        [keras.Input((30, 4)), keras.layers.Flatten(), keras.layers.Dense(3, activation="softmax", name="scores")]
    )
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
    model.compile(keras.optimizers.Adam(0.01, epsilon=1e-5), loss=loss)
    model.fit(np.ones((4, 30, 4)), np.eye(3)[[0, 1, 2, 0]], verbose=0)
    return model


def same(ours: Any, theirs: Any) -> bool:
    x = np.random.default_rng(0).random((2, 30, 4)).astype(np.float32)
    return np.allclose(ours.predict(x, verbose=0), theirs.predict(x, verbose=0), atol=1e-6)


@pytest.mark.parametrize(
    ("name", "format"),
    [("m.keras", "keras-tf-whole-model"), ("m.h5", "keras-tf-whole-model"), ("m.h5", "keras-h5-whole-model")],
)
def test_whole_models(trained, tmp_path: Path, name: str, format: str):
    trained.save(tmp_path / name)
    found = architecture(format, tmp_path / name)
    assert found.check(SPEC) == []
    assert same(found.keras(SPEC), trained)
    compiled = compiled_sections(tmp_path / name)
    loss = {str(item.name): str(item.value) for item in compiled.loss.hyperparameters}
    assert loss == {"loss": "categorical_crossentropy", "from_logits": "False", "label_smoothing": "0.1"}
    optimizer = {str(item.name): str(item.value) for item in compiled.optimizer.hyperparameters}
    assert optimizer["optimizer"] == "Adam"
    assert (optimizer["learning_rate"], optimizer["epsilon"]) == ("0.01", "1e-05")


def test_folders(trained, tmp_path: Path):
    (tmp_path / "a").mkdir()
    trained.save(tmp_path / "a" / "saved_model.h5")
    assert same(architecture("keras-tf-whole-model", tmp_path / "a").keras(SPEC), trained)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "model-architecture.json").write_text(trained.to_json())
    trained.save_weights(tmp_path / "b" / "model.weights.h5")
    assert same(architecture("keras-tf-whole-model", tmp_path / "b").keras(SPEC), trained)


def test_bare_saved_model_is_refused(tmp_path: Path):
    (tmp_path / "saved_model.pb").write_bytes(b"")
    problems = architecture("keras-tf-whole-model", tmp_path).check(SPEC)
    assert "a SavedModel folder cannot be trained by Keras 3; load it in TensorFlow 2.15" in problems[0].message


def test_damaged_files_are_one_line(tmp_path: Path):
    (tmp_path / "m.h5").write_text("nothing")
    assert "not an HDF5 file" in architecture("keras-h5-whole-model", tmp_path / "m.h5").check(SPEC)[0].message
    (tmp_path / "m.json").write_text("{")
    assert (
        "expected a Keras model as JSON"
        in architecture("keras-json-architecture-only", tmp_path / "m.json").check(SPEC)[0].message
    )
    (tmp_path / "m.keras").write_bytes(b"PK nothing")
    with pytest.raises(BackendError, match="Keras cannot read this model") as caught:
        architecture("keras-tf-whole-model", tmp_path / "m.keras").keras(SPEC)
    assert "\n" not in str(caught.value)


def test_json_of_keras_3(trained, tmp_path: Path):
    (tmp_path / "m.json").write_text(trained.to_json())
    model = architecture("keras-json-architecture-only", tmp_path / "m.json").keras(SPEC)
    assert model.output_shape == (None, 3)


def _old(kind: str, **config: Any) -> dict[str, Any]:
    return {"class_name": kind, "config": config}


COMMON = {
    "trainable": True,
    "dtype": "float32",
    "use_bias": True,
    "kernel_initializer": _old("GlorotUniform", seed=None),
    "bias_initializer": _old("Zeros"),
    **{f"{part}_regularizer": None for part in ("kernel", "bias", "activity")},
    **{f"{part}_constraint": None for part in ("kernel", "bias")},
}
ENTRANCE = _old("InputLayer", batch_input_shape=[None, 30, 4], dtype="float32", sparse=False, ragged=False, name="in")
LSTM = _old(
    "LSTM",
    **{**COMMON, "recurrent_initializer": _old("Orthogonal", gain=1.0, seed=None), "recurrent_regularizer": None},
    **dict.fromkeys(("return_state", "go_backwards", "stateful", "unroll", "time_major"), False),
    return_sequences=False,
    name="lstm",
    units=5,
    activation="tanh",
    recurrent_activation="sigmoid",
    unit_forget_bias=True,
    dropout=0.0,
    recurrent_dropout=0.0,
    recurrent_constraint=None,
    implementation=2,
)
CONV = _old(
    "Conv1D",
    name="conv1d",
    batch_input_shape=[None, 30, 4],
    filters=6,
    kernel_size=[5],
    strides=[1],
    padding="valid",
    data_format="channels_last",
    dilation_rate=[1],
    groups=1,
    activation="relu",
    **COMMON,
)
DENSE = _old("Dense", name="dense", units=3, activation="softmax", **COMMON)
SEQUENTIAL = {"keras_version": "2.4.0", "backend": "tensorflow", **_old("Sequential", name="s", layers=[])}


def _sequential(*layers: dict) -> dict:
    return SEQUENTIAL | {"config": {"name": "s", "layers": json.loads(json.dumps(layers))}}


FUNCTIONAL = {
    "keras_version": "2.4.0",
    "backend": "tensorflow",
    **_old(
        "Functional",
        name="f",
        layers=[
            ENTRANCE | {"name": "in", "inbound_nodes": []},
            _old("Flatten", name="flatten", trainable=True, dtype="float32", data_format="channels_last")
            | {"name": "flatten", "inbound_nodes": [[["in", 0, 0, {}]]]},
            DENSE | {"name": "dense", "inbound_nodes": [[["flatten", 0, 0, {}]]]},
        ],
        input_layers=[["in", 0, 0]],
        output_layers=[["dense", 0, 0]],
    ),
}


@pytest.mark.parametrize(
    ("config", "parameters"),
    [
        (_sequential(ENTRANCE, CONV, LSTM, DENSE), 126 + 4 * 5 * (6 + 5 + 1) + 18),
        (_sequential(CONV, LSTM, DENSE), 126 + 4 * 5 * (6 + 5 + 1) + 18),
        (FUNCTIONAL, 363),
    ],
    ids=["with input layer", "without", "functional"],
)
def test_json_of_keras_2(keras, tmp_path: Path, config: dict, parameters: int):
    (tmp_path / "m.json").write_text(json.dumps(config))
    model = architecture("keras-json-architecture-only", tmp_path / "m.json").keras(SPEC)
    assert model.output_shape == (None, 3)
    assert model.count_params() == parameters


def test_hdf5_of_keras_2(keras, tmp_path: Path):
    import h5py

    file = tmp_path / "m.h5"
    (tmp_path / "m.json").write_text(json.dumps(_sequential(ENTRANCE, CONV, LSTM, DENSE)))
    first = architecture("keras-json-architecture-only", tmp_path / "m.json").keras(SPEC)
    first.save(file)
    with h5py.File(file, "r+") as opened:
        opened.attrs["keras_version"] = "2.4.0"
        opened.attrs["model_config"] = json.dumps(_sequential(ENTRANCE, CONV, LSTM, DENSE))
    assert same(architecture("keras-h5-whole-model", file).keras(SPEC), first)


MODULE = """
import keras


def build(filters: int = 4):
    layers = [keras.layers.Conv1D(filters, 5), keras.layers.GlobalMaxPooling1D(), keras.layers.Dense(3)]
    return keras.Sequential(layers)


def broken():
    return undefined


def nothing():
    return 3
"""


def test_modules(keras, tmp_path: Path):
    file = tmp_path / "net.py"
    file.write_text(MODULE)
    model = architecture("keras-module", file, classname="build", arguments={"filters": 7}).keras(SPEC)
    assert model.count_params() == 4 * 5 * 7 + 7 + 8 * 3
    with pytest.raises(BackendError, match=r"net.py:11: NameError: name 'undefined' is not defined"):
        architecture("keras-module", file, classname="broken").keras(SPEC)
    with pytest.raises(BackendError, match=r"returns a int, expected a keras\.Model"):
        architecture("keras-module", file, classname="nothing").keras(SPEC)
    with pytest.raises(BackendError, match="no function 'buidl'; did you mean 'build'"):
        architecture("keras-module", file, classname="buidl").keras(SPEC)
    assert len(architecture("keras-module", file, classname="build").fingerprint()) == 64
