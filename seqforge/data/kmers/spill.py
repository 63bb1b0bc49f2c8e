# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A flat array on disk that workers read and write at once; nothing of it stays in the process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

FILES = 16  # a file lets only one worker write at a time
BLOCK = 1 << 19  # elements in a row that lie in one file


class Spill:
    """Elements of `dtype` in `FILES` files called `path` and a number, block by block in turn; places are element
    numbers.

    Files that are there are written over: their blocks are on the disk already.
    """

    def __init__(self, path: Path, dtype: Any):
        self.dtype = np.dtype(dtype)
        self._handles = [
            os.open(path.with_name(f"{path.name}.{number}"), os.O_RDWR | os.O_CREAT, 0o600) for number in range(FILES)
        ]

    def write(self, values: np.ndarray, at: int) -> None:
        values = np.ascontiguousarray(values, dtype=self.dtype)
        for handle, offset, piece in self._pieces(values, at):
            while len(piece):
                written = os.pwrite(handle, piece, offset)
                piece, offset = piece[written:], offset + written

    def read(self, into: np.ndarray, at: int) -> None:
        """Fill `into` with the elements from `at` on."""
        for handle, offset, piece in self._pieces(into, at):
            while len(piece):
                received = os.preadv(handle, [piece], offset)
                if not received:
                    raise OSError("a temporary file is shorter than what was written to it")
                piece, offset = piece[received:], offset + received

    def _pieces(self, values: np.ndarray, at: int) -> Iterator[tuple[int, int, memoryview]]:
        """File, place in it and bytes of every block that `values` (n,) from element `at` on touch."""
        done = 0
        while done < len(values):
            block, inside = divmod(at + done, BLOCK)
            count = min(BLOCK - inside, len(values) - done)
            offset = (block // FILES * BLOCK + inside) * self.dtype.itemsize
            yield self._handles[block % FILES], offset, values[done : done + count].view(np.uint8).data
            done += count

    def close(self) -> None:
        for handle in self._handles:
            os.close(handle)
