# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What the centromere Transformer is accepted by: that it learns, repeats itself, resumes, and needs little memory."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import killing
import numpy as np
import pytest

from seqforge.experiment import read
from seqforge.run import Options, Run, conduct
from seqforge.run.judging import judge

DEFINITION = Path(__file__).parents[2] / "model-defs/torch-centromere-small.xml"
FEW = ("data.training_samples=10", "data.validation_samples=2", "data.test_samples=1", "data.bins=70")
GIB = 2**30
PREDICTION = """
from pathlib import Path
import torch
from seqforge.architectures.torch.centromere_transformer import CentromereTransformer

def held(what):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(what + ":"))

torch.manual_seed(0)
model = CentromereTransformer().eval()
with torch.inference_mode():
    model(torch.randn(1, 64, 8))
    x = torch.randn(1, 20_000, 8)
    Path("/proc/self/clear_refs").write_text("5")
    before = held("VmRSS")
    position, ranges = model(x)
    assert position.shape == (1, 20_000, 1) and ranges.shape == (1, 20_000, 3)
    assert torch.isfinite(position).all()
print(held("VmHWM") - before)
"""
pytestmark = pytest.mark.torch


def trained(folder: Path, *overrides: str) -> Run:
    experiment = read(DEFINITION, overrides)[0]
    return conduct(experiment, Options(runs=folder, overrides=overrides, threads=1, device="cpu"))


def test_the_same_seed_gives_the_same_weights_after_20_steps(tmp_path: Path) -> None:
    one, other = (trained(tmp_path / name, *FEW, "trainingprocess.epochs=2") for name in ("one", "other"))
    assert one.path != other.path
    assert [row["loss"] for row in one.history] == [row["loss"] for row in other.history]
    assert one.weights().keys() == other.weights().keys()
    for name, array in one.weights().items():
        np.testing.assert_array_equal(array, other.weights()[name], err_msg=name)


def test_a_weight_far_from_the_data_is_a_line_of_the_log(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    run = trained(tmp_path, *FEW, "data.training_samples=2", "trainingprocess.epochs=1", "loss.pos_weight=60")
    said = "warning: pos_weight is 60, but the training data have 4.83 negatives per positive"
    assert said in (run.path / "log.txt").read_text()
    assert run.experiment.loss is not None
    assert not [one for one in recwarn.list if "pos_weight" in str(one.message)]


@pytest.mark.slow
def test_a_killed_run_continues_to_the_same_bytes(tmp_path: Path) -> None:
    """10 steps per epoch: killed outright within the second epoch, asked to end within the third."""
    changes = [word for one in (*FEW, "trainingprocess.epochs=3") for word in ("--set", one)]
    kills = [(14, signal.SIGKILL, -signal.SIGKILL), (23, signal.SIGTERM, 128 + signal.SIGTERM)]
    killing.check_continued(tmp_path, [str(DEFINITION), *changes], kills)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 5))
def test_the_small_model_learns_with_other_seeds(tmp_path: Path, seed: int) -> None:
    run = trained(tmp_path, f"general.seed={seed}")
    assert run.manifest["parameters"]["parameters"] == 56_436
    assert max(row["validation_f1"] for row in run.history) >= 0.95
    found = judge(run, "validation", with_report=False, device="cpu", threads=1).scores
    assert len(found["chromosomes"]) == 4
    assert all(one["region_iou"] >= 0.8 for one in found["chromosomes"])


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="only Linux tells the peak of a stretch")
def test_20_000_bins_are_predicted_within_a_gigabyte() -> None:
    done = subprocess.run([sys.executable, "-c", PREDICTION], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert 0 < int(done.stdout) < GIB
