# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge predict` for profile runs on Keras: a combined model, its residual, its bias and the solo inside."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import small_genomes
import small_profiles
from small_profiles import OUT, RESIDUAL, SIMPLE, SOLO, WIDTHS
from typer.testing import CliRunner

from seqforge.cli import app
from seqforge.errors import UsageError
from seqforge.evaluation.profile_file import PredictionFile
from seqforge.experiment import read
from seqforge.run import Options, Run, conduct
from seqforge.run.profile_predicting import ProfilePrediction

pytestmark = [pytest.mark.keras, pytest.mark.slow]
PART = '<part name="{name}" run="{run}" freeze="true"/>'
BIAS = '<hyperparameter name="use_bias_counts">True</hyperparameter>'


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("profiles")
    small_profiles.write_genome(folder)
    for length in (28, 36):
        small_profiles.write_data(folder, length)
    return folder


def trained(path: Path) -> Run:
    return conduct(read(path)[0], Options(runs=path.parent / "runs"))


@pytest.fixture(scope="module")
def solo(place: Path) -> Run:
    return trained(small_profiles.write_definition(place / "solo.xml", "BPNet", SOLO | WIDTHS))


@pytest.fixture(scope="module")
def transformation(place: Path, solo: Run) -> Run:
    part = PART.format(name="solo", run=solo.path)
    return trained(small_profiles.write_definition(place / "turned.xml", "BPNetTransformation", SIMPLE, part=part))


@pytest.fixture(scope="module")
def combined(place: Path, transformation: Run) -> Run:
    part = PART.format(name="bias_model", run=transformation.path)
    path = place / "combined.xml"
    return trained(small_profiles.write_definition(path, "BPNetCombined", RESIDUAL | WIDTHS, part=part, bias=BIAS))


@pytest.fixture(scope="module")
def parts(combined: Run, codes: np.ndarray) -> dict[str, ProfilePrediction]:
    return {part: combined.predict(codes, part=part) for part in ("combined", "residual", "bias", "solo")}


@pytest.fixture(scope="module")
def codes() -> np.ndarray:
    """Regions of 36 bases, one of them with unknown bases."""
    drawn = np.random.default_rng(5).integers(0, 4, (7, 36)).astype(np.uint8)
    drawn[2, 10:20] = 4
    return drawn


def test_residual_and_bias_add_up_to_the_combined_model(parts: dict[str, ProfilePrediction]) -> None:
    whole, residual, bias = (parts[name] for name in ("combined", "residual", "bias"))
    for head in ("x", "y"):
        assert whole.logits[head].shape == (7, OUT, 2)
        np.testing.assert_allclose(whole.logits[head], residual.logits[head] + bias.logits[head], atol=1e-5)
        total = np.logaddexp(residual.logcounts[head], bias.logcounts[head])
        np.testing.assert_allclose(whole.logcounts[head], total, atol=1e-5)
    assert not np.allclose(whole.logits["x"], residual.logits["x"])


def test_the_whole_is_what_is_predicted_without_a_part(combined: Run, parts: dict, codes: np.ndarray) -> None:
    np.testing.assert_array_equal(combined.predict(codes).logits["x"], parts["combined"].logits["x"])


def test_the_bias_is_the_transformation_in_the_middle_of_the_input(
    solo: Run, transformation: Run, parts: dict[str, ProfilePrediction], codes: np.ndarray
) -> None:
    middle = codes[:, 4:32]
    for head in ("x", "y"):
        alone = transformation.predict(middle)
        np.testing.assert_allclose(parts["bias"].logits[head], alone.logits[head], atol=1e-6)
        np.testing.assert_allclose(parts["bias"].logcounts[head], alone.logcounts[head], atol=1e-6)
        inner = solo.predict(middle)
        np.testing.assert_allclose(parts["solo"].logits[head], inner.logits[head], atol=1e-6)
        np.testing.assert_allclose(
            transformation.predict(middle, part="solo").logits[head], inner.logits[head], atol=1e-6
        )


def test_a_part_is_the_model_that_is_exported(combined: Run, parts: dict, codes: np.ndarray) -> None:
    x = np.concatenate([np.eye(4), np.zeros((1, 4))]).astype(np.float32)[codes]
    outputs = [np.asarray(output) for output in combined.model("residual").predict_on_batch(x)]
    np.testing.assert_allclose(parts["residual"].logits["x"], outputs[0], atol=1e-5)
    np.testing.assert_allclose(parts["residual"].logcounts["y"], outputs[3], atol=1e-5)


def test_regions_and_tracks_of_a_part(combined: Run, place: Path) -> None:
    import pybigtools

    rows = [("chr1", 40, 60), ("chr1", 50, 70), ("chr3", 100, 120)]
    bed = small_genomes.write_bed(place / "regions.bed", rows)
    words = ["predict", combined.path, bed, "--genome", place / "genome.fa", "-o", place / "residual.h5"]
    words += ["--part", "residual", "--bigwig", place / "residual", "--mode", "counts"]
    done = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    with PredictionFile(place / "residual.h5") as file:
        assert (file.part, len(file)) == ("residual", 3)
        logcounts = file.outputs(0, np.arange(3))[1][:, 0]
    whole = combined.predict(bed, genome=place / "genome.fa", part="residual")
    np.testing.assert_allclose(whole.logcounts["x"][:, 0], logcounts, atol=1e-5)
    reads = np.maximum(np.exp(logcounts) - 1, 0)
    found = pybigtools.open(str(place / "residual_x.bw")).values("chr1", 40, 70)
    expected = np.repeat([reads[0], reads[:2].mean(), reads[1]], 10)
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    assert (place / "residual_y_a.bw").is_file()


def test_a_part_that_is_not_there(combined: Run, transformation: Run, codes: np.ndarray) -> None:
    with pytest.raises(UsageError, match="BPNetCombined has no part 'resdual'; did you mean 'residual'"):
        combined.predict(codes, part="resdual")
    with pytest.raises(UsageError, match="BPNetTransformation has no part 'bias'"):
        transformation.predict(codes[:, 4:32], part="bias")
