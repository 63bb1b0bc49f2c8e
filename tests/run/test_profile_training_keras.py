# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The three stages of a profile model trained one after the other in one process, with heads called x and profile_x."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import small_profiles
from safetensors.numpy import load_file
from small_profiles import OUT, RESIDUAL, SIMPLE, SOLO, WIDTHS

from seqforge.data.profiles.checks import Lengths
from seqforge.data.profiles.hdf5 import FileWriter
from seqforge.experiment import read
from seqforge.heads import Head
from seqforge.run import Options, Run, conduct

pytestmark = [pytest.mark.keras, pytest.mark.slow]
HEADS = (Head(name="x", tasks=("plus", "minus")), Head(name="profile_x", tasks=("a", "b"), counts_per_task=True))
BIAS = '<hyperparameter name="use_bias_counts">True</hyperparameter>'
JITTER = 2
FACTOR = '"counts_loss_weight">1'
FRACTION = '"counts_loss_frac_target">0.2'


def write_data(folder: Path) -> None:
    """22 regions to train and 5 in the other sets, wide enough for both models and their jitter."""
    draw = np.random.default_rng(8)
    for length in (28, 36):
        (folder / str(length)).mkdir()
        lengths = Lengths(length, OUT, JITTER)
        for name, regions in (("training", 22), ("validation", 5), ("test", 5)):
            codes = draw.integers(0, 4, (regions, lengths.widths[0])).astype(np.uint8)
            reads = [draw.poisson(4, (regions, lengths.widths[1], 2)).astype(np.float32) for _ in HEADS]
            with FileWriter(folder / str(length) / f"{name}.h5", regions, HEADS, lengths) as file:
                file.add(codes, reads)


def write_definition(
    path: Path, classname: str, sizes: dict[str, object], *changes: tuple[str, str], part: str = "", bias: str = ""
) -> Path:
    small_profiles.write_definition(path, classname, sizes, part=part, bias=bias)
    moving = f'<hyperparameter name="max_jitter">{JITTER}</hyperparameter>\n    </data>'
    own = [('head name="y"', 'head name="profile_x"'), ('"epochs">1', '"epochs">2'), ("</data>", moving)]
    text = path.read_text()
    for before, after in (*own, *changes):
        assert before in text
        text = text.replace(before, after)
    path.write_text(text)
    return path


def trained(path: Path, again: bool = False) -> Run:
    return conduct(read(path)[0], Options(runs=path.parent / "runs", again=again))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stages")
    write_data(folder)
    return folder


@pytest.fixture(scope="module")
def solo(place: Path) -> Run:
    return trained(write_definition(place / "solo.xml", "BPNet", SOLO | WIDTHS, (FACTOR, FRACTION)))


@pytest.fixture(scope="module")
def transformation(place: Path, solo: Run) -> Run:
    part = f'<part name="solo" run="{solo.path}"/>'
    return trained(write_definition(place / "turned.xml", "BPNetTransformation", SIMPLE, part=part))


@pytest.fixture(scope="module")
def combined(place: Path, transformation: Run) -> Run:
    part = f'<part name="bias_model" run="{transformation.path}"/>'
    watched = (
        '"batch_size">5',
        '"metrics">counts_pearson, profile_js_distance</hyperparameter>\n        <hyperparameter name="batch_size">5',
    )
    sizes = RESIDUAL | WIDTHS
    return trained(write_definition(place / "combined.xml", "BPNetCombined", sizes, watched, part=part, bias=BIAS))


def weights(run: Run) -> dict[str, np.ndarray]:
    return load_file(run.path / "weights.safetensors")


def below(run: Run, prefix: str) -> dict[str, np.ndarray]:
    return {name.removeprefix(prefix): array for name, array in weights(run).items() if name.startswith(prefix)}


def same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    return one.keys() == other.keys() and all(one[name].tobytes() == other[name].tobytes() for name in one)


