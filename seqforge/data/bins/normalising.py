# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""z-scores of features by the mean and standard deviation of the training set: in float64, cast once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seqforge.arrays import np
from seqforge.data.bins.tables import FEATURES
from seqforge.data.problems import DAMAGED, refuse

LEAST_STD = 1e-6  # a feature that varies less is divided by 1


@dataclass(frozen=True)
class Normalisation:
    """`mean`, `std` (feature,) float64, in the order of `FEATURES`; `flat`: features that do not vary."""

    mean: np.ndarray
    std: np.ndarray
    flat: tuple[str, ...] = ()

    def apply(self, features: np.ndarray) -> np.ndarray:
        """(bin, feature) float64 as z-scores, float32."""
        scores: np.ndarray = ((features - self.mean) / self.std).astype(np.float32)
        return scores

    @property
    def facts(self) -> dict[str, Any]:
        """As a run keeps it."""
        return {"features": list(FEATURES), "mean": self.mean.tolist(), "std": self.std.tolist()}

    @property
    def notes(self) -> list[str]:
        return [f"{name} hardly varies in the training set (standard deviation < {LEAST_STD:g}); it is divided by 1"
                for name in self.flat]  # fmt: skip


def of_training(features: Sequence[np.ndarray]) -> Normalisation:
    """From all bins of the training set: population standard deviation (ddof 0), over two passes in float64."""
    bins = sum(len(one) for one in features)
    mean = sum((one.sum(axis=0, dtype=np.float64) for one in features), np.zeros(len(FEATURES))) / bins
    squares = (((one - mean) ** 2).sum(axis=0, dtype=np.float64) for one in features)
    std = np.sqrt(sum(squares, np.zeros(len(FEATURES))) / bins)
    flat = std < LEAST_STD
    names = tuple(name for name, is_flat in zip(FEATURES, flat, strict=True) if is_flat)
    return Normalisation(mean, np.where(flat, 1.0, std), names)


def of_facts(facts: Mapping[str, Any], file: str = "") -> Normalisation:
    """What a run keeps; raises DataError where it is damaged."""
    found = facts.get("normalisation") or {}
    mean, std = (np.asarray(found.get(key, ()), dtype=np.float64) for key in ("mean", "std"))
    if mean.shape != (len(FEATURES),) or std.shape != mean.shape or not (std > 0).all() or not np.isfinite(mean).all():
        expected = f"expected a mean and a standard deviation > 0 for each of {len(FEATURES)} features"
        raise refuse(DAMAGED, f"normalisation of the training set: {expected}", file=file)
    return Normalisation(mean, std)
