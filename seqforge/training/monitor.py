# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Watched values that stay comparable while the factors of a loss change.

A loss that is a weighted sum of parts logs the parts without their factors. Where the factors change during training,
a best value of an earlier epoch is formed anew with those of now, so that both sides of a comparison carry the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WEIGHTS = "loss_weights"  # the log that holds the factors: name of a part → factor
_LOSSES = {"loss": "", "validation_loss": "validation_"}  # totals, and what their parts' names begin with


def watched(logs: Mapping[str, Any], name: str) -> dict[str, float]:
    """What the value called `name` is made of in an epoch's logs: itself, or the parts of a weighted loss."""
    if name in _LOSSES and logs.get(WEIGHTS):
        return {part: float(logs[_LOSSES[name] + part]) for part in logs[WEIGHTS]}
    return {name: float(logs[name])}


def weighed(values: Mapping[str, float], logs: Mapping[str, Any]) -> float:
    """The value that `watched` took apart, with the factors in `logs`; a part with factor 0 does not count."""
    weights = logs.get(WEIGHTS) or {}
    if not weights or not set(values) <= set(weights):
        (value,) = values.values()
        return value
    return sum(weights[part] * value for part, value in values.items() if weights[part])
