# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Verbs that need no framework never import one: seen in `sys.modules` of a fresh interpreter."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
FRAMEWORKS = ("torch", "tensorflow", "keras", "jax")
MODEL = "model-defs/torch-mc50-dna1000-basset-s1.xml"
DATA = "data-defs"

PROBE = """
import json, sys
from seqforge import cli
sys.argv = ["seqforge", *json.loads(sys.argv[1])]
try:
    cli.main()
except SystemExit as end:
    status = end.code or 0
loaded = [name for name in {frameworks} if name in sys.modules]
print("\\nLOADED", json.dumps([status, loaded]))
"""


def run(arguments: list[str], folder: Path) -> tuple[int, list[str]]:
    """The exit status of `seqforge arguments…` and the frameworks that it imported."""
    probe = PROBE.format(frameworks=FRAMEWORKS)
    done = subprocess.run(
        [sys.executable, "-c", probe, json.dumps(arguments)], cwd=folder, capture_output=True, text=True, timeout=300
    )
    assert "LOADED" in done.stdout, done.stderr
    status, loaded = json.loads(done.stdout.rsplit("LOADED", 1)[1])
    return status, loaded


def smallest_data_definition() -> Path:
    return min((ROOT / DATA).glob("*.xml"), key=lambda path: path.stat().st_size)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["train", "--help"],
        ["validate", str(ROOT / MODEL)],
        ["validate", str(ROOT / "model-defs"), str(ROOT / DATA)],
        ["list"],
        ["list", "losses"],
        ["explain", "CrossEntropyLoss"],
        ["show", str(ROOT / MODEL)],
        ["convert", str(ROOT / MODEL), "twin.json"],
        ["simulate", str(smallest_data_definition()), "-o", "simulated"],
    ],
    ids=" ".join,
)
def test_no_framework_is_imported(arguments: list[str], tmp_path: Path) -> None:
    assert run(arguments, tmp_path) == (0, [])


def test_import_of_the_package_sets_no_environment_variable() -> None:
    code = "import os; before = dict(os.environ); import seqforge, seqforge.cli; assert dict(os.environ) == before"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_framework_is_seen_by_the_probe(tmp_path: Path) -> None:
    """The check can fail: a process that imports torch is caught."""
    probe = PROBE.format(frameworks=FRAMEWORKS).replace("import json, sys\n", "import json, sys, torch\n", 1)
    done = subprocess.run([sys.executable, "-c", probe, '["--version"]'], cwd=tmp_path, capture_output=True, text=True)
    assert json.loads(done.stdout.rsplit("LOADED", 1)[1])[1] == ["torch"]
