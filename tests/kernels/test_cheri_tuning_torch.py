# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The space of settings is really explored, reported and kept; the shipped table lies inside it."""

from __future__ import annotations

import ast
import inspect
import textwrap

import pytest

pytest.importorskip("triton", reason="the package 'triton' is not installed")

from triton.runtime.errors import OutOfResources

from seqforge.kernels import cheri_block, cheri_conv_norm
from seqforge.kernels import cheri_tuning as tuning

pytestmark = pytest.mark.torch

KERNELS = {
    "statistics": cheri_conv_norm._statistics,
    "normalise": cheri_conv_norm._normalise,
    "sums": cheri_conv_norm._sums,
    "gradients": cheri_conv_norm._gradients,
    "forward": cheri_block._forward,
    "value_gradient": cheri_block._value_gradient,
    "weight_gradients": cheri_block._weight_gradients,
}
KEY = tuning.Key("gradients", 128, 0, "float32", "sm_90", 20)
LOADS = {"load", "load_rows", "load_tap", "load_weight", "example_moments", "example_sums", "normalised"}


@pytest.fixture(autouse=True)
def _forget(monkeypatch: pytest.MonkeyPatch, tmp_path):
    monkeypatch.setenv("SEQFORGE_CACHE", str(tmp_path))
    monkeypatch.setattr(tuning, "_settled", {})
    monkeypatch.setattr(tuning, "reports", [])


def triple(settings: tuning.Settings) -> tuple[int, int, int]:
    return settings["BLOCK"], settings["num_warps"], settings["num_stages"]


def test_48_configurations_are_48():
    found = {triple(config.all_kwargs()) for config in tuning.space()}
    assert len(found) == 48
    assert found == {triple(tuning.merged(config)) for config in tuning.space()}
    assert [{part[i] for part in found} for i in range(3)] == [{32, 64, 128, 256}, {4, 8, 16}, {2, 3, 4, 5}]


@pytest.mark.parametrize("name", KERNELS)
def test_kernels_take_what_is_tuned_and_have_a_loop_for_stages(name: str):
    source = inspect.getsource(KERNELS[name].fn)
    assert {"BLOCK", "num_stages"} <= set(KERNELS[name].arg_names)
    assert "num_stages=num_stages" in source


@pytest.mark.parametrize("name", KERNELS)
def test_no_kernel_reads_what_it_writes(name: str):
    function = ast.parse(textwrap.dedent(inspect.getsource(KERNELS[name].fn))).body[0]
    roots = {argument.arg: {argument.arg} for argument in function.args.args}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            roots.setdefault(node.targets[0].id, roots.get(leading(node.value), set()))
    read, written = pointers(function, roots, LOADS), pointers(function, roots, {"store"})
    assert read
    assert written
    assert not read & written


def pointers(function: ast.AST, roots: dict[str, set[str]], calls: set[str]) -> set[str]:
    """The arguments of a kernel that are the leading name in the first argument of such calls."""
    found: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and (getattr(node.func, "attr", None) or getattr(node.func, "id", "")) in calls:
            found |= set(roots.get(leading(node.args[0]), set()))
    return found


def leading(node: ast.AST) -> str:
    while isinstance(node, ast.BinOp):
        node = node.left
    return node.id if isinstance(node, ast.Name) else ""


def test_a_report_tells_what_became_of_each(monkeypatch: pytest.MonkeyPatch):
    def run(settings: tuning.Settings) -> None:
        if settings["num_warps"] == 16:
            raise RuntimeError("too many warps")

    monkeypatch.setattr(tuning, "milliseconds", lambda call: call() or 1.0)
    report = tuning.tune(KEY, run)
    assert len(report.tried) + len(report.pruned) + len(report.failed) == 48
    assert report.best == {"BLOCK": 32, "num_warps": 4, "num_stages": 2}
    assert {settings["num_warps"] for settings, _ in report.failed} == {16}
    assert report.failed[0][1] == "RuntimeError: too many warps"
    assert ({"BLOCK": 256, "num_warps": 4, "num_stages": 2}, "1152 values for a thread, of 512") in report.pruned
    assert ({"BLOCK": 64, "num_warps": 8, "num_stages": 3}, "294912 bytes of shared memory, of 232448") in report.pruned
    assert "tried" in str(report)


def test_nothing_that_runs_leaves_the_safe_choice(monkeypatch: pytest.MonkeyPatch):
    def refuse(settings: tuning.Settings) -> None:
        raise RuntimeError("no device")

    report = tuning.tune(KEY, refuse)
    assert report.best is None
    assert "nothing ran" in str(report)
    assert tuning.choose(KEY, "autotune", refuse) == tuning.SAFE


