# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Peaks and background: every epoch has each peak once, and background regions drawn anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import floor
from typing import Any

import numpy as np

from seqforge.data.augmentation import draws
from seqforge.data.dataset import Batch
from seqforge.data.problems import EMPTY, refuse
from seqforge.data.profiles.checks import counted
from seqforge.data.profiles.dataset import ProfileSet, rows_hash

NEGATIVE = 3  # the purpose of a draw: which background region an example is


def _none() -> np.ndarray:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class PeakSet(ProfileSet):
    """`rows` are peaks, examples 0 … n − 1; floor(n · negative_ratio) more are background.

    Which of `negatives` (rows of the store) example i ≥ n is, is drawn from (seed, epoch, i), uniformly and with
    replacement. Background does not move unless `jitter_negatives`. Labels are 1 for peaks and 0 for background.
    """

    negatives: np.ndarray = field(default_factory=_none)
    negative_ratio: float = 0.0
    jitter_negatives: bool = False

    def __len__(self) -> int:
        return len(self.rows) + self.drawn

    def __repr__(self) -> str:
        return f"PeakSet({len(self.rows):,} peaks and {self.drawn:,} of {len(self.negatives):,} negatives)"

    @property
    def drawn(self) -> int:
        """How many examples of an epoch are background; the ratio counts as it is written, in decimals."""
        return floor(Fraction(repr(self.negative_ratio)) * len(self.rows)) if len(self.negatives) else 0

    @property
    def every_row(self) -> np.ndarray:
        return np.concatenate((self.rows, self.negatives))

    def batch(self, indices: np.ndarray, epoch: int = 0) -> Batch:
        """As of a `ProfileSet`, with labels (n,) uint8."""
        found = super().batch(indices, epoch)
        return replace(found, label=(found.index < len(self.rows)).astype(np.uint8))

    def identity(self) -> list[Any]:
        drawn = [rows_hash(self.negatives), self.negative_ratio, self.jitter_negatives, self.seed] if self.drawn else []
        return [*super().identity(), drawn]

    def plain(self) -> PeakSet:
        """The peaks alone, neither moved nor turned over."""
        return replace(self, jitter=False, reverse_complement=False, negatives=_none())

    def kept(self, chosen: np.ndarray) -> PeakSet:
        """The peaks and negatives `chosen`: numbers of `every_row`, or a mask."""
        chosen, peaks = np.arange(len(self.every_row))[chosen], len(self.rows)
        left, background = chosen[chosen < peaks], chosen[chosen >= peaks] - peaks
        if not len(left):
            raise refuse(EMPTY, f"no peak is left of {peaks:,}")
        if self.drawn and not len(background):
            raise refuse(EMPTY, f"no negative is left of {len(self.negatives):,}", "set negative_ratio to 0")
        return replace(self, rows=self.rows[left], negatives=self.negatives[background])

    def mean_reads(self) -> tuple[float, ...]:
        """Per head: the mean reads of an example, of peaks and negatives as often as an epoch has them."""
        peaks = super().mean_reads()
        if not self.drawn:
            return peaks
        background = self._only_negatives().mean_reads()
        share = self.drawn / len(self)
        return tuple((1 - share) * one + share * other for one, other in zip(peaks, background, strict=True))

    def least_reads(self, per_task: Sequence[bool] = ()) -> tuple[np.ndarray, ...]:
        """Of the peaks, then of the negatives."""
        peaks = super().least_reads(per_task)
        if not len(self.negatives):
            return peaks
        background = self._only_negatives().least_reads(per_task)
        return tuple(np.concatenate(pair) for pair in zip(peaks, background, strict=True))

    def _only_negatives(self) -> ProfileSet:
        moving = self.jitter and self.jitter_negatives
        lengths = self.input_length, self.output_length, self.max_jitter
        return ProfileSet(self.store, self.negatives, *lengths, jitter=moving)

    def _rows_of(self, indices: np.ndarray, epoch: int) -> np.ndarray:
        background = indices >= len(self.rows)
        if not background.any():
            return self.rows[indices]
        chosen = draws(self.seed, epoch, indices, NEGATIVE) % np.uint64(len(self.negatives))
        found = self.negatives[chosen.astype(np.int64)]
        found[~background] = self.rows[indices[~background]]
        return found

    def _steps(self, indices: np.ndarray, epoch: int) -> np.ndarray:
        steps = super()._steps(indices, epoch)
        return steps if self.jitter_negatives else np.where(indices < len(self.rows), steps, 0)

    def place(self, index: int) -> str:
        if index < len(self.rows):
            return super().place(index)
        return f"one of {counted(len(self.negatives), 'negative')}"
