# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Profile models in Keras: numbers, names, frozen parts, chains, and files that load in a fresh process."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
from bpnet_cases import HEADS, INITIAL, ROOT, SIZES, digest, environment, one_hot, reference, strong_weights

from seqforge.architectures import bpnet as aliases
from seqforge.architectures.base import InputSpec
from seqforge.architectures.keras_zip import NOTE
from seqforge.architectures.lengths import LengthWarning
from seqforge.architectures.parts import FilePart
from seqforge.backends.importing import start_keras
from seqforge.errors import BackendError, UsageError
from seqforge.heads import Head
from seqforge.registry import find

keras = pytest.importorskip("keras")
start_keras()

from seqforge.architectures.keras import bpnet, loading  # noqa: E402
from seqforge.architectures.keras.bpnet import (  # noqa: E402
    combined_model,
    solo_model,
    solo_of,
    tasks_first,
    transformation_model,
)
from seqforge.architectures.keras.profile_layers import CountsLogSumExp, ScalarAffine  # noqa: E402
from seqforge.backends.keras_models import build  # noqa: E402

pytestmark = [pytest.mark.keras, pytest.mark.filterwarnings("ignore::seqforge.architectures.lengths.LengthWarning")]
SMALL = (60, 20, 4, 2, 7, 9)  # 46 bases are needed
BIAS = (50, 20, 3, 1, 7, 9)  # 38 bases
COUNTED = (replace(HEADS[0], use_bias_counts=True), replace(HEADS[1], use_bias_counts=False))
PASS, LINE = {"name": "passthrough"}, {"name": "simple", "types": ["linear"]}
MANY = {"name": "simple", "types": ["linear", "sigmoid", "relu", "relu", "relu", "sigmoid"]}


def arrays(found: Any) -> list[np.ndarray]:
    return [keras.ops.convert_to_numpy(one) for one in found]


def gradients(model: Any, x: np.ndarray) -> dict[str, float]:
    """Σ |gradient| of the sum of squares of all outputs, by weight; the trainable ones."""
    engine = start_keras()
    trainable = {id(variable): name for name, variable in bpnet.variables_by_name(model).items() if variable.trainable}
    variables = [variable for variable in model.weights if id(variable) in trainable]

    def objective() -> tuple[Any, Any]:
        total = sum(keras.ops.sum(keras.ops.square(one)) for one in model(engine.tensor(x), training=True))
        return total, total

    _, found = engine.gradients(objective, variables)
    sizes = [float(np.abs(keras.ops.convert_to_numpy(one)).sum()) for one in found]
    return dict(zip((trainable[id(variable)] for variable in variables), sizes, strict=True))


def graphs(model: Any) -> Iterator[Any]:
    """The model and all models inside."""
    yield model
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from graphs(layer)


def transformed(profile: Any = LINE, counts: Any = LINE, **named: Any) -> Any:
    return transformation_model(solo_model(*BIAS, HEADS, seed=5), profile, counts, HEADS, **named)


# solo


