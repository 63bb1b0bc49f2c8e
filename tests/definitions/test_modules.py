# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Python files read without being run."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqforge.definitions.modules import LARGEST, UNKNOWN, UnreadableModule, read_module

HEAD = "import torch\nfrom torch import nn\n\n"


@pytest.fixture
def module(tmp_path: Path):
    def write(text: str):
        file = tmp_path / "module.py"
        file.write_text(HEAD + text)
        return read_module(file)

    return write


def test_classes_and_what_their_constructors_take(module) -> None:
    found = module(
        "class TorchModel(nn.Module):\n"
        "    def __init__(self, width, depth: int = 2, *, rate=0.1, name: str = 'x', flag=False): pass\n"
    )
    signature = found.classes["TorchModel"].constructor
    assert signature.names == ["width", "depth", "rate", "name", "flag"]
    assert [argument.required for argument in signature.arguments] == [True, False, False, False, False]
    assert [
        argument.parse(text)
        for argument, text in zip(signature.arguments, ["(1, 2)", "3", "0.5", "7", "yes"], strict=True)
    ] == [
        (1, 2),
        3,
        0.5,
        "7",
        True,
    ]
    assert not signature.anything


def test_nothing_runs(module, tmp_path: Path) -> None:
    module(f"open({str(tmp_path / 'trace')!r}, 'w')\nclass A(nn.Module): pass\n")
    assert not (tmp_path / "trace").exists()


def test_constructors_that_are_inherited_open_or_unknown(module) -> None:
    found = module(
        "class Base(nn.Module):\n    def __init__(self, width=1, **more): pass\n"
        "class Child(Base): pass\n"
        "class Plain(torch.nn.Module): pass\n"
        "class Foreign(library.Thing): pass\n"
        "from dataclasses import dataclass\n"
        "@dataclass\nclass Data(nn.Module):\n    width: int\n"
        "Other = Child\n"
        "def build(width: int): pass\n"
    )
    assert found.classes["Child"].constructor.names == ["width"]
    assert found.classes["Child"].constructor.anything
    assert found.classes["Plain"].constructor.names == []
    assert not found.classes["Plain"].constructor.anything
    assert found.classes["Foreign"].constructor == UNKNOWN
    assert found.classes["Data"].constructor == UNKNOWN
    assert found.classes["Other"].constructor.names == ["width"]
    assert found.functions["build"].names == ["width"]
    assert "torch" in found.imported
    assert "Nothing" not in {*found.classes, *found.functions, *found.imported}


def test_classes_below_if_and_try_are_seen(module) -> None:
    found = module(
        "try:\n    class A(nn.Module): pass\nexcept ImportError:\n    pass\nif True:\n    class B(A): pass\n"
    )
    assert set(found.classes) == {"A", "B"}


FORWARD = "class A(nn.Module):\n    def forward(self, x):\n{body}\n"
SWAPS = [
    "        x = x.permute(0, 2, 1)\n        return self.conv(x)",
    "        return self.conv(x.transpose(1, 2))",
    "        y = torch.transpose(x, -1, -2)\n        return self.conv(y.contiguous())",
    "        s = x.permute((0, 2, 1)).contiguous()\n        s = s.view(-1, 4, 1000, 1)\n        return self.conv(s)",
    "        with torch.no_grad():\n            x = x.swapaxes(2, 1)\n        return self.conv(x)",
    "        return self.conv(input=x.permute(0, 2, 1))",
]
PLAIN = [
    "        return self.conv(x)",
    "        x = self.conv(x)\n        return x.permute(0, 2, 1)",
    "        x = x.permute(0, 1, 2)\n        return self.conv(x)",
    "        mask = self.mask.transpose(1, 2)\n        return self.conv(x)",
    "        x = torch.nn.functional.conv1d(x, self.w)\n        return x.transpose(1, 2)",
    "        return x.transpose(0, 1)",
]


@pytest.mark.parametrize(("body", "swaps"), [*((b, True) for b in SWAPS), *((b, False) for b in PLAIN)])
def test_axes_swapped_before_the_first_layer(module, body: str, swaps: bool) -> None:
    assert module(FORWARD.format(body=body)).classes["A"].swaps_axes is swaps


@pytest.mark.parametrize("text", ["class A(:", "x = '\0'", "(" * 300 + ")" * 300, "\xff"])
def test_files_that_are_no_python(tmp_path: Path, text: str) -> None:
    file = tmp_path / "broken.py"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(UnreadableModule):
        read_module(file)


def test_huge_files_are_not_read(tmp_path: Path) -> None:
    file = tmp_path / "huge.py"
    with file.open("wb") as stream:
        stream.truncate(LARGEST + 1)
    with pytest.raises(UnreadableModule, match="too many"):
        read_module(file)


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "m.py"
    file.write_text("class A: pass\n")
    assert set(read_module(file).classes) == {"A"}
    file.write_text("class Longer: pass\n")
    assert set(read_module(file).classes) == {"Longer"}
