# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Models of electropherograms: the same seed makes the same weights, also across a kill and a continuation."""

from __future__ import annotations

import signal
from pathlib import Path

import killing
import numpy as np
import pytest
from test_epg_runs_torch import definition

from seqforge.backends.base import Learner
from seqforge.backends.torch import learner
from seqforge.data.dataset import Data
from seqforge.experiment import Experiment, read

pytestmark = pytest.mark.torch
KINDS = ("segmentation", "peaknet")


def opened(folder: Path, kind: str) -> tuple[Experiment, Data]:
    (folder / "small.xml").write_text(definition(kind), encoding="utf-8")
    experiment, _ = read(folder / "small.xml", ["data.length=1024"])
    assert experiment.source is not None
    return experiment, experiment.source.open(experiment.wanted)


def stepped(trained: Learner, data: Data, begin: int, end: int) -> Learner:
    """One profile per step, in turn."""
    assert data.training is not None
    for step in range(begin, end):
        trained.train_step(data.training.batch(np.array([step % len(data.training)])))
    return trained


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_makes_the_same_weights(tmp_path: Path, kind: str) -> None:
    """20 steps twice, and with a learner that takes over after 10."""
    experiment, data = opened(tmp_path, kind)
    one, two = (stepped(learner(experiment, 1024, "cpu"), data, 0, 20).weights() for _ in range(2))
    half = stepped(learner(experiment, 1024, "cpu"), data, 0, 10)
    (tmp_path / "half").mkdir()
    half.save(tmp_path / "half")
    other = learner(experiment, 1024, "cpu")
    other.load(tmp_path / "half")
    three = stepped(other, data, 10, 20).weights()
    begun = learner(experiment, 1024, "cpu").weights()
    assert any((one[name] != begun[name]).any() for name in one)
    for again in (two, three):
        assert one.keys() == again.keys()
        assert all(one[name].tobytes() == again[name].tobytes() for name in one)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_run_continues_to_the_same_bytes(tmp_path: Path, kind: str) -> None:
    (tmp_path / "small.xml").write_text(definition(kind), encoding="utf-8")
    how = ("--set", "trainingprocess.epochs=2", "--set", "trainingprocess.batch_size=1", "--device", "cpu")
    killing.check_continued(tmp_path, ("small.xml", *how), [(9, signal.SIGKILL, -signal.SIGKILL)])