@pytest.mark.parametrize(
    ("sizes", "tasks", "count", "weights"),
    [
        ((3092, 1000, 64, 9, 25, 25), (2,), 120_899, 24),
        ((174, 100, 8, 4, 7, 9), (1, 2), 1_269, 18),
        ((2114, 1000, 512, 8, 21, 75), (1,), 6_377_986, 22),
        ((1154, 1000, 128, 4, 21, 75), (1,), 217_730, 14),
        ((288, 200, 32, 4, 15, 15), (2,), 15_363, 14),
        ((240, 200, 16, 2, 15, 15), (2,), 3_043, 10),
    ],
)
def test_counts_and_shapes(sizes: tuple[int, ...], tasks: tuple[int, ...], count: int, weights: int) -> None:
    heads = [{"head-name": f"h{i}", "num-tasks": width, "counts-loss-weight": 1} for i, width in enumerate(tasks)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = solo_model(*sizes, heads, "name of it")
    assert (model.count_params(), len(model.weights), model.name) == (count, weights, "name of it")
    assert model.output_shape == [(None, sizes[1], width) for width in tasks] + [(None, 1)] * len(tasks)


def test_layers_are_called_as_published() -> None:
    model = solo_model(*SIZES, HEADS, "n")
    blocks = [f"n_{layer}_{i}" for i in range(4) for layer in ("conv", "crop", "add")]
    ends = [f"n_{layer}_{head.name}" for layer in ("profile", "pool", "logcounts") for head in HEADS]
    assert {layer.name for layer in model.layers} == {"n_input", "n_crop_input", "n_initial_conv", *blocks, *ends}
    assert [model.get_layer(f"n_conv_{i}").dilation_rate for i in range(4)] == [(2,), (4,), (8,), (16,)]
    assert "n_crop_input" not in [layer.name for layer in solo_model(174, *SIZES[1:], HEADS, "n").layers]


def test_starts_with_the_bytes_of_the_seed() -> None:
    model = solo_model(*SIZES, HEADS, seed=3)
    assert digest(dict(zip(model.weight_names, arrays(model.weights), strict=True))) == INITIAL
    keras.utils.set_random_seed(9)
    architecture = find("architectures", "BPNet")(**dict(zip(aliases.SIX, SIZES, strict=True)))
    again = architecture.keras(InputSpec(None, 4, 3, "1D", 3, HEADS))
    assert digest(dict(zip(again.weight_names, arrays(again.weights), strict=True))) == INITIAL
    other = architecture.keras(InputSpec(None, 4, 3, "1D", 4, HEADS))
    assert not np.array_equal(arrays(other.weights)[0], arrays(model.weights)[0])


def test_numbers_are_those_of_numpy() -> None:
    x, weights = one_hot(3, 180), strong_weights()
    model = solo_model(*SIZES, HEADS)
    model.set_weights(list(weights.values()))
    assert list(model.weight_order) == list(model.weight_names) == list(weights)
    for found, expected in zip(arrays(model(x)), reference(x, weights), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("more", [1, 6])
def test_a_longer_input_is_cropped_bit_for_bit(more: int) -> None:
    with pytest.warns(LengthWarning, match=f"input_length {174 + more} is {more} more than the 174") as caught:
        longer = solo_model(174 + more, *SIZES[1:], HEADS)
    assert caught[0].filename == __file__
    exact = solo_model(174, *SIZES[1:], HEADS)
    x, left = one_hot(2, 174 + more), more // 2
    pairs = zip(arrays(longer(x)), arrays(exact(x[:, left : left + 174])), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)


def test_even_widths_and_aliases_warn() -> None:
    with pytest.warns(LengthWarning, match="input_filter_width 8 is even") as caught:
        aliases.soloModel(
            inputLength=175, outputLength=100, numFilters=2, numLayers=4, inputFilterWidth=8, outputFilterWidth=9,
            headList=HEADS, modelName="m",
        )  # fmt: skip
    assert caught[0].filename == __file__


def test_errors_come_before_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: Any, **__: Any) -> None:
        raise AssertionError("a layer is built")

    solo = solo_model(*BIAS, HEADS)
    monkeypatch.setattr(keras, "Input", nothing)
    monkeypatch.setattr(bpnet.layers, "Conv1D", nothing)
    with pytest.raises(UsageError, match="input_length 170 is too short: output_length 100 needs 174"):
        solo_model(170, *SIZES[1:], HEADS)
    with pytest.raises(UsageError, match="at least one head"):
        solo_model(*SIZES, [])
    with pytest.raises(UsageError, match="num_layers: expected an integer ≥ 0"):
        solo_model(180, 100, 8, -1, 7, 9, HEADS)
    with pytest.raises(UsageError, match="without '/'"):
        solo_model(*SIZES, HEADS, "a/b")
    with pytest.raises(UsageError, match="simple needs at least one type"):
        transformation_model(solo, {"name": "simple", "types": []}, LINE, HEADS)
    with pytest.raises(UsageError, match="the solo model has x"):
        transformation_model(solo, LINE, LINE, HEADS[:1])
    with pytest.raises(UsageError, match="the bias model needs 50 bases, the residual only takes 48"):
        combined_model(48, 20, 4, 1, 7, 9, COUNTED, solo)
    with pytest.raises(UsageError, match="puts out 20 bases, the residual 10"):
        combined_model(60, 10, 4, 1, 7, 9, COUNTED, solo)
    with pytest.raises(UsageError, match="use_bias_counts is missing"):
        combined_model(*SMALL, HEADS, solo)
    with pytest.raises(UsageError, match=r"the bias model is no keras\.Model, received 'str'"):
        combined_model(*SMALL, COUNTED, "bias.keras")
    assert solo.trainable


# transformations


def test_terms_and_their_order() -> None:
    model = transformed(MANY, LINE, name="t")
    terms = ["0_linear", *(f"{k}_{kind}_{end}" for k, kind in enumerate(MANY["types"]) if k for end in ("in", "out"))]
    layers = [
        f"t_{output}_{head.name}_{term}"
        for head in HEADS
        for output, own in (("profile", terms), ("logcounts", ["0_linear"]))
        for term in own
    ]
    ordered = [name for name in model.weight_order if not name.startswith("solo/")]
    assert ordered == [f"{layer}/{weight}" for layer in layers for weight in ("slope", "offset")]
    assert set(model.weight_order) == set(model.weight_names)
    assert len(model.trainable_weights) == 2 * (2 * 11 + 2 * 1)
    for start, k in ((0, 2), (1, 3), (-1, 4), (0, 1), (1, 5)):
        layer = model.get_layer(f"t_profile_x_{k}_{MANY['types'][k]}_in")
        assert arrays([layer.slope, layer.offset]) == [1, start]


def test_values_of_terms() -> None:
    x = one_hot(2, 50)
    model = transformed({"name": "simple", "types": ["relu", "sigmoid", "relu"]}, PASS)
    before = arrays(solo_of(model)(x))
    after = arrays(model(x))
    for z, y in zip(before[:2], after[:2], strict=True):
        expected = np.maximum(z, 0) + 1 / (1 + np.exp(-z)) + np.maximum(z + 1, 0)
        np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)
    assert all(np.array_equal(z, y) for z, y in zip(before[2:], after[2:], strict=True))


