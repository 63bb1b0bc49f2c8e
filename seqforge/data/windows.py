# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Sequences of several lengths brought to one: padding with the unknown letter, cropping, shifting."""

from __future__ import annotations

from typing import NamedTuple

from seqforge.arrays import np

SIDES = ("none", "centre", "right")


class Fit(NamedTuple):
    """How sequences get one length. `pad`, `crop`: none, centre (both ends alike, the odd letter on the right), or
    right (letters are added or cut off at the right end). `length` None: the longest if padded, else the shortest."""

    length: int | None = None
    pad: str = "none"
    crop: str = "none"

    def target(self, lengths: np.ndarray) -> int | None:
        """The common length for sequences of `lengths` (n,); None where nothing was declared."""
        if self.length is not None:
            return self.length
        if self.pad != "none":
            return int(lengths.max())
        return int(lengths.min()) if self.crop != "none" else None

    def misfit(self, lengths: np.ndarray, length: int) -> int | None:
        """The first row that neither padding nor cropping brings to `length`."""
        wrong = np.zeros(len(lengths), dtype=bool)
        if self.pad == "none":
            wrong |= lengths < length
        if self.crop == "none":
            wrong |= lengths > length
        return int(np.argmax(wrong)) if wrong.any() else None


def fitted(codes: np.ndarray, lengths: np.ndarray, length: int, fit: Fit, unknown: int) -> np.ndarray:
    """`codes`, sequences of `lengths` (n,) one after the other, as (n, `length`) uint8."""
    if (lengths == length).all():
        return codes.reshape(len(lengths), length)
    starts = np.concatenate(([0], np.cumsum(lengths)[:-1]))
    spare = length - lengths  # > 0: to be padded, < 0: to be cropped
    side = np.where(spare > 0, fit.pad == "centre", fit.crop == "centre")
    left = np.where(side, np.where(spare > 0, spare // 2, -(-spare // 2)), 0)
    source = np.arange(length) - left[:, None]
    inside = (source >= 0) & (source < lengths[:, None])
    flat = starts[:, None] + np.clip(source, 0, lengths[:, None] - 1)
    return np.where(inside, codes[flat], np.uint8(unknown)).astype(np.uint8, copy=False)
