# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Sliding windows along an axis: how long the output is and how much is padded, with the meaning of Keras."""

from __future__ import annotations

from seqforge.layers.base import ShapeError


def output_length(length: int | None, window: int, stride: int, dilation: int, padding: str) -> int | None:
    """Positions after a window of `window` taps, `dilation` apart, moved by `stride`; raises `ShapeError` for none."""
    if length is None:
        return None
    span = (window - 1) * dilation + 1
    if padding != "valid":
        return -(-length // stride)
    if length < span:
        raise ShapeError(f"its window covers {span} positions, but the input has only {length}")
    return (length - span) // stride + 1


def pads(length: int, window: int, stride: int, dilation: int, padding: str) -> tuple[int, int]:
    """Zeros (before, after) the axis. "same": as even as can be, the odd one after; "causal": all before."""
    span = (window - 1) * dilation + 1
    if padding == "valid":
        return 0, 0
    if padding == "causal":
        return span - 1, 0
    total = max((-(-length // stride) - 1) * stride + span - length, 0)
    return total // 2, total - total // 2
