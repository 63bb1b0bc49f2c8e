# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Every layer gives on Keras what it gives on PyTorch: outputs, penalties, gradients, moving statistics."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import layer_cases
import numpy as np
import pytest

from seqforge.backends.keras import start

pytestmark = pytest.mark.keras


@pytest.fixture(scope="module")
def torch_side(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, np.ndarray]]:
    """What PyTorch computes, in a process of its own."""
    file = tmp_path_factory.mktemp("torch") / "torch.npz"
    subprocess.run([sys.executable, str(Path(layer_cases.__file__)), str(file)], check=True)
    found: dict[str, dict[str, np.ndarray]] = {}
    with np.load(file) as arrays:
        for key in arrays.files:
            case, name = key.split("|")
            found.setdefault(case, {})[name] = arrays[key]
    return found


def _keras_side(case: str) -> dict[str, np.ndarray]:
    engine = start()
    import keras
    from keras import ops

    layers = [layer.keras(name, 0) for name, layer, _ in layer_cases.chain(case)]
    model = keras.Sequential([keras.Input(layer_cases.CASES[case][0]), *layers])
    values = layer_cases.weights(case)
    if values:
        model.set_weights(list(values.values()))
    named = dict(zip(values, model.weights, strict=True))
    x = keras.Variable(layer_cases.inputs(case))
    found = {"evaluated": model(x.value, training=False)}
    trained = {name: variable for name, variable in named.items() if variable.trainable}

    def objective():
        y = model(x.value, training=True)
        value = ops.sum(ops.square(y)) + sum(model.losses, start=ops.zeros(()))
        return value, (y, value)

    (found["trained"], found["objective"]), (found["gradient"], *gradients) = engine.gradients(
        objective, [x, *trained.values()]
    )
    found |= {f"gradient of {name}": gradient for name, gradient in zip(trained, gradients, strict=True)}
    found |= {name: variable.value for name, variable in named.items() if not variable.trainable}
    return {name: np.array(ops.convert_to_numpy(ops.stop_gradient(value))) for name, value in found.items()}


@pytest.mark.parametrize("case", layer_cases.CASES)
def test_both_backends_agree(case: str, torch_side: dict[str, dict[str, np.ndarray]]):
    ours = _keras_side(case)
    assert set(ours) == set(torch_side[case])
    for name, expected in torch_side[case].items():
        np.testing.assert_allclose(ours[name], expected, rtol=2e-5, atol=2e-5, err_msg=name)