@pytest.mark.parametrize("types", [["linear"], ["sigmoid"], ["relu"], ["relu", "relu"], ["linear", "linear"]])
def test_every_type_trains_alone_and_repeated(types: list[str]) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = transformed({"name": "simple", "types": types}, {"name": "simple", "types": types})
    assert [str(one.message) for one in caught if "second linear" in str(one.message)] == [
        f"{what}: a second linear type adds nothing: the sum of lines is a line; name it once"
        for what in ("profile_architecture", "counts_architecture")
        if types == ["linear", "linear"]
    ]
    solo_of(model).get_layer("solo_profile_x").bias.assign([1.0])
    for head in HEADS:  # so that every relu is on
        solo_of(model).get_layer(f"solo_logcounts_{head.name}").bias.assign(np.full(head.counts, 2.0))
    found = gradients(model, one_hot(4, 50))
    assert set(found) == {name for name in model.weight_names if not name.startswith("solo/")}
    assert all(value > 0 for value in found.values())


def test_relus_that_are_off_are_told() -> None:
    model, x = transformed({"name": "simple", "types": ["relu", "linear"]}, PASS), one_hot(2, 50)
    assert bpnet.idle_terms(model, x) == []
    model.get_layer("transformation_profile_profile_x_0_relu_in").offset.assign([-100.0])
    (sentence,) = bpnet.idle_terms(model, x)
    assert sentence.startswith(
        "transformation_profile_profile_x_0_relu is off for the whole batch and gets no gradient"
    )
    z = arrays(solo_of(model)(x))[1]
    assert f"z lies between {z.min():.4g} and {z.max():.4g}" in sentence
    assert bpnet.idle_terms(transformed(), x) == []


def test_passthrough_is_the_solo_model() -> None:
    model, x = transformed(PASS, PASS), one_hot(2, 50)
    assert model.trainable_weights == []
    assert all(np.array_equal(a, b) for a, b in zip(arrays(model(x)), arrays(solo_of(model)(x)), strict=True))


def test_transformations_are_chained() -> None:
    first = transformed(MANY, LINE)
    inside = len(first.trainable_weights)
    second = transformation_model(first, LINE, LINE, HEADS)
    third = transformation_model(second, PASS, LINE, HEADS, name="again")
    assert inside > 0
    assert (len(second.trainable_weights), len(third.trainable_weights)) == (0, 4)
    assert solo_of(third) is solo_of(first)
    assert "transformation/transformation/solo/solo_conv_0/kernel" in third.weight_names
    assert len(set(third.weight_names)) == len(third.weight_names) == len(third.weights)
    x = one_hot(2, 50)
    assert all(np.array_equal(a, b) for a, b in zip(arrays(third(x)), arrays(first(x)), strict=True))


