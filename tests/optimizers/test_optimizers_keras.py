# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Optimizers on Keras: against NumPy, against Keras' own classes, and on a quadratic."""

from __future__ import annotations

import numpy as np
import pytest
from references import GRADIENTS, START, adam, sgd

from seqforge.registry import KERAS, classes, find

keras = pytest.importorskip("keras")
pytestmark = pytest.mark.keras
OWN = [pytest.param(cls, id=cls.name) for cls in classes("optimizers", KERAS)]


def trained(optimizer, gradients=lambda weight: iter(GRADIENTS)):
    """The weight after a step of `optimizer` for each of the gradients."""
    weight = keras.Variable(START, dtype="float64")
    for gradient in gradients(weight):
        optimizer.apply([keras.ops.convert_to_tensor(gradient, dtype="float64")], [weight])
    return keras.ops.convert_to_numpy(weight.value)


def own(name, **settings):
    return trained(find("optimizers", name, KERAS)(**settings).keras())


@pytest.mark.parametrize("settings", [{}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}])
def test_sgd_is_its_formula(settings):
    np.testing.assert_allclose(own("SGD", learning_rate=0.1, **settings), sgd(0.1, **settings), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("amsgrad", [False, True])
def test_adam_is_its_formula(amsgrad):
    found = own("Adam", learning_rate=0.1, beta_1=0.8, beta_2=0.95, epsilon=1e-3, amsgrad=amsgrad)
    expected = adam(0.1, 0.8, 0.95, 1e-3, amsgrad=amsgrad, corrected=False)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_adamw_is_its_formula():
    expected = adam(0.1, 0.9, 0.999, 1e-7, weight_decay=0.01, decoupled=True, corrected=False)
    np.testing.assert_allclose(own("AdamW", learning_rate=0.1), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("cls", OWN)
def test_equals_keras_with_the_declared_settings(cls):
    theirs = getattr(keras.optimizers, cls.name)(**cls().own_settings())
    ours = cls().keras()
    assert type(ours) is type(theirs)
    np.testing.assert_array_equal(trained(ours), trained(theirs))


@pytest.mark.parametrize("cls", OWN)
def test_every_setting_reaches_keras(cls):
    """RMSprop's rho and every other key stands in the configuration of the object that is built."""
    config = cls().keras().get_config()
    for name, value in cls().own_settings().items():
        assert config[name] == pytest.approx(value)
    assert [config[clip] for clip in ("clipnorm", "clipvalue", "global_clipnorm")] == [None] * 3


@pytest.mark.parametrize("cls", OWN)
def test_goes_down_a_quadratic(cls):
    def slopes(weight):
        for _ in range(20):
            yield keras.ops.convert_to_numpy(weight.value)

    found = trained(cls(learning_rate=0.01).keras(), slopes)
    assert np.isfinite(found).all()
    assert (found**2).sum() < (START**2).sum()
