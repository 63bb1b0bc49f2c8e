# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What is wrong with an installation, found without starting a framework."""

from __future__ import annotations

import json
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from seqforge import diagnosis, environment, resources
from seqforge.backends.probing import Device, Probed
from seqforge.diagnosis import Diagnosis, diagnose
from seqforge.environment import Requirement

TORCH = Probed("PyTorch", ("torch",), versions={"torch": "2.13.0"}, devices=(Device("CPU"),))
KERAS = Probed("Keras on tensorflow", ("keras", "tensorflow"), versions={"keras": "3.15"}, devices=(Device("CPU"),))
NO_KERAS = Probed("Keras on tensorflow", ("keras", "tensorflow"), ("keras", "tensorflow"))
TRITON = Probed("Triton", ("triton",), versions={"triton": "3.9"})


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without a GPU whose packages are as they should be."""
    monkeypatch.setattr(diagnosis, "GPU", tmp_path / "no-gpu")
    monkeypatch.setattr(environment, "requirements", lambda: [Requirement("numpy", ">=1.26")])
    monkeypatch.setenv("SEQFORGE_CACHE", str(tmp_path / "cache"))
    for name in ("KERAS_BACKEND", "CUDA_VISIBLE_DEVICES"):
        monkeypatch.delenv(name, raising=False)


def found(*backends: Probed) -> Diagnosis:
    return diagnose(lambda: list(backends or (TORCH, NO_KERAS, TRITON)))


def problems(*backends: Probed) -> list[tuple[str, bool]]:
    return [(str(one), one.fatal) for one in found(*backends).problems]


def test_all_is_well() -> None:
    assert found().problems == []
    assert found().healthy
    assert found(TORCH, KERAS, TRITON).problems == []


def test_it_imports_no_framework_and_is_plain_json() -> None:
    before = {"torch", "tensorflow", "keras", "triton"} & sys.modules.keys()
    whole = found().row()
    assert {"torch", "tensorflow", "keras", "triton"} & sys.modules.keys() == before
    plain = json.loads(json.dumps(whole))
    assert plain["backends"][0]["devices"] == [{"name": "CPU", "memory": None, "error": ""}]
    assert [one["works"] for one in plain["backends"]] == [True, False, True]
    assert plain["packages"] == {"": {"numpy": metadata.version("numpy")}}
    assert plain["healthy"] is True
    assert "host" not in plain["machine"]


def test_what_is_shipped_is_counted() -> None:
    counted = found().shipped
    assert counted["model-defs"] == len(list(resources.folder("model-defs").glob("*.xml")))
    assert counted["schemas"] == 4


def test_a_backend_that_does_not_start_is_an_error() -> None:
    broken = Probed("PyTorch", ("torch",), error="ImportError: libcudart.so.12 (exit status 1)")
    line = (
        "error: PyTorch does not start: ImportError: libcudart.so.12 (exit status 1); install it anew: "
        "pip install --force-reinstall torch"
    )
    assert problems(broken, KERAS) == [(line, True)]
    assert not found(broken, KERAS).healthy
    assert problems(broken, NO_KERAS) == [(line, True)]


def test_no_backend_is_a_warning() -> None:
    none = [Probed(one.name, one.packages, one.packages) for one in (TORCH, KERAS)]
    ((line, fatal),) = problems(*none, TRITON)
    assert line.startswith("warning: there is no backend to train on; pip install 'seqforge[torch]'")
    assert not fatal


def test_a_device_that_cannot_compute() -> None:
    card = Device("cuda:0 Card", 8, "RuntimeError: no kernel image")
    ((line, fatal),) = problems(Probed("PyTorch", ("torch",), versions={"torch": "2"}, devices=(Device("CPU"), card)))
    assert line.startswith("error: PyTorch cannot compute on cuda:0 Card: RuntimeError: no kernel image; install a")
    assert fatal


def test_a_gpu_that_a_backend_does_not_see(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "gpu").touch()
    monkeypatch.setattr(diagnosis, "GPU", tmp_path / "gpu")
    monkeypatch.setattr(diagnosis, "_compiler", lambda: True)
    old = Probed("PyTorch", ("torch",), versions={"torch": "2"}, devices=(Device("CPU"),), said=("driver too old",))
    seeing = Probed("Keras on torch", ("keras",), versions={"k": "3"}, devices=(Device("CPU"), Device("cuda:0 Card")))
    ((line, fatal),) = problems(old, seeing, TRITON)
    assert line.startswith("warning: there is an NVIDIA GPU, but PyTorch sees none (driver too old); install a build")
    assert not fatal
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert problems(old, seeing, TRITON) == []


def test_triton_on_a_gpu_needs_a_compiler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "gpu").touch()
    monkeypatch.setattr(diagnosis, "GPU", tmp_path / "gpu")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    seeing = Probed("PyTorch", ("torch",), versions={"torch": "2"}, devices=(Device("CPU"), Device("cuda:0 Card")))
    ((line, _),) = problems(seeing, TRITON)
    assert line.startswith("warning: there is no C compiler, with which Triton starts its kernels; install gcc")
    (tmp_path / "gcc").touch(mode=0o755)
    assert problems(seeing, TRITON) == []


def test_keras_on_what_it_cannot_run_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert problems(TORCH, NO_KERAS) == []
    ((line, fatal),) = problems(TORCH, KERAS)
    assert line == (
        "error: KERAS_BACKEND is 'jax', on which SeqForge does not run Keras; "
        "unset it, or set it to one of tensorflow, torch"
    )
    assert fatal
    assert found().variables["KERAS_BACKEND"] == "jax"


def test_versions_outside_of_their_range(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [
        Requirement("numpy", ">=99"),
        Requirement("numpy", ">=99", "genome"),
        Requirement("pytest", ">=99", "test"),
        Requirement("lxml", ">=1", "report"),
        Requirement("no-such-package", ">=2", "report"),
    ]
    monkeypatch.setattr(environment, "requirements", lambda: asked)
    version = metadata.version("numpy")
    line = f"warning: numpy {version} is installed, SeqForge needs >=99; pip install 'numpy>=99'"
    assert problems() == [(line, False)]
    assert found().packages["report"] == {"lxml": metadata.version("lxml"), "no-such-package": None}


def test_a_needed_package_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "requirements", lambda: [Requirement("no-such-package", ">=2")])
    line = "error: no-such-package is not installed, which SeqForge always needs; pip install seqforge"
    assert problems() == [(line, True)]


def test_a_checkout_that_was_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "requirements", list)
    ((line, fatal),) = problems()
    assert line.startswith("warning: SeqForge is not installed as a package")
    assert not fatal


def test_the_cache_is_measured_and_left_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "data" / "x"
    folder.mkdir(parents=True)
    (folder / "codes").write_bytes(bytes(1000))
    store = found().cache
    assert (store.path, store.size, store.error) == (str(tmp_path / "cache"), 1000, "")
    assert store.free is not None
    assert [path.name for path in (tmp_path / "cache").rglob("*") if path.is_file()] == ["codes"]


def test_a_cache_that_is_not_there_yet_is_not_made(tmp_path: Path) -> None:
    assert found().cache.size == 0
    assert not (tmp_path / "cache").exists()


def test_a_cache_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SEQFORGE_CACHE", str(tmp_path / "file" / "cache"))
    line = f"error: the cache {tmp_path}/file/cache cannot be written (Not a directory); name a writable folder in"
    ((said, fatal),) = problems()
    assert said == f"{line} SEQFORGE_CACHE"
    assert fatal


def test_a_disk_that_is_nearly_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnosis, "LEAST_FREE", 1 << 80)
    ((line, fatal),) = problems()
    assert line.startswith("warning: the disk of the cache ")
    assert not fatal


def test_shipped_folders_that_are_missing_or_damaged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from seqforge.definitions import xsd

    xsd.schema.cache_clear()
    monkeypatch.setattr(resources, "folder", lambda name: tmp_path / name)
    monkeypatch.setattr(xsd, "folder", lambda name: tmp_path / name)
    said = [line for line, fatal in problems() if fatal]
    assert len(said) == 4
    assert f"error: {tmp_path}/model-defs: no definitions are here; install SeqForge anew" in said
    assert any(line.startswith("error: the schema of 'seqgramodel' cannot be read: ") for line in said)


def test_components_of_other_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = (metadata.EntryPoint("focal", "json", "g"), metadata.EntryPoint("other", "no_such_module_at_all", "g"))
    monkeypatch.setattr(metadata, "entry_points", lambda group: entries)
    reasons: Any = ("other: ModuleNotFoundError: No module named 'no_such_module_at_all'",)
    monkeypatch.setattr(diagnosis, "probed", lambda subject: Probed(subject.name, (), said=reasons))
    whole = found()
    assert whole.components == {"focal": "json", "other": "no_such_module_at_all"}
    assert [str(one).partition(";")[0] for one in whole.problems] == [
        f"error: components from outside SeqForge do not import: {reasons[0]}"
    ]


def test_errors_come_before_warnings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(environment, "requirements", lambda: [Requirement("numpy", ">=99")])
    assert [fatal for _, fatal in problems(Probed("PyTorch", ("torch",), error="x"), NO_KERAS)] == [True, False]
