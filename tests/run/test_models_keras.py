# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The Keras model of a run, whole and in parts, and `seqforge export`."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import seqforge
from seqforge.architectures.base import InputSpec
from seqforge.architectures.bpnet import sized
from seqforge.backends.importing import start_keras
from seqforge.cli import app
from seqforge.errors import RunError, SeqForgeError, UsageError
from seqforge.heads import Head
from seqforge.registry import KERAS, PYTORCH, find
from seqforge.run import models

keras = pytest.importorskip("keras")
start_keras()

from seqforge.architectures.keras import bpnet  # noqa: E402

pytestmark = pytest.mark.keras
HEADS = (Head(name="x", tasks=("0", "1"), use_bias_counts=True),)
SIZES = (38, 20, 3, 1, 7, 9)
SPEC = InputSpec(None, 4, 2, "1D", 2, HEADS)


class Part:
    heads, window = HEADS, (38, 20)

    def keras(self) -> Any:
        solo = bpnet.build_solo(sized(*SIZES), HEADS, "solo", 0)
        return bpnet.build_transformation(solo, ("linear",), ("linear",), HEADS, "transformation")

    def fingerprint(self) -> str:
        return "f"


@dataclass
class Run:
    """A finished run of a combined model whose weights are all 0.5."""

    architecture: Any
    library: str = KERAS
    changed: dict[str, Any] = field(default_factory=dict)
    path, id, keras_backend = Path("runs/m/r"), "m/r", None
    manifest: Any = field(default_factory=lambda: {"data": {"length": 38}})

    @property
    def experiment(self) -> Any:
        return SimpleNamespace(library=self.library, architecture=self.architecture, spec=lambda length: SPEC)

    def weights(self) -> dict[str, np.ndarray]:
        model = self.architecture.keras(SPEC)
        arrays = {name: np.full(tuple(v.shape), 0.5, "float32") for name, v in bpnet.variables_by_name(model).items()}
        return {name: array for name, array in (arrays | self.changed).items() if array is not None}

    def model(self, part: str | None = None) -> Any:
        return models.model(self, part)  # type: ignore[arg-type]


@pytest.fixture
def combined() -> Run:
    sizes = sized(*SIZES).settings()
    return Run(find("architectures", "BPNetCombined")(**sizes).with_parts({"bias_model": Part()}))


@pytest.mark.parametrize(
    ("part", "name", "first"),
    [
        (None, "combined", "residual/residual_initial_conv/kernel"),
        ("combined", "combined", "residual/residual_initial_conv/kernel"),
        ("residual", "residual", "residual_initial_conv/kernel"),
        ("bias", "bias", "transformation/solo/solo_initial_conv/kernel"),
        ("solo", "solo", "solo_initial_conv/kernel"),
    ],
)
def test_parts_of_a_combined_model(combined: Run, part: str | None, name: str, first: str) -> None:
    model = combined.model(part)
    assert (model.name, model.weight_names[0]) == (name, first)
    assert model.output_shape == [(None, 20, 2), (None, 1)]
    assert all((keras.ops.convert_to_numpy(weight) == 0.5).all() for weight in model.weights)
    assert model.heads == HEADS


def test_other_parts_libraries_and_weights_are_refused(combined: Run) -> None:
    with pytest.raises(UsageError, match="a model of BPNetCombined has no part 'residul'; did you mean 'residual'"):
        combined.model("residul")
    combined.changed = {"residual/residual_conv_0/kernel": None, "other": np.zeros(1)}
    combined.changed["residual/residual_conv_0/bias"] = np.zeros(7)
    with pytest.raises(RunError, match="the weights do not fit the model: 'other' is unknown, ") as caught:
        combined.model()
    assert "'residual/residual_conv_0/bias' has shape (7,), expected (3,)" in str(caught.value)
    assert "'residual/residual_conv_0/kernel' is missing" in str(caught.value)
    combined.library = PYTORCH
    with pytest.raises(RunError, match="the run is on PyTorch; only runs on Keras have Keras models"):
        combined.model()


def test_export(combined: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqforge.run.load", lambda path: combined)
    target = tmp_path / "residual.keras"
    done = CliRunner().invoke(app, ["export", "runs/m", "--part", "residual", "-o", str(target), "--json"])
    said = json.loads(done.stdout)
    assert (said["run"], said["part"], said["output"]) == ("m/r", "residual", str(target))
    assert said["parameters"] == 87 + 30 + 56 + 4
    loaded = seqforge.load_keras(target)
    assert (loaded.name, loaded.heads) == ("residual", HEADS)
    x = np.eye(4, dtype="float32")[np.random.default_rng(0).integers(0, 4, (2, 38))]
    for ours, theirs in zip(combined.model("residual")(x), loaded(x), strict=True):
        assert np.array_equal(keras.ops.convert_to_numpy(ours), keras.ops.convert_to_numpy(theirs))


@pytest.mark.parametrize("output", ["model.h5", "nowhere/model.keras"])
def test_export_refuses_other_files(output: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["export", "runs/m", "-o", str(tmp_path / output)])
    assert isinstance(done.exception, SeqForgeError)
    assert "expected a file that ends in .keras" in str(done.exception) or "there is no folder" in str(done.exception)
