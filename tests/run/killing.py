# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge train` in processes of its own, one of which is killed at a chosen step."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import toy_runs

TOY = ("toy.xml", "--data", "data")
KILLED = """
import os, sys
from seqforge import backends, cli
from seqforge.backends.fake import FakeLearner
from seqforge.callbacks import Checkpoint
from seqforge.training.progress import Training

step, number, fake = int(sys.argv.pop(1)), int(sys.argv.pop(1)), int(sys.argv.pop(1))
if fake:
    backends.open_learner = lambda experiment, length, **_: FakeLearner(length, 2)
advance = Training.advance

def advancing(self, examples):
    if self.total == step:
        os.kill(os.getpid(), number)
    advance(self, examples)

Training.advance = advancing
Checkpoint.__init__.__kwdefaults__.update(steps=3)
cli.main()
"""


def train(
    folder: Path,
    runs: str,
    *extra: str,
    definition: Sequence[str] = TOY,
    kill: tuple[int, int] = (-1, 0),
    fake: bool = False,
) -> subprocess.CompletedProcess[str]:
    """Train a definition in `folder`, with a checkpoint every 3 steps; `kill`: at which step by which signal."""
    how = [str(int(number)) for number in (*kill, fake)]
    command = [sys.executable, "-c", KILLED, *how, "train", *definition, "--runs", runs, *extra]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, env=os.environ | QUIET)


QUIET = {"OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}


def check_resume(folder: Path, library: str, kills: list[tuple[int, int, int]], fake: bool = False) -> None:
    """The toy definition, killed at (step, by signal, with this exit status) and resumed, ends as a whole run does."""
    toy_runs.write_definition(folder, library)
    toy_runs.write_data(folder / "data")
    check_continued(folder, TOY, kills, fake)


def check_continued(
    folder: Path, definition: Sequence[str], kills: list[tuple[int, int, int]], fake: bool = False
) -> None:
    """Weights, scores and history of a run that was killed and resumed are those of a whole run, to the byte."""
    whole = train(folder, "whole", definition=definition, fake=fake)
    assert whole.returncode == 0, whole.stderr
    (expected,) = folder.glob("whole/*/*/weights.safetensors")
    for step, number, status in kills:
        runs = f"killed-{step}-{number}"
        killed = train(folder, runs, definition=definition, kill=(step, number), fake=fake)
        assert killed.returncode == status, killed.stderr
        assert not list(folder.glob(f"{runs}/*/*/weights.safetensors"))
        resumed = train(folder, runs, "--resume", definition=definition, fake=fake)
        assert resumed.returncode == 0, resumed.stderr
        assert "continued from epoch-" in resumed.stdout
        (found,) = folder.glob(f"{runs}/*/*/weights.safetensors")
        assert found.read_bytes() == expected.read_bytes(), f"killed at step {step}"
        assert (found.parent / "scores.json").read_bytes() == (expected.parent / "scores.json").read_bytes()
        assert epochs(found.parent) == epochs(expected.parent)
        assert best(found.parent) == best(expected.parent)


def epochs(run: Path) -> list[str]:
    """The lines of a history without what the clock said."""
    lines = (run / "history.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.dumps({key: value for key, value in json.loads(line).items() if key != "seconds"}) for line in lines]


def best(run: Path) -> object:
    """The epoch whose weights were kept, and by which value."""
    return json.loads((run / "manifest.json").read_text(encoding="utf-8"))["best"]
