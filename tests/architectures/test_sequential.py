# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The published Keras definitions: exact parameter counts, without a framework."""

from __future__ import annotations

import pytest

from seqforge.architectures.sequential import Sequential
from seqforge.definitions.reader import read_model
from seqforge.experiment import resolve
from seqforge.resources import folder

COUNTS = {
    "tf-mc10-dna1000-conv10-fc10-s0": 99_570,
    "tf-mc10-dna1000-conv10-gmp-fc10-s1": 670,
    "tf-mc10-dna1000-conv10w-conv10w-gmp-fc10-s0": 3_180,
    "tf-mc10-dna1000-conv10w-conv10w-gmp-fc10-s1": 3_180,
    "tf-mc2-dna150-conv2-fc32-fb-bg-s1": 9_484,
    "tf-mc2-dna150-conv2-lstm32-fc32-s1": 5_644,
    "tf-mc2-dna150-conv800-gmp-s1": 18_402,
}


@pytest.mark.parametrize("name", COUNTS)
def test_parameters(name: str):
    definition, problems = read_model(folder("model-defs") / f"{name}.xml")
    assert definition is not None
    experiment, found = resolve(definition)
    assert [problem for problem in [*problems, *found] if problem.severity == "error"] == []
    assert experiment is not None
    architecture = experiment.architecture
    assert isinstance(architecture, Sequential)
    assert architecture.parameter_count(experiment.spec()) == COUNTS[name]
    drawn = architecture.weights(experiment.spec())
    assert sum(array.size for array in drawn.values()) == COUNTS[name]
