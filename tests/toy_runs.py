# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A definition and data small enough to train in a blink: sequences of length 12, one class rich in A, one in C."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seqforge import backends
from seqforge.backends.fake import FakeLearner

DEFINITION = """<?xml version="1.0" encoding="UTF-8"?>
<seqgramodel>
    <general id="{id}">
        <name>toy</name>
        <description>toy</description>
        <task>multi-class classification</task>
        <sequencespace>DNA</sequencespace>
        <library>{library}</library>
        <labels>
            <label>c1</label>
            <label>c2</label>
        </labels>
        <seed>4</seed>
    </general>
    <architecture>
        <sequential>
            <operation input_shape="(12, 4)" filters="6" kernel_size="3" activation="relu">Conv1D</operation>
            <operation>GlobalMaxPool1D</operation>
            <operation rate="0.2">Dropout</operation>
            <operation units="2"{activation}>Dense</operation>
        </sequential>
    </architecture>
    <loss>
        <hyperparameter name="loss">{loss}</hyperparameter>
    </loss>
    <optimizer>
        <hyperparameter name="optimizer">Adam</hyperparameter>
        <hyperparameter name="learning_rate">0.02</hyperparameter>
    </optimizer>
    <trainingprocess>
        <hyperparameter name="batch_size">8</hyperparameter>
        <hyperparameter name="epochs">3</hyperparameter>
        <hyperparameter name="early_stopping">True</hyperparameter>
        <hyperparameter name="shuffle">True</hyperparameter>
    </trainingprocess>
</seqgramodel>
"""
CLASS = """        <condition id="{id}">
            <label>{id}</label>
            <description>one {word}</description>
            <grammar>
                <rule>
                    <position>random</position>
                    <probability>1</probability>
                    <sequenceelementrefs><sequenceelementref sid="{word}"/></sequenceelementrefs>
                </rule>
            </grammar>
        </condition>
"""
DATA_DEFINITION = """<?xml version="1.0" encoding="UTF-8"?>
<seqgradata>
    <general id="toydata">
        <name>toy</name>
        <description>two words</description>
        <task>multi-class classification</task>
        <sequencespace>DNA</sequencespace>
        <seed>{seed}</seed>
    </general>
    <background>
        <minlength>12</minlength>
        <maxlength>12</maxlength>
        <alphabetdistributions>
            <alphabetdistribution>{letters}</alphabetdistribution>
        </alphabetdistributions>
    </background>
    <datageneration>
        <sets>{sets}</sets>
    </datageneration>
    <conditions>
{conditions}    </conditions>
    <sequenceelements>
        <sequenceelement id="ACAC"><kmerbased><kmer probability="1">ACAC</kmer></kmerbased></sequenceelement>
        <sequenceelement id="GTGT"><kmerbased><kmer probability="1">GTGT</kmer></kmerbased></sequenceelement>
    </sequenceelements>
</seqgradata>
"""
MODULE = """import torch

from widths import WIDTH


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv1d(4, WIDTH, 3)
        self.dense = torch.nn.Linear(WIDTH, 2)

    def forward(self, x):
        return self.dense(torch.relu(self.conv(x)).amax(dim=2))
"""
EXTERNAL = '<external format="pytorch-module" classname="Net">{path}</external>'
FORMS = {
    "PyTorch": {"loss": "CrossEntropyLoss", "activation": ""},
    "Keras": {"loss": "categorical_crossentropy", "activation": ' activation="softmax"'},
}


def write_definition(folder: Path, library: str = "PyTorch", id: str = "toy") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{id}.xml"
    path.write_text(DEFINITION.format(id=id, library=library, **FORMS[library]))
    return path


def write_external(folder: Path, path: str = "PyTorch/net.py", width: int = 5) -> Path:
    """A definition whose architecture is a Python file, which imports another file of its folder."""
    definition = write_definition(folder, id="outside")
    text = definition.read_text()
    start, end = text.index("<sequential>"), text.index("</sequential>") + len("</sequential>")
    definition.write_text(text[:start] + EXTERNAL.format(path=path) + text[end:])
    module = folder / path
    module.parent.mkdir(parents=True, exist_ok=True)
    module.write_text(MODULE)
    (module.parent / "widths.py").write_text(f"WIDTH = {width}\n")
    return definition


def write_data_definition(folder: Path, seed: int = 1) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    examples = "".join(f'<example samples="20"><conditionref cid="c{i}"/></example>' for i in (1, 2))
    path = folder / "toydata.xml"
    path.write_text(
        DATA_DEFINITION.format(
            seed=seed,
            letters="".join(f'<letter probability="0.25">{letter}</letter>' for letter in "ACGT"),
            sets="".join(f'<set name="{name}">{examples}</set>' for name in ("training", "validation", "test")),
            conditions=CLASS.format(id="c1", word="ACAC") + CLASS.format(id="c2", word="GTGT"),
        )
    )
    return path


def write_data(folder: Path, training: int = 60, validation: int = 20, test: int = 20, seed: int = 0) -> Path:
    """A seqgra folder: tab-separated x, y in a file for each set."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    for name, n in (("training", training), ("validation", validation), ("test", test)):
        rows = [_row(random, label) for label in random.integers(0, 2, n)]
        if n:
            (folder / f"{name}.txt").write_text("x\ty\n" + "".join(rows))
    return folder


def _row(random: np.random.Generator, label: int) -> str:
    odds = [[0.5, 0.1, 0.2, 0.2], [0.1, 0.5, 0.2, 0.2]][label]
    return f"{''.join(random.choice(list('ACGT'), 12, p=odds))}\tc{label + 1}\n"


def prepare(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in `folder`, which has the definition and its data, with a learner that needs no framework."""
    monkeypatch.setattr(backends, "open_learner", lambda experiment, length, **_: FakeLearner(length, 2))
    monkeypatch.setattr(backends, "prove", lambda experiment, threads=None: [])
    monkeypatch.chdir(folder)
    write_definition(folder)
    write_data(folder / "data")