def test_what_was_measured_is_kept(monkeypatch: pytest.MonkeyPatch):
    called: list[tuning.Settings] = []
    monkeypatch.setattr(tuning, "milliseconds", lambda call: call() or float(len(called) != 3))
    best = tuning.choose(KEY, "autotune", called.append)
    count = len(called)
    assert best == called[2]
    assert tuning.choose(KEY, "autotune", called.append) == best
    assert len(called) == count
    assert [report.best for report in tuning.reports] == [best]
    assert tuning.choose(KEY._replace(channels=64), "autotune", called.append)
    assert len(called) > count


def test_a_choice_that_does_not_fit_steps_down_once():
    called: list[tuning.Settings] = []

    def run(settings: tuning.Settings) -> None:
        called.append(settings)
        if settings["num_stages"] > 1:
            raise OutOfResources(300_000, 232_448, "shared memory")

    assert tuning.launch(KEY, "table", run) == {"BLOCK": 32, "num_warps": 8, "num_stages": 1}
    count = len(called)
    tuning.launch(KEY, "table", run)
    assert len(called) == count + 1


def test_where_nothing_fits_the_error_is_that_of_triton():
    def run(settings: tuning.Settings) -> None:
        raise OutOfResources(300_000, 232_448, "shared memory")

    with pytest.raises(OutOfResources):
        tuning.launch(KEY, "table", run)


def test_the_table_lies_in_the_space():
    known = {triple(tuning.merged(config)) for config in tuning.space()}
    for entry in tuning.table():
        assert entry["kernel"] in KERNELS
        assert (entry["block"], entry["warps"], entry["stages"]) in known


def test_the_table_answers_for_sizes_that_it_does_not_hold():
    entries = [entry for entry in tuning.table() if entry["kernel"] == "forward" and entry["dtype"] == "float32/tf32"]
    wide = max(entries, key=lambda entry: entry["channels"])
    found = tuning.from_table(tuning.Key("forward", 4096, 8192, "float32/tf32", wide["architecture"], 9))
    assert triple(found) == (wide["block"], wide["warps"], wide["stages"])
    assert tuning.from_table(KEY._replace(architecture="sm_30")) == tuning.SAFE


def test_every_configuration_of_the_space_is_run_once(monkeypatch: pytest.MonkeyPatch):
    """Of a kernel that its compiler judges: none is pruned, so 48 different ones reach the kernel."""
    called: list[tuple[int, int, int]] = []
    monkeypatch.setattr(tuning, "milliseconds", lambda call: call() or 1.0)
    report = tuning.tune(KEY._replace(kernel="forward"), lambda settings: called.append(triple(settings)))
    assert len(called) == len(set(called)) == len(report.tried) == 48
    assert not report.pruned


def ran(key: tuning.Key, how: str = "table", limit: int = 1 << 20) -> str:
    """Where the record says that the settings of a kernel come from; `limit`: the largest block that fits."""

    def run(settings: tuning.Settings) -> None:
        if settings["BLOCK"] > limit:
            raise OutOfResources(300_000, 232_448, "shared memory")

    tuning.launch(key, how, run)
    return tuning.record()["settings"][-1]["from"]


def test_the_record_says_which_entry_was_used(monkeypatch: pytest.MonkeyPatch):
    assert tuning.record() == {}
    assert ran(KEY) == "entry for 128 channels"
    assert ran(KEY._replace(channels=112)) == "entry for 128 channels"
    assert ran(KEY._replace(architecture="sm_30")) == "no entry for sm_30, float32: the safe choice"
    wide = tuning.Key("forward", 128, 256, "float32/tf32", "sm_90", 20)
    assert ran(wide, limit=64) == "entry for 128 channels, stepped down to what fits"
    found = tuning.record()
    assert found["settings"][0]["settings"] == tuning.from_table(KEY)
    assert found["settings"][0]["kernel"] == "gradients"
    assert "not yet measured" in found["table"] or "measured on" in found["table"]
    assert found["measured"] == []


def test_the_record_has_what_was_measured(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tuning, "milliseconds", lambda call: call() or 1.0)
    assert ran(KEY, "autotune") == "measured by this run"
    (line,) = tuning.record()["measured"]
    assert line.startswith("gradients 128 channels float32: ")
    assert "pruned" in line
    monkeypatch.setattr(tuning, "reports", [])
    assert ran(KEY, "autotune").startswith("measured before, kept in ")