def test_frozen_parts_stay_to_the_bit(solo: Run, transformation: Run, combined: Run) -> None:
    """What a part has learned is the same before and after the training of what it is part of."""
    assert same(below(transformation, "solo/"), weights(solo))
    assert same(below(combined, "bias/transformation/"), weights(transformation))
    start = combined.experiment.architecture.keras(combined.experiment.spec(36))
    for name, variable in zip(start.weight_names, start.get_weights(), strict=True):
        moved = not np.array_equal(variable, weights(combined)[name])
        assert moved == name.startswith("residual/"), name
    scalars = {name: array for name, array in weights(transformation).items() if not name.startswith("solo/")}
    for name, array in scalars.items():  # an outer offset of logits cancels in the softmax
        assert array.shape == (1,)
        assert "_profile_x_0_linear/offset" in name or array[0] != float(name.endswith("slope")), name


def test_names_of_heads_are_no_patterns(solo: Run, combined: Run) -> None:
    """Heads x and profile_x have losses, factors and scores of their own."""
    parts = ("x_profile_nll", "profile_x_profile_nll", "x_counts_mse", "profile_x_counts_mse")
    for run in (solo, combined):
        assert set(run.history[0]["loss_weights"]) == set(parts)
        assert {f"validation_{name}" for name in parts} <= set(run.history[0])
        assert list(run.scores["test"]["heads"]) == ["x", "profile_x"]
    first, second = (row["loss_weights"] for row in solo.history)
    assert all(first[name] != second[name] for name in parts[2:])
    assert all(f"{head}_counts_share" in solo.history[0] for head in ("x", "profile_x"))
    prediction = combined.predict(np.zeros((3, 36), np.uint8))
    assert (prediction.logcounts["x"].shape, prediction.logcounts["profile_x"].shape) == ((3, 1), (3, 2))


def test_other_metrics_are_watched_in_the_same_process(combined: Run) -> None:
    """Whatever was trained before in this process."""
    assert {"validation_counts_pearson", "validation_profile_js_distance"} <= set(combined.history[0])


def test_equal_seeds_give_equal_bytes(place: Path, solo: Run) -> None:
    """Weights, history and scores."""
    again = trained(place / "solo.xml", again=True)
    assert again.path != solo.path
    assert (again.path / "weights.safetensors").read_bytes() == (solo.path / "weights.safetensors").read_bytes()
    assert (again.path / "scores.json").read_bytes() == (solo.path / "scores.json").read_bytes()
    for one, other in zip(again.history, solo.history, strict=True):
        assert {**one, "seconds": 0} == {**other, "seconds": 0}


def test_counts_of_no_weight_train_profiles(place: Path) -> None:
    """Nothing reaches the layers of the counts, and the best epoch is that of the profiles."""
    stopping = "".join(
        f'<hyperparameter name="{key}">{value}</hyperparameter>\n'
        for key, value in (("early_stopping", True), ("early_stopping_patience", 1))
    )
    changes = (
        (FACTOR, '"counts_loss_weight">0'),
        ("<seed>1", "<seed>2"),
        ("</trainingprocess>", f"{stopping}</trainingprocess>"),
    )
    run = trained(write_definition(place / "shapes.xml", "BPNet", SOLO | WIDTHS, *changes))
    start = run.experiment.architecture.keras(run.experiment.spec(28))
    before = dict(zip(start.weight_names, start.get_weights(), strict=True))
    after = weights(run)
    for name, array in before.items():
        assert np.array_equal(array, after[name]) == ("logcounts" in name), name
    values = [row["validation_x_profile_nll"] + row["validation_profile_x_profile_nll"] for row in run.history]
    assert [row["validation_loss"] for row in run.history] == pytest.approx(values, rel=1e-6)
    assert run.manifest["best"]["epoch"] == 1 + int(np.argmin(values))
    scores = run.evaluate("validation")
    assert scores["loss"] == pytest.approx(min(values), rel=1e-5)


def test_two_evaluations_give_equal_bytes(combined: Run) -> None:
    """Windows of validation and test never move."""
    combined.evaluate("validation")
    tables = sorted((combined.path / "evaluation/validation").iterdir())
    first = {path.name: path.read_bytes() for path in tables} | {"scores": json.dumps(combined.scores["validation"])}
    combined.evaluate("validation")
    assert first == {path.name: path.read_bytes() for path in tables} | {
        "scores": json.dumps(combined.scores["validation"])
    }
    epoch = combined.history[combined.manifest["best"]["epoch"] - 1]
    assert combined.scores["validation"]["loss"] == pytest.approx(epoch["validation_loss"], rel=1e-6)
