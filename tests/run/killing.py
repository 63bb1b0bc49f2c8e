# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge train` in processes of its own, one of which is killed at a chosen step."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import toy_runs

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
    folder: Path, runs: str, *extra: str, kill: tuple[int, int] = (-1, 0), fake: bool = False
) -> subprocess.CompletedProcess[str]:
    """Train the definition of `folder`, with a checkpoint every 3 steps; `kill`: at which step by which signal."""
    how = [str(int(number)) for number in (*kill, fake)]
    command = [sys.executable, "-c", KILLED, *how, "train", "toy.xml", "--data", "data", "--runs", runs, *extra]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, env=os.environ | QUIET)


QUIET = {"OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}


def check_resume(folder: Path, library: str, kills: list[tuple[int, int, int]], fake: bool = False) -> None:
    """Killed at (step, by signal, with this exit status) and resumed, the final weights are those of a whole run."""
    toy_runs.write_definition(folder, library)
    toy_runs.write_data(folder / "data")
    whole = train(folder, "whole", fake=fake)
    assert whole.returncode == 0, whole.stderr
    (expected,) = folder.glob("whole/toy/*/weights.safetensors")
    for step, number, status in kills:
        runs = f"killed-{step}-{number}"
        assert train(folder, runs, kill=(step, number), fake=fake).returncode == status
        assert not list(folder.glob(f"{runs}/toy/*/weights.safetensors"))
        resumed = train(folder, runs, "--resume", fake=fake)
        assert resumed.returncode == 0, resumed.stderr
        assert "continued from epoch-" in resumed.stdout
        (found,) = folder.glob(f"{runs}/toy/*/weights.safetensors")
        assert found.read_bytes() == expected.read_bytes(), f"killed at step {step}"
        assert (found.parent / "scores.json").read_bytes() == (expected.parent / "scores.json").read_bytes()
