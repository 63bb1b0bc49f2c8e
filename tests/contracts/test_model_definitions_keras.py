# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Every shipped Keras definition validates, builds, and takes one step."""

from __future__ import annotations

from pathlib import Path

import pytest
from definition_cases import cases, experiment, takes_a_step

from seqforge.backends import open_learner, prove

CASES = cases("Keras")


def test_there_are_definitions() -> None:
    assert len(CASES) >= 5


@pytest.mark.parametrize("path", CASES)
def test_definition_builds_and_takes_a_step(path: Path) -> None:
    found = experiment(path)
    assert [problem for problem in prove(found) if problem.severity == "error"] == []
    takes_a_step(found, open_learner(found, found.length))
