# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The shape proof: what does not fit is reported at the architecture's line with the failing sub-module; no data."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch
from small_experiments import experiment

from seqforge.architectures.basset import Basset
from seqforge.architectures.pytorch_module import TorchModule
from seqforge.backends import prove
from seqforge.definitions.model import Architecture
from seqforge.errors import Place, Problem
from seqforge.experiment import Experiment
from seqforge.registry import PYTORCH

pytestmark = pytest.mark.torch
PLACE = Place("model.xml", 17, 5)
HEAD = """\
import torch
from torch import nn

class TorchModel(nn.Module):
    def __init__(self):
        super().__init__()
"""


def placed(one: Experiment) -> Experiment:
    definition = dataclasses.replace(one.definition, architecture=Architecture(place=PLACE))
    return dataclasses.replace(one, definition=definition)


def proven(architecture: Any, **settings: Any) -> list[Problem]:
    loss = ("CrossEntropyLoss", {})
    return prove(placed(experiment(architecture=architecture, library=PYTORCH, loss=loss, **settings)))


def module(folder: Path, init: str, forward: str, **settings: Any) -> TorchModule:
    body = "".join(f"        {line}\n" for line in init.splitlines())
    steps = "".join(f"        {line}\n" for line in forward.splitlines())
    (folder / "net.py").write_text(f"{HEAD}{body}    def forward(self, x):\n{steps}")
    return TorchModule(path=str(folder / "net.py"), classname="TorchModel", **settings)


def test_what_fits_has_no_problems() -> None:
    assert proven(Basset(), length=1000) == []


def test_a_failing_layer_is_named_with_its_shapes(tmp_path: Path) -> None:
    net = module(
        tmp_path,
        "self.body = nn.Sequential(nn.Conv1d(4, 6, 5), nn.ReLU())\nself.fc = nn.Linear(100, 3)",
        "return self.fc(self.body(x).flatten(1))",
    )
    (problem,) = proven(net)
    assert (problem.place, problem.id, problem.severity) == (PLACE, "SF0501", "error")
    assert "sub-module 'fc' (Linear(in_features=100, out_features=3, bias=True)) cannot take" in problem.message
    assert "an input of shape (2, 156)" in problem.message
    assert "net.py:10: RuntimeError: mat1 and mat2 shapes cannot be multiplied (2x156 and 100x3)" in problem.message


def test_a_wrong_number_of_outputs(tmp_path: Path) -> None:
    (problem,) = proven(module(tmp_path, "self.fc = nn.Linear(120, 7)", "return self.fc(x.flatten(1))"))
    assert str(problem) == (
        "model.xml:17: SF0502: the architecture puts out 7 columns, the definition has 3 labels; "
        "give its last layer 3 outputs or mend the labels"
    )


def test_a_view_that_hides_a_wrong_length(tmp_path: Path) -> None:
    (problem,) = proven(module(tmp_path, "self.fc = nn.Linear(60, 3)", "return self.fc(x.reshape(-1, 60))"))
    assert problem.id == "SF0502"
    assert "puts out 4 rows for 2 examples; a view to a fixed size" in problem.sentence


@pytest.mark.parametrize(
    ("forward", "message"),
    [
        ("return self.fc(x.flatten(1)), x", "the architecture returns a tuple, expected a tensor"),
        ("return self.fc(x.flatten(1))[:, :, None]", "puts out (2, 3, 1) for 2 examples, expected (2, 3)"),
        ("return self.fc(x.flatten(1)).sum()", "puts out no rows for 2 examples"),
    ],
)
def test_outputs_of_another_form(forward: str, message: str, tmp_path: Path) -> None:
    (problem,) = proven(module(tmp_path, "self.fc = nn.Linear(120, 3)", forward))
    assert problem.id == "SF0502"
    assert message in problem.message


@pytest.mark.parametrize(
    ("order", "encoding", "shape"),
    [("NCL", "1D", "2, 4, 30"), ("NLC", "1D", "2, 30, 4"), ("NCL", "2D", "2, 4, 1, 30"), ("NLC", "2D", "2, 1, 30, 4")],
)
def test_the_declared_axes_are_fed(order: str, encoding: str, shape: str, tmp_path: Path) -> None:
    forward = f"assert tuple(x.shape) == ({shape})\nreturn self.fc(x.flatten(1))"
    assert proven(module(tmp_path, "self.fc = nn.Linear(120, 3)", forward, order=order), encoding=encoding) == []


def test_errors_while_building_are_problems(tmp_path: Path) -> None:
    (problem,) = proven(module(tmp_path, "self.fc = nn.Linear(120)", "return x"))
    assert problem.id == "SF0501"
    assert "net.py:7: TypeError: Linear.__init__() missing 1 required positional argument" in problem.message


def test_modules_that_compute_with_values_are_proven_on_the_cpu(tmp_path: Path) -> None:
    init = "self.scale = float(torch.ones(3).sum().item())\nself.fc = nn.Linear(120, 3)"
    assert proven(module(tmp_path, init, "return self.fc(x.flatten(1)) * self.scale")) == []


def test_too_short_an_input_needs_no_framework_to_be_seen() -> None:
    (problem,) = proven(Basset(), length=100)
    assert str(problem) == "model.xml:17: SF0503: Basset needs inputs of at least 168 positions, received 100"


def test_an_unknown_length_is_a_note() -> None:
    (problem,) = proven(Basset(), length=None)
    assert (problem.id, problem.severity, problem.place) == ("SF0504", "note", PLACE)


def test_a_module_is_built_even_without_a_length(tmp_path: Path) -> None:
    (problem,) = proven(module(tmp_path, "self.fc = nn.Linear(120)", "return x"), length=None)
    assert (problem.id, problem.severity) == ("SF0501", "error")


def test_a_large_model_is_proven_without_memory_and_leaves_no_trace() -> None:
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    assert proven(Basset(num_classes=3), length=2_000_000) == []
    assert torch.equal(torch.rand(3), expected)


def test_an_output_without_a_gradient(tmp_path: Path) -> None:
    (problem,) = proven(module(tmp_path, "self.fc = nn.Linear(120, 3)", "return self.fc(x.flatten(1)).detach()"))
    assert (problem.place, problem.id) == (PLACE, "SF0507")


def test_an_optimizer_that_owns_nothing(tmp_path: Path) -> None:
    net = module(tmp_path, "self.fc = nn.Linear(120, 3)", "return self.fc(x.flatten(1))")
    (problem,) = proven(net, optimizers=[("Adam", {}, "conv*"), ("Adam", {}, None)])
    assert problem.id == "SF0506"
    assert "'conv*' matches no trainable parameter; a parameter is called 'fc." in problem.message


def test_gradient_checkpointing_that_the_module_does_not_have(tmp_path: Path) -> None:
    net = module(tmp_path, "self.fc = nn.Linear(120, 3)", "return self.fc(x.flatten(1))")
    (problem,) = proven(net, gradient_checkpointing=True)
    assert "has no gradient checkpointing" in problem.message
