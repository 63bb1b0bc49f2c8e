# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""PyTorch and Keras side by side: they agree over 50 steps, and a spoilt layer is found out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from seqforge.errors import BackendError
from seqforge.twins import Change, compare

pytestmark = pytest.mark.keras

LAYERS = """
    <sequential>
      <operation filters="8" kernel_size="5" activation="relu" input_shape="(40, 4)">Conv1D</operation>
      <operation>BatchNormalization</operation>
      <operation pool_size="3">MaxPool1D</operation>
      <operation units="6" dropout="0.2">LSTM</operation>
      <operation rate="0.3">Dropout</operation>
      <operation units="3" activation="softmax" kernel_regularizer="L2(l2=0.01)">Dense</operation>
    </sequential>"""

BASSET = """
    <external format="seqforge" classname="Basset"></external>
    <hyperparameters><hyperparameter name="input_length">200</hyperparameter></hyperparameters>"""


def written(folder: Path, architecture: str = LAYERS, loss: str = "categorical_crossentropy", batch: int = 8) -> Path:
    file = folder / "tf-mc3-dna40-toy-s1.xml"
    file.write_text(f"""<seqgramodel>
  <general id="tf-mc3-dna40-toy-s1">
    <name>toy</name><description></description><task>multi-class classification</task>
    <sequencespace>DNA</sequencespace><library>Keras</library>
    <labels><pattern prefix="c" min="1" max="3"/></labels><seed>1</seed>
  </general>
  <architecture>{architecture}</architecture>
  <loss><hyperparameter name="loss">{loss}</hyperparameter></loss>
  <optimizer>
    <hyperparameter name="optimizer">SGD</hyperparameter><hyperparameter name="learning_rate">0.05</hyperparameter>
    <hyperparameter name="clipnorm">0.5</hyperparameter>
  </optimizer>
  <trainingprocess>
    <hyperparameter name="batch_size">{batch}</hyperparameter><hyperparameter name="epochs">1</hyperparameter>
  </trainingprocess>
</seqgramodel>""")
    return file


@pytest.mark.slow
def test_they_agree_over_fifty_steps(tmp_path: Path):
    found = compare(written(tmp_path), 50)
    assert found.parting is None
    assert max(found.outputs, found.losses, found.weights) < 1e-4
    assert found.batches == "made-up sequences"
    assert len(found.loss["Keras"]) == 50
    assert len(set(found.loss["Keras"])) == 50


@pytest.mark.slow
def test_a_bias_without_gradient_is_no_difference(tmp_path: Path):
    linear = LAYERS.replace(' activation="relu"', "", 1)
    assert linear != LAYERS
    assert compare(written(tmp_path, linear), 5).parting is None


@pytest.mark.slow
def test_another_epsilon_is_found_out(tmp_path: Path):
    change = Change("Keras", "batchnormalization", {"epsilon": 0.002})
    found = compare(written(tmp_path), 2, change=change)
    assert not found.agree
    assert found.parting is not None
    assert found.parting[:3] == (0, "output of layer 'batchnormalization'", "batchnormalization")


@pytest.mark.slow
def test_another_momentum_is_found_after_a_step(tmp_path: Path):
    change = Change("PyTorch", "batchnormalization", {"momentum": 0.9})
    found = compare(written(tmp_path), 2, change=change)
    assert found.parting is not None
    assert found.parting.step == 1
    assert found.parting.layer == "batchnormalization"


@pytest.mark.slow
@pytest.mark.parametrize(("name", "rtol"), [("Basset", 0.01), ("DeepSEA", 0.01), ("ChromDragoNN", 0.2)])
def test_registered_architectures_agree(tmp_path: Path, name: str, rtol: float):
    """Outputs, loss and, after a clipped step, weights and moving statistics under the published names and axes.

    ChromDragoNN's first gradients in float32 are up to a tenth away from those in float64, on PyTorch alone.
    """
    file = written(tmp_path, BASSET.replace("Basset", name), loss="CrossEntropyLoss", batch=16)
    found = compare(file, 1, rtol=rtol)
    assert found.parting is None, found.parting
    assert found.outputs < 1e-5
    assert found.losses < 1e-5


@pytest.mark.slow
def test_command(tmp_path: Path):
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from seqforge.cli import main; main()",
            "twin",
            str(written(tmp_path)),
            "--steps",
            "2",
            "--rtol",
            "1e-12",
            "--json",
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stderr
    record = json.loads(done.stdout)
    assert record["agree"] is False
    assert record["parting"]["step"] == 0


def test_one_backend_only(tmp_path: Path):
    (tmp_path / "net.py").write_text("import keras\n\n\ndef build():\n    return keras.Sequential()\n")
    file = written(tmp_path, '<external format="keras-module" classname="build">net.py</external>')
    with pytest.raises(BackendError, match="architecture 'keras-module' does not exist on PyTorch; twin needs"):
        compare(file, 1)
