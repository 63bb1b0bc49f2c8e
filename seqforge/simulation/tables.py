# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Probabilities of a data definition as tables that whole chunks are drawn from: letters, sequence elements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from seqforge.data.encodings import Alphabet
from seqforge.definitions.data import SequenceElement
from seqforge.simulation import draws


def probabilities(letters: Mapping[str, float], alphabet: Alphabet) -> np.ndarray:
    """Probabilities (letter,) float64 in the order of the alphabet, divided by their sum; absent letters have 0."""
    row = np.zeros(len(alphabet))
    for letter, probability in letters.items():
        row[alphabet.encode(letter)[0]] += probability
    return row / row.sum()


@dataclass(frozen=True)
class Letters:
    """Letter distributions as cuts of the 32-bit numbers: the code is the number of cuts at or below the number.

    `cuts` (distribution, letter − 1) uint32; `last` (distribution,) uint8: the last letter that can occur at all.
    """

    cuts: np.ndarray
    last: np.ndarray

    @classmethod
    def of(cls, distributions: Iterable[Mapping[str, float]], alphabet: Alphabet) -> Letters:
        rows = np.array([probabilities(letters, alphabet) for letters in distributions])
        cuts = np.minimum(np.rint(np.cumsum(rows, axis=1)[:, :-1] * 2.0**32), 2.0**32 - 1).astype(np.uint32)
        last = len(alphabet) - 1 - np.argmax(rows[:, ::-1] > 0, axis=1)
        return cls(cuts, last.astype(np.uint8))

    def codes(self, numbers: np.ndarray, which: np.ndarray) -> np.ndarray:
        """Codes of `numbers` (n, m) uint32; `which` (n, 1) or (1, m): the number of the distribution of each."""
        cuts, last = self.cuts[which], self.last[which]
        codes = np.zeros(numbers.shape, dtype=np.uint8)
        for cut in range(cuts.shape[-1]):
            codes += (numbers >= cuts[..., cut]).view(np.uint8)  # as bool it would be cast piece by piece
        return np.minimum(codes, last, out=codes)


@dataclass(frozen=True)
class Instances:
    """Drawn elements: `codes` (n, width) uint8, right-padded; `widths` (n,) int64."""

    codes: np.ndarray
    widths: np.ndarray


@dataclass(frozen=True)
class Matrix:
    """A matrix-based element: one independent letter per position."""

    letters: Letters
    width: int

    def draw(self, key: int, rows: np.ndarray) -> Instances:
        numbers = draws.bits(key, rows, self.width)
        codes = self.letters.codes(numbers, np.arange(self.width)[None, :])
        return Instances(codes, np.full(len(rows), self.width))


@dataclass(frozen=True)
class Kmers:
    """A k-mer-based element: `codes` (k-mer, width) right-padded, `widths` (k-mer,), `cumulated` (k-mer,) up to 1."""

    codes: np.ndarray
    widths: np.ndarray
    cumulated: np.ndarray

    def draw(self, key: int, rows: np.ndarray) -> Instances:
        chosen = np.searchsorted(self.cumulated, draws.uniforms(key, rows), side="right")
        return Instances(self.codes[chosen], self.widths[chosen])


def element(declared: SequenceElement, alphabet: Alphabet) -> Matrix | Kmers:
    """The table of a declared sequence element."""
    if declared.positions is not None:
        return Matrix(Letters.of(declared.positions, alphabet), len(declared.positions))
    likely = {word: probability for word, probability in (declared.kmers or {}).items() if probability > 0}
    widths = np.array([len(word) for word in likely])
    codes = np.zeros((len(likely), widths.max()), dtype=np.uint8)
    for row, word in enumerate(likely):
        codes[row, : len(word)] = alphabet.encode(word)
    cumulated = np.cumsum(list(likely.values()))
    cumulated = cumulated / cumulated[-1]
    return Kmers(codes, widths, cumulated)
