# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Published weights of the centromere Transformer as a run: imported, moved, used for predictions, or refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_bins import rows, write

import seqforge
from seqforge.errors import RunError, UsageError
from seqforge.run import bins

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

from typer.testing import CliRunner  # noqa: E402

from seqforge.architectures.torch.centromere_transformer import CentromereTransformer  # noqa: E402
from seqforge.cli import app  # noqa: E402

TINY = {"d_model": 32, "nhead": 4, "num_layers": 1, "dim_feedforward": 64, "conv_channels": 16}
MEAN, STD = np.linspace(0.1, 0.8, 8), np.linspace(1, 2, 8)


def published(folder: Path, **changes: Any) -> tuple[Path, Any]:
    torch.manual_seed(0)
    model = CentromereTransformer(**TINY).eval()
    state = model.state_dict() | {"pos_encoder.pe": torch.zeros(1, 50, 32)}
    config = TINY | {"max_seq_len": 50000, "dropout": 0.3, "conv_kernels": [3, 11, 25]}
    content = {"model_state_dict": state, "feature_stats": {"mean": MEAN, "std": STD}, "config": config} | changes
    torch.save({key: value for key, value in content.items() if value is not None}, folder / "best.pth")
    return folder / "best.pth", model


def test_published_weights_predict_what_their_model_says(tmp_path: Path) -> None:
    path, model = published(tmp_path)
    said: list[str] = []
    run = seqforge.load_published(path, tmp_path / "runs", said.append)
    assert run.state == "finished"
    assert any("the range head of published weights was never trained" in line for line in said)
    assert run.manifest["published"]["file"] == "best.pth"
    table = write(tmp_path / "tables/s_chr1_multi_k_summary.csv", rows(20))
    shutil.move(run.path, tmp_path / "moved")
    bins.predict(seqforge.load(tmp_path / "moved"), table, tmp_path / "out", {"range_scores": True})
    found = json.loads((tmp_path / "out/predictions.json").read_text())
    assert (found["threshold"], found["threshold_source"]) == (0.5, "default: the run has none of its own")
    chromosome = found["chromosomes"][0]
    assert chromosome["range_scores"]["trained"] is False
    features = np.array([[float(cell) for cell in row[2:10]] for row in rows(20)])
    z = torch.tensor(((features - MEAN) / STD).astype(np.float32))[None]
    with torch.no_grad():
        wanted = model(z)[0][0, :, 0].numpy()
    np.testing.assert_allclose(chromosome["predictions"], wanted, atol=1e-6)


def test_predictions_from_python_take_the_options_of_the_command_line(tmp_path: Path) -> None:
    path, _ = published(tmp_path)
    run = seqforge.load_published(path, tmp_path / "runs")
    table = write(tmp_path / "tables/s_chr1_multi_k_summary.csv", rows(20))
    run.predict(table, output=tmp_path / "out", options={"threshold": 0.0, "window": 12})
    found = json.loads((tmp_path / "out/predictions.json").read_text())
    assert (found["threshold"], found["chromosomes"][0]["windows"]) == (0.0, 2)
    assert found["chromosomes"][0]["num_predicted_regions"] == 1
    with pytest.raises(UsageError, match="unknown 'treshold'; did you mean 'threshold'"):
        run.predict(table, output=tmp_path / "other", options={"treshold": 0.1})
    with pytest.raises(UsageError, match="unknown 'thruth'; did you mean 'truth'"):
        run.evaluate(options={"thruth": "hull"})


def test_the_same_file_is_the_same_run_and_the_command_makes_it_too(tmp_path: Path) -> None:
    path, _ = published(tmp_path)
    first = seqforge.load_published(path, tmp_path / "runs")
    result = CliRunner().invoke(app, ["import", str(path), "--runs", str(tmp_path / "runs"), "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["run"] == str(first.path)
    assert len(list((tmp_path / "runs/published-centromere").iterdir())) == 1
    weights = first.weights()
    state = torch.load(path, weights_only=False)["model_state_dict"]
    assert set(weights) == set(state) - {"pos_encoder.pe"}
    assert all(np.array_equal(weights[name], state[name].numpy()) for name in weights)


def test_a_file_that_does_not_say_how_many_heads_there_are_comes_with_a_note(tmp_path: Path) -> None:
    path, _ = published(tmp_path, config=None)
    said: list[str] = []
    run = seqforge.load_published(path, tmp_path / "runs", said.append)
    assert "note: the file does not say how many heads attention has: 8 are assumed" in said
    assert run.manifest["data"]["notes"] == [line.removeprefix("note: ") for line in said]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"feature_stats": None}, "has no feature_stats"),
        ({"feature_stats": {"mean": MEAN[:7], "std": STD}}, "'mean' has 7 values, expected 8"),
        ({"model_state_dict": {"input_projection.bias": torch.zeros(32)}}, "input_projection.weight"),
        ({"config": TINY | {"nhead": "four"}}, "nhead: expected an integer ≥ 1, received four"),
        ({"config": TINY | {"dropout": 1.5}}, "CentromereTransformer.dropout: expected"),
    ],
)
def test_what_cannot_predict_is_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    path, _ = published(tmp_path, **changes)
    with pytest.raises(RunError, match=message):
        seqforge.load_published(path, tmp_path / "runs")
    assert not (tmp_path / "runs").exists()
