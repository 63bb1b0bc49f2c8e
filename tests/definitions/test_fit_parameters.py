# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""JSON fit parameters: every key has its place in the definition, what does not fit is refused with its line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from seqforge.cli import app
from seqforge.definitions.fit_parameters import KEYS, notes, read, recognised
from seqforge.definitions.jsontree import scan
from seqforge.definitions.reader import read_tree
from seqforge.definitions.tree import Node
from seqforge.errors import DefinitionError
from seqforge.experiment import Experiment
from seqforge.experiment import read as experiment

LEAST: dict[str, Any] = {
    "name": "ctcf",
    "sequences": "hg38.fa",
    "loci": "peaks.bed",
    "signals": [["plus.bw", "minus.bw"]],
}


def tree(given: dict[str, Any], defaults: str = "documented") -> Node:
    return read_tree(json.dumps(LEAST | given, indent=0).encode(), defaults=defaults)


def resolved(given: dict[str, Any], tmp_path: Path, defaults: str = "documented") -> Experiment:
    path = tmp_path / "ctcf.json"
    path.write_text(json.dumps(LEAST | given), encoding="utf-8")
    return experiment(read_tree(path, defaults=defaults))[0]


def refused(given: dict[str, Any]) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        tree(given)
    return [str(problem) for problem in caught.value.problems]


def options(section: Node) -> dict[str, str]:
    return {str(node.attributes["name"]): str(node.text) for node in section.all("hyperparameter")}


def test_documented_defaults(tmp_path: Path) -> None:
    found = resolved({"negatives": "background.bed"}, tmp_path)
    settings = found.architecture.settings()
    assert {name: settings[name] for name in ("n_filters", "n_layers", "profile_kernel_size", "weight_scope")} == {
        "n_filters": 96,
        "n_layers": 9,
        "profile_kernel_size": 1,
        "weight_scope": "shared",
    }
    assert found.architecture.window() == (2114, 1000)
    muon, adam = (use.optimizer.settings() for use in found.optimizers)
    assert (muon["learning_rate"], muon["weight_decay"]) == (0.025, 0.01)
    assert (adam["learning_rate"], adam["weight_decay"]) == (0.004, 0.2)
    (schedule,) = (use.schedule.settings() for use in found.schedules)
    assert (schedule["warmup_epochs"], schedule["start_factor"], schedule["min_learning_rate"]) == (5, 0.01, 1e-5)
    assert found.process is not None
    process = found.process.settings()
    expected = {
        "batch_size": 64,
        "epochs": 50,
        "early_stopping": True,
        "early_stopping_patience": 15,
        "ema_decay": 0.999,
    }
    assert {name: process[name] for name in expected} == expected
    assert process["drop_last"]
    assert found.source is not None
    assert found.source.settings()["negative_ratio"] == 0.1
    assert found.source.settings()["max_jitter"] == 500
    assert (found.seed, [head.name for head in found.heads], found.heads[0].width) == (0, ["signal"], 2)


def test_later_defaults(tmp_path: Path) -> None:
    found = resolved({"negatives": "background.bed"}, tmp_path, "later")
    settings = found.architecture.settings()
    assert (settings["n_filters"], settings["profile_kernel_size"], settings["weight_scope"]) == (128, 75, "group")
    muon, sgd, adam = found.optimizers
    assert [use.pattern for use in (muon, sgd, adam)] == ["blocks.*.linear?.weight", "lw?", None]
    assert sgd.optimizer.settings() | {"learning_rate": 0.001, "momentum": 0.9} == sgd.optimizer.settings()
    assert [use.schedule.settings()["min_learning_rate"] for use in found.schedules] == [1e-5, 0.001, 1e-5]
    constant = found.schedules[1].schedule.begin(0.001, 10, 20)
    assert {constant.rate(step) for step in range(20, 200)} == {0.001}
    assert found.process is not None
    assert (found.process.epochs, found.process.early_stopping_patience) == (20, 5)
    assert found.source is not None
    assert found.source.settings()["negative_ratio"] == 0.25


def test_every_key_has_a_meaning() -> None:
    homes = {key.home for key in KEYS.values() if key.home}
    assert len(KEYS) == 42
    assert len(homes) == sum(bool(key.home) for key in KEYS.values())
    values = {"n_filters": 8, "n_layers": 2, "residual_scale": 0.5, "min_counts": 3, "max_counts": 90, "summits": True}
    root = tree(values | {"exclusion_lists": ["a.bed", "b.bed"], "validation_chroms": "chr8", "random_state": 7})
    sections = {node.tag: options(node) for node in root.children}
    architecture = root.one("architecture")
    assert architecture is not None
    arguments = architecture.one("hyperparameters")
    assert arguments is not None
    assert {"n_filters": "8", "n_layers": "2", "residual_scale": "0.5"}.items() <= options(arguments).items()
    expected = {"min_counts": "3", "max_counts": "90", "summits": "true", "exclusion_lists": "a.bed, b.bed"}
    assert (expected | {"validation_chroms": "chr8"}).items() <= sections["data"].items()
    general = root.one("general")
    assert general is not None
    assert str(general.one("seed").text) == "7"  # type: ignore[union-attr]


