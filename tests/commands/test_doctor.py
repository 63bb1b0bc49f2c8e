# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge doctor`: what it prints, and its exit status."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from seqforge import __version__, cli, diagnosis
from seqforge.backends.probing import Device, Probed

TORCH = Probed(
    "PyTorch",
    ("torch",),
    versions={"torch": "2.13.0", "cuda": "12.4"},
    devices=(Device("CPU"), Device("cuda:0 Card", 8_200_000_000)),
)
NO_KERAS = Probed("Keras on torch", ("keras", "torch"), ("keras",))
BROKEN = Probed("Triton", ("triton",), error="signal 6")

Called = Callable[..., Result]


@pytest.fixture
def doctor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Called:
    """`doctor(*backends, arguments=())`: the command with what the probes would find."""
    monkeypatch.setattr(diagnosis, "GPU", tmp_path / "no-gpu")
    real = diagnosis.diagnose

    def calling(*backends: Probed, arguments: tuple[str, ...] = ()) -> Result:
        monkeypatch.setattr(diagnosis, "diagnose", lambda: real(lambda: list(backends)))
        return CliRunner().invoke(cli.app, ["doctor", *arguments])

    return calling


def test_what_is_said_of_an_installation_that_is_well(doctor: Called, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    result = doctor(TORCH, NO_KERAS)
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0].startswith(f"SeqForge {__version__}, ")
    assert lines[1] == f"Python {platform.python_version()}, {sys.executable}"
    assert "OMP_NUM_THREADS=3" in lines
    assert "  PyTorch         torch 2.13.0, cuda 12.4 on CPU | cuda:0 Card, 8.2 GB" in lines
    assert "  Keras on torch  keras not installed: pip install 'seqforge[keras]'" in lines
    assert any(line.startswith("  needed ") and "lxml " in line for line in lines)
    assert any(line.startswith("  cache ") and line.endswith(", can be written") for line in lines)
    assert lines[-1] == "all well"


def test_what_does_not_start_ends_in_status_1(doctor: Called) -> None:
    result = doctor(TORCH, BROKEN)
    assert result.exit_code == 1
    assert "  Triton   does not start: signal 6" in result.output
    assert result.output.splitlines()[-1] == (
        "error: Triton does not start: signal 6; install it anew: pip install --force-reinstall triton"
    )


def test_warnings_leave_the_status_at_0(doctor: Called) -> None:
    result = doctor(NO_KERAS)
    assert result.exit_code == 0
    assert result.output.splitlines()[-1].startswith("warning: there is no backend to train on; ")


@pytest.mark.parametrize(("backends", "status"), [((TORCH,), 0), ((TORCH, BROKEN), 1)])
def test_json(doctor: Called, backends: tuple[Probed, ...], status: int) -> None:
    result = doctor(*backends, arguments=("--json",))
    assert result.exit_code == status
    found = json.loads(result.output)
    assert found["healthy"] is not bool(status)
    assert found["versions"]["seqforge"] == __version__
    assert found["backends"][0]["versions"] == {"torch": "2.13.0", "cuda": "12.4"}
    assert [one["fatal"] for one in found["problems"]] == [True] * status


def test_it_takes_no_arguments(doctor: Called) -> None:
    assert doctor(TORCH, arguments=("x",)).exit_code == 2


@pytest.mark.slow
def test_the_whole_on_this_machine() -> None:
    code = "import sys; from seqforge import cli; sys.argv = ['seqforge', 'doctor', '--json']"
    code += "; cli.app(standalone_mode=False)"
    code += "; print([n for n in ('torch', 'tensorflow', 'keras', 'triton') if n in sys.modules], file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-1] == "[]"
    found = json.loads(done.stdout)
    assert found["healthy"], found["problems"]
    there = [one for one in found["backends"] if not one["missing"]]
    assert all(one["versions"] and not one["error"] for one in there)
    assert all(one["devices"][0]["name"] == "CPU" for one in there if one["name"] != "Triton")