def test_heads_are_matched_by_name() -> None:
    solo, x = solo_model(*BIAS, HEADS), one_hot(2, 50)
    turned = transformation_model(solo, PASS, LINE, HEADS[::-1])
    found, plain = arrays(turned(x)), arrays(solo(x))
    assert all(np.array_equal(found[i], plain[j]) for i, j in enumerate((1, 0, 3, 2)))
    residual = combined_model(*SMALL, COUNTED[::-1], turned)[0]
    straight = combined_model(*SMALL, COUNTED[::-1], solo)[0]
    y = one_hot(2, 60)
    assert all(np.array_equal(a, b) for a, b in zip(arrays(residual(y)), arrays(straight(y)), strict=True))


# residual and bias


def test_combined_is_the_sum_of_its_parts() -> None:
    combined, residual, bias = combined_model(*SMALL, COUNTED, transformed(MANY, LINE), "c")
    assert all(isinstance(one, keras.Model) for one in (combined, residual, bias))
    assert [one.name for one in (combined, residual, bias)] == ["c", "residual", "bias"]
    assert combined.output_shape == residual.output_shape == bias.output_shape
    assert combined.input_shape == residual.input_shape == bias.input_shape == (None, 60, 4)
    x = one_hot(3, 60)
    whole, own, added = (arrays(one(x)) for one in (combined, residual, bias))
    for i in range(2):
        np.testing.assert_allclose(whole[i], own[i] + added[i], atol=1e-6)
    np.testing.assert_allclose(np.exp(whole[2]), np.exp(own[2]) + np.exp(added[2]), rtol=1e-5)
    assert np.array_equal(whole[3], own[3])
    inner = arrays(bias.get_layer("transformation")(x[:, 5:55]))
    assert all(np.array_equal(a, b) for a, b in zip(added, inner, strict=True))
    assert bias.get_layer("transformation").get_layer("solo") is solo_of(bias)


def test_only_the_residual_is_trained() -> None:
    bias_model = transformed(MANY, LINE)
    assert bias_model.trainable_weights
    combined, residual, bias = combined_model(*SMALL, COUNTED, bias_model)
    assert len(combined.trainable_weights) == len(residual.weights) == 2 * (1 + 2 + 2 * 2)
    assert bias.trainable_weights == bias_model.trainable_weights == []
    found = gradients(combined, one_hot(4, 60))
    assert set(found) == {f"residual/{name}" for name in residual.weight_names}
    assert all(value > 0 for value in found.values())
    assert "bias/transformation/solo/solo_conv_0/kernel" in combined.weight_names
    assert "bias/transformation/transformation_profile_x_0_linear/slope" in combined.weight_names
    assert "residual/residual_conv_0/kernel" in combined.weight_names


def test_a_plain_solo_is_a_bias_model() -> None:
    solo = solo_model(60, 20, 3, 1, 7, 9, HEADS)
    combined, _, bias = combined_model(*SMALL, COUNTED, solo)
    assert solo_of(bias) is solo
    with pytest.raises(UsageError, match="holds the models 'residual' and 'bias'"):
        solo_of(combined)
    assert "bias_crop_input" not in [layer.name for layer in bias.layers]


def test_odd_difference_of_windows_warns() -> None:
    with pytest.warns(LengthWarning, match="half a base apart"):
        _, _, bias = combined_model(51, 20, 4, 1, 7, 9, COUNTED, solo_model(*BIAS, HEADS))
    assert bias.get_layer("bias_crop_input").cropping == (0, 1)


@pytest.mark.slow
def test_layer_names_are_unique_in_every_graph() -> None:
    names = ("x", "profile_x", "x_0_linear", "pool_x", "logcounts_x", "input", "a-b", "sum")
    heads = [Head(name=name, tasks=("0",), use_bias_counts=True) for name in names]
    bias = transformation_model(solo_model(*BIAS, heads), MANY, MANY, heads)
    bias = transformation_model(bias, MANY, PASS, heads)
    for model in combined_model(*SMALL, heads, bias):
        for graph in graphs(model):
            layers = [layer.name.casefold() for layer in graph.layers]
            assert len(set(layers)) == len(layers)
        assert len(set(model.weight_names)) == len(model.weights)


