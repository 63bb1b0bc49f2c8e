# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Letter matrices: weights, scores, information, divergence, similarity."""

from __future__ import annotations

import numpy as np
import pytest
from simulation_samples import ONLY_A, UNIFORM, kmers, matrix

from seqforge.data.encodings import DNA, PROTEIN
from seqforge.errors import DataError
from seqforge.simulation import motifs

COLUMNS = [{"A": 0.5, "C": 0.5}, {"G": 2.0, "T": 6.0}, UNIFORM]


def test_matrix_of_letters_by_name():
    assert np.allclose(motifs.matrix(matrix("m", *COLUMNS), DNA)[:2], [[0.5, 0.5, 0, 0], [0, 0, 0.25, 0.75]])
    assert np.allclose(motifs.matrix(matrix("m", {"R": 1.0}), PROTEIN), np.eye(20)[[1]])


def test_matrix_of_kmers_is_their_letter_frequency():
    assert np.allclose(motifs.matrix(kmers("k", AC=0.5, AG=1.5), DNA), [[1, 0, 0, 0], [0, 0.25, 0.75, 0]])
    with pytest.raises(DataError, match=r"k-mers of sequence element 'k' have several lengths \(2, 3\)"):
        motifs.matrix(kmers("k", "AC", "ACG"), DNA)


def test_weights_are_log_odds():
    expected = np.log2(4 * np.array([[0.5, 0.5, 1e-4, 1e-4]]))
    assert np.allclose(motifs.weights(np.array([[0.5, 0.5, 0, 0]])), expected)


def test_scores_are_sums_over_the_window():
    weight = np.random.default_rng(0).normal(size=(3, 4))
    codes = np.random.default_rng(1).integers(0, 5, (6, 11)).astype(np.uint8)
    one_hot = np.vstack([np.eye(4), np.full(4, 0.25)])[codes]
    expected = [[(one_hot[n, j : j + 3] * weight).sum() for j in range(9)] for n in range(6)]
    assert np.allclose(motifs.scores(codes, weight), expected)
    assert motifs.scores(codes[:, :2], weight).shape == (6, 0)


def test_information():
    assert motifs.information(np.full((5, 4), 0.25)) == pytest.approx(0)
    assert motifs.information(np.eye(4)) == pytest.approx(8)
    assert motifs.information(np.array([[0.5, 0.5, 0, 0]])) == pytest.approx(1)


def test_divergence_finds_the_best_alignment():
    long = np.eye(4)[[0, 1, 2, 3, 0]]
    assert motifs.aligned_divergence(long, long) == 0
    uniform = np.full((1, 4), 0.25)
    padded = np.concatenate([np.eye(4)[[1, 2]], uniform, uniform, uniform])
    short = np.eye(4)[[2, 3]]
    assert motifs.aligned_divergence(long, short) == pytest.approx(3 * 2)
    assert motifs.aligned_divergence(padded, padded[:4]) == pytest.approx(0)


def test_divergence_of_equal_widths_overhangs():
    first = np.eye(4)[[0, 1, 2, 3]]
    second = np.eye(4)[[2, 3, 0, 1]]
    columns_over = 2  # offset 2: two columns agree, two of the first stand against uniform ones, two uniform against it
    reverse = motifs.divergence(np.full((1, 4), 0.25), np.eye(4)[:1])
    assert motifs.aligned_divergence(first, second) == pytest.approx(columns_over * (2 + reverse))


def test_similarity_is_highest_with_itself():
    elements = [matrix("a", *6 * [ONLY_A]), matrix("c", *6 * [{"C": 1.0}])]
    table = motifs.similarities(elements, DNA, seed=1)
    assert np.allclose(np.diag(table), 12)
    assert (table[[0, 1], [1, 0]] < 12).all()
    assert np.array_equal(table, motifs.similarities(elements, DNA, seed=1))
