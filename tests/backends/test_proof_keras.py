# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The shape proof on Keras: which layer fails on what, and optimizers that own nothing, each at its line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import toy_runs

from seqforge.backends import prove
from seqforge.errors import Problem
from seqforge.experiment import read

pytestmark = pytest.mark.keras

MODULE = """
import keras
from keras import layers


class Block(layers.Layer):
    def __init__(self):
        super().__init__()
        self.one, self.two = layers.Dense(5), layers.Dense(3)

    def call(self, x):
        return self.one(x) + self.two(x)


def model(case):
    middle = {"reshape": layers.Reshape((7, 7)), "block": Block(), "wide": layers.Conv1D(6, 30), "fine": layers.ReLU()}
    return keras.Sequential([layers.Conv1D(6, 3), middle[case], layers.Flatten(), layers.Dense(2)])


def constructor(case):
    return keras.Sequential([layers.Dense(-1)])


def functional(case):
    x = keras.Input((10, 4))
    return keras.Model(x, layers.Dense(2)(layers.Flatten()(x)))
"""


def problems(folder: Path, case: str, function: str = "model") -> list[Problem]:
    definition = toy_runs.write_definition(folder, "Keras")
    text = definition.read_text()
    start, end = text.index("<sequential>"), text.index("</sequential>") + len("</sequential>")
    external = f'<external format="keras-module" classname="{function}">m.py</external>'
    arguments = f'<hyperparameters><hyperparameter name="case">{case}</hyperparameter></hyperparameters>'
    data = '<data format="table"><hyperparameter name="folder">.</hyperparameter>'
    data += '<hyperparameter name="length">12</hyperparameter></data></seqgramodel>'
    definition.write_text((text[:start] + external + arguments + text[end:]).replace("</seqgramodel>", data))
    (folder / "m.py").write_text(MODULE)
    (folder / "training.txt").write_text("x\ty\n")
    return prove(read(definition)[0])


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("reshape", r"layer 'reshape.*' \(Reshape\) cannot take an input of shape \(10, 6\): .*m\.py.*total size"),
        ("block", r"layer 'block.*' \(Block\) cannot take an input of shape \(10, 6\): .*m\.py:\d+: "),
        ("wide", r"layer 'conv1d.*' \(Conv1D\) cannot take an input of shape \(10, 6\): .*zero or negative"),
    ],
)
def test_the_failing_layer_is_named_with_what_it_received(tmp_path: Path, case: str, message: str) -> None:
    (found,) = problems(tmp_path, case)
    assert (found.id, found.place.file, found.place.line > 0) == ("SF0501", str(tmp_path / "toy.xml"), True)
    assert re.match(message, found.message), found.message
    assert not re.search("Exception encountered|automatically infer|\x1b", found.message)


def test_the_input_of_a_whole_model(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, "fine", "functional")
    assert "(Functional) cannot take an input of shape (12, 4): " in found.message
    assert "10, 4" in found.message


def test_what_fails_before_any_layer_is_called(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, "fine", "constructor")
    assert "m.py:" in found.message
    assert "layer '" not in found.message


def test_a_sound_architecture(tmp_path: Path) -> None:
    assert problems(tmp_path, "fine") == []


@pytest.mark.parametrize(
    ("patterns", "line", "message"),
    [
        (["nothing*", "*"], 1, "optimizer pattern 'nothing*' matches no trainable parameter; a parameter is called"),
        (["conv*", "dense*", "*"], 3, "optimizer 3 has no parameters left"),
    ],
)
def test_optimizers_that_own_nothing_have_their_line(
    tmp_path: Path, patterns: list[str], line: int, message: str
) -> None:
    definition = toy_runs.write_definition(tmp_path, "Keras")
    text = definition.read_text()
    start, end = text.index("    <optimizer>"), text.index("    <trainingprocess>")
    name = '<hyperparameter name="optimizer">SGD</hyperparameter>'
    sections = "".join(f'<optimizer parameters="{pattern}">{name}</optimizer>\n' for pattern in patterns)
    definition.write_text(text[:start] + sections + text[end:])
    (found,) = prove(read(definition)[0])
    assert found.id == "SF0506"
    assert found.message.startswith(message)
    assert found.place.line == text[:start].count("\n") + line
