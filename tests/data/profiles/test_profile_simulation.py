# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The data format profile-simulation: the sets that a model gets, and the truth behind them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqforge import registry
from seqforge.data import cache
from seqforge.data.encodings import DNA
from seqforge.data.profiles.dataset import ProfileSet
from seqforge.data.sources.base import Wanted
from seqforge.definitions.reader import read_simulation
from seqforge.definitions.writer import to_xml
from seqforge.errors import DataError, DefinitionError
from seqforge.heads import Head
from seqforge.resources import folder
from seqforge.simulation.profiles import Simulator

NEXUS = folder("data-defs") / "nexus-sim.xml"
HEAD = Head(name="nexus", tasks=("plus", "minus"))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with a small simulation in sim.xml."""
    sizes = [f"profilesimulation.{key}" for key in ("training=30", "validation=5", "test=6", "max_jitter=4")]
    found, problems = read_simulation(NEXUS, sizes)
    assert problems == []
    assert found is not None
    (tmp_path / "sim.xml").write_text(to_xml(found.tree))
    return tmp_path


def wanted(home: Path, **changes: Any) -> Wanted:
    task = registry.find("tasks", "profile prediction")()
    facts = {"heads": (HEAD,), "input_length": 240, "output_length": 200, "pseudocount": 0.0} | changes
    return Wanted(task, DNA, (), 1, home, **facts)


def source(sample: str = "peaks", **options: Any) -> Any:
    return registry.find("sources", "profile-simulation")(**{"definition": "sim.xml", "sample": sample} | options)


def profile_set(found: Any) -> ProfileSet:
    assert isinstance(found, ProfileSet)
    return found


def test_sets_are_the_middle_of_what_is_simulated(home: Path) -> None:
    data = source().open(wanted(home))
    simulation, _ = read_simulation(home / "sim.xml")
    assert simulation is not None
    assert [len(one) for one in (data.training, data.validation, data.test)] == [30, 5, 6]
    chunk = Simulator(simulation).rows("peaks", "test")
    batch = data.test.batch(np.arange(6))
    assert batch.sequence.shape == (6, 240)
    assert (batch.sequence == chunk.codes[:, 28:-28]).all()
    assert (batch.target[0] == chunk.reads[:, 4:-4]).all()
    assert (data.length, data.labels, data.notes) == (240, (), ())


def test_the_truth_lies_beside_the_reads(home: Path) -> None:
    store = profile_set(source().open(wanted(home)).training).store
    simulation, _ = read_simulation(home / "sim.xml")
    assert simulation is not None
    chunk = Simulator(simulation).rows("peaks", "training")
    for name, values in chunk.truth.items():
        assert store.truth(name).shape == (30, 208, 2)
        assert (store.truth(name) == values).all()
    assert (store.others["instances"] == chunk.instances).all()
    control = profile_set(source("control").open(wanted(home)).training).store
    assert len(control.others["instances"]) == 0
    assert (control.truth("signal") == 1).all()


def test_it_is_simulated_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = source().open(wanted(home))
    monkeypatch.setattr("seqforge.data.sources.profile_simulation._simulate", None)
    again = source().open(wanted(home))
    assert again.fingerprint == first.fingerprint
    assert profile_set(again.training).store.folder.parent == cache.root() / "data"


def test_samples_and_seeds_have_fingerprints_of_their_own(home: Path) -> None:
    prints = {source(sample).open(wanted(home)).fingerprint for sample in ("control", "background", "peaks")}
    text = (home / "sim.xml").read_text()
    (home / "sim.xml").write_text(text.replace("<seed>1<", "<seed>2<"))
    assert len(prints | {source().open(wanted(home)).fingerprint}) == 4


def test_jitter_moves_training_windows_alone(home: Path) -> None:
    data = source(max_jitter=4).open(wanted(home))
    training, test = profile_set(data.training), profile_set(data.test)
    rows = np.arange(30)
    assert not (training.batch(rows, 0).sequence == training.batch(rows, 1).sequence).all()
    assert (test.batch(rows[:6], 0).sequence == test.batch(rows[:6], 1).sequence).all()


def test_the_definition_is_a_file_of_the_source(home: Path) -> None:
    assert source().files(home) == [home / "sim.xml"]
    assert source(definition="other.xml").files(home) == [home / "other.xml"]
    assert source().window(wanted(home)) == 240
    assert source().window(wanted(home, input_length=None)) == 288


def test_mistakes(home: Path) -> None:
    with pytest.raises(DataError, match=r"sample 'peak' is not in .*sim\.xml; did you mean 'peaks'"):
        source("peak").files(home)
    with pytest.raises(DataError, match="no data definition 'other'"):
        source(definition="other").open(wanted(home))
    with pytest.raises(DataError, match="head 1 of the data is 'nexus', of the definition 'atac'"):
        source().open(wanted(home, heads=(Head(name="atac", tasks=("plus", "minus")),)))
    with pytest.raises(DataError, match="the data were made for input_length 288, output_length 200"):
        source().open(wanted(home, input_length=300))
    (home / "sim.xml").write_text((home / "sim.xml").read_text().replace('"peaks" kappa="0.7"', '"peaks" kappa="k"'))
    with pytest.raises(DefinitionError, match="sample kappa: expected a number"):
        source().open(wanted(home))
