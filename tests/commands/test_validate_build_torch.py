# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`validate --build`: shapes are proven in processes of their own, and a module that misbehaves costs one problem."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqforge.errors import Problem
from seqforge.proofs import prove_files
from seqforge.templates import Wish, new_definition
from seqforge.validation import Options, report

pytestmark = pytest.mark.torch
HEAD = "import torch\n\n\nclass TorchModel(torch.nn.Module):\n    def __init__(self):\n        super().__init__()\n"
FORWARD = "    def forward(self, x):\n        return self.out(x.flatten(1))\n"
MODULES = {
    "good": "        self.out = torch.nn.Linear(240, 3)\n" + FORWARD,
    "wide": "        self.out = torch.nn.Linear(999, 3)\n" + FORWARD,
    "five": "        self.out = torch.nn.Linear(240, 5)\n" + FORWARD,
    "dies": "        import os\n        os._exit(3)\n    def forward(self, x):\n        return x\n",
    "chatty": "        print('[]')\n        self.out = torch.nn.Linear(240, 3)\n    def forward(self, x):\n"
    "        print('[[]]')\n        return self.out(x.flatten(1))\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A definition for each module, on data of length 60."""
    for name, body in MODULES.items():
        (tmp_path / f"{name}.py").write_text(HEAD + body)
        text = new_definition(Wish(name, like="sequential", length=60, classes=3))
        start, end = text.index("<sequential>"), text.index("</architecture>")
        module = f'<external format="pytorch-module" classname="TorchModel">{name}.py</external>'
        data = '<data format="table"><hyperparameter name="file">x.txt</hyperparameter>'
        length = '<hyperparameter name="length">60</hyperparameter></data>'
        (tmp_path / f"{name}.xml").write_text(
            (text[:start] + module + text[end:]).replace("</seqgramodel>", f"{data}{length}</seqgramodel>")
        )
    (tmp_path / "x.txt").write_text("x\ty\n")
    return tmp_path


def of(problems: list[Problem], name: str) -> list[str]:
    return [problem.id for problem in problems if Path(problem.place.file).stem == name]


@pytest.mark.slow
def test_shapes_are_proven_and_the_others_go_on_when_one_process_dies(folder: Path) -> None:
    found = report([str(folder)], Options(build=True))
    problems = list(found.problems)
    assert of(problems, "good") == of(problems, "chatty") == []
    assert of(problems, "wide") == ["SF0501"]
    assert of(problems, "five") == ["SF0502"]
    assert of(problems, "dies") == ["SF0505"]
    assert all(problem.place.line > 0 for problem in problems if problem.id != "SF0505")
    assert "exit status 3" in next(problem.message for problem in problems if problem.id == "SF0505")


def test_without_data_the_length_is_taken_from_the_id(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(HEAD + MODULES["wide"])
    text = new_definition(Wish("torch-mc3-dna60-wide-s1", like="sequential", length=60, classes=3))
    start, end = text.index("<sequential>"), text.index("</architecture>")
    module = '<external format="pytorch-module" classname="TorchModel">net.py</external>'
    file = tmp_path / "torch-mc3-dna60-wide-s1.xml"
    file.write_text(text[:start] + module + text[end:])
    note, error = report([str(file)], Options(build=True)).problems
    assert (note.id, note.severity) == ("SF0504", "note")
    assert "proven for 60, as the id says" in note.message
    assert (error.id, error.severity) == ("SF0501", "error")
    assert "cannot take an input of shape (2, 240)" in error.message


def test_a_missing_definition_is_a_problem_not_a_crash(folder: Path) -> None:
    missing = folder / "none.xml"
    assert [problem.id for problem in prove_files([missing], (), ())[missing]] == ["SF0001"]
