# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Every registered loss of the classification and regression tasks with outputs and targets that suit it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from seqforge import registry
from seqforge.losses.base import Loss

TASKS = {"multi-class classification", "multi-label classification", "regression"}
N, K = 7, 5
VARIANTS = {
    "from_logits": [{"from_logits": True}],
    "label_smoothing": [{"label_smoothing": 0.1}],
    "delta": [{"delta": 0.5}],
    "axis": [{"axis": 1}],
    "gamma": [{"gamma": 0.5, "alpha": 0.6}],
    "input": [{"input": "probabilities"}, {"input": "logits"}],
    "pos_weight": [{"pos_weight": 3.0, "neg_weight": 0.5}],
}


def losses(library: str) -> list[Loss]:
    """Every usable loss with its defaults, and with each option that changes its formula, for each kind of target."""
    usable = [cls for cls in registry.classes("losses") if not cls.unavailable and TASKS & set(cls.tasks)]
    every = [
        cls(**options).for_task(registry.find("tasks", task)())
        for cls in usable
        for options in [{}, *_options(cls)]
        for task in cls.tasks
        if task in TASKS
    ]
    return [loss for loss in dict.fromkeys(every) if library in loss.libraries]


def _options(cls: type[Loss]) -> Iterator[dict]:
    names = set(cls().settings())
    for name, variants in VARIANTS.items():
        if name in names:
            yield from variants
    if {"from_logits", "label_smoothing"} <= names:
        yield {"from_logits": True, "label_smoothing": 0.1}


def softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def output_for(loss: Loss, draw: np.random.Generator) -> np.ndarray:
    x = draw.normal(0, 3, (N, K))
    if loss.name == "poisson":
        return np.abs(x)
    return {
        "logits": lambda: x,
        "margins": lambda: x,
        "values": lambda: x,
        "log-probabilities": lambda: np.log(softmax(x)),
        "probabilities": lambda: 1 / (1 + np.exp(-x)) if loss.target == "multi-hot" else softmax(x),
    }[loss.output]()


def target_for(loss: Loss, draw: np.random.Generator) -> np.ndarray:
    index = draw.integers(0, K, N)
    return {
        "index": lambda: index,
        "one-hot": lambda: np.eye(K)[index],
        "multi-hot": lambda: (draw.random((N, K)) < 0.4).astype(float),
        "values": lambda: np.abs(draw.normal(0, 3, (N, K))),
    }[loss.target]()


def extremes_for(loss: Loss) -> np.ndarray:
    """Outputs (n, label) at the edges of what float32 models put out."""
    edges = {
        "logits": (-1e4, 1e4, 0.0),
        "margins": (-1e4, 1e4, 0.0),
        "log-probabilities": (-1e4, 0.0, -1e-8),
        "probabilities": (0.0, 1.0, 1e-9),
        "values": (0.0, 1e4, 1e-9) if loss.name == "poisson" else (-1e4, 1e4, 0.0),
    }[loss.output]
    return np.array([[edges[(row + column) % 3] for column in range(K)] for row in range(N)] + [[edges[0]] * K] * 3)


def typed(target: np.ndarray, like: str) -> np.ndarray:
    """`target` as the learner gives it: index int64, everything else as the output."""
    return target.astype(np.int64) if target.ndim == 1 else target.astype(like)