def test_clashing_names_are_refused() -> None:
    solo = solo_model(*BIAS, HEADS, "t_profile_x_0_linear")
    with pytest.raises(UsageError, match="give it another name"):
        transformation_model(solo, LINE, LINE, HEADS, "t")
    assert transformation_model(solo, LINE, LINE, HEADS, "u").get_layer("t_profile_x_0_linear") is solo


def test_tasks_first() -> None:
    combined, x = combined_model(*SMALL, COUNTED, transformed())[0], one_hot(3, 60)
    turned = tasks_first(combined)
    assert turned.output_shape == [(None, 1, 20), (None, 2, 20), (None, 1), (None, 2)]
    plain, found = arrays(combined(x)), arrays(turned(x))
    for i in range(2):
        assert np.array_equal(found[i], plain[i].transpose(0, 2, 1))
    np.testing.assert_allclose(found[2], plain[2], atol=1e-5)
    assert np.array_equal(found[3], plain[3])
    joint = solo_model(*BIAS, [Head(name="x", tasks=("0", "1"))])
    logits, logcounts = arrays(joint(one_hot(3, 50)))
    shares = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum((1, 2), keepdims=True)
    counts = arrays(tasks_first(joint)(one_hot(3, 50)))[1]
    np.testing.assert_allclose(counts, logcounts + np.log(shares.sum(1)), atol=1e-5)
    np.testing.assert_allclose(np.exp(counts).sum(1, keepdims=True), np.exp(logcounts), rtol=1e-5)
    assert all(any(one is other for other in combined.weights) for one in turned.weights)


# layers


def test_log_sum_exp() -> None:
    pairs = np.array([[1.5], [80.0], [-80.0], [3.0]], np.float32), np.array([[0.2], [-80.0], [80.0], [3.0]], np.float32)
    found = keras.ops.convert_to_numpy(CountsLogSumExp()([keras.ops.convert_to_tensor(one) for one in pairs]))
    np.testing.assert_allclose(found[:, 0], [1.7410085, 80, 80, 3 + np.log(2)], rtol=1e-7)


def test_gradients_of_log_sum_exp_are_shares_even_at_equality() -> None:
    engine = start_keras()
    a, b = keras.Variable([3.0, 0.0, 80.0]), keras.Variable([3.0, 1.0, -80.0])

    def objective() -> tuple[Any, Any]:
        total = keras.ops.sum(CountsLogSumExp()([a.value, b.value]))
        return total, total

    _, found = engine.gradients(objective, [a, b])
    share = 1 / (1 + np.e)
    np.testing.assert_allclose(arrays(found), [[0.5, share, 1], [0.5, 1 - share, 0]], atol=1e-6)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_layers_are_exact_under_every_policy(policy: str) -> None:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        layer, both = ScalarAffine(1.0, 1000.125), CountsLogSumExp()
        models = combined_model(*SMALL, COUNTED, transformed())
        x = keras.ops.convert_to_tensor(np.array([[1.0009765625]], np.float32))
        assert keras.ops.convert_to_numpy(layer(x))[0, 0] == np.float32(1001.1259765625)
        assert keras.backend.standardize_dtype(both([x, x]).dtype) == "float32"
    finally:
        keras.config.set_dtype_policy(before)
    for model in models:
        assert {keras.backend.standardize_dtype(one.dtype) for one in model(one_hot(1, 60))} == {"float32"}
        assert {variable.dtype for variable in model.weights} == {"float32"}


def test_outputs_stay_exact_in_a_lower_precision() -> None:
    sizes = dict(zip(aliases.SIX, SMALL, strict=True))
    architecture = find("architectures", "BPNetCombined")(**sizes).with_parts({"bias_model": Part()})
    model = build(architecture, InputSpec(None, 4, 3, "1D", 2, COUNTED), "bf16")
    residual, solo = model.get_layer("residual"), solo_of(model.get_layer("bias"))
    for nested in (residual, solo):
        assert nested.get_layer(f"{nested.name}_conv_0").compute_dtype == "bfloat16"
        assert nested.get_layer(f"{nested.name}_profile_x").compute_dtype == "float32"
        assert nested.get_layer(f"{nested.name}_logcounts_x").compute_dtype == "float32"
    assert {keras.backend.standardize_dtype(one.dtype) for one in model(one_hot(1, 60))} == {"float32"}


# files


