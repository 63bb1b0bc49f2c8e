# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Simulated profiles: the formulas against a slow reference, the distributions, and bytes that follow from the row."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import profile_reference as reference
import pytest

from seqforge.definitions.profile_data import MOTIFS, Motif, Peak, ProfileSimulation
from seqforge.definitions.reader import read_simulation
from seqforge.errors import DataError
from seqforge.resources import folder
from seqforge.simulation import draws, profile_files
from seqforge.simulation.files import SESSION
from seqforge.simulation.profiles import Chunk, Simulator, bias_matrix, footprint, normals, poisson

NEXUS = folder("data-defs") / "nexus-sim.xml"


def definition(*changes: str) -> ProfileSimulation:
    found, problems = read_simulation(NEXUS, [f"profilesimulation.{change}" for change in changes])
    assert problems == []
    assert found is not None
    return found


@pytest.fixture(scope="module")
def simulator() -> Simulator:
    return Simulator(definition())


@pytest.fixture(scope="module")
def peaks(simulator: Simulator) -> Chunk:
    return simulator.rows("peaks", "training")


def chi_square(observed: np.ndarray, expected: np.ndarray) -> float:
    """The statistic in standard deviations above its mean."""
    freedom = len(observed) - 1
    return float(((((observed - expected) ** 2 / expected).sum()) - freedom) / np.sqrt(2 * freedom))


# the formulas


@pytest.mark.parametrize("jitter", [0, 7])
def test_bias_and_signal_are_those_of_the_formula(jitter: int) -> None:
    found = definition(f"max_jitter={jitter}")
    simulator = Simulator(found)
    chunk = simulator.rows("peaks", "test", 3, 7)
    assert chunk.codes.shape == (4, 288 + 2 * jitter)
    assert chunk.reads.shape == chunk.rate.shape == (4, 200 + 2 * jitter, 2)
    rows = chunk.instances.tolist()
    for row, strand in itertools.product(range(4), range(2)):
        codes = chunk.codes[row].tolist()
        here = [(motif, start, sign, amplitude) for region, motif, start, sign, amplitude in rows if region == row + 3]
        for position in (0, 1, 60, 99, 100, 198, 199 + 2 * jitter):
            s = reference.score(codes, position + 44, strand, simulator.bias)
            bracket = reference.signal(here, found.motifs, position + 44, strand, 0.3)
            assert chunk.bias[row, position, strand] == pytest.approx(0.7 * 0.8 * s, abs=1e-6)
            assert chunk.signal[row, position, strand] == pytest.approx(bracket, rel=1e-6)


def test_the_rate_is_depth_times_bias_times_signal(simulator: Simulator) -> None:
    for sample in ("control", "peaks"):
        chunk = simulator.rows(sample, "training", 0, 200)
        depth = chunk.rate / (np.exp(chunk.bias) * chunk.signal)
        assert np.ptp(depth, axis=(1, 2)).max() < 1e-5
        assert np.std(np.log(depth[:, 0, 0])) == pytest.approx(0.15, rel=0.15)


def test_a_short_flank_reads_nothing_outside_the_sequence() -> None:
    simulator = Simulator(definition("input_length=202", "margin=0"))
    chunk = simulator.rows("control", "test", 0, 2)
    for position, strand in itertools.product((0, 2, 197, 199), range(2)):
        s = reference.score(chunk.codes[1].tolist(), position + 1, strand, simulator.bias)
        assert chunk.bias[1, position, strand] == pytest.approx(0.8 * s, abs=1e-6)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_scores_have_mean_0_and_variance_1_under_the_letter_distribution(seed: int) -> None:
    letters = np.array([0.29, 0.21, 0.21, 0.29])
    matrix = bias_matrix(seed, 9, letters)
    assert matrix.shape == (9, 4)
    assert matrix @ letters == pytest.approx(np.zeros(9), abs=1e-12)
    assert (matrix**2 @ letters).sum() == pytest.approx(1)
    assert not np.allclose(matrix, bias_matrix(seed + 1, 9, letters))


