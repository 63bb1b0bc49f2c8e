# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Runs on data format genome: peaks, background and control tracks from files to predictions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pybigtools
import pytest
from small_genomes import sequences, signal, write_bed, write_fasta, write_track
from typer.testing import CliRunner

from seqforge import cli
from seqforge.backends import prove
from seqforge.backends.torch import TorchLearner
from seqforge.data.dataset import Batch
from seqforge.errors import DefinitionError, Problem, UsageError
from seqforge.experiment import read
from seqforge.run import Options, Run, conduct

pytestmark = pytest.mark.torch
SIZES = {"chr1": 900, "chr2": 300, "chr3": 300}
IN, OUT = 60, 20
GIVEN = {
    "sequences": "g.fa", "loci": "peaks.bed", "signals": "plus.bw, minus.bw", "negatives": "negatives.bed",
    "negative_ratio": 0.5, "training_chroms": "chr1", "validation_chroms": "chr2", "test_chroms": "chr3",
    "max_jitter": 4, "reverse_complement": True, "in_window": IN, "out_window": OUT,
}  # fmt: skip
SIZED = {"n_filters": 8, "n_layers": 2}
LOSS = {"loss": "ProfileCountLoss", "weights": "fixed"}
DEFINITION = """<seqgramodel>
    <general id="small">
        <name>small</name><description>small</description><task>profile prediction</task>
        <sequencespace>DNA</sequencespace><library>PyTorch</library>
        <heads><head name="x" tasks="plus, minus"/></heads><seed>1</seed>
    </general>
    <architecture>
        <external format="seqforge" classname="Cherimoya"/><hyperparameters>{sizes}</hyperparameters>
    </architecture>
    <loss>{loss}</loss>
    <optimizer><hyperparameter name="optimizer">AdamW</hyperparameter></optimizer>
    <trainingprocess>
        <hyperparameter name="batch_size">16</hyperparameter><hyperparameter name="epochs">2</hyperparameter>
    </trainingprocess>
    <data format="genome">{data}</data>
</seqgramodel>
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("genome")
    write_fasta(folder / "g.fa", sequences(SIZES))
    write_bed(
        folder / "peaks.bed", [(name, at, at + 20) for name, size in SIZES.items() for at in range(30, size - 50, 25)]
    )
    write_bed(folder / "negatives.bed", [("chr1", at, at + 20) for at in range(40, 850, 50)])
    for number, name in enumerate(("plus", "minus", "input-plus", "input-minus")):
        write_track(folder / f"{name}.bw", signal(SIZES, seed=number))
    return folder


def definition(folder: Path, sizes: dict[str, Any], loss: dict[str, Any] = LOSS, **options: Any) -> Path:
    def written(values: dict[str, Any]) -> str:
        pairs = [(name, value) for name, value in values.items() if value is not None]
        return "\n".join(f'<hyperparameter name="{name}">{value}</hyperparameter>' for name, value in pairs)

    path = folder / "small.xml"
    path.write_text(DEFINITION.format(sizes=written(sizes), loss=written(loss), data=written(GIVEN | options)))
    return path


def problems_of(path: Path) -> list[Problem]:
    try:
        return read(path)[1]
    except DefinitionError as error:
        return error.problems


@pytest.fixture(scope="module")
def run(place: Path) -> Run:
    path = definition(place, SIZED | {"n_control_tracks": 2}, controls="input-plus.bw, input-minus.bw")
    return conduct(read(path)[0], Options(runs=place / "runs"))


def test_a_run_with_controls(run: Run):
    assert run.state == "finished"
    assert [row["epoch"] for row in run.history] == [1, 2]
    assert set(run.scores) == {"test"}
    log = (run.path / "log.txt").read_text()
    assert "training peaks: 33 read, 33 kept" in log
    assert "MB of data, memory-mapped" in log
    assert f"data: {33 + 16} training, 9 validation, 9 test sequences of length {IN}" in log


def test_controls_reach_the_model(run: Run):
    learner, test = run.learner(), run.data().test
    batch = test.batch(np.arange(len(test)))
    doubled = Batch(batch.index, batch.sequence, batch.target, control=2 * batch.control)
    one, other = learner.eval_step(batch).prediction, learner.eval_step(doubled).prediction
    assert np.abs(one[0] - other[0]).max() > 1e-6
    assert np.abs(one[1] - other[1]).max() > 1e-6


def test_predictions_read_the_controls_of_the_run(run: Run, place: Path):
    of_set = run.predict(set_name="test")
    regions = [(window.chromosome, window.start, window.stop) for window in of_set.windows]
    write_bed(place / "regions.bed", regions)
    found = run.predict(place / "regions.bed", genome=place / "g.fa")
    assert np.allclose(found.logits["x"], of_set.logits["x"], atol=1e-6)
    assert np.allclose(found.logcounts["x"], of_set.logcounts["x"], atol=1e-6)
    with pytest.raises(UsageError, match="reads control tracks, which sequences do not have"):
        run.predict(["ACGT" * (IN // 4)])


def test_regions_become_files(run: Run, place: Path):
    """By the command line, with the controls of the run: HDF5, tracks, and the same scores again."""
    write_bed(place / "two.bed", [("chr3", 90, 110), ("chr3", 150, 170)])
    words = ["predict", run.path, place / "two.bed", "--genome", place / "g.fa", "-o", place / "two.h5"]
    result = CliRunner().invoke(cli.app, [*map(str, words), "--bigwig", f"{place}/two"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    found = run.predict(place / "two.bed", genome=place / "g.fa")
    with h5py.File(place / "two.h5") as file:
        assert file["head_0/logits"].shape == (2, OUT, 2)
        assert np.allclose(file["head_0/logits"][:], found.logits["x"], atol=1e-6)
        assert file["coords_start"][:].tolist() == [90, 150]
    for number, task in enumerate(("plus", "minus")):
        values = pybigtools.open(str(place / f"two_x_{task}.bw")).values("chr3", 150, 170)
        assert np.allclose(values, found.reads["x"][1, :, number], rtol=1e-5)
    judged = CliRunner().invoke(cli.app, ["evaluate", str(run.path), "--no-report", "--json"], catch_exceptions=False)
    assert json.loads(judged.stdout) == run.scores["test"]


def test_the_shape_proof_has_controls(place: Path):
    path = definition(place, SIZED | {"n_control_tracks": 1}, controls="input-plus.bw")
    experiment = read(path)[0]
    assert experiment.spec().controls == 1
    assert prove(experiment) == []


@pytest.mark.parametrize(
    ("sizes", "options", "message"),
    [
        ({}, {"controls": "input-plus.bw"}, "controls: 1 control track, but the model reads none"),
        ({"n_control_tracks": 1}, {}, "controls: the model reads n_control_tracks 1, the data have none"),
        ({"n_control_tracks": 1}, {"controls": "a.bw, b.bw"}, "the model reads n_control_tracks 1, the data have 2"),
        ({"in_window": 50}, {}, "in_window: expected the data's 60, received 50"),
        ({}, {"signals": "plus.bw; minus.bw"}, "write plus.bw, minus.bw"),
        ({}, {"negatives": None}, "negative_ratio 0.5 needs negatives"),
        ({}, {"out_window": 21}, "the nearest out_window is 22"),
        ({}, {"validation_chroms": "chr1"}, "chr1 is in training_chroms and in validation_chroms"),
        ({}, {"test_chrom": "chr3"}, "did you mean 'test_chroms'?"),
    ],
)
def test_what_a_definition_is_refused_for(place: Path, sizes: dict, options: dict, message: str):
    errors = [
        problem for problem in problems_of(definition(place, SIZED | sizes, **options)) if problem.severity == "error"
    ]
    assert any(message in problem.sentence for problem in errors)
    assert all(problem.place.line for problem in errors)


def test_options_are_judged_without_files(tmp_path: Path):
    path = definition(tmp_path, SIZED, controls="input-plus.bw")
    with pytest.raises(DefinitionError, match="SF0707: controls: 1 control track, but the model reads none"):
        read(path, need_files=False)


def test_strands_in_two_groups_are_a_warning(place: Path):
    path = definition(place, SIZED, signals="plus.bw; minus.bw")
    text = path.read_text().replace(
        '<head name="x" tasks="plus, minus"/>', '<head name="x" tasks="1"/><head name="y" tasks="1"/>'
    )
    path.write_text(text)
    experiment, problems = read(path)
    assert experiment.spec().heads[1].name == "y"
    (warning,) = problems
    assert (warning.id, warning.severity) == ("SF0338", "warning")
    assert "plus.bw, minus.bw" in warning.hint
    assert warning.place.line == next(n for n, line in enumerate(text.split("\n"), 1) if '"signals"' in line)


@pytest.mark.parametrize("chosen", ["all", "peaks"])
def test_background_trains_profiles_or_counts_alone(place: Path, chosen: str):
    """With profile_labels peaks the profiles of background have no part in the loss."""
    experiment = read(definition(place, SIZED, LOSS | {"profile_labels": chosen}))[0]
    data = experiment.source.open(experiment.wanted)
    learner = TorchLearner(experiment, experiment.spec(), device())
    batch = data.training.batch(np.arange(20, len(data.training)))
    losses = learner.eval_step(batch).losses
    assert batch.label.tolist() == [1] * 13 + [0] * 16
    assert bool((losses["x_profile_nll"][13:] == 0).all()) == (chosen == "peaks")
    assert (losses["x_counts_mse"] > 0).all()


def device() -> Any:
    import torch

    return torch.device("cpu")