@pytest.mark.slow
def test_files_load_in_a_fresh_process_on_both_backends(tmp_path: Path) -> None:
    """R15, R16: one process per backend loads combined, residual and bias, with SeqForge's and with Keras' loader."""
    models = combined_model(*SMALL, COUNTED, transformation_model(transformed(MANY, LINE), LINE, LINE, HEADS))
    x = one_hot(2, 60)
    np.save(tmp_path / "x.npy", x)
    expected = {model.name: arrays(model(x)) for model in models}
    for model in models:
        loading.save(model, tmp_path / f"{model.name}.keras", {"run": "m/r"})
    code = "\n".join(
        [
            "import sys, numpy as np, seqforge, seqforge.layers",
            "assert 'keras' not in sys.modules",
            "x = np.load('x.npy')",
            "for name in ('combined', 'residual', 'bias'):",
            "    model = seqforge.load_keras(f'{name}.keras')",
            "    import keras",
            "    found = [keras.ops.convert_to_numpy(one) for one in model(x)]",
            "    assert [head.name for head in model.heads] == ['x', 'profile_x'], model.heads",
            "    print(len(model.trainable_weights), len(model.weight_names))",
            "    np.savez(f'{name}-{keras.backend.backend()}.npz', *found)",
            "seqforge.layers.register_keras()",
            "other = keras.saving.load_model('bias.keras', compile=False, safe_mode=True)",
            "again = [keras.ops.convert_to_numpy(one) for one in other(x)]",
            "assert all(np.array_equal(a, b) for a, b in zip(found, again))",
        ]
    )
    own = keras.backend.backend()
    for backend in ("tensorflow", "torch") if own == "tensorflow" else ("tensorflow",):
        environ = environment(backend) | {"PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        sizes = [f"{len(model.trainable_weights)} {len(model.weights)}" for model in models]
        assert done.stdout.split("\n")[:3] == sizes
        for model in models:
            with np.load(tmp_path / f"{model.name}-{backend}.npz") as found:
                for i, array in enumerate(expected[model.name]):
                    assert np.abs(found[f"arr_{i}"] - array).max() < 1e-5
                    assert backend != own or np.array_equal(found[f"arr_{i}"], array)


def test_a_loaded_part_knows_its_heads(tmp_path: Path) -> None:
    solo = solo_model(*BIAS, HEADS)
    loading.save(solo, tmp_path / "solo.keras")
    loaded = loading.load(tmp_path / "solo.keras")
    assert loaded.heads == HEADS
    assert loaded.weight_names == solo.weight_names
    part = FilePart(tmp_path / "solo.keras")
    assert (part.heads, part.window) == (HEADS, (50, 20))
    with pytest.raises(UsageError, match="the solo model has x"):
        transformation_model(loaded, LINE, LINE, [replace(HEADS[0], name="y"), HEADS[1]])


def foreign_solo() -> Any:
    """A solo model as another tool may write it: other names, no heads."""
    x = inputs = keras.Input((50, 4), name="in")
    x = keras.layers.Conv1D(3, 7, activation="relu", name="first")(x)
    profiles = [keras.layers.Conv1D(tasks, 25, name=f"p{tasks}")(x) for tasks in (1, 2)]
    pooled = keras.layers.GlobalAveragePooling1D(name="mean")(x)
    counts = [keras.layers.Dense(tasks, name=f"c{tasks}")(pooled) for tasks in (1, 2)]
    return keras.Model(inputs, [*profiles, *counts], name="theirs")


def test_foreign_files_are_parts(tmp_path: Path) -> None:
    foreign_solo().save(tmp_path / "theirs.keras")
    loaded = loading.load(tmp_path / "theirs.keras")
    assert loaded.heads == ()
    part = FilePart(tmp_path / "theirs.keras")
    assert (part.heads, part.window) == ((), None)
    transformation = transformation_model(loaded, LINE, LINE, HEADS)
    assert "theirs/first/kernel" in transformation.weight_names
    combined = combined_model(*SMALL, COUNTED, transformation)[0]
    assert "bias/transformation/theirs/first/kernel" in combined.weight_names
    with pytest.raises(
        UsageError, match=r"has no\. 1 \(1 task, 1 count\), no\. 2 \(2 tasks, 2 counts\); the definition"
    ):
        transformation_model(loaded, LINE, LINE, HEADS[::-1])


def test_models_that_are_no_profile_models_are_refused() -> None:
    classifier = keras.Sequential([keras.Input((50, 4)), keras.layers.Flatten(), keras.layers.Dense(2)])
    with pytest.raises(UsageError, match="is no profile model: expected one input"):
        transformation_model(classifier, LINE, LINE, HEADS)
    x = keras.Input((None, 4))
    profile = keras.layers.Conv1D(1, 3)(x)
    counts = keras.layers.Dense(1)(keras.layers.GlobalAveragePooling1D()(profile))
    with pytest.raises(UsageError, match="inputs of any length"):
        transformation_model(keras.Model(x, [profile, counts]), LINE, LINE, HEADS[:1])


def rewritten(path: Path, target: Path, change: Any) -> Path:
    """A `.keras` file whose configuration went through `change`."""
    with ZipFile(path) as source, ZipFile(target, "w") as new:
        for name in source.namelist():
            content = source.read(name)
            new.writestr(name, json.dumps(change(json.loads(content))) if name == "config.json" else content)
    return target


def test_code_in_files_is_refused_before_anything_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    x = keras.Input((50, 4))
    model = keras.Model(x, keras.layers.Lambda(lambda one: one + 1)(x))
    model.save(tmp_path / "lambda.keras")
    solo_model(*BIAS, HEADS).save(tmp_path / "solo.keras")

    def foreign(config: Any) -> Any:
        config["config"]["layers"][2] |= {
            "module": "theirs.layers",
            "class_name": "Fancy",
            "registered_name": "t>Fancy",
        }
        return config

    def disguised(config: Any) -> Any:
        config["config"]["layers"][2] |= {"module": "os", "class_name": "system", "registered_name": "seqforge>system"}
        return config

    def function(config: Any) -> Any:
        config["config"]["layers"][2] |= {"module": "keras.utils", "class_name": "get_file"}
        return config

    monkeypatch.setattr(keras.saving, "load_model", None)
    with pytest.raises(BackendError, match="holds a Lambda layer, which is code; give files"):
        loading.load(tmp_path / "lambda.keras")
    for change, named in (
        (foreign, "'Fancy' of 'theirs.layers'"),
        (disguised, "'system' of 'os'"),
        (function, "get_file"),
    ):
        file = rewritten(tmp_path / "solo.keras", tmp_path / "changed.keras", change)
        with pytest.raises(BackendError, match=named):
            loading.load(file)


def test_damaged_files_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "m.keras").write_bytes(b"PK nothing")
    with pytest.raises(BackendError, match=r"is no \.keras file"):
        loading.load(tmp_path / "m.keras")
    with pytest.raises(BackendError, match="no such file"):
        loading.load(tmp_path / "other.keras")
    solo_model(*BIAS, HEADS).save(tmp_path / "solo.keras")
    with ZipFile(tmp_path / "solo.keras", "a") as archive:
        archive.writestr(NOTE, '{"heads": [{"name": "x"}]}')
    with pytest.raises(BackendError, match=r"seqforge\.json in it is damaged"):
        loading.load(tmp_path / "solo.keras")


