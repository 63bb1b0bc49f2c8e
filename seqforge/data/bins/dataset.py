# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A set of chromosomes as batches of z-scored bins, padded at the end, cropped in training where that is asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from seqforge.arrays import np
from seqforge.data.augmentation import draws
from seqforge.data.bins.identity import Chromosome
from seqforge.data.bins.normalising import Normalisation
from seqforge.data.bins.tables import UNKNOWN
from seqforge.data.dataset import Batch, Dataset

CROP = 3  # purpose of a draw
SIGMA = 2.0  # in bins: the width of a region's edges in the range targets
LEAST = 0.01  # smaller range targets are 0
CHANNELS = 3  # start, end, confidence
FAR = 2**30  # bins to the next edge where there is none


@dataclass(frozen=True)
class BinsSet(Dataset):
    """`chromosomes`: one example each. `train_window`: bins of the crop that each longer chromosome gives per epoch.

    Where a crop starts is a function of (seed, epoch, index); positions stay those in the chromosome (`offset`).
    """

    chromosomes: tuple[Chromosome, ...]
    normalisation: Normalisation
    train_window: int | None = None
    seed: int = 0
    sigma: float = SIGMA

    def __len__(self) -> int:
        return len(self.chromosomes)

    @cached_property
    def lengths(self) -> np.ndarray:  # type: ignore[override]
        """Bins of each example (n,) int64."""
        return np.array([self._width(index) for index in range(len(self))], dtype=np.int64)

    def _width(self, index: int) -> int:
        bins = len(self.chromosomes[index])
        return bins if self.train_window is None else min(bins, self.train_window)

    def plain(self) -> BinsSet:
        return self if self.train_window is None else replace(self, train_window=None)

    def batch(self, indices: np.ndarray, epoch: int = 0) -> Batch:
        """The chromosomes `indices`: arrays and targets as `crops` gives them."""
        index = np.asarray(indices, dtype=np.int64)
        offset = self.offsets(index, epoch)
        arrays, target = self.crops(index, offset, self.lengths[index])
        return Batch(index, arrays=arrays, target=target)

    def offsets(self, index: np.ndarray, epoch: int) -> np.ndarray:
        """The first bin (n,) int64 of what `epoch` shows of each chromosome."""
        bins = np.array([len(self.chromosomes[one]) for one in index], dtype=np.uint64)
        room = bins - self.lengths[index].astype(np.uint64) + np.uint64(1)
        return (draws(self.seed, epoch, index, CROP) % room).astype(np.int64)

    def crops(
        self, index: np.ndarray, offset: np.ndarray, widths: np.ndarray
    ) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Bins [offset, offset + width) of each chromosome: arrays for a model, and targets.

        `features` (n, bin, feature) float32, 0 at pads; `padding` (n, bin) bool, True at pads, absent without any;
        `offset` (n,) int64. `labels` (n, bin) int8, −1 where unknown or a pad; `range` (n, bin, channel) float32:
        start, end, confidence; `edges` (n, bin, 2) int32: bins to the nearest start and end of a region of the whole
        chromosome, `FAR` without any; `range_valid` (n,) bool: whether all labels of the chromosome are known.
        """
        longest = int(widths.max(initial=0))
        count = len(index)
        features = np.zeros((count, longest, self.features(0).shape[1]), dtype=np.float32)
        labels = np.full((count, longest), UNKNOWN, dtype=np.int8)
        ranges = np.zeros((count, longest, CHANNELS), dtype=np.float32)
        edges = np.full((count, longest, CHANNELS - 1), FAR, dtype=np.int32)
        for row, (one, first, width) in enumerate(zip(index.tolist(), offset.tolist(), widths.tolist(), strict=True)):
            part = slice(first, first + width)
            features[row, :width] = self.features(one)[part]
            labels[row, :width] = self.labels(one)[part]
            ranges[row, :width], edges[row, :width] = (found[part] for found in self._ranges(one))
        arrays = {"features": features, "offset": offset}
        if (widths < longest).any():
            arrays["padding"] = np.arange(longest) >= widths[:, None]
        known = np.array([bool((self.labels(one) != UNKNOWN).all()) for one in index.tolist()], dtype=bool)
        return arrays, {"labels": labels, "range": ranges, "edges": edges, "range_valid": known}

    @cached_property
    def _scaled(self) -> dict[int, np.ndarray]:
        return {}

    def features(self, index: int) -> np.ndarray:
        """z-scores (bin, feature) float32 of a whole chromosome."""
        if index not in self._scaled:
            self._scaled[index] = self.normalisation.apply(self.chromosomes[index].block.features)
        return self._scaled[index]

    def labels(self, index: int) -> np.ndarray:
        """(bin,) int8 of a whole chromosome; −1 everywhere where its table has none."""
        chromosome = self.chromosomes[index]
        known = chromosome.labels
        return known if known is not None else np.full(len(chromosome), UNKNOWN, dtype=np.int8)

    def _ranges(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """`range` (bin, channel) and `edges` (bin, 2) of a whole chromosome."""
        labels = self.labels(index)
        known = labels if (labels != UNKNOWN).all() else np.zeros_like(labels)
        edges = edge_distances(known)
        return range_targets(known, self.sigma, edges), edges

    def identity(self) -> list[Any]:
        """What the set holds, for a fingerprint: names, places and a checksum of the numbers of every chromosome."""
        return [[one.sample, one.name, one.group, len(one), _checksum(one)] for one in self.chromosomes]


def _checksum(one: Chromosome) -> str:
    import hashlib

    digest = hashlib.sha256()
    labels = one.labels if one.labels is not None else np.zeros(0, dtype=np.int8)
    for array in (one.block.edges, one.block.features, labels):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def range_targets(labels: np.ndarray, sigma: float = SIGMA, edges: np.ndarray | None = None) -> np.ndarray:
    """Start, end and confidence (bin, channel) float32 of known `labels` (bin,) 0 or 1; `edges`: their distances.

    start of bin i = max over regions of exp(−(i − first)²/2σ²), end likewise with the last bin; below 0.01: 0.
    """
    distances = edge_distances(labels) if edges is None else edges
    bumps = np.exp(-(distances.astype(np.float64) ** 2) / (2 * sigma**2))
    bumps[bumps < LEAST] = 0
    return np.concatenate([bumps, (labels == 1)[:, None]], axis=1).astype(np.float32)


def edge_distances(labels: np.ndarray) -> np.ndarray:
    """Bins to the nearest first, and last, bin of a region (bin, 2) int32 of known `labels` (bin,); `FAR` without."""
    steps = np.diff(np.concatenate(([0], (labels == 1).astype(np.int8), [0])))
    edges = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1) - 1
    return np.stack([_nearest(one, len(labels)) for one in edges], axis=1)


def _nearest(edges: np.ndarray, length: int) -> np.ndarray:
    """How far (bin,) int32 each bin is from the nearest of `edges`, which rise."""
    if not len(edges):
        return np.full(length, FAR, dtype=np.int32)
    bins = np.arange(length)
    behind = np.searchsorted(edges, bins).clip(1, len(edges) - 1) if len(edges) > 1 else np.zeros(length, dtype=int)
    nearest: np.ndarray = np.minimum(np.abs(bins - edges[behind]), np.abs(bins - edges[behind - 1])).astype(np.int32)
    return nearest
