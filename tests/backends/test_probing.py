# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Frameworks tried in processes of their own: here with packages of a few lines that stand for them."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from seqforge.backends import probing
from seqforge.backends.probing import EXTRAS, SUBJECTS, Device, Subject, probed

EXTRAS_OF_PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"][
    "optional-dependencies"
]
TORCH = """
import warnings
from types import SimpleNamespace

warnings.warn("the driver is too old\\nsecond line")
print("noise on standard output")
__version__ = "9.1+fake"
nn = SimpleNamespace(Module=object)


def __getattr__(name):  # whatever SeqForge's modules name on import
    return object


class device:
    def __init__(self, name):
        self.type, _, number = name.partition(":")
        self.index = int(number or 0)


def ones(n, device):
    if device.type == "cuda" and device.index == 1:
        raise RuntimeError("no kernel image is available\\nfor this device")
    return SimpleNamespace(sum=lambda: SimpleNamespace(item=lambda: n))


version = SimpleNamespace(cuda="12.4")
cuda = SimpleNamespace(
    device_count=lambda: 2,
    get_device_name=lambda index: f"Card {index}",
    get_device_properties=lambda device: SimpleNamespace(total_memory=8_000_000_000),
)
backends = SimpleNamespace(mps=SimpleNamespace(is_available=lambda: False))
"""


def subject(name: str) -> Subject:
    return next(one for one in SUBJECTS if one.name == name)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`installed(torch="source", …)`: packages that are found before all others, here and in children."""
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])

    def install(**sources: str) -> None:
        for name, source in {"triton": "__version__ = '0'", **sources}.items():
            (tmp_path / f"{name}.py").write_text(source)

    return install


def test_versions_devices_and_what_was_said(installed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(torch=TORCH)
    found = probed(subject("PyTorch"))
    assert found.error == ""
    assert found.versions == {"torch": "9.1+fake", "cuda": "12.4"}
    assert found.said == ("the driver is too old",)
    assert found.devices == (
        Device("CPU"),
        Device("cuda:0 Card 0", 8_000_000_000),
        Device("cuda:1 Card 1", 8_000_000_000, "RuntimeError: no kernel image is available"),
    )
    assert found.row()["works"] is True


@pytest.mark.parametrize(
    ("source", "error"),
    [
        (
            "raise ImportError('libcudart.so.12: cannot open')",
            "ImportError: libcudart.so.12: cannot open (exit status 1)",
        ),
        ("import os; os.abort()", "signal 6"),
        ("import os, sys; sys.stderr.write('LLVM ERROR: twice'); sys.stderr.flush(); os._exit(3)", "LLVM ERROR: twice"),
        ("import sys; sys.exit()", "exit status 0"),
        ("x = 1", "' from 'torch'"),
    ],
)
def test_an_import_that_fails_is_one_line(installed: Any, source: str, error: str) -> None:
    installed(torch=source)
    found = probed(subject("PyTorch"))
    assert error in found.error
    assert "\n" not in found.error
    assert found.versions == {}
    assert found.install == "pip install --force-reinstall torch"
    assert found.row()["works"] is False


def test_an_import_that_does_not_end_is_given_up(installed: Any) -> None:
    installed(triton="import threading; threading.Event().wait()")
    assert probed(subject("Triton"), patience=0.5).error == "no answer within 0.5 s"


def test_what_is_missing_names_the_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "find_spec", lambda package: None)
    monkeypatch.setattr(probing.subprocess, "run", None)  # nothing is started
    found = {one.name: one for one in probing.probe()}
    assert {name: one.install for name, one in found.items()} == {
        "PyTorch": "pip install 'seqforge[torch]'",
        "Keras on tensorflow": "pip install 'seqforge[keras]'",
        "Keras on torch": "pip install 'seqforge[keras,torch]'",
        "Triton": "pip install 'seqforge[triton]'",
    }
    assert found["Keras on torch"].missing == ("keras", "torch")


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        ({"keras", "tensorflow-cpu"}, "keras tensorflow-cpu"),
        ({"keras", "tensorflow", "tensorflow-cpu"}, "keras tensorflow"),
        (set(), "keras tensorflow"),
    ],
)
def test_what_is_broken_is_installed_anew(monkeypatch: pytest.MonkeyPatch, there: set[str], expected: str) -> None:
    monkeypatch.setattr(probing, "version_of", lambda name: "1" if name in there else None)
    broken = probing.Probed("Keras on tensorflow", ("keras", "tensorflow"), error="signal 4")
    assert broken.install == f"pip install --force-reinstall {expected}"


def test_extras_are_those_of_the_project() -> None:
    for package, extra in EXTRAS.items():
        assert any(line.startswith(package) for line in EXTRAS_OF_PROJECT[extra]), package


def test_a_child_gets_the_engine_of_its_subject(installed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    installed(keras="import os; raise SystemExit(os.environ['KERAS_BACKEND'])", tensorflow="", torch="")
    for engine in ("tensorflow", "torch"):
        assert subject(f"Keras on {engine}").environment == {"KERAS_BACKEND": engine}
    assert probed(subject("Keras on torch")).error == "torch (exit status 1)"
