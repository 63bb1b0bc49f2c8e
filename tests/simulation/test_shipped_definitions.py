# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The data definitions that SeqForge ships: sound, small, named by what they hold."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from seqforge.data.encodings import alphabet
from seqforge.definitions.data import DataDefinition
from seqforge.definitions.reader import read_data
from seqforge.resources import folder
from seqforge.simulation import Simulator, motifs

SHIPPED = sorted(folder("data-defs").glob("*-sim-*.xml"))
ID = re.compile(
    r"(?P<task>mc|ml)(?P<labels>\d+)-(?P<space>dna|rna|protein)(?P<width>\d+)-sim-.+-(?P<size>\d+)k-s(?P<seed>\d+)"
)
TASKS = {"mc": "multi-class classification", "ml": "multi-label classification"}


def sound(path: Path) -> DataDefinition:
    definition, problems = read_data(path)
    assert problems == []
    assert definition is not None
    return definition


def test_there_is_one_for_every_kind_of_data():
    names = " ".join(path.stem for path in SHIPPED)
    assert all(kind in names for kind in ("mc50-dna1000", "ml3-", "protein", "rna", "spacing", "exclusive", "shuffled"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_id_tells_what_it_holds(path: Path):
    definition = sound(path)
    token = ID.fullmatch(path.stem)
    assert token
    assert definition.id == path.stem
    assert definition.task == TASKS[token["task"]]
    assert len(definition.labels) == int(token["labels"])
    assert definition.sequencespace.lower() == token["space"]
    assert definition.background.minlength == definition.background.maxlength == int(token["width"])
    assert definition.seed == int(token["seed"])
    simulator = Simulator(definition)
    rows = sum(simulator.count(name) for name in simulator.sets)
    assert round(rows / 1000) == int(token["size"])
    assert path.stat().st_size <= 200_000


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_motifs_are_strong_and_distinct(path: Path):
    definition = sound(path)
    space = alphabet(definition.sequencespace)
    matrices = [motifs.matrix(one, space) for one in definition.elements if one.positions is not None]
    assert all(motifs.information(one) >= max(8, 1.1 * len(one)) for one in matrices)
    for first, second in combinations(matrices, 2):
        best = np.argmax(second, axis=1)[None].astype(np.uint8)
        padded = np.pad(best, ((0, 0), (len(first), len(first))), constant_values=len(space))
        weight = motifs.weights(first)
        assert motifs.scores(padded, weight).max() < 0.7 * weight.max(axis=1).sum()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_it_is_simulated(path: Path):
    definition = sound(path)
    chunk = Simulator(definition).rows("test", 0, 50)
    assert len(chunk) == 50
    assert set("|".join(chunk.labels).split("|")) <= {*definition.labels, ""}
