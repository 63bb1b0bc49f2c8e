# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The Dataset over stored sequences: rows of a memory map, augmented and weighted."""

from __future__ import annotations

from dataclasses import dataclass, replace

from seqforge.arrays import np
from seqforge.data.augmentation import Augmentation
from seqforge.data.dataset import Batch, Dataset
from seqforge.data.encodings import Alphabet
from seqforge.data.labels import delivered
from seqforge.data.store import Store

NONE = Augmentation()


@dataclass(frozen=True)
class SequenceSet(Dataset):
    """`rows` (n,) of a store; example i of the set is row `rows[i]`. `weights` (n,) float32 or None: all 1."""

    store: Store
    rows: np.ndarray
    alphabet: Alphabet
    kind: str  # of the targets: "index", "multi-hot" or "values"
    augmentation: Augmentation = NONE
    seed: int = 0
    weights: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        return f"SequenceSet({len(self):,} {self.alphabet.name} sequences of length {self.length})"

    @property
    def length(self) -> int:
        """Of every sequence."""
        return self.store.length

    @property
    def targets(self) -> np.ndarray:
        """The targets of the whole set, as batches deliver them."""
        return delivered(self.store.targets[self.rows], self.kind)

    def batch(self, indices: np.ndarray, epoch: int = 0) -> Batch:
        indices = np.asarray(indices, dtype=np.int64)
        rows = self.rows[indices]
        codes = self.store.codes[rows]
        if self.augmentation:
            codes = self.augmentation.apply(codes, self.alphabet, self.seed, epoch, indices)
        target = delivered(self.store.targets[rows], self.kind)
        return Batch(indices, codes, target, None if self.weights is None else self.weights[indices])

    def place(self, index: int) -> str:
        """Where the example was read: `file:line`, or the set and its number."""
        return self.store.place(int(self.rows[index]))

    def plain(self) -> SequenceSet:
        return replace(self, augmentation=NONE, weights=None)

    def weighted(self, weights: np.ndarray) -> SequenceSet:
        """The same examples with `weights` (n,) in the training loss."""
        return replace(self, weights=np.asarray(weights, dtype=np.float32))
