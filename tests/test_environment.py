# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What SeqForge runs on, and the packages that it asks for."""

from __future__ import annotations

import os
import platform
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from seqforge import environment
from seqforge.environment import Requirement, requirement

PYPROJECT = Path(__file__).parent.parent / "pyproject.toml"
GIB = 1 << 30
PROJECT = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("lxml>=5.2", Requirement("lxml", ">=5.2")),
        ("numpy", Requirement("numpy")),
        ("torch>=2.4; extra == 'torch'", Requirement("torch", ">=2.4", "torch")),
        ('keras >=3.8, <4 ; extra == "keras-cpu"', Requirement("keras", ">=3.8,<4", "keras-cpu")),
        ("h5py (>=3.10)", Requirement("h5py", ">=3.10")),
        ("seqforge[hdf5]; extra == 'keras'", Requirement("seqforge", "", "keras")),
        ("Jinja2>=3.1; extra == 'report'", Requirement("jinja2", ">=3.1", "report")),
        ("triton>=3.3; (platform_system == 'Plan9') and extra == 'triton'", None),
        (
            f"triton>=3.3; (platform_system == '{platform.system()}') and extra == 'triton'",
            Requirement("triton", ">=3.3", "triton"),
        ),
    ],
)
def test_lines_of_metadata(line: str, expected: Requirement | None) -> None:
    assert requirement(line) == expected


@pytest.mark.parametrize(
    ("versions", "version", "admitted"),
    [
        (">=2.4", "2.4", True),
        (">=2.4", "2.4.0", True),
        (">=2.4.0", "2.4", True),
        (">=2.4", "2.13.0+cpu", True),
        (">=2.4", "2.3.1", False),
        (">=2.4", "10.0", True),
        (">=3.8,<4", "3.15.1", True),
        (">=3.8,<4", "4.0.0", False),
        ("!=1.5", "1.5.0", False),
        ("==1.5", "1.5.0rc1", True),
        ("<=0.3", "0.3.1", False),
        (">0.3", "0.3.1", True),
        ("", "0", True),
    ],
)
def test_versions_in_and_outside_of_a_range(versions: str, version: str, admitted: bool) -> None:
    assert Requirement("x", versions).admits(version) is admitted


def test_every_range_of_the_project_is_understood() -> None:
    """No sign and no marker that the reader of requirements would pass over."""
    lines = [*PROJECT["dependencies"], *(one for extra in PROJECT["optional-dependencies"].values() for one in extra)]
    for line in lines:
        found = requirement(line)
        if line.startswith("seqforge[") or found is None:
            continue
        left = found.versions
        for sign, bound in environment._BOUND.findall(found.versions):
            left = left.replace(f"{sign}{bound}", "")
        assert left.strip(",") == "", line
        assert found.versions, line


def test_the_metadata_say_what_the_project_says() -> None:
    installed = {one for one in environment.requirements() if not one.extra}
    assert {one.package for one in installed} == {requirement(line).package for line in PROJECT["dependencies"]}  # type: ignore[union-attr]


def test_nothing_is_asked_for_where_nothing_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> list[str]:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", absent)
    assert environment.requirements() == []


def test_versions_of_packages() -> None:
    assert environment.version_of("numpy") == metadata.version("numpy")
    assert environment.version_of("no-such-package-at-all") is None
    assert environment.own_versions()["python"] == platform.python_version()


def test_the_machine() -> None:
    assert 1 <= environment.usable_cores() <= (os.cpu_count() or 1)
    assert (environment.memory() or 1 << 30) > 1 << 20
    assert environment.machine().keys() == {"host", "platform", "processor", "cores"}


def groups(folder: Path, monkeypatch: pytest.MonkeyPatch, **limits: tuple[str, int, int]) -> None:
    """A machine with 8 GiB free whose control groups have these (limit, use, cached files)."""
    (folder / "meminfo").write_text("MemTotal: 99 kB\nMemAvailable: 8388608 kB\n")
    (folder / "cgroup").write_text("0::/user/job\n")
    monkeypatch.setattr(environment, "MEMINFO", folder / "meminfo")
    monkeypatch.setattr(environment, "OWN_CGROUP", folder / "cgroup")
    monkeypatch.setattr(environment, "CGROUPS", folder / "fs")
    for name, (limit, used, cached) in limits.items():
        group = folder / "fs" / name.replace("_", "/")
        group.mkdir(parents=True, exist_ok=True)
        (group / "memory.max").write_text(f"{limit}\n")
        (group / "memory.current").write_text(f"{used}\n")
        (group / "memory.stat").write_text(f"anon 5\ninactive_file {cached}\n")


def test_free_memory_is_the_least_that_machine_and_limits_leave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups(tmp_path, monkeypatch)
    assert environment.free_memory() == 8 * GIB
    groups(tmp_path, monkeypatch, user_job=("max", 5, 0))
    assert environment.free_memory() == 8 * GIB
    groups(tmp_path, monkeypatch, user=(str(3 * GIB), 2 * GIB, GIB // 2), user_job=("max", 5, 0))
    assert environment.free_memory() == GIB + GIB // 2
    groups(tmp_path, monkeypatch, user_job=(str(GIB), 2 * GIB, 0))
    assert environment.free_memory() == 0
    (tmp_path / "meminfo").unlink()
    assert environment.free_memory() is None
