# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Sequence elements as letter matrices: log-odds weights, scores along sequences, information, similarities."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from seqforge.data.encodings import Alphabet
from seqforge.definitions.data import SequenceElement
from seqforge.errors import DataError
from seqforge.simulation import draws
from seqforge.simulation.tables import Letters, element, probabilities

PSEUDO = 1e-4  # stands for a probability of 0 in weights
TINY = 5e-324  # the smallest positive double: stands for 0 in divergences
SAMPLES, FLANK = 100, 100  # of the empirical similarity: instances, random letters on either side


def matrix(declared: SequenceElement, alphabet: Alphabet) -> np.ndarray:
    """Letter probabilities (position, letter); of k-mers the weighted letter frequencies, if all have one length."""
    if declared.positions is not None:
        return np.array([probabilities(letters, alphabet) for letters in declared.positions])
    if len(declared.widths) != 1:
        widths = ", ".join(map(str, declared.widths))
        raise DataError(f"k-mers of sequence element '{declared.id}' have several lengths ({widths}): no matrix fits")
    words = declared.kmers or {}
    one_hot = np.eye(len(alphabet))[[alphabet.encode(word) for word in words]]
    return np.average(one_hot, axis=0, weights=list(words.values()))


def weights(probability: np.ndarray) -> np.ndarray:
    """Log-odds log₂(p · C) (position, letter) of a matrix; p = 0 counts as 0.0001."""
    return np.log2(np.where(probability == 0, PSEUDO, probability) * probability.shape[1])


def scores(codes: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The sum of weights at every start: (n, length − width + 1) float64; an unknown letter weighs the mean."""
    table = np.concatenate([weight, weight.mean(axis=1, keepdims=True)], axis=1)
    starts = max(0, codes.shape[1] - len(table) + 1)
    total = np.zeros((len(codes), starts))
    for position, row in enumerate(table):
        total += row[codes[:, position : position + starts]]
    return total


def information(probability: np.ndarray) -> float:
    """Σ (log₂ C + Σ p log₂ p) in bits."""
    p = np.maximum(probability, TINY)
    return float((np.log2(p.shape[1]) + (p * np.log2(p)).sum(axis=1)).sum())


def divergence(first: np.ndarray, second: np.ndarray) -> float:
    """Kullback–Leibler divergence Σ p₁ log₂(p₁ / p₂) in bits of matrices of one shape."""
    p, q = np.maximum(first, TINY), np.maximum(second, TINY)
    return float((p * (np.log2(p) - np.log2(q))).sum())


def aligned_divergence(first: np.ndarray, second: np.ndarray) -> float:
    """The smallest divergence over alignments; columns that one matrix lacks are uniform.

    The shorter matrix slides along the longer one. Equal widths w also overhang, by 2i − m for i = 0 … m, m = ⌊0.7 w⌋.
    """
    spare = len(first) - len(second)
    if spare:
        offsets: Iterable[int] = range(abs(spare) + 1)
    else:
        most = int(0.7 * len(first))
        offsets = {0, *(2 * step - most for step in range(most + 1))}
    shift = 1 if spare >= 0 else -1
    return min(divergence(*_spread(first, second, shift * offset)) for offset in offsets)


def _spread(first: np.ndarray, second: np.ndarray, offset: int) -> tuple[np.ndarray, np.ndarray]:
    """Both over their common range, `second` starting `offset` columns after `first`."""
    low = min(0, offset)
    shape = (max(len(first), offset + len(second)) - low, first.shape[1])
    spread = np.full((2, *shape), 1 / shape[1])
    spread[0, -low : len(first) - low] = first
    spread[1, offset - low : offset - low + len(second)] = second
    return spread[0], spread[1]


def similarities(elements: list[SequenceElement], alphabet: Alphabet, seed: int) -> np.ndarray:
    """(scored, sampled): the mean best score of one element over samples of the other between random letters."""
    weight = [weights(matrix(declared, alphabet)) for declared in elements]
    table = np.empty((len(elements), len(elements)))
    for column, declared in enumerate(elements):
        codes = _samples(declared, alphabet, seed)
        table[:, column] = [scores(codes, one).max(axis=1).mean() for one in weight]
    return table


def _samples(declared: SequenceElement, alphabet: Alphabet, seed: int) -> np.ndarray:
    """Instances (sample, position) between uniform letters."""
    rows = np.arange(SAMPLES)
    name = (seed, "similarity", str(declared.id))
    drawn = element(declared, alphabet).draw(draws.stream(*name, "letters"), rows)
    uniform = Letters.of([dict.fromkeys(alphabet.letters, 1.0)], alphabet)
    numbers = draws.bits(draws.stream(*name, "flanks"), rows, 2 * FLANK)
    flanks = uniform.codes(numbers, np.zeros((1, 1), dtype=np.int64))
    return np.concatenate([flanks[:, :FLANK], drawn.codes, flanks[:, FLANK:]], axis=1)
