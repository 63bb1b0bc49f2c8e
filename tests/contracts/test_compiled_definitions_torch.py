# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Every shipped PyTorch definition that trains computes the same where its model runs compiled."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from definition_cases import LARGE, batch, definitions, experiment

from seqforge.backends import open_learner
from seqforge.data.dataset import Batch
from seqforge.experiment import Experiment

PATHS = [path for path in definitions("PyTorch") if path.stem not in LARGE]
pytestmark = [pytest.mark.torch, pytest.mark.slow]


def losses(found: Experiment, some: Batch, compiled: bool) -> list[float]:
    """Of a batch that is judged, learned from, and judged again."""
    assert found.process is not None
    process = replace(found.process, compile=compiled, batch_size=len(some))
    learner = open_learner(replace(found, process=process), found.length, device="cpu", threads=1)
    before = learner.eval_step(some).losses["loss"].mean()
    learner.train_step(some)
    learner.end_epoch()
    trained = learner.take_logs()["loss"]
    return [float(before), trained, float(learner.eval_step(some).losses["loss"].mean())]


@pytest.mark.parametrize("path", PATHS, ids=[path.stem for path in PATHS])
def test_compiled_models_compute_the_same(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Traced, but not optimized: dropout draws as it does without."""
    found = experiment(path)
    if found.process is None:
        pytest.skip("nothing is trained")
    monkeypatch.setattr(torch, "compile", functools.partial(torch.compile, backend="aot_eager"))
    some = batch(found)
    assert losses(found, some, True) == pytest.approx(losses(found, some, False), rel=1e-4)
    assert [one.getMessage() for one in caplog.records if one.name == "seqforge.backends.torch_compiled"] == []
