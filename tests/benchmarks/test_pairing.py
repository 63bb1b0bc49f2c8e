# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Experiments of benchmarks: what they are asked for, or an error."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

from seqforge.errors import DefinitionError

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def pairing(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import pairing

    yield pairing
    del sys.modules["pairing"]


def test_sizes_are_those_that_are_asked_for(pairing: Any) -> None:
    overrides = ["architecture.hyperparameters.depth=2", "trainingprocess.batch_size=3"]
    experiment = pairing.without_data("torch-dnanet-unet", overrides)
    assert (experiment.architecture.depth, experiment.batch_size) == (2, 3)


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("trainingproces.batch_size=3", "did you mean 'trainingprocess.batch_size'"),
        ("trainingprocess.batchsizes=3", "did you mean 'batch_size'"),
        ("architecture.hyperparameters.dept=2", "did you mean 'depth'"),
    ],
)
def test_a_misspelt_override_is_refused(pairing: Any, override: str, sentence: str) -> None:
    with pytest.raises(DefinitionError, match=sentence):
        pairing.without_data("torch-dnanet-unet", [override])


def test_a_definition_with_errors_is_refused(pairing: Any, tmp_path: Path) -> None:
    wrong = (pairing.MODELS / "torch-dnanet-unet.xml").read_text().replace('name="epochs"', 'name="epoch"')
    (tmp_path / "wrong.xml").write_text(wrong)
    with pytest.raises(DefinitionError, match="did you mean 'epochs'"):
        pairing.experiment_of(Namespace(definition=tmp_path / "wrong.xml", batch_size=None))
