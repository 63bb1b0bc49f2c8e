# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A cache of their own for the tests of the data, and what an experiment asks of its data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from seqforge import registry
from seqforge.data.encodings import alphabet
from seqforge.data.sources.base import Wanted

CLASSES = "multi-class classification"
LABELS = "multi-label classification"


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("SEQFORGE_CACHE", str(folder))
    return folder


@pytest.fixture
def wanted(tmp_path: Path) -> Callable[..., Wanted]:
    def make(*labels: str, task: str = CLASSES, space: str = "DNA", seed: int = 3, strict: bool = False) -> Wanted:
        return Wanted(registry.find("tasks", task)(), alphabet(space), labels or ("a", "b"), seed, tmp_path, strict)

    return make