# architectures


class Part:
    heads, window = HEADS, (50, 20)

    def keras(self) -> Any:
        return bpnet.build_solo(aliases.sized(*BIAS), HEADS, "solo", 0)

    def fingerprint(self) -> str:
        return "f"


def test_registered_architectures_build_the_same_models() -> None:
    sizes = dict(zip(aliases.SIX, SMALL, strict=True))
    architecture = find("architectures", "BPNetCombined")(**sizes).with_parts({"bias_model": Part()})
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # what there is to say, the check of the definition says
        models = architecture.models(InputSpec(None, 4, 3, "1D", 2, COUNTED))
    assert [model.name for model in models] == ["combined", "residual", "bias"]
    direct = combined_model(*SMALL, COUNTED, Part().keras(), seed=2)
    assert all(np.array_equal(a, b) for a, b in zip(arrays(models[0].weights), arrays(direct[0].weights), strict=True))
    cls = find("architectures", "BPNetTransformation")
    transformation = cls(profile_types="linear, relu", counts_architecture="passthrough").with_parts({"solo": Part()})
    assert len(transformation.keras(InputSpec(None, 4, 3, "1D", 2, HEADS)).trainable_weights) == 2 * 2 * 3
    with pytest.raises(UsageError, match="needs the part 'solo'"):
        cls(profile_types="linear", counts_types="relu").keras(InputSpec(None, 4, 3, "1D", 2, HEADS))
