# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""How the profile example judges models: formulas on small arrays, and a model that knows the truth."""

from __future__ import annotations

import sys
from pathlib import Path

import example_scripts
import numpy as np
import pytest

from seqforge.definitions.profile_data import MOTIFS, Motif, Peak
from seqforge.definitions.reader import read_simulation
from seqforge.simulation.profiles import Simulator

FOLDER = Path(__file__).parent.parent.parent / "examples" / "bpnet"
LENGTH, OUT = 288, 200


truth = example_scripts.script("bpnet", "truth")


def rng() -> np.random.Generator:
    return np.random.default_rng(5)


def test_shares_are_joint_over_positions_and_strands() -> None:
    logits = np.log([[[1.0, 2.0], [3.0, 4.0]], [[1.0, 1.0], [1.0, 1.0]]])
    np.testing.assert_allclose(truth.shares(logits)[0], [[0.1, 0.2], [0.3, 0.4]])
    np.testing.assert_allclose(truth.shares(logits + 50).sum(axis=(1, 2)), 1)


def test_the_slope_of_the_bias_ignores_offsets_of_regions() -> None:
    bias = rng().normal(size=(6, 10, 2))
    logits = 0.7 * bias + rng().normal(size=(6, 1, 1))
    assert truth.bias_slope(logits, bias) == pytest.approx(0.7)
    assert truth.bias_slope(np.ones_like(bias), bias) == pytest.approx(0)
    assert truth.correlation(logits, bias) == pytest.approx(1)
    assert truth.correlation(-logits, bias) == pytest.approx(-1)


def test_distance_is_between_shares() -> None:
    one, other = np.array([[[3.0, 1.0]]]), np.array([[[1.0, 3.0]]])
    assert truth.distance(one, 5 * one) == 0
    p, m = np.array([0.75, 0.25]), 0.5
    assert truth.distance(one, other) == pytest.approx(np.sqrt((p * np.log(p / m)).sum()))


def test_a_motif_is_planted_into_the_middle() -> None:
    codes = np.zeros((2, 9), dtype=np.uint8)
    found = truth.planted(codes, np.array([1, 2, 3], dtype=np.uint8))
    assert found.tolist() == [[0, 0, 0, 1, 2, 3, 0, 0, 0]] * 2
    assert not codes.any()
    assert truth.letters(Motif("x", "ACgt", (Peak(0, 1),))).tolist() == [0, 1, 2, 3]


def test_every_letter_at_every_position_is_tried() -> None:
    codes = truth.planted(np.zeros((3, 8), dtype=np.uint8), np.array([2, 1], dtype=np.uint8))
    found = truth.mutated(codes, 2).reshape(2, 4, 3, 8)
    start = truth.middle(8, 2)
    for position in range(2):
        for letter in range(4):
            assert (found[position, letter, :, start + position] == letter).all()
        other = start + 1 - position
        assert (found[position, ..., other] == codes[0, other]).all()


def test_the_consensus_is_found_where_it_gives_most() -> None:
    motif = np.array([2, 1, 3])
    logcounts = np.zeros((3, 4, 5))
    logcounts[0, 2], logcounts[1, 1], logcounts[2, 0] = 1, 1, 1
    assert truth.consensus_found(logcounts.reshape(-1), motif) == 2


@pytest.mark.parametrize("length", [200, 201])
def test_the_footprint_stands_around_the_middle(length: int) -> None:
    found = truth.wanted_footprint(MOTIFS[0], length)
    assert found.shape == (length, 2)
    assert found.argmax(axis=0).tolist() == [length // 2 - 12, length // 2 + 12]


def simulated() -> tuple[object, object, tuple[Motif, ...]]:
    definition, problems = read_simulation(FOLDER / "nexus-small.xml")
    assert definition is not None
    assert not problems
    simulator = Simulator(definition)
    chunks = [simulator.rows(sample, "test", 0, 40) for sample in ("peaks", "background")]
    regions = [truth.Regions(one.codes, one.reads, one.bias, one.signal, one.rate) for one in chunks]
    return regions[0], regions[1], definition.motifs


def omniscient(peaks, background, motifs, kappa: float):  # type: ignore[no-untyped-def]
    """Predictions of a model that knows the simulation, with `kappa` of the bias left in its profiles."""
    asked = truth.questions(peaks, background, motifs)
    found = {
        "peaks": truth.Predicted(np.log(peaks.signal) + kappa * peaks.bias, np.zeros(len(peaks.codes))),
        "background": truth.Predicted(
            np.log(background.signal) + kappa * background.bias, np.zeros(len(background.codes))
        ),
    }
    for motif in motifs:
        codes = asked[f"with {motif.name}"]
        wanted = 0.3 + 120 * truth.wanted_footprint(motif, OUT)
        found[f"with {motif.name}"] = truth.Predicted(
            np.log(wanted) + kappa * background.bias[: len(codes)], np.full(len(codes), 0.5)
        )
        width, mutants = len(motif.consensus), asked[f"mutated {motif.name}"]
        start = truth.middle(LENGTH, width)
        alike = (mutants[:, start : start + width] == truth.letters(motif)).sum(axis=1)
        found[f"mutated {motif.name}"] = truth.Predicted(np.zeros((len(mutants), OUT, 2)), alike / width)
    return found


def test_a_model_that_knows_the_truth_reaches_everything() -> None:
    peaks, background, motifs = simulated()
    free = omniscient(peaks, background, motifs, 0)
    whole = truth.Predicted(np.log(peaks.rate), np.zeros(len(peaks.codes)))
    found = {"bias": 1.0, "slope": 0.7} | truth.answers(free, whole, peaks, background, motifs)
    assert [one.title for one in truth.QUANTITIES if not one.reached(found)] == []
    assert found["signal"] == pytest.approx(1)
    assert found["consensus A"] == 10
    biased = omniscient(peaks, background, motifs, 1)
    without = truth.answers(biased, biased["peaks"], peaks, background, motifs)
    assert without["bias slope"] == pytest.approx(1, abs=0.01)
    assert without["signal"] < 0.9
    assert all(truth.orderings(found, without).values())
    assert not any(truth.orderings(without, without).values())
    table = truth.table(found, without)
    assert len(table.splitlines()) == len(truth.QUANTITIES) + 1
    assert " no " not in table


def test_missed_quantities_are_named() -> None:
    values = {one.key: 0.5 for one in truth.QUANTITIES}
    lines = truth.table(values, {"signal": 0.25}).splitlines()
    assert sum(" yes " in line for line in lines) == 2, lines  # both rises
    (signal,) = (line for line in lines if "true signal" in line)
    assert signal.split()[-4:] == ["≥", "0.93", "no", "0.250"]


@pytest.mark.slow
def test_pictures_are_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.setitem(sys.modules, "truth", truth)
    pictures = example_scripts.script("bpnet", "pictures")
    peaks, background, motifs = simulated()
    free, biased = (omniscient(peaks, background, motifs, kappa) for kappa in (0, 1))
    pictures.region(tmp_path / "region.png", peaks, 3, free["peaks"], biased["peaks"])
    pictures.footprints(tmp_path / "footprints.png", motifs, {"residual": free, "solo": biased})
    for path in tmp_path.glob("*.png"):
        assert path.read_bytes().startswith(b"\x89PNG")
    assert len(list(tmp_path.glob("*.png"))) == 2
