# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Rooms are furnished by their modules alone; one component costs one module; packages outside are let in by name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from seqforge import registry

PLUGIN = """
from dataclasses import dataclass
from seqforge.optimizers.base import Optimizer
from seqforge.registry import register

@register("optimizers", "{name}", library="PyTorch")
@dataclass(frozen=True, kw_only=True)
class Guest(Optimizer):
    pass
"""
REPORT = """
import sys
loaded = [name for name in sys.modules if name.startswith("seqforge.optimizers.")]
print(found.name, *sorted(name.rpartition(".")[2] for name in loaded))
"""


def run(code: str, path: Path | str = "") -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(path)}
    return subprocess.run([sys.executable, "-c", code + REPORT], env=environment, capture_output=True, text=True)


def plugin(folder: Path, name: str) -> Path:
    """A package outside SeqForge that registers an optimizer called `name`."""
    (folder / "guest.py").write_text(PLUGIN.format(name=name))
    (folder / "guest-1.dist-info").mkdir()
    (folder / "guest-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: guest\nVersion: 1\n")
    (folder / "guest-1.dist-info" / "entry_points.txt").write_text("[seqforge.components]\nguest = guest\n")
    return folder


def test_one_component_costs_one_module() -> None:
    found = run('from seqforge.registry import find; found = find("optimizers", "sparse_adam", "PyTorch")')
    assert found.stdout.split() == ["SparseAdam", "base", "sparse_adam"], found.stderr


def test_name_that_no_module_has_is_sought_in_all() -> None:
    found = run('from seqforge.registry import find; found = find("losses", "mse", "Keras")')
    assert found.stdout.split()[:1] == ["mean_squared_error"], found.stderr


@pytest.mark.parametrize("room", registry.ROOMS)
def test_module_of_a_name_answers_for_it_alone(room: str) -> None:
    """`find` takes what the module called like the name says: no other one may have the name for a single library."""
    classes = registry.classes(room)
    for cls in classes:
        module = registry._modules(room).get(registry.folded(cls.name).replace("-", ""))
        twins = [other for other in classes if registry.folded(other.name) == registry.folded(cls.name)]
        if cls.library is None and cls.__module__ == module:
            assert twins == [cls]


def test_guest_is_found(tmp_path: Path) -> None:
    code = 'from seqforge.registry import find, names; found = find("optimizers", "guest", "PyTorch")\n'
    code += 'assert "Guest" in names("optimizers") and "Adam" in names("optimizers")'
    found = run(code, plugin(tmp_path, "Guest"))
    assert found.stdout.split()[:1] == ["Guest"], found.stderr


def test_guest_with_a_name_of_the_house_is_refused(tmp_path: Path) -> None:
    code = 'from seqforge.registry import find; found = find("losses", "huber", "Keras")'
    refused = run(code, plugin(tmp_path, "Adam"))
    assert "optimizer 'Adam' is already seqforge.optimizers.adam." in refused.stderr
