# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Learned factors of any terms in runs: trained, shown, frozen, averaged, interrupted and gone on with."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from seqforge import cli
from seqforge.architectures.parts import fill
from seqforge.callbacks.interrupt import Interrupted
from seqforge.experiment import read
from seqforge.run import Options, Run, conduct
from seqforge.training.progress import Callback, Training

pytestmark = pytest.mark.torch
BINS = Path(__file__).parents[2] / "model-defs/torch-centromere-small.xml"
MASKS = ("DiceLoss", "FocalLoss")
TINY = ("training_samples=5", "validation_samples=1", "test_samples=1", "bins=80", "shortest=60", "train_window=70")
SHORT = [f"data.{one}" for one in TINY] + ["trainingprocess.epochs=3", "trainingprocess.batch_size=2"]


def keys(**values: object) -> str:
    return "".join(f'<hyperparameter name="{name}">{value}</hyperparameter>' for name, value in values.items())


SGD = f'<optimizer parameters="loss.*">{keys(optimizer="SGD", learning_rate=0.05)}</optimizer>'


def segmentation(folder: Path) -> Path:
    """A small U-Net on simulated profiles; Dice and focal loss balance themselves."""
    text = f"""<seqgramodel>
    <general id="balanced"><name>balanced</name><description></description><task>segmentation</task>
    <sequencespace>signal</sequencespace><library>PyTorch</library>
    <labels><label>background</label><label>allele</label></labels><seed>1</seed></general>
    <architecture><external format="seqforge" classname="UNet"/>
    <hyperparameters>{keys(depth=1, num_filters=2, kernel_size="1, 3")}</hyperparameters></architecture>
    <loss>{keys(loss="WeightedLoss", terms="DiceLoss 0.7, FocalLoss", weighting="learned", freeze_below=0.05)}
    <hyperparameter name="FocalLoss.gamma">1.5</hyperparameter></loss>
    {SGD}<optimizer>{keys(optimizer="AdamW", learning_rate=0.01)}</optimizer>
    <trainingprocess>{keys(epochs=2, batch_size=4)}</trainingprocess>
    <data format="epg-simulation">{keys(profiles=12, donors=12, contributors=1, length=1024)}</data></seqgramodel>"""
    path = folder / "balanced.xml"
    path.write_text(text)
    return path


def bins(folder: Path, *, freeze_below: float, ema: str = "") -> Path:
    """The small centromere model with two terms of different sizes."""
    loss = keys(loss="WeightedLoss", terms="WeightedBCELoss, RangeLoss 0.1", weighting="learned")
    text, more = BINS.read_text(), keys(freeze_below=freeze_below, freeze_on="epoch_mean")
    text = text[: text.index("<loss>") + 6] + loss + more + text[text.index("</loss>") :]
    text = text.replace("<optimizer>", f"{SGD}<optimizer>").replace("</trainingprocess>", f"{ema}</trainingprocess>")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "torch-centromere-small.xml"
    path.write_text(text)
    return path


def trained(definition: Path, runs: Path) -> Run:
    return conduct(read(definition, SHORT)[0], Options(runs=runs, overrides=SHORT, threads=1))


@pytest.mark.slow
def test_dice_and_focal_loss_balance_themselves(tmp_path: Path) -> None:
    path, runner = segmentation(tmp_path), CliRunner()
    shown = json.loads(runner.invoke(cli.app, ["show", str(path), "--json"], catch_exceptions=False).stdout)
    owners = {f"loss.lw_{name}": {"value": "1", "from": "SGD (loss.*)"} for name in MASKS}
    assert shown["parameters"] == owners
    found = runner.invoke(cli.app, ["train", str(path), "--runs", str(tmp_path / "runs")], catch_exceptions=False)
    assert found.exit_code == 0, found.output
    assert "SGD (loss.*): 2 tensors: loss.lw_DiceLoss, loss.lw_FocalLoss" in found.output
    (folder,) = (one.parent for one in (tmp_path / "runs").rglob("history.jsonl"))
    run = Run(folder)
    first, last = run.history
    for name, start in zip(MASKS, (0.7, 1.0), strict=True):
        assert last[f"lw_{name}_factor"] == pytest.approx(1 / (2 * last[f"lw_{name}"] ** 2), rel=0.05)
        assert last[f"lw_{name}"] > first[f"lw_{name}"] > np.sqrt(0.5 / start)  # small losses, smaller factors
        assert first[f"lw_{name}_gradient"] < 0
        assert run.weights()[f"loss.lw_{name}"].shape == (1,)
    assert not any(name.startswith("validation_lw") for name in last)
    parts = sum(last[f"lw_{name}_factor"] * last[name] + np.log(last[f"lw_{name}"]) ** 2 for name in MASKS)
    assert last["loss"] == pytest.approx(parts, rel=0.02)
    judged = runner.invoke(cli.app, ["evaluate", str(folder), "--set", "test"], catch_exceptions=False)
    assert judged.exit_code == 0, judged.output
    module = run.experiment.architecture.torch(run.experiment.spec())
    fill(module, run.weights(), "a run")  # as a part of another model
    np.testing.assert_array_equal(module.state_dict()["encoders.0.0.weight"], run.weights()["encoders.0.0.weight"])


class Stop(Callback):
    """Asks for an end in the middle of the second epoch."""

    name = "Stop"

    def step(self, training: Training) -> None:
        if (training.epoch, training.step) == (1, 1):
            training.interrupt = 2


@pytest.mark.slow
@pytest.mark.parametrize(("freeze_below", "frozen"), [(0, False), (1e6, True)])
def test_an_interrupted_run_ends_like_an_uninterrupted_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, freeze_below: float, frozen: bool
) -> None:
    from seqforge.run import conductor

    path = bins(tmp_path, freeze_below=freeze_below, ema=keys(ema_decay=0.5))
    whole, plain = trained(path, tmp_path / "whole"), conductor.standard
    monkeypatch.setattr(conductor, "standard", lambda *given, **more: [Stop(), *plain(*given, **more)])
    with pytest.raises(Interrupted):
        trained(path, tmp_path / "parts")
    monkeypatch.setattr(conductor, "standard", plain)
    parts = trained(path, tmp_path / "parts")
    assert parts.id == whole.id
    for name, array in whole.weights().items():
        np.testing.assert_array_equal(array, parts.weights()[name], err_msg=name)
    learned = [{key: value for key, value in row.items() if "lw_" in key} for row in whole.history]
    assert learned == [{key: value for key, value in row.items() if "lw_" in key} for row in parts.history]
    assert len(learned[0]) == 6
    for name in ("lw_WeightedBCELoss", "lw_RangeLoss"):
        assert learned[0][f"{name}_gradient"] != 0
        assert (learned[2][f"{name}_gradient"] == 0) is frozen
        assert (learned[1][name] == learned[2][name]) is frozen
