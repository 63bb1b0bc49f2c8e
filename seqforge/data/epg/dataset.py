# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The Datasets over electropherograms: whole profiles, with or without their peaks, and single peaks.

Nothing here is random: a batch depends on its indices alone. Memory is bounded by the batch; profiles and masks stay
memory-mapped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from seqforge.data.dataset import Batch, Dataset, Targets
from seqforge.data.epg.peaks import windows
from seqforge.data.epg.scaling import Scaling
from seqforge.data.epg.tables import Peaks, ProfileTable

if TYPE_CHECKING:
    from seqforge.data.epg.alleles import Genotype
    from seqforge.data.epg.annotation import Annotation
    from seqforge.data.epg.panels import Panel

MASK, SIGNAL, NOTHING = "mask", "signal", ""  # what the targets are
LOG = Scaling()
PEAK_ARRAYS = ("windows", "markers", "centres", "counts")


@dataclass(frozen=True)
class Store:
    """What all sets of one table share. `masks` (n, dye, scan) int8 as they are learned; `peaks` of all profiles.

    For judging: the kit's `panel`; `annotations`, the analysts' alleles of each profile; `genotypes`: donor → marker →
    alleles. None: not known.
    """

    table: ProfileTable
    masks: np.ndarray | None = None
    peaks: Peaks | None = None
    scaling: Scaling = LOG
    window_scaling: Scaling = LOG
    window: int = 120
    window_channels: int = 1
    panel: Panel | None = None
    annotations: Sequence[Annotation] | None = None
    genotypes: Mapping[str, Genotype] | None = None

    @property
    def analysis_dyes(self) -> int:
        """How many dyes carry alleles: all but the size standard."""
        last = self.table.size_standard
        return self.table.dyes if last is None else last

    @cached_property
    def starts(self) -> np.ndarray:
        """(n + 1,) the number of the first peak of each profile."""
        assert self.peaks is not None
        return np.searchsorted(self.peaks.profile, np.arange(len(self.table) + 1))

    def peaks_of(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The numbers (P,) of the peaks of the profiles `rows` (n,), in their order, and how many each has (n,)."""
        counts = self.starts[rows + 1] - self.starts[rows]
        ends = np.cumsum(counts)
        within = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - counts, counts)
        return np.repeat(self.starts[rows], counts) + within, counts

    def windows(self, signal: np.ndarray, peaks: Peaks) -> np.ndarray:
        """(P, channel, width) float32 around `peaks`, whose `profile` counts in `signal` (n, dye, scan)."""
        raw = windows(signal, peaks, self.window, self.window_channels, self.analysis_dyes)
        return self.window_scaling.scaled(raw)


@dataclass(frozen=True)
class ProfileSet(Dataset):
    """The profiles `rows` (n,) of a store; example i is profile `rows[i]`.

    `targets`: "mask" for segmentation, "signal" for reconstruction, "" for none (prediction). `reads`: the arrays that
    the model is fed; where it reads windows, the targets of a mask also hold centres, counts and labels.
    """

    store: Store
    rows: np.ndarray
    targets: str = MASK
    reads: tuple[str, ...] = ("profiles",)

    def __post_init__(self) -> None:
        if self.targets == MASK and self.store.masks is None:
            raise ValueError("the profiles have no masks")
        if self.reads_peaks and self.store.peaks is None:
            raise ValueError("the model reads peaks, but the store has none")

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        return f"ProfileSet({len(self):,} profiles, {self.store.table.dyes} × {self.store.table.length})"

    @property
    def reads_peaks(self) -> bool:
        return any(name in PEAK_ARRAYS for name in self.reads)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the profiles."""
        return tuple(self.store.table.names[row] for row in self.rows.tolist())

    def raw(self, indices: np.ndarray) -> np.ndarray:
        """The profiles (n, dye, scan) in RFU."""
        return np.asarray(self.store.table.profiles[self.rows[np.asarray(indices)]])

    def place(self, index: int) -> str:
        """Where the example lies in its table."""
        table, row = self.store.table, int(self.rows[index])
        return f"{table.file}{': ' if table.file else ''}profile '{table.names[row]}'"

    def batch(self, indices: np.ndarray, epoch: int = 0) -> Batch:
        indices = np.asarray(indices, dtype=np.int64)
        rows = self.rows[indices]
        rfu = np.asarray(self.store.table.profiles[rows])
        scaled = self.store.scaling.scaled(rfu)
        arrays = {"profiles": scaled}
        truth: dict[str, np.ndarray] = {}
        if self.reads_peaks:
            found, truth = self._peaks(rows, rfu)
            arrays |= found
        fed = {name: arrays[name] for name in self.reads if name in arrays}
        return Batch(indices, target=self._target(rows, scaled, truth), arrays=fed)

    def _peaks(self, rows: np.ndarray, rfu: np.ndarray) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """The arrays of the peaks of `rows` (n,), sorted by profile, and what is known of them."""
        assert self.store.peaks is not None
        numbers, counts = self.store.peaks_of(rows)
        peaks = replace(self.store.peaks.rows(numbers), profile=np.repeat(np.arange(len(rows)), counts))
        centres = np.stack([peaks.dye, peaks.position], axis=1).astype(np.int64)
        arrays = {"windows": self.store.windows(rfu, peaks), "centres": centres, "counts": counts.astype(np.int64)}
        if peaks.marker is not None:
            arrays["markers"] = peaks.marker.astype(np.int64)
        truth = {"centres": centres, "counts": arrays["counts"]}
        if peaks.label is not None:
            truth["labels"] = peaks.label.astype(np.int64)
        return arrays, truth

    def _target(self, rows: np.ndarray, scaled: np.ndarray, truth: Mapping[str, np.ndarray]) -> Targets | None:
        if self.targets == MASK:
            assert self.store.masks is not None
            return {"mask": np.asarray(self.store.masks[rows]), **truth}
        return scaled if self.targets == SIGNAL else None


@dataclass(frozen=True)
class PeakSet(Dataset):
    """Single peaks: example i is peak `chosen[i]` of the store. Target: its class (n,) int64, where it is known."""

    store: Store
    chosen: np.ndarray
    reads: tuple[str, ...] = ("windows", "markers")
    weights: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.chosen)

    def __repr__(self) -> str:
        return f"PeakSet({len(self):,} peaks, {self.store.window_channels} × {self.store.window})"

    @cached_property
    def peaks(self) -> Peaks:
        assert self.store.peaks is not None
        return self.store.peaks.rows(self.chosen)

    @property
    def rows(self) -> np.ndarray:
        """(n,) the profile of each example."""
        return self.peaks.profile

    @property
    def targets(self) -> np.ndarray | None:
        """(n,) int64: the class of every example; None where it is not known."""
        return None if self.peaks.label is None else self.peaks.label.astype(np.int64)

    def weighted(self, weights: np.ndarray) -> PeakSet:
        """The same peaks, `weights` (n,) float32 in the training loss."""
        return replace(self, weights=weights)

    def plain(self) -> PeakSet:
        return self if self.weights is None else replace(self, weights=None)

    def place(self, index: int) -> str:
        """Where the example lies in its table."""
        table, dye, position = self.store.table, self.peaks.dye[index], self.peaks.position[index]
        name = table.names[int(self.rows[index])]
        return f"{table.file}{': ' if table.file else ''}profile '{name}', dye {dye}, scan point {position}"

    def batch(self, indices: np.ndarray, epoch: int = 0) -> Batch:
        indices = np.asarray(indices, dtype=np.int64)
        peaks = self.peaks.rows(indices)
        arrays = {"windows": self.store.windows(self.store.table.profiles, peaks)}
        if peaks.marker is not None:
            arrays["markers"] = peaks.marker.astype(np.int64)
        arrays["centres"] = np.stack([peaks.dye, peaks.position], axis=1).astype(np.int64)
        fed = {name: arrays[name] for name in self.reads if name in arrays}
        target = None if peaks.label is None else peaks.label.astype(np.int64)
        weight = None if self.weights is None else self.weights[indices]
        return Batch(indices, target=target, weight=weight, arrays=fed)
