# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Scores of the order that predictions put examples in: areas under curves, correlations."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from seqforge.arrays import np

Area: TypeAlias = "Callable[[np.ndarray, np.ndarray], float]"


def one_hot(target: np.ndarray, labels: int) -> np.ndarray:
    """Index targets (n,) as (n, label) booleans; multi-hot targets (n, label) as they are."""
    return target[:, None] == np.arange(labels) if target.ndim == 1 else target > 0.5


def roc_auc(score: np.ndarray, present: np.ndarray) -> float:
    """Area under the ROC curve of scores (n,); NaN unless `present` (n,) has both values."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(present, score)) if present.any() and not present.all() else float("nan")


def average_precision(score: np.ndarray, present: np.ndarray) -> float:
    """Area under the precision-recall curve as Σ (Rₖ − Rₖ₋₁)·Pₖ, without interpolation; NaN if nothing is present."""
    from sklearn.metrics import average_precision_score

    # a sum of shares may end a rounding error above 1
    return min(1.0, float(average_precision_score(present, score))) if present.any() else float("nan")


AREAS: dict[str, Area] = {"roc_auc": roc_auc, "pr_auc": average_precision}


def per_label(area: Area, prediction: np.ndarray, target: np.ndarray) -> np.ndarray:
    """`area` of each label against the rest (label,)."""
    present = one_hot(target, prediction.shape[1])
    return np.array([area(prediction[:, k], present[:, k]) for k in range(prediction.shape[1])])


def micro(area: Area, prediction: np.ndarray, target: np.ndarray) -> float:
    """`area` over all (example, label) pairs at once."""
    return area(prediction.ravel(), one_hot(target, prediction.shape[1]).ravel())


def pearson(prediction: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Correlation of each column of two (n, label) arrays; NaN where a column is constant or n < 2."""
    x, y = (np.asarray(array, dtype=np.float64) for array in (prediction, target))
    if len(x) < 2:
        return np.full(x.shape[1:], np.nan)
    varied = (np.ptp(x, axis=0) > 0) & (np.ptp(y, axis=0) > 0)
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    below = np.sqrt((x * x).sum(axis=0) * (y * y).sum(axis=0))
    return np.divide((x * y).sum(axis=0), below, out=np.full(below.shape, np.nan), where=varied & (below > 0))


def spearman(prediction: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Pearson correlation of ranks, ties sharing their mean rank."""
    from scipy.stats import rankdata

    return pearson(rankdata(prediction, axis=0), rankdata(target, axis=0))