def test_groups_of_signals_and_controls() -> None:
    root = tree({"signals": [["p.bw", "m.bw"], "a.bw"], "controls": [["cp.bw", "cm.bw"]]})
    data, general = root.one("data"), root.one("general")
    assert data is not None
    assert general is not None
    assert options(data)["signals"] == "p.bw, m.bw; a.bw"
    heads = general.one("heads")
    assert heads is not None
    assert [(str(one.attributes["name"]), str(one.attributes["tasks"])) for one in heads.children] == [
        ("signal1", "2"),
        ("signal2", "1"),
    ]
    flat = tree({"signals": ["p.bw", "m.bw"]}).one("data")
    single = tree({"signals": ["p.bw", "m.bw"], "single_count_output": True}).one("data")
    assert flat is not None
    assert single is not None
    assert options(flat)["signals"] == "p.bw; m.bw"
    assert options(single)["signals"] == "p.bw, m.bw"


def test_null_switches_early_stopping_off_and_is_else_absent() -> None:
    process = tree({"early_stopping": None, "negatives": None, "max_counts": None}).one("trainingprocess")
    assert process is not None
    assert options(process)["early_stopping"] == "False"
    assert "early_stopping_patience" not in options(process)


def test_fixed_weights_of_the_loss() -> None:
    loss = tree({"loss_weights": [1, 0.5]}).one("loss")
    assert loss is not None
    assert options(loss) == {
        "loss": "ProfileCountLoss",
        "weights": "fixed",
        "profile_weight": "1",
        "count_weight": "0.5",
        "divide_by_depth": "True",
    }


def test_loss_weights_get_an_optimizer_when_asked_for() -> None:
    second = tree({"lw_lr": 0.01}).all("optimizer")[1]
    assert options(second) == {"optimizer": "SGD", "learning_rate": "0.01", "weight_decay": "0", "momentum": "0.9"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"n_filter": 96}, "SF0146: fit parameters have no key 'n_filter'; did you mean 'n_filters'?"),
        ({"learning_rate": 1}, "SF0146: fit parameters have no key 'learning_rate'"),
        ({"n_filters": 0}, "SF0148: n_filters: expected an integer ≥ 1, received 0"),
        ({"n_filters": "96"}, "SF0148: n_filters: expected an integer ≥ 1, received the text '96'"),
        ({"n_filters": True}, "SF0148: n_filters: expected an integer ≥ 1, received true"),
        ({"summits": 1}, "SF0148: summits: expected true or false, received 1"),
        ({"dtype": "float8"}, "SF0148: dtype: expected one of"),
        ({"loci": []}, "SF0148: loci: expected a path or a list of paths, received an empty list"),
        ({"loci": ["a.bed", 3]}, "SF0148: loci: expected a path or a list of paths, received 3"),
        ({"signals": [["p,m.bw"]]}, "SF0148: signals: commas and semicolons separate paths"),
        ({"loss_weights": [1]}, "SF0148: loss_weights: expected a list of two numbers"),
        ({"negative_ratio": 0.2}, "SF0148: negative_ratio: 0.2 needs negatives"),
        ({"single_count_output": False}, "SF0148: single_count_output: false with 2 tracks"),
        ({"loss_weights": [1, 1], "lw_lr": 0.1}, "SF0148: loss_weights: fixed weights beside lw_…"),
    ],
)
def test_what_does_not_fit_is_refused(given: dict[str, Any], expected: str) -> None:
    assert any(expected in line for line in refused(given))


def test_all_missing_keys_are_listed() -> None:
    with pytest.raises(DefinitionError) as caught:
        read(scan('{"n_filters": 8, "signal": "a.bw"}', "fit.json"))  # type: ignore[arg-type]
    found = [str(problem) for problem in caught.value.problems]
    assert "fit.json:1: SF0147: fit parameters lack 'name', 'sequences', 'loci'" in found
    assert any("no key 'signal'; did you mean 'signals'?" in line for line in found)


def test_each_unknown_key_is_refused_at_its_line() -> None:
    lines = refused({"filters": 1, "verbos": True})
    assert [line.split(":")[0] for line in lines if "SF0146" in line] == ["11", "12"]


def test_keys_without_a_meaning_are_listed() -> None:
    given = {"verbose": True, "skip": False, "performance_filename": "p.tsv", "device": "cuda", "num_workers": 4}
    document = scan(json.dumps(LEAST | given), "fit.json")
    found = [str(note) for note in notes(document)]  # type: ignore[arg-type]
    assert len(found) == 5
    assert all("SF0149: note" in line for line in found)


def test_other_json_is_left_alone() -> None:
    assert not recognised(scan('{"seqgramodel": {}, "name": 1}', ""))
    assert not recognised(scan('{"settings": {}, "heads": []}', ""))
    assert not recognised(scan("[]", ""))


def test_convert(tmp_path: Path) -> None:
    source, target = tmp_path / "fit.json", tmp_path / "ctcf.xml"
    source.write_text(json.dumps(LEAST | {"skip": True}), encoding="utf-8")
    result = CliRunner().invoke(app, ["convert", str(source), str(target), "--defaults", "later"])
    assert result.exit_code == 0
    assert "SF0149: note: 'skip' is left out" in result.output
    assert experiment(target)[0].architecture.settings()["n_filters"] == 128
    result = CliRunner().invoke(app, ["convert", str(source), str(target), "--defaults", "newer"])
    assert "unknown generation 'newer'" in str(result.exception)
