# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Every loss: keras() equals reference(), in float64 and float32; gradients are finite wherever a model may end up."""

from __future__ import annotations

import numpy as np
import pytest
from loss_cases import extremes_for, losses, output_for, target_for, typed

keras = pytest.importorskip("keras")
pytestmark = pytest.mark.keras
LOSSES = [pytest.param(loss, id=str(loss)) for loss in losses("Keras")]


def value_and_gradient(function, output, target):
    """f(output, target) (n,) and the gradient of its sum, on whichever backend Keras runs."""
    if keras.backend.backend() == "torch":
        import torch

        x = torch.tensor(output, requires_grad=True)
        value = function(x, torch.tensor(target))
        value.sum().backward()
        return value.detach().numpy(), x.grad.numpy()
    import tensorflow as tf

    x = tf.constant(output)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = function(x, tf.constant(target))
        total = tf.reduce_sum(value)
    return value.numpy(), tf.convert_to_tensor(tape.gradient(total, x)).numpy()


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-6), ("float32", 1e-5)])
def test_equals_reference(loss, dtype, tolerance):
    draw = np.random.default_rng(3)
    output, target = output_for(loss, draw).astype(dtype), target_for(loss, draw)
    target = typed(target, dtype)
    expected = loss.reference(output, target)
    received, gradient = value_and_gradient(loss.keras(), output, target)
    assert received.shape == (len(output),) == expected.shape
    assert received.dtype == dtype == gradient.dtype
    np.testing.assert_allclose(received, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("loss", LOSSES)
def test_extremes_are_finite(loss):
    output = extremes_for(loss)
    target = typed(
        np.resize(target_for(loss, np.random.default_rng(4)), (len(output), 5)[: 1 + (loss.target != "index")]),
        "float32",
    )
    value, gradient = value_and_gradient(loss.keras(), output.astype("float32"), target)
    assert np.isfinite(value).all()
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize(
    "loss",
    [
        pytest.param(loss, id=str(loss))
        for loss in losses("Keras")
        if loss.library == "Keras" and loss.name != "kl_divergence"
    ],
)
def test_mean_is_what_keras_calls_it(loss):
    name = {"huber": "Huber", "logcosh": "LogCosh", "cosine_similarity": "CosineSimilarity"}.get(loss.name)
    own = getattr(keras.losses, name or loss.name.title().replace("_", ""))(**loss.settings())
    draw = np.random.default_rng(6)
    output, target = output_for(loss, draw).astype("float32"), typed(target_for(loss, draw), "float32")
    received = float(
        np.mean(keras.ops.convert_to_numpy(loss.keras()(*map(keras.ops.convert_to_tensor, (output, target)))))
    )
    assert received == pytest.approx(float(own(target, output)), rel=2e-5, abs=2e-5)


def test_kl_divergence_is_what_keras_calls_it():
    (loss,) = [loss for loss in losses("Keras") if loss.name == "kl_divergence"]
    draw = np.random.default_rng(6)
    output, target = output_for(loss, draw).astype("float32"), typed(target_for(loss, draw), "float32")
    received = keras.ops.convert_to_numpy(loss.keras()(*map(keras.ops.convert_to_tensor, (output, target)))).mean()
    assert received == pytest.approx(float(keras.losses.KLDivergence()(target, output)), rel=2e-5)
