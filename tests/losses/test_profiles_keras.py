# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Losses of profile models on Keras: float32 to 1e-5 of the float64 reference, and the gradient of the likelihood."""

from __future__ import annotations

import numpy as np
import pytest
from profile_cases import HEADS, LOSSES, case, same

from seqforge.losses.multinomial_nll import MultinomialNLL

keras = pytest.importorskip("keras")
pytestmark = pytest.mark.keras


def tensors(arrays):
    return [keras.ops.convert_to_tensor(array) for array in arrays]


@pytest.mark.parametrize("depth", [0.3, 40.0, 3000.0])
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_equals_the_reference(loss, depth):
    output, reads = case(depth)
    found = loss.keras()(tensors(output), tensors(reads))
    arrays = {name: keras.ops.convert_to_numpy(vector) for name, vector in found.items()}
    assert all(vector.shape == (5,) and vector.dtype == np.float32 for vector in arrays.values())
    same(arrays, loss.reference(output, reads), 1e-5)


def test_a_uniform_profile_costs_what_it_should():
    (_, *_), (reads, *_) = case()
    loss = MultinomialNLL().for_heads(HEADS[:1])
    found = loss.keras()(tensors([np.zeros_like(reads), np.zeros((5, 1), np.float32)]), tensors([reads]))
    same(
        {name: keras.ops.convert_to_numpy(vector) for name, vector in found.items()},
        loss.reference([np.zeros_like(reads), None], [reads]),
        1e-5,
    )


def test_the_series_of_log_gamma_is_exact():
    from scipy.special import gammaln

    from seqforge.losses.log_gamma import keras_log_gamma, series

    x = np.array([1.0, 1.5, 2.0, 7.25, 300.0, 1e5])
    for function in (keras_log_gamma(), series):
        found = keras.ops.convert_to_numpy(function(keras.ops.convert_to_tensor(x, dtype="float64")))
        np.testing.assert_allclose(found, gammaln(x), rtol=1e-9, atol=1e-9)
