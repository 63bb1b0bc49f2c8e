# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Masks, peaks and bins with outputs that suit them; slow formulas, element by element, of what losses say of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqforge.losses.base import Loss
from seqforge.registry import find

EPG = Path(__file__).parents[3] / "shared" / "data" / "epg"
N, DYES, SCANS = 3, 2, 11
KINDS = ("logits", "probabilities")


def bound(name: str, task: str = "segmentation", **settings: Any) -> Loss:
    """The loss of PyTorch, told its task."""
    loss: Loss = find("losses", name, "PyTorch")(**settings).for_task(find("tasks", task)())
    return loss


def outputs(kind: str, classes: int = 1, seed: int = 1) -> np.ndarray:
    """(n, dye, scan) for one class, else (n, class, dye, scan)."""
    shape = (N, DYES, SCANS) if classes == 1 else (N, classes, DYES, SCANS)
    x = np.random.default_rng(seed).normal(0, 2, shape)
    if kind == "logits":
        return x
    return 1 / (1 + np.exp(-x)) if classes == 1 else np.exp(x) / np.exp(x).sum(1, keepdims=True)


def masks(classes: int = 2, ignored: bool = True, seed: int = 2) -> np.ndarray:
    """(n, dye, scan) int64; some points, and the last profile as a whole, are not judged."""
    draw = np.random.default_rng(seed)
    mask = draw.integers(0, classes, (N, DYES, SCANS))
    if ignored:
        mask[draw.random(mask.shape) < 0.2] = -100
        mask[-1] = -100
    return mask


def peaks(counts: tuple[int, ...] = (3, 0, 4), classes: int = 2) -> dict[str, np.ndarray]:
    """A target with a mask and the peaks of three profiles."""
    draw = np.random.default_rng(4)
    places = [draw.choice(DYES * SCANS, count, replace=False) for count in counts]
    flat = np.concatenate(places)
    return {
        "mask": masks(classes, ignored=False),
        "centres": np.stack([flat // SCANS, flat % SCANS], axis=1).astype(np.int64).reshape(-1, 2),
        "counts": np.array(counts, np.int64),
        "labels": draw.integers(0, classes, sum(counts)),
    }


def log_probability(values: np.ndarray, label: int, kind: str) -> float:
    """ln of the probability of `label` for the values of one element: one says yes or no, several are classes."""
    if len(values) == 1:
        p = 1 / (1 + math.exp(-values[0])) if kind == "logits" else values[0]
        return math.log(max(p if label else 1 - p, 1e-7))
    shares = np.exp(values) / np.exp(values).sum() if kind == "logits" else values
    return math.log(max(float(shares[label]), 1e-7))


def slow_means(
    output: np.ndarray, mask: np.ndarray, cost: Callable[[np.ndarray, int], float], weights: Any = None
) -> tuple[np.ndarray, np.ndarray]:
    """The mean cost (n,) of the judged points of every profile, and the weight (n,) of them."""
    rows = output[:, None] if output.ndim == 3 else output
    total, size = np.zeros(len(mask)), np.zeros(len(mask))
    for profile, dye, scan in np.ndindex(mask.shape):
        label = int(mask[profile, dye, scan])
        if label >= 0:
            weight = 1.0 if weights is None else weights[label]
            total[profile] += weight * cost(rows[profile, :, dye, scan], label)
            size[profile] += weight
    return total / np.where(size > 0, size, 1), size


def close(found: Any, wanted: Any, tolerance: float = 1e-10) -> None:
    np.testing.assert_allclose(np.asarray(found), wanted, rtol=tolerance, atol=tolerance)


def real_mask(name: str = "1A2_A01_01") -> np.ndarray:
    """The mask (dye, scan) of a real profile; skips the test where it is not."""
    file = EPG / f"{name}_annotation.npy"
    if not file.exists():
        pytest.skip("the electropherograms are not there")
    return np.asarray(np.load(file)[..., 0])


def real_profile(name: str = "1A2_A01_01") -> np.ndarray:
    """The RFU (dye, scan) of a real profile."""
    file = EPG / f"{name}.npy"
    if not file.exists():
        pytest.skip("the electropherograms are not there")
    return np.asarray(np.load(file)[..., 0])
