# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Cherimoya from its shipped definition to scores, with learned loss weights; an interrupted run ends alike."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from seqforge import cli
from seqforge.architectures.lengths import LengthWarning
from seqforge.callbacks.interrupt import Interrupted
from seqforge.errors import DataError
from seqforge.experiment import Experiment, read
from seqforge.run import Options, Run, conduct
from seqforge.training.progress import Callback, Training

ROOT = Path(__file__).parents[2]
SIZES = {"training": (4000, 42), "validation": (500, 20), "test": (500, 20)}
OVERRIDES = (
    "general.id=tiny",
    "architecture.hyperparameters.n_filters=4",
    "architecture.hyperparameters.n_layers=2",
    "loss.weights=learned",
    "loss.count_weight=1",
    "loss.freeze_below=1000000",
    "trainingprocess.epochs=3",
    "trainingprocess.batch_size=20",
)
pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def definition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cherimoya")
    simulation = (ROOT / "data-defs/nexus-sim.xml").read_text()
    for name, (many, few) in SIZES.items():
        simulation = simulation.replace(f'name="{name}">{many}<', f'name="{name}">{few}<')
    (folder / "sim.xml").write_text(simulation)
    text = (ROOT / "model-defs/torch-cherimoya-nexus-small.xml").read_text()
    (folder / "tiny.xml").write_text(text.replace("../data-defs/nexus-sim.xml", "sim.xml"))
    return folder / "tiny.xml"


def small(definition: Path) -> Experiment:
    return read(definition, OVERRIDES)[0]


@pytest.fixture(scope="module")
def run(definition: Path) -> Run:
    return conduct(small(definition), Options(runs=definition.parent / "runs", overrides=OVERRIDES))


def test_ends_with_scores_and_the_owners_of_parameters(run: Run) -> None:
    assert run.state == "finished"
    assert run.scores["test"]["n"] == 20
    owners = {one["optimizer"]: one["parameters"] for one in run.manifest["optimizers"]}
    assert {name: len(names) for name, names in owners.items()} == {"Muon": 4, "AdamW": 10}
    log = (run.path / "log.txt").read_text()
    assert "Muon (blocks.*.linear?.weight): 4 tensors: blocks.0.linear1.weight" in log


def test_history_has_what_was_learned(run: Run) -> None:
    first, second, third = run.history
    assert first["step"] == 2
    assert {"nexus_profile_nll", "nexus_counts_mse", "lw0", "lw0_factor", "lw0_gradient", "lw1"} <= set(first)
    assert first["lw0_gradient"] < 0
    assert second["lw0_gradient"] == third["lw0_gradient"] == 0
    assert second["lw0"] == third["lw0"]
    assert "validation_lw0" not in first
    assert "validation_counts_pearson" in first


def test_weights_have_their_published_names(run: Run) -> None:
    weights = run.weights()
    assert {"lw0", "lw1", "iconv.weight", "fconv.bias", "linear.weight"} <= set(weights)
    assert not any(name.startswith("loss.") for name in weights)
    assert weights["blocks.1.conv_weight"].shape == (3, 4)


