# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Verbs that need no framework never import one, and only the components that are named: seen in `sys.modules` of a
fresh interpreter."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from seqforge.cli import VERBS

ROOT = Path(__file__).parent.parent.parent
FRAMEWORKS = ("torch", "tensorflow", "keras", "jax", "triton")
MODEL = "model-defs/torch-mc50-dna1000-basset-s1.xml"
LAYERED = "model-defs/tf-mc10-dna1000-conv10-gmp-fc10-s1.xml"
DATA = "data-defs"
SIMULATION = "data-defs/mc2-rna80-sim-motifs-3k-s1.xml"

PROBE = """
import json, sys
from seqforge import cli
sys.argv = ["seqforge", *json.loads(sys.argv[1])]
try:
    cli.main()
except SystemExit as end:
    status = end.code or 0
print("\\nLOADED", json.dumps([status, sorted(sys.modules)]))
"""


def run(arguments: list[str], folder: Path) -> tuple[int, list[str]]:
    """The exit status of `seqforge arguments…` and every module that it imported."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, json.dumps(arguments)], cwd=folder, capture_output=True, text=True, timeout=300
    )
    assert "LOADED" in done.stdout, done.stderr
    status, loaded = json.loads(done.stdout.rsplit("LOADED", 1)[1])
    return status, loaded


def frameworks(loaded: list[str]) -> list[str]:
    return [name for name in FRAMEWORKS if name in loaded]


def room(name: str, loaded: list[str]) -> set[str]:
    """The modules of a room among `loaded`."""
    return {module.rpartition(".")[2] for module in loaded if module.startswith(f"seqforge.{name}.")}


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
        ["new", "--help"],
        ["compare", "--help"],
        ["doctor", "--help"],
        ["lengths", "--layers=4", "--input-filter-width=7", "--output-filter-width=9", "--output-length=100"],
        ["simulate", str(ROOT / SIMULATION), "-o", "simulated"],
    ],
    ids=" ".join,
)
def test_no_framework_is_imported(arguments: list[str], tmp_path: Path) -> None:
    status, loaded = run(arguments, tmp_path)
    assert (status, frameworks(loaded)) == (0, [])


def test_definition_imports_the_components_that_it_names(tmp_path: Path) -> None:
    status, loaded = run(["validate", str(ROOT / MODEL)], tmp_path)
    assert status == 0
    assert room("optimizers", loaded) == {"base", "adam"}
    assert room("losses", loaded) == {"base", "elements", "translations", "cross_entropy_loss"}
    assert room("metrics", loaded) <= {"base", "accuracy", "ranking"}
    assert room("schedules", loaded) == {"base"}
    assert room("data.sources", loaded) == {"base", "sequences", "definition"}
    assert room("architectures", loaded).isdisjoint({"sequential", "keras_file", "basset"})
    for unnamed in ("layers", "callbacks", "simulation"):
        assert not room(unnamed, loaded)


def test_layers_are_imported_for_definitions_with_layers(tmp_path: Path) -> None:
    status, loaded = run(["validate", str(ROOT / LAYERED)], tmp_path)
    assert status == 0
    assert {"conv1d", "dense", "global_max_pool1d"} <= room("layers", loaded)
    assert room("layers", loaded).isdisjoint({"lstm", "conv2d", "batch_normalization"})
    assert not room("callbacks", loaded)


@pytest.mark.parametrize("definition", [MODEL, LAYERED])
def test_judging_a_definition_needs_no_arrays(definition: str, tmp_path: Path) -> None:
    loaded = run(["validate", str(ROOT / definition)], tmp_path)[1]
    assert {"numpy", "pandas", "scipy", "rich", "importlib.metadata"}.isdisjoint(loaded)


@pytest.mark.parametrize("arguments", [["--version"], ["validate", str(ROOT / MODEL)]], ids=" ".join)
def test_only_the_called_verb_is_imported(arguments: list[str], tmp_path: Path) -> None:
    verbs = room("commands", run(arguments, tmp_path)[1]) & set(VERBS)
    assert verbs == set(VERBS) & set(arguments)


def test_import_of_the_package_and_of_the_way_to_frameworks_imports_none() -> None:
    code = "import sys, seqforge.api, seqforge.run, seqforge.proofs, seqforge.backends.keras, seqforge.commands.train"
    code += f"; assert not [name for name in {FRAMEWORKS} if name in sys.modules]"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_import_of_the_package_sets_no_environment_variable() -> None:
    code = "import os; before = dict(os.environ); import seqforge, seqforge.cli; assert dict(os.environ) == before"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.slow
def test_framework_is_seen_by_the_probe(tmp_path: Path) -> None:
    """The check can fail: a process that imports torch is caught."""
    probe = PROBE.replace("import json, sys\n", "import json, sys, torch\n", 1)
    done = subprocess.run([sys.executable, "-c", probe, '["--version"]'], cwd=tmp_path, capture_output=True, text=True)
    assert "torch" in frameworks(json.loads(done.stdout.rsplit("LOADED", 1)[1])[1])
