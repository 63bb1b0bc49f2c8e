# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Basset, ChromDragoNN and DeepSEA on Keras: counts, names and axes of the published weights."""

from __future__ import annotations

import numpy as np
import pytest

from seqforge.architectures.base import InputSpec
from seqforge.backends.keras import start
from seqforge.registry import find

pytestmark = pytest.mark.keras


def built(name: str, length: int = 1000, outputs: int = 50, **values):
    start()
    from seqforge.backends.keras_models import build, named_weights

    model = build(find("architectures", name)(**values), InputSpec(length, 4, outputs, "1D", 3), "fp32")
    return model, {weight.name: weight for weight in named_weights(model)}


BUFFERS = ("running_mean", "running_var", "num_batches_tracked")


@pytest.mark.parametrize(
    ("name", "outputs", "parameters", "buffers"),
    [
        ("Basset", 50, 5_616_950, 1_403),
        ("Basset", 2, 5_568_902, 1_403),
        pytest.param("ChromDragoNN", 50, 8_274_146, 10_841, marks=pytest.mark.slow),
        pytest.param("DeepSEA", 10, 52_001_385, 0, marks=pytest.mark.slow),
    ],
)
def test_counts(name: str, outputs: int, parameters: int, buffers: int):
    model, weights = built(name, outputs=outputs)
    sizes = {key: int(np.prod(weight.shape)) for key, weight in weights.items()}
    counted = sum(size for key, size in sizes.items() if not key.endswith(BUFFERS))
    assert counted == parameters
    assert sum(sizes.values()) - counted == buffers
    assert model.output_shape == (None, outputs)


def test_published_axes():
    _, weights = built("Basset")
    assert weights["layer1.0.weight"].shape == (300, 4, 19)
    assert weights["fc1.weight"].shape == (1000, 3600)
    array = np.random.default_rng(0).random((300, 4, 19)).astype(np.float32)
    weights["layer1.0.weight"].assign(array)
    np.testing.assert_array_equal(weights["layer1.0.weight"].array(), array)
    np.testing.assert_array_equal(np.array(weights["layer1.0.weight"].variable.numpy()), array.transpose(2, 1, 0))


def test_initial_weights_are_pytorchs_default():
    _, weights = built("Basset", length=200)
    kernel = weights["layer1.0.weight"].array()
    assert np.abs(kernel).max() <= 1 / np.sqrt(4 * 19)
    assert kernel.std() == pytest.approx(1 / np.sqrt(3 * 4 * 19), rel=0.02)
    _, again = built("Basset", length=200)
    np.testing.assert_array_equal(again["fc2.bias"].array(), weights["fc2.bias"].array())


def test_moving_variance_is_the_unbiased_one():
    start()
    from keras import ops

    from seqforge.architectures.keras.blocks import BatchNorm

    layer = BatchNorm()
    x = np.random.default_rng(1).normal(2, 3, (5, 4)).astype(np.float32)
    y = layer(x, training=True)
    gamma, beta, mean, variance, count = (np.array(weight.numpy()) for weight in layer.weights)
    np.testing.assert_allclose(mean, 0.1 * x.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(variance, 0.9 + 0.1 * x.var(axis=0, ddof=1), rtol=1e-5)
    np.testing.assert_allclose(
        ops.convert_to_numpy(y), (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5), rtol=1e-4, atol=1e-5
    )
    assert int(count) == 1
    assert (gamma == 1).all()
    assert (beta == 0).all()


def test_legacy_deepsea():
    model, _ = built("DeepSEA", length=1000, legacy=True)
    assert model.output_shape == (None, 50)