def test_scores_of_drawn_sequences_are_standardised(simulator: Simulator) -> None:
    scores = simulator.rows("control", "training").bias.astype(np.float64) / 0.8
    assert scores.mean(axis=(0, 1)) == pytest.approx([0, 0], abs=0.02)
    assert scores.std(axis=(0, 1)) == pytest.approx([1, 1], abs=0.02)


@pytest.mark.parametrize("motif", MOTIFS)
def test_footprints_sum_up_to_1_over_both_strands_and_mirror(motif: Motif) -> None:
    both = footprint(motif)
    assert both.sum() == pytest.approx(1)
    assert both[0].sum() == pytest.approx(0.5)
    assert (both[1] == both[0, ::-1]).all()
    offsets = np.arange(both.shape[1]) - both.shape[1] // 2
    mean = (both[0] * offsets).sum() / both[0].sum()
    assert mean == pytest.approx(np.mean([peak.position for peak in motif.peaks]), abs=1e-6)
    assert both[0, both.shape[1] // 2 - 12] == pytest.approx(reference.kernel(motif, -12, 0), rel=1e-6)


def test_peaks_are_weighed() -> None:
    both = footprint(Motif("x", "ACGT", (Peak(-20, 2, 3), Peak(20, 2, 1))))
    half = both.shape[1] // 2
    assert both[0, :half].sum() == pytest.approx(0.375)
    assert both[0, half:].sum() == pytest.approx(0.125)


# distributions


def test_reads_per_region(simulator: Simulator, peaks: Chunk) -> None:
    means = {name: simulator.rows(name, "training").reads.sum(axis=(1, 2)).mean() for name in ("control", "background")}
    assert means["control"] == pytest.approx(550, rel=0.05)
    assert means["background"] == pytest.approx(140, rel=0.05)
    assert peaks.reads.sum(axis=(1, 2)).mean() == pytest.approx(420, rel=0.05)


def test_reads_are_poisson_numbers_of_their_rate(peaks: Chunk) -> None:
    reads, rate = peaks.reads.astype(np.float64), peaks.rate.astype(np.float64)
    residual = (reads - rate) / np.sqrt(rate)
    assert abs(residual.mean()) < 5 / np.sqrt(rate.size)
    assert (residual**2).mean() == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("mean", [0.2, 1.0, 7.5, 300.0])
def test_poisson_numbers(mean: float) -> None:
    from scipy import stats

    numbers = poisson(draws.stream("test"), np.arange(20_000), np.full((20_000, 2), mean)).ravel()
    low, high = (int(stats.poisson.ppf(share, mean)) for share in (0.001, 0.999))
    edges = np.unique(np.linspace(low, high, min(20, high - low) + 1).astype(int))
    cumulated = np.concatenate([[0], stats.poisson.cdf(edges, mean), [1]])
    observed = np.histogram(numbers, bins=[-1, *(edges + 0.5), numbers.max() + edges[-1] + 2])[0]
    assert chi_square(observed, np.diff(cumulated) * len(numbers)) < 5


def test_poisson_numbers_of_mean_0_and_of_large_means() -> None:
    means = np.array([[0.0, 5000.0]] * 400)
    numbers = poisson(draws.stream("test"), np.arange(400), means)
    assert (numbers[:, 0] == 0).all()
    assert numbers[:, 1].mean() == pytest.approx(5000, abs=20)
    assert numbers[:, 1].std() == pytest.approx(np.sqrt(5000), rel=0.15)


def test_normal_numbers() -> None:
    from scipy import stats

    assert stats.kstest(normals(draws.stream("test"), np.arange(20_000)), "norm").pvalue > 1e-4


def test_letters_of_the_background(simulator: Simulator) -> None:
    codes = simulator.rows("control", "training").codes
    observed = np.bincount(codes.ravel(), minlength=4)
    assert len(observed) == 4
    assert chi_square(observed, codes.size * np.array([0.29, 0.21, 0.21, 0.29])) < 5
    pairs = np.bincount((4 * codes[:, :-1].astype(int) + codes[:, 1:]).ravel(), minlength=16)
    shares = np.outer([0.29, 0.21, 0.21, 0.29], [0.29, 0.21, 0.21, 0.29]).ravel()
    assert chi_square(pairs, pairs.sum() * shares) < 5


def test_instances_and_their_letters(peaks: Chunk) -> None:
    found = peaks.instances
    counts = np.bincount(found["region"], minlength=4000)
    assert chi_square(np.bincount(counts, minlength=4)[1:], np.full(3, 4000 / 3)) < 5
    assert set(counts) == {1, 2, 3}
    for column, sizes in (("motif", 2), ("strand", 2)):
        observed = np.unique(found[column], return_counts=True)[1]
        assert chi_square(observed, np.full(sizes, len(found) / sizes)) < 5
    cells, observed = np.unique(found["start"], return_counts=True)
    assert set(np.diff(cells)) == {22}
    assert (cells.min() >= 44 + 22, cells.max() + 10 <= 44 + 200 - 22) == (True, True)
    assert chi_square(observed, np.full(len(cells), len(found) / len(cells))) < 5
    assert np.median(found["amplitude"]) == pytest.approx(120, rel=0.01)
    assert np.log(found["amplitude"]).std() == pytest.approx(0.2, rel=0.05)


def test_planted_letters_are_drawn_from_the_matrix(peaks: Chunk) -> None:
    for number, motif in enumerate(MOTIFS):
        wanted = np.array(["ACGT".index(letter) for letter in motif.consensus])
        for strand in (1, -1):
            chosen = peaks.instances[(peaks.instances["motif"] == number) & (peaks.instances["strand"] == strand)]
            letters = peaks.codes[chosen["region"][:, None], chosen["start"][:, None] + np.arange(10)]
            letters = letters if strand > 0 else 3 - letters[:, ::-1]
            assert (letters == wanted).mean() == pytest.approx(0.95, abs=0.01)
            others = np.bincount(((letters - wanted) % 4).ravel(), minlength=4)[1:]
            assert chi_square(others, np.full(3, others.sum() / 3)) < 5


def test_no_region_has_a_cell_twice(peaks: Chunk) -> None:
    places = list(zip(peaks.instances["region"].tolist(), peaks.instances["start"].tolist(), strict=True))
    assert len(set(places)) == len(places)
    assert places == sorted(places)


def test_the_bias_of_the_experiment_has_the_slope_kappa(simulator: Simulator) -> None:
    """Log reads by κ = 1 bias, background and control: the slopes differ by 0.7."""
    slopes = {}
    for name, kappa in (("control", 1.0), ("background", 0.7)):
        chunk = simulator.rows(name, "training")
        score = chunk.bias.ravel().astype(np.float64) / (kappa * 0.8)
        bins = np.digitize(score, np.linspace(-2, 2, 21))
        used = range(1, 21)
        means = [chunk.reads.ravel()[bins == number].mean() for number in used]
        slopes[name] = np.polyfit([score[bins == number].mean() for number in used], np.log(means), 1)[0]
    assert slopes["control"] == pytest.approx(0.8, abs=0.01)
    assert slopes["background"] / slopes["control"] == pytest.approx(0.7, abs=0.01)


# reproducibility


@pytest.mark.parametrize("size", [1, 7, 64])
def test_the_bytes_do_not_depend_on_chunks(simulator: Simulator, size: int) -> None:
    whole = simulator.rows("peaks", "test", 10, 74)
    parts = [simulator.rows("peaks", "test", start, min(start + size, 74)) for start in range(10, 74, size)]
    for name in ("codes", "reads", "bias", "signal", "rate", "instances"):
        joined = np.concatenate([getattr(part, name) for part in parts])
        assert joined.tobytes() == getattr(whole, name).tobytes(), name


def test_a_set_is_its_chunks(simulator: Simulator) -> None:
    chunks = list(simulator.chunks("peaks", "test", 123))
    assert [chunk.start for chunk in chunks] == [0, 123, 246, 369, 492]
    assert sum(map(len, chunks)) == 500
    assert len(simulator.rows("peaks", "test", 498, 600)) == 2
    assert len(simulator.rows("peaks", "test", 3, 3)) == 0


def test_sets_samples_and_seeds_differ(simulator: Simulator) -> None:
    found, _ = read_simulation(NEXUS, ["general.seed=2"])
    assert found is not None
    other = Simulator(found)
    chunks = [
        simulator.rows("peaks", "test", 0, 3),
        simulator.rows("peaks", "training", 0, 3),
        simulator.rows("background", "test", 0, 3),
        other.rows("peaks", "test", 0, 3),
    ]
    assert len({chunk.codes.tobytes() for chunk in chunks}) == 4
    assert not np.allclose(simulator.bias, other.bias)


def test_an_unknown_sample_is_named(simulator: Simulator) -> None:
    with pytest.raises(DataError, match="unknown sample 'peak'; did you mean 'peaks'"):
        simulator.rows("peak", "test")


# files


SMALL = ("training=20", "validation=5", "test=6")


def test_files_of_every_sample_and_set(tmp_path: Path) -> None:
    import h5py

    found = definition(*SMALL, "max_jitter=3")
    written = profile_files.write(found, tmp_path / "out")
    assert len(written.made) == 9
    chunk = Simulator(found).rows("peaks", "test")
    with h5py.File(tmp_path / "out/peaks/test.h5") as file:
        assert file["sequence"].shape == (6, 294, 4)
        assert (file["sequence"][:].argmax(axis=2) == chunk.codes).all()
        assert (file["head_0"][:] == chunk.reads).all()
        for name, values in chunk.truth.items():
            assert (file[f"truth/{name}"][:] == values).all()
        about = dict(file["metadata"].attrs)
        assert (about["input_length"], about["output_length"], about["max_jitter"]) == (288, 200, 3)
        assert list(about["head_names"]) == ["nexus"]
        assert "<profilesimulation>" in about["config"]
    lines = (tmp_path / "out/peaks/test-instances.tsv").read_text().splitlines()
    assert lines[0].split("\t") == ["region", "motif", "start", "strand", "amplitude"]
    assert len(lines) == len(chunk.instances) + 1
    region, motif, start, strand, amplitude = chunk.instances.tolist()[0]
    cells = lines[1].split("\t")
    assert (int(cells[0]), cells[1], int(cells[2]), cells[3]) == (region, "AB"[motif], start, "-+"[strand > 0])
    assert float(cells[4]) == pytest.approx(amplitude)
    assert (tmp_path / "out/control/test-instances.tsv").read_text().splitlines() == lines[:1]


def test_sets_are_added_and_kept(tmp_path: Path) -> None:
    found = definition(*SMALL)
    assert len(profile_files.write(found, tmp_path / "out", ("test",)).made) == 3
    kept = (tmp_path / "out/peaks/test.h5").read_bytes()
    written = profile_files.write(found, tmp_path / "out", ("training", "test"))
    assert written.made == ("control training", "background training", "peaks training")
    assert (tmp_path / "out/peaks/test.h5").read_bytes() == kept
    assert profile_files.write(found, tmp_path / "out", ("test",)).reused
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["background", "control", "peaks", SESSION]


def test_a_folder_of_another_simulation_is_refused(tmp_path: Path) -> None:
    profile_files.write(definition(*SMALL), tmp_path / "out", ("test",))
    with pytest.raises(DataError, match="holds the simulation of another definition"):
        profile_files.write(definition(*SMALL, "amplitude=100"), tmp_path / "out", ("test",))


def test_memory_is_bounded_by_the_chunk() -> None:
    import tracemalloc

    simulator = Simulator(definition("training=4000"))
    tracemalloc.start()
    for _ in simulator.chunks("control", "training", 250):
        pass
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 40e6
