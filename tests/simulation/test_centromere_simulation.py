# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Simulated tables of bins and genomes with satellite arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seqforge.data.bins.collection import collected
from seqforge.simulation.centromere_options import Landscape, Satellite
from seqforge.simulation.centromeres import simulate_chromosomes, simulate_genome, write_genome, write_tables


def test_each_chromosome_has_one_centromere_within_the_margins() -> None:
    starts = []
    for one in simulate_chromosomes(0, range(200)):
        assert one.labels is not None
        inside = np.flatnonzero(one.labels)
        assert len(one) == 200
        assert inside.tolist() == list(range(inside[0], inside[0] + 12))
        starts.append(inside[0])
    assert min(starts) == 20
    assert max(starts) in range(160, 168)


def test_features_are_levels_with_noise_clipped() -> None:
    blocks = [one.block for one in simulate_chromosomes(3, range(100))]
    features = np.concatenate([block.features for block in blocks])
    inside = np.concatenate([block.labels for block in blocks]) == 1
    highlighted, depth = features[:, ::2], features[:, 1::2]
    assert highlighted[inside].mean() == pytest.approx(0.6, abs=0.01)
    assert highlighted[~inside].mean() == pytest.approx(0.2 + 0.0109, abs=0.005)  # what clipping at 0 adds
    assert depth[inside].mean() == pytest.approx(8.0, abs=0.1)
    assert highlighted.min() >= 0
    assert highlighted.max() <= 1
    assert depth.min() == 0
    assert np.corrcoef(highlighted[~inside].T)[0, 1] == pytest.approx(0, abs=0.03)


def test_a_chromosome_depends_on_seed_sample_and_number_alone() -> None:
    landscape = Landscape(chromosomes=3, bins=120, shortest=60)
    every = {(one.sample, one.name): one for one in simulate_chromosomes(7, range(1, 9), landscape)}
    (*_, last) = simulate_chromosomes(7, [5], landscape)
    np.testing.assert_array_equal(last.block.features, every["S005", "chr3"].block.features)
    assert len({len(one) for one in every.values()}) > 5
    (first, *_) = simulate_chromosomes(8, [1], landscape)
    assert not np.array_equal(first.block.features[:60], every["S001", "chr1"].block.features[:60])


def test_tables_read_back_the_same(tmp_path: Path) -> None:
    made = list(simulate_chromosomes(1, range(1, 4), Landscape(chromosomes=2, bins=80)))
    paths = write_tables(tmp_path, made)
    assert [path.name for path in paths[:2]] == ["S001_chr1_multi_k_summary.csv", "S001_chr2_multi_k_summary.csv"]
    read = collected([tmp_path]).sound().chromosomes
    for one, other in zip(made, read, strict=True):
        assert (one.sample, one.name) == (other.sample, other.name)
        np.testing.assert_array_equal(one.block.features, other.block.features)
        np.testing.assert_array_equal(one.block.edges, other.block.edges)
        assert one.labels is not None
        assert other.labels is not None
        np.testing.assert_array_equal(one.labels, other.labels)


def test_a_satellite_array_is_a_drifting_higher_order_repeat() -> None:
    satellite = Satellite()
    (record,) = simulate_genome(4)
    assert satellite.length == 60 * 12 * 171
    assert (record.start, record.end) == (200_000, 200_000 + satellite.length)
    assert len(record.bases) == 400_000 + satellite.length
    copies = record.bases[record.start : record.end].reshape(60, 12 * 171)
    consensus = np.array([np.bincount(column).argmax() for column in copies.T])
    assert (copies != consensus).mean() == pytest.approx(0.005, abs=0.001)
    monomers = consensus.reshape(12, 171)
    pairs = [(monomers[i] != monomers[j]).mean() for i in range(12) for j in range(i)]
    assert np.mean(pairs) == pytest.approx(0.2, abs=0.03)
    flank = record.bases[: record.start]
    np.testing.assert_allclose(np.unique(flank, return_counts=True)[1] / len(flank), 0.25, atol=0.005)


def test_chromosomes_of_a_genome_have_repeats_of_their_own_and_the_same_bytes(tmp_path: Path) -> None:
    satellite = Satellite(copies=3, monomers=4, monomer=50)
    records = simulate_genome(2, [(100, 30), (45, 0)], satellite)
    assert [record.name for record in records] == ["chr1", "chr2"]
    assert not np.array_equal(records[0].bases[100:700], records[1].bases[45:645])
    fasta, bed = write_genome(tmp_path, records)
    assert bed.read_text() == "chr1\t100\t700\tcentromere\nchr2\t45\t645\tcentromere\n"
    text = fasta.read_text().splitlines()
    assert text[0] == ">chr1"
    assert max(map(len, text)) == 80
    assert "".join(text[1 : text.index(">chr2")]) == records[0].bases.tobytes().decode()
    again = write_genome(tmp_path / "again", simulate_genome(2, [(100, 30), (45, 0)], satellite))[0]
    assert again.read_bytes() == fasta.read_bytes()
