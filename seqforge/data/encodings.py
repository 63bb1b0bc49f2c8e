# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Alphabets, and sequences as uint8 codes and back. One-hot tensors are made by the learner, never stored."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from seqforge.arrays import np
from seqforge.errors import SeqForgeError, did_you_mean


@dataclass(frozen=True)
class Alphabet:
    """A sequence space: `letters` in the order of their codes; every other letter has the code `len(letters)`.

    `same` lists letters that read as another one (U as T). `mask` is the letter that an unknown code decodes to.
    A space without letters is one of numbers: models read named arrays in it, not sequences.
    """

    name: str
    letters: str
    mask: str
    same: tuple[tuple[str, str], ...] = ()

    def __len__(self) -> int:
        return len(self.letters)

    @property
    def unknown(self) -> int:
        return len(self.letters)

    @cached_property
    def _table(self) -> bytes:
        """The code of every byte."""
        table = bytearray([self.unknown]) * 256
        for letter, code in [
            *((letter, self.letters.index(letter)) for letter in self.letters),
            *((alias, self.letters.index(letter)) for alias, letter in self.same),
        ]:
            table[ord(letter)] = table[ord(letter.lower())] = code
        return bytes(table)

    def codes(self, sequence: str | bytes) -> bytes:
        """The codes of `sequence`, one byte each; any case; letters outside the alphabet become `unknown`."""
        raw = sequence if isinstance(sequence, bytes) else sequence.encode("latin-1", "replace")
        return raw.translate(self._table)

    def encode(self, sequence: str | bytes) -> np.ndarray:
        """`codes` as an array (length,) uint8."""
        return np.frombuffer(bytearray(self.codes(sequence)), dtype=np.uint8)

    @cached_property
    def complement(self) -> np.ndarray | None:
        """The code of each code's complement (code,) uint8, unknown to itself; None where strands mean nothing."""
        pairs = {"A": "T", "C": "G", "G": "C", "T": "A"}
        if not self.letters or any(letter not in "ACGTU" for letter in self.letters):
            return None
        opposite = [self._table[ord(pairs[letter.replace("U", "T")])] for letter in self.letters]
        return np.array([*opposite, self.unknown], dtype=np.uint8)

    def decode(self, codes: np.ndarray) -> str:
        """`codes` (length,) as text."""
        table = np.frombuffer((self.letters + self.mask).encode(), dtype=np.uint8)
        return table[np.asarray(codes)].tobytes().decode()

    def vectors(self, unknown: str = "uniform") -> np.ndarray:
        """The one-hot rows (code, letter) float32 that a learner looks codes up in; the last row is `unknown`.

        `unknown`: "uniform" (1/size each), "zeros", or "error" (the data refuses such letters; rows as uniform).
        """
        size = len(self)
        last = np.zeros(size) if unknown == "zeros" else np.full(size, 1 / max(size, 1))
        return np.vstack([np.eye(size), last]).astype(np.float32)


DNA = Alphabet("DNA", "ACGT", "N", same=(("U", "T"),))
RNA = Alphabet("RNA", "ACGU", "N", same=(("T", "U"),))
PROTEIN = Alphabet("protein", "ARNDCEQGHILKMFPSTWYV", "X")
SIGNAL = Alphabet("signal", "", "")  # electropherograms
FEATURES = Alphabet("features", "", "")  # numbers per bin of a genome
ALPHABETS = {alphabet.name: alphabet for alphabet in (DNA, RNA, PROTEIN, SIGNAL, FEATURES)}
LETTERED = tuple(name for name, alphabet in ALPHABETS.items() if alphabet.letters)


def alphabet(name: str) -> Alphabet:
    """The alphabet of a sequence space, compared without case."""
    by_fold = {known.casefold(): space for known, space in ALPHABETS.items()}
    if name.casefold() not in by_fold:
        raise SeqForgeError(f"unknown sequencespace '{name}'; {did_you_mean(name, list(ALPHABETS))}")
    return by_fold[name.casefold()]
