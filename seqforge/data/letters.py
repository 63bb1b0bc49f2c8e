# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Letters outside the alphabet: counted while sequences are encoded, then noted once or refused."""

from __future__ import annotations

from typing import Any

from seqforge.arrays import np
from seqforge.data.encodings import Alphabet
from seqforge.data.problems import LETTERS, refuse
from seqforge.data.store import Store
from seqforge.errors import DataError


class Letters:
    """`found`: plain JSON. `letters`: letter (upper case) → how often; `sequences`: how many have any; `first`, and
    `first_foreign` for a letter other than the alphabet's mask (N, X): row and letter, or None."""

    def __init__(self, alphabet: Alphabet, found: dict[str, Any] | None = None):
        self.alphabet = alphabet
        self.found = found or {"letters": {}, "sequences": 0, "first": None, "first_foreign": None}

    def count(self, raw: bytes, codes: np.ndarray, lengths: np.ndarray, row: int) -> None:
        """Sequences of `lengths` (n,), one after the other: text `raw` and `codes`; the first is row `row` of all."""
        strange = np.flatnonzero(codes == self.alphabet.unknown)
        if not len(strange):
            return
        letters = np.frombuffer(raw.upper(), dtype=np.uint8)[strange]
        owners = np.searchsorted(np.cumsum(lengths), strange, side="right") + row
        for byte, count in zip(*np.unique(letters, return_counts=True), strict=True):
            tally = self.found["letters"]
            tally[chr(byte)] = tally.get(chr(byte), 0) + int(count)
        self.found["sequences"] += len(np.unique(owners))
        self._first("first", letters, owners, np.ones(len(letters), dtype=bool))
        self._first("first_foreign", letters, owners, letters != ord(self.alphabet.mask))

    def _first(self, key: str, letters: np.ndarray, owners: np.ndarray, chosen: np.ndarray) -> None:
        if self.found[key] is None and chosen.any():
            at = int(np.argmax(chosen))
            self.found[key] = [int(owners[at]), chr(letters[at])]

    def refuse(self, rows: Store, every: bool, foreign: bool) -> None:
        """Raise DataError if a letter was found and `every` one is an error, or each but the mask (`foreign`)."""
        first = self.found["first"] if every else self.found["first_foreign"] if foreign else None
        if first is not None:
            raise self._refusal(rows.place(first[0]), first[1])

    def _refusal(self, place: str, letter: str) -> DataError:
        allowed = f"the letters of {self.alphabet.name} are {self.alphabet.letters}"
        hint = f"{self._summary()} in all; declare unknown uniform or zeros to feed them"
        return DataError(f"{place}: {refuse(LETTERS, f'{allowed}, received {letter!r}', hint)}")

    def notes(self, rows: Store, unknown: str) -> list[str]:
        """One line on what was found and how it is fed."""
        if self.found["first"] is None:
            return []
        fed = "zeros" if unknown == "zeros" else f"1/{len(self.alphabet)} in every channel"
        return [f"{self._summary()} (first: {rows.place(self.found['first'][0])}) are fed as {fed}"]

    def _summary(self) -> str:
        letters = self.found["letters"]
        spelt = ", ".join(
            f"{letter} {count}" for letter, count in sorted(letters.items(), key=lambda item: -item[1])[:8]
        )
        total, sequences = sum(letters.values()), self.found["sequences"]
        outside = f"{total} letter{_s(total)} outside {self.alphabet.letters} ({spelt})"
        return f"{outside} in {sequences} sequence{_s(sequences)}"


def _s(count: int) -> str:
    return "" if count == 1 else "s"
