# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Shipped definitions are found by name from anywhere; what lies at a path comes first."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from seqforge import resources
from seqforge.validation import validate

ID = "torch-mc50-dna1000-basset-s1"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("spelt", [ID, f"{ID}.xml", f"model-defs/{ID}.xml", f"model-defs/{ID}"])
def test_shipped_definition_is_found_by_name(spelt: str) -> None:
    assert resources.definition(spelt) == resources.folder("model-defs") / f"{ID}.xml"
    assert validate(spelt) == []


def test_data_definition_too() -> None:
    assert resources.definition("mc2-rna80-sim-motifs-3k-s1").parent == resources.folder("data-defs")


def test_a_file_that_lies_there_comes_first(tmp_path: Path) -> None:
    own = tmp_path / f"{ID}.xml"
    own.write_text("<seqgramodel/>")
    assert resources.definition(own.name) == Path(own.name)


@pytest.mark.parametrize("spelt", ["-", "/nowhere/x.xml", "other/torch-mc50-dna1000-basset-s1.xml", "nothing-like-it"])
def test_other_names_stay_as_they_are(spelt: str) -> None:
    assert resources.definition(spelt) == Path(spelt)


@pytest.mark.slow
def test_list_shows_them() -> None:
    line = [sys.executable, "-m", "seqforge", "list", "definitions"]
    assert f"model-defs/{ID}.xml: " in subprocess.run(line, capture_output=True, text=True, check=True).stdout
    rows = json.loads(subprocess.run([*line, "--json"], capture_output=True, text=True, check=True).stdout)
    assert ID in {row["id"] for row in rows["definitions"]}
