# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""TensorFlow and Triton in one process: in any order, the guard ends well or with one sentence, never in an abort.

Processes of their own do what no test may do here, a few things each: importing TensorFlow takes seconds.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest
import toy_runs

from seqforge.backends import importing
from seqforge.errors import BackendError, ImportOrderError, UsageError

ABORTED = (-6, 134)
SENTENCE = "tensorflow was imported before triton by {}; run `seqforge` in its own process, or import triton first"
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}
HEAD = """
import os, sys
from seqforge.backends.importing import choose_keras, start_keras, start_torch
from seqforge.errors import BackendError

def refused(act, *given):
    try:
        act(*given)
    except BackendError as error:
        print(error)
    else:
        sys.exit("not refused")

def optimize():
    import torch
    torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1).step()
"""


def python(code: str, folder: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=clean | QUIET | environment,
        capture_output=True,
        text=True,
        timeout=300,
    )


def lines(code: str, folder: Path | None = None, **environment: str) -> list[str]:
    done = python(HEAD + code, folder, **environment)
    assert done.returncode == 0, f"exit status {done.returncode}: {done.stderr[-2000:]}"
    return done.stdout.splitlines()


@pytest.fixture(scope="session")
def trap() -> None:
    """Skip where there is nothing to be guarded against, else the other tests would pass without a guard."""
    missing = [name for name in ("triton", "tensorflow", "keras", "torch") if find_spec(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed")
    if python("import tensorflow, triton").returncode not in ABORTED:
        pytest.skip("these versions of tensorflow and triton share a process in any order")


@pytest.mark.slow
@pytest.mark.usefixtures("trap")
class TestProcesses:
    """The rows of the table; what was imported by hand comes first."""

    def test_tensorflow_first(self, tmp_path: Path) -> None:
        toy_runs.write_data(tmp_path / "data")
        toy_runs.write_definition(tmp_path)
        code = """
import tensorflow
refused(start_torch)
import seqforge
refused(lambda: seqforge.load("toy.xml").train(data="data"))
refused(choose_keras, "torch")
start_keras()
assert "triton" not in sys.modules
"""
        order, again, other = lines(code, tmp_path)
        assert order == again == SENTENCE.format("__main__")
        assert other.startswith("Keras already runs on tensorflow in this process, not on torch; ")  # so TensorFlow did
        assert not (tmp_path / "runs").exists()

    def test_keras_on_tensorflow_first(self) -> None:
        (line,) = lines("import keras\nrefused(start_torch)", KERAS_BACKEND="tensorflow")
        assert line.startswith("tensorflow was imported before triton by keras")

    def test_guarded_torch_then_tensorflow(self) -> None:
        """As a file of the user may do it, which is run after the start and before the first optimizer."""
        lines("start_torch()\nimport tensorflow\noptimize()\nstart_keras()")

    def test_guarded_keras_on_torch_then_tensorflow(self) -> None:
        lines("start_keras()\nimport tensorflow\nstart_torch()\noptimize()", KERAS_BACKEND="torch")

    def test_both_kinds_are_trained_in_one_process(self, tmp_path: Path) -> None:
        toy_runs.write_data(tmp_path / "data")
        for library in ("Keras", "PyTorch"):
            toy_runs.write_definition(tmp_path, library, id=library)
        code = """
from seqforge import cli
for library in ("Keras", "PyTorch"):
    sys.argv = ["seqforge", "train", f"{library}.xml", "--data", "data", "--quiet", "--threads", "1"]
    try:
        cli.main()
    except SystemExit as end:
        assert not end.code, end.code
import tensorflow, torch._dynamo, triton
print(tensorflow.config.threading.get_intra_op_parallelism_threads())
"""
        first, second, threads = lines(code, tmp_path)
        assert (Path(first).parent.name, Path(second).parent.name, threads) == ("Keras", "PyTorch", "1")


@pytest.fixture
def fake_tensorflow(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """TensorFlow is there, Triton is installed and not there."""
    module = ModuleType("tensorflow")
    monkeypatch.setitem(sys.modules, "tensorflow", module)
    monkeypatch.delitem(sys.modules, "triton", raising=False)
    monkeypatch.setattr(importing, "_installed", lambda package: True)
    return module


def test_whoever_imported_tensorflow_is_named(fake_tensorflow: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImportOrderError) as caught:
        importing.start_torch()
    assert str(caught.value) == SENTENCE.format("another module of this process")
    guilty = ModuleType("plots")
    guilty.__file__, guilty.tf = "/home/me/plots.py", fake_tensorflow  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "plots", guilty)
    with pytest.raises(ImportOrderError) as caught:
        importing.start_torch()
    assert str(caught.value) == SENTENCE.format("plots (/home/me/plots.py)")


@pytest.mark.usefixtures("fake_tensorflow")
def test_keras_on_torch_is_refused_like_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    with pytest.raises(ImportOrderError, match="tensorflow was imported before triton by "):
        importing.start_keras()


@pytest.mark.usefixtures("fake_tensorflow")
def test_without_triton_any_order_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "_installed", lambda package: package != "triton")
    importing.start_torch()
    assert "triton" not in sys.modules


@pytest.mark.usefixtures("fake_tensorflow")
def test_triton_first_makes_any_order_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "triton", ModuleType("triton"))
    importing.start_torch()


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("KERAS_BACKEND", "")
    return monkeypatch


def fake_keras(backend: str) -> ModuleType:
    keras = ModuleType("keras")
    keras.config = ModuleType("keras.config")  # type: ignore[attr-defined]
    keras.config.backend = lambda: backend  # type: ignore[attr-defined]
    return keras


def test_default_choice_and_preference(environment: pytest.MonkeyPatch) -> None:
    assert importing.keras_backend() == "tensorflow"
    importing.choose_keras(None)
    importing.prefer_keras(None)
    assert importing.keras_backend() == "tensorflow"
    importing.prefer_keras("torch")
    assert importing.keras_backend() == os.environ["KERAS_BACKEND"] == "torch"
    importing.prefer_keras("tensorflow")
    assert importing.keras_backend() == "torch"
    importing.choose_keras("tensorflow")
    assert importing.keras_backend() == "tensorflow"


def test_unknown_choice_is_a_wrong_call(environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="--keras-backend 'jax' is not supported; expected one of tensorflow, torch"):
        importing.choose_keras("jax")
    assert importing.keras_backend() == "tensorflow"


@pytest.mark.parametrize(
    "act", [lambda: importing.choose_keras("torch"), importing.start_keras], ids=["choose", "start"]
)
def test_keras_on_another_backend_is_named(act, environment: pytest.MonkeyPatch) -> None:
    environment.setitem(sys.modules, "keras", fake_keras("tensorflow"))
    environment.setenv("KERAS_BACKEND", "torch")
    with pytest.raises(BackendError) as caught:
        act()
    assert str(caught.value) == (
        "Keras already runs on tensorflow in this process, not on torch; set KERAS_BACKEND=torch before keras is "
        "imported, or stay with tensorflow"
    )
