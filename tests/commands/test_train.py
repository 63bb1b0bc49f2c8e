# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge train` on the NumPy learner: what is said where, and every way to call it wrong."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
import toy_runs
from rich.text import Text

from seqforge import cli
from seqforge.callbacks.interrupt import Interrupted
from seqforge.training.progress import Training

Called = tuple[int, str, str]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    toy_runs.prepare(tmp_path, monkeypatch)
    return tmp_path


@pytest.fixture
def call(place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """`call(*arguments)`: exit status, stdout, stderr of `seqforge train arguments…`."""

    def calling(*arguments: str) -> Called:
        monkeypatch.setattr(sys, "argv", ["seqforge", "train", *arguments])
        capsys.readouterr()
        try:
            cli.main()
            status = 0
        except SystemExit as end:
            status = int(end.code or 0)
        said = capsys.readouterr()
        return status, said.out, Text.from_ansi(said.err).plain

    return calling


def test_it_says_what_it_does_in_order(call: Any) -> None:
    status, out, err = call("toy.xml", "--data", "data")
    assert (status, err) == (0, "")
    heads = [line.split(":")[0].split("  ")[0] for line in out.splitlines()]
    assert [head for head in heads if not head.startswith("encoding")] == [
        *(
            "definition",
            "data",
            "run",
            "model",
            "estimate",
            "epoch 1/3",
            "epoch 2/3",
            "epoch 3/3",
            "best epoch",
            "test",
            "next",
        ),
    ]
    assert "definition: toy.xml is valid: toy, multi-class classification" in out
    assert "data: 60 training, 20 validation, 20 test sequences of length 12, from data" in out
    assert "next: seqforge evaluate runs/toy/" in out


def test_an_identical_finished_run_is_found_again(call: Any) -> None:
    call("toy.xml", "--data", "data")
    status, out, _ = call("toy.xml", "--data", "data")
    assert status == 0
    assert "this run is finished already (--again trains it anew): runs/toy/" in out
    assert "test: 20 examples, loss " in out
    assert "epoch 1/3" not in out
    assert "epoch 3/3" in call("toy.xml", "--data", "data", "--again")[1]


def test_an_override_is_said_with_what_it_replaces(call: Any) -> None:
    status, out, _ = call("toy.xml", "--data", "data", "--set", "trainingprocess.epochs=1")
    assert status == 0
    assert "--set trainingprocess.epochs=1 instead of the definition's 3" in out
    assert "epoch 1/1" in out


def test_the_files_of_a_data_section_are_named(call: Any, place: Path) -> None:
    section = ("--set", "data.format=table", "--set", "data.folder=data")
    _, out, _ = call("toy.xml", *section)
    assert "sequences of length 12, from data/training.txt, data/validation.txt, data/test.txt\n" in out
    _, out, _ = call("toy.xml", *section, "--set", "data.training=training.txt")
    assert "sequences of length 12, from data/training.txt\n" in out


def test_nothing_is_left_of_a_training_without_examples(call: Any, place: Path) -> None:
    (place / "data" / "training.txt").write_text("x\ty\n")
    status, out, err = call("toy.xml", "--data", "data")
    assert status == 1
    assert err == "data: SF0709: the training set has no examples; nothing can be learned from it\n"
    assert "run: " not in out
    assert not (place / "runs").exists()


def test_json_is_one_object_and_everything_else_goes_to_stderr(call: Any, place: Path) -> None:
    status, out, err = call("toy.xml", "--data", "data", "--json")
    assert status == 0
    found = json.loads(out)
    assert found["state"] == "finished"
    assert Path(found["run"]).parent == Path("runs/toy")
    assert found["scores"]["test"]["n"] == 20
    assert len(found["history"]) == 3
    assert found["best"]["monitor"] == "validation_loss"
    assert "epoch 3/3" in err


def test_quiet_prints_the_run_folder_only(call: Any) -> None:
    status, out, err = call("toy.xml", "--data", "data", "--quiet")
    assert (status, err) == (0, "")
    assert Path(out.strip(), "weights.safetensors").is_file()
    assert len(out.splitlines()) == 1


def test_every_problem_of_a_definition_is_printed(call: Any, place: Path) -> None:
    text = (place / "toy.xml").read_text()
    text = text.replace('name="batch_size">8', 'name="batch_size">-1').replace(">Adam<", ">Adm<")
    (place / "toy.xml").write_text(text)
    status, out, err = call("toy.xml", "--data", "data")
    assert (status, out) == (1, "")
    assert "batch_size: expected an integer ≥ 1, received -1" in err
    assert "unknown optimizer 'Adm' for PyTorch; did you mean 'Adam'?" in err
    assert not (place / "runs").exists()


def test_warnings_are_printed_and_do_not_stop(call: Any, place: Path) -> None:
    text = (place / "toy.xml").read_text()
    key = '<hyperparameter name="early_stopping_patience">3</hyperparameter></trainingprocess>'
    text = text.replace('name="early_stopping">True', 'name="early_stopping">False').replace("</trainingprocess>", key)
    (place / "toy.xml").write_text(text)
    status, out, err = call("toy.xml", "--data", "data", "--quiet")
    assert status == 0
    assert "warning: early_stopping_patience has no effect without early_stopping" in err
    assert len(out.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["nothing.xml"], 1, "nothing.xml: SF0001: no such file"),
        (["toy.xml", "--data", "nowhere"], 1, "no such data"),
        (["toy.xml", "--resume", "--again"], 2, "--resume continues a run and --again starts one; give one of them"),
        (["toy.xml", "--data", "data", "--resume"], 1, "there is no run of this definition on this data to resume"),
        (["data"], 1, "data: no run is here; expected a folder with manifest.json"),
        (["toy.xml", "--data", "data", "--threads", "0"], 2, "--threads"),
        (["toy.xml", "--data", "data", "--set", "trainingprocess.epoch=3"], 1, "did you mean 'epochs'?"),
    ],
)
def test_mistakes_are_one_line_and_a_status(call: Any, arguments: list[str], status: int, message: str) -> None:
    found, out, err = call(*arguments)
    assert found == status
    assert "epoch" not in out
    assert message in err
    assert "Traceback" not in err


def test_an_interrupted_run_is_continued_by_the_words_that_it_printed(
    call: Any, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call("toy.xml", "--data", "data", "--runs", "whole")
    advance = Training.advance

    def stopping(self: Training, examples: int) -> None:
        self.interrupt = signal.SIGTERM if self.total == 11 else 0
        advance(self, examples)

    monkeypatch.setattr(Training, "advance", stopping)
    status, _, err = call("toy.xml", "--data", "data")
    monkeypatch.setattr(Training, "advance", advance)
    assert status == 143
    assert err.startswith(
        "interrupted in epoch 2 after step 4 of 8; everything is saved; continue with: seqforge train "
    )
    words = err.strip().rpartition("seqforge train ")[2].split()
    status, out, _ = call(*words)
    assert status == 0
    assert "was interrupted, continued from epoch-0001-step-000004" in out
    (one,), (other,) = place.glob("runs/toy/*/weights.safetensors"), place.glob("whole/toy/*/weights.safetensors")
    assert one.read_bytes() == other.read_bytes()


def test_a_run_folder_takes_no_changes(call: Any, place: Path) -> None:
    call("toy.xml", "--data", "data")
    status, _, err = call("runs/toy", "--set", "trainingprocess.epochs=9")
    assert status == 2
    assert "--set, --data and --again belong to a definition" in err


def test_the_status_of_an_interrupt_follows_its_signal() -> None:
    assert Interrupted("", signal.SIGINT).exit_status == 130