def test_evaluation_gives_the_scores_of_the_training(run: Run) -> None:
    result = CliRunner().invoke(cli.app, ["evaluate", str(run.path), "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == Run(run.path).scores["test"]


@pytest.mark.slow
def test_other_lengths_are_not_predicted_as_they_are(run: Run, tmp_path: Path) -> None:
    read, text = run.manifest["data"]["length"], "ACGGTTA" * 100
    short, long = text[: read - 8], text[: read + 8]
    for text in (short, long):
        with pytest.raises(DataError, match=f"the model reads {read} letters, received {len(text)}"):
            run.predict([text])
    (tmp_path / "long.fa").write_text(f">long\n{long}\n")
    words = ["predict", str(run.path), str(tmp_path / "long.fa"), "-o", str(tmp_path / "found.h5")]
    refused = CliRunner().invoke(cli.app, words)
    assert f"the model reads {read} letters, received {read + 8}; --independent-windows" in str(refused.exception)
    cropped = CliRunner().invoke(cli.app, [*words, "--crop", "centre"])
    assert cropped.exit_code == 0, cropped.output
    assert "warning: every output depends on the whole sequence" in cropped.stderr
    (tmp_path / "found.h5").unlink()
    cut = CliRunner().invoke(cli.app, [*words, "--independent-windows"])
    assert cut.exit_code == 0, cut.output
    assert "warning" not in cut.stderr
    found = run.predict([long], independent_windows=True)
    alone = run.predict([long[8:]]).logits["nexus"]
    np.testing.assert_allclose(found.logits["nexus"][1:], alone, atol=1e-7)  # batches of two and of one


def test_python_is_warned_of_padded_windows(run: Run, tmp_path: Path) -> None:
    (tmp_path / "genome.fa").write_text(f">chr1\n{'ACGGTTA' * 100}\n")
    (tmp_path / "regions.bed").write_text("chr1\t100\t120\n")
    with pytest.warns(LengthWarning, match="every output depends on the whole sequence") as caught:
        found = run.predict(tmp_path / "regions.bed", genome=tmp_path / "genome.fa", edges="pad")
    assert caught[0].filename == __file__
    assert len(found.names) == 1


def test_predictions_may_be_means_of_both_strands(run: Run, tmp_path: Path) -> None:
    from h5py import File

    before = run.scores
    words = ["evaluate", str(run.path), "--json", "--no-report", "--reverse-complement-average"]
    result = CliRunner().invoke(cli.app, words, catch_exceptions=False)
    (run.path / "scores.json").write_text(json.dumps(before))
    found = json.loads(result.stdout)
    assert found["judging"] == {"pseudocount": 1.0, "smoothing": 0.0, "both_strands": True}
    assert found["loss"] == before["test"]["loss"]
    assert found["profile_mnll"] != before["test"]["profile_mnll"]
    assert found["notes"][0].startswith("predictions are means of both strands")
    text = "".join("ACGT"[code] for code in np.random.default_rng(0).integers(0, 4, run.manifest["data"]["length"]))
    turned = text[::-1].translate(str.maketrans("ACGT", "TGCA"))
    (tmp_path / "two.fa").write_text(f">here\n{text}\n>there\n{turned}\n")
    words = ["predict", str(run.path), str(tmp_path / "two.fa"), "-o", str(tmp_path / "two.h5")]
    CliRunner().invoke(cli.app, [*words, "--reverse-complement-average"], catch_exceptions=False)
    with File(tmp_path / "two.h5") as file:
        logits, counts = file["head_0/logits"][:], file["head_0/logcounts"][:]
    np.testing.assert_allclose(logits[1], logits[0, ::-1, ::-1], atol=1e-6)
    np.testing.assert_allclose(counts[1], counts[0], atol=1e-6)
    assert np.abs(logits[0] - run.predict([text]).logits["nexus"][0]).max() > 1e-4


class Stop(Callback):
    """An interrupt in the middle of the second epoch."""

    name = "Stop"

    def step(self, training: Training) -> None:
        if (training.epoch, training.step) == (1, 1):
            training.interrupt = 2


def test_an_interrupted_run_ends_alike(run: Run, definition: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from seqforge.run import conductor

    options, plain = Options(runs=definition.parent / "again", overrides=OVERRIDES), conductor.standard
    monkeypatch.setattr(conductor, "standard", lambda *given, **more: [Stop(), *plain(*given, **more)])
    with pytest.raises(Interrupted):
        conduct(small(definition), options)
    monkeypatch.setattr(conductor, "standard", plain)
    again = conduct(small(definition), options)
    assert again.state == "finished"
    assert len(again.history) == 3
    for name, array in run.weights().items():
        assert np.array_equal(array, again.weights()[name]), name
    assert again.scores == run.scores


def test_the_run_records_what_kernels_ran_with(
    definition: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from seqforge.kernels import cheri_tuning

    assert "kernels" not in run.manifest  # on a CPU nothing of Triton ran
    key = cheri_tuning.Key("forward", 96, 192, "float32/tf32", "sm_90", 18)
    monkeypatch.setattr(cheri_tuning, "_settled", {(key, "table"): cheri_tuning.from_table(key)})
    found = conduct(small(definition), Options(runs=tmp_path, overrides=OVERRIDES)).manifest["kernels"]
    assert found["settings"] == [
        {**key._asdict(), "settings": cheri_tuning.from_table(key), "from": "entry for 96 channels"}
    ]
