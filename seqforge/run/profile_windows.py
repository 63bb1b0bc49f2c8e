# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Sequences that are longer than a model's input, cut into windows that are predicted one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from seqforge.arrays import np
from seqforge.data.problems import LENGTH, refuse
from seqforge.evaluation.profile_predict import Examples


def cut(found: Iterable[Examples], read: int, put_out: int, rows: int) -> Iterator[Examples]:
    """Windows of `read` bases, at most `rows` at a time, in the order of the sequences.

    The middle `put_out` bases of the windows, their outputs, lie end to end, but for the last one, which ends with its
    sequence. Their names are NAME:START-STOP, the place of the output in the sequence, 0-based and half-open. Raises
    DataError for a sequence that is shorter than `read`.
    """
    margin = (read - put_out) // 2
    for chunk in found:
        starts = _starts(chunk, read, put_out)
        for first in range(0, len(chunk) * len(starts), rows):
            numbers = np.arange(first, min(first + rows, len(chunk) * len(starts)))
            row, start = numbers // len(starts), starts[numbers % len(starts)]
            codes = chunk.codes[row[:, None], start[:, None] + np.arange(read)]
            places = zip(row.tolist(), (start + margin).tolist(), strict=True)
            yield Examples(codes, [f"{chunk.names[number]}:{at}-{at + put_out}" for number, at in places])


def _starts(chunk: Examples, read: int, put_out: int) -> np.ndarray:
    """The first bases (window,) int64 of the windows of sequences, which all have one length."""
    length = chunk.codes.shape[1]
    if length < read:
        message = f"sequence '{chunk.names[0]}' has {length} letters, a window of the model has {read}"
        raise refuse(LENGTH, message, "leave it out, or predict it without --independent-windows and with --pad")
    return np.unique(np.append(np.arange(0, length - read + 1, put_out), length - read))
