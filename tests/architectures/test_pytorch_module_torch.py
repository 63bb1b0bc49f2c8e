# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A user's Python file as an architecture: arguments, neighbours, seeds, and one line for whatever goes wrong in it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from seqforge.architectures.base import InputSpec
from seqforge.architectures.pytorch_module import TorchModule, sources
from seqforge.errors import BackendError
from seqforge.registry import PYTORCH, find

pytestmark = pytest.mark.torch
SPEC = InputSpec(20, 4, 3, seed=5)
ROOT = Path(__file__).parent.parent.parent
MODULE = """\
import torch
from torch import nn

class TorchModel(nn.Module):
    def __init__(self, units=8):
        super().__init__()
        self.hidden = nn.Linear(80, units)
        self.out = nn.Linear(units, 3)

    def forward(self, x):
        return self.out(self.hidden(x.flatten(1)).relu())
"""


def written(folder: Path, text: str = MODULE, name: str = "net.py") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def architecture(path: Path, classname: str = "TorchModel", **settings: object) -> TorchModule:
    return TorchModule(path=str(path), classname=classname, **settings)  # type: ignore[arg-type]


def test_built_with_and_without_arguments(tmp_path: Path) -> None:
    path = written(tmp_path)
    assert architecture(path).torch(SPEC).hidden.out_features == 8
    assert architecture(path, arguments={"units": 2}).torch(SPEC).hidden.out_features == 2


def test_initial_weights_follow_from_the_seed(tmp_path: Path) -> None:
    one = architecture(written(tmp_path))
    torch.manual_seed(0)
    first = one.torch(SPEC)
    torch.rand(3)
    second = one.torch(SPEC)
    assert torch.equal(first.hidden.weight, second.hidden.weight)
    assert not torch.equal(first.hidden.weight, one.torch(SPEC._replace(seed=6)).hidden.weight)


def test_order_of_axes_is_declared(tmp_path: Path) -> None:
    path = written(tmp_path)
    assert architecture(path).layout(PYTORCH) == "NCL"
    assert architecture(path, order="NLC").layout(PYTORCH) == "NLC"
    assert find("architectures", "pytorch-module") is TorchModule


def test_neighbours_can_be_imported_and_are_forgotten(tmp_path: Path) -> None:
    for number in (1, 2):
        folder = tmp_path / str(number)
        folder.mkdir()
        written(folder, f"UNITS = {number}\n", "sizes_of_test.py")
        path = written(
            folder,
            MODULE.replace("units=8", "units=UNITS").replace("import torch\n", "from sizes_of_test import UNITS\n", 1),
        )
        assert architecture(path).torch(SPEC).hidden.out_features == number
    assert "sizes_of_test" not in sys.modules
    assert not [place for place in sys.path if place.startswith(str(tmp_path))]


def test_fingerprint_covers_the_files_that_are_imported(tmp_path: Path) -> None:
    path = written(tmp_path, "import helper\nfrom package.inner import x\n" + MODULE)
    helper = written(tmp_path, "import deeper\n", "helper.py")
    deeper = written(tmp_path, "", "deeper.py")
    (tmp_path / "package").mkdir()
    inner = written(tmp_path / "package", "x = 1\n", "inner.py")
    written(tmp_path, "other = 1\n", "unused.py")
    assert sources(path) == [path, *sorted([helper, deeper, inner])]
    before = architecture(path).fingerprint()
    written(tmp_path, "other = 2\n", "unused.py")
    assert architecture(path).fingerprint() == before
    deeper.write_text("y = 1\n")
    assert architecture(path).fingerprint() != before


FAILING = [
    ("def broken(:\n", "net.py:1: SyntaxError: invalid syntax"),
    ("import torch\n\nprint(undefined)\n", "net.py:3: NameError: name 'undefined' is not defined"),
    ("import no_such_package_at_all\n", "net.py:1: ModuleNotFoundError: No module named 'no_such_package_at_all'"),
    ("import sys\nsys.exit(3)\n", "net.py:2: SystemExit: 3"),
    (MODULE.replace("80, units", "units"), "net.py:7: TypeError: "),
    ("class TorchModel:\n    pass\n", "net.py: 'TorchModel' is no torch.nn.Module"),
    (MODULE.replace("TorchModel", "TorchModell"), "net.py: no class 'TorchModel'; did you mean 'TorchModell'?"),
    ("x = 1\n", "net.py: no class 'TorchModel'; it defines no class"),
]


@pytest.mark.parametrize(("text", "message"), FAILING, ids=[message[:24] for _, message in FAILING])
def test_errors_of_the_file_are_one_line_with_their_place(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(BackendError) as caught:
        architecture(written(tmp_path, text)).torch(SPEC)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_unfit_arguments_name_the_file(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match=r"net\.py: TypeError: .*'layers'"):
        architecture(written(tmp_path), arguments={"layers": 2}).torch(SPEC)


def test_errors_while_running_name_the_line(tmp_path: Path) -> None:
    one = architecture(written(tmp_path))
    model = one.torch(SPEC)
    with pytest.raises(BackendError, match=r"net\.py:11: RuntimeError: mat1 and mat2 shapes"), one.guard():
        model(torch.zeros(2, 4, 21))


@pytest.mark.parametrize(
    ("name", "count"), [("basset", 5_616_950), ("chromdragonn", 8_274_146), ("deepsea", 52_038_425)]
)
def test_shipped_modules(name: str, count: int) -> None:
    one = architecture(ROOT / "model-defs" / "PyTorch" / f"o50-dna1000-{name}.py")
    with torch.device("meta"):
        model = one.torch(InputSpec(1000, 4, 50)).eval()
        assert model(torch.zeros(2, 4, 1000)).shape == (2, 50)
    assert sum(parameter.numel() for parameter in model.parameters()) == count
    registered = find("architectures", name)()
    with torch.device("meta"):
        shapes = {key: tensor.shape for key, tensor in registered.torch(InputSpec(1000, 4, 50)).state_dict().items()}
    assert {key: tensor.shape for key, tensor in model.state_dict().items()} == shapes
