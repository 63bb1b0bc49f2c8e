# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A flat array on disk that threads read and write at once; nothing of it stays in the process."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np


class Spill:
    """Elements of `dtype` in the file `path`; places are element numbers.

    A file that is there is written over: its blocks are on the disk already.
    """

    def __init__(self, path: Path, dtype: Any):
        self.dtype = np.dtype(dtype)
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def write(self, values: np.ndarray, at: int) -> None:
        view = np.ascontiguousarray(values, dtype=self.dtype).view(np.uint8).data
        offset = at * self.dtype.itemsize
        while len(view):
            written = os.pwrite(self._handle, view, offset)
            view, offset = view[written:], offset + written

    def read(self, into: np.ndarray, at: int) -> None:
        """Fill `into` with the elements from `at` on."""
        view = into.view(np.uint8).data
        offset = at * self.dtype.itemsize
        while len(view):
            received = os.preadv(self._handle, [view], offset)
            if not received:
                raise OSError("a temporary file is shorter than what was written to it")
            view, offset = view[received:], offset + received

    def close(self) -> None:
        os.close(self._handle)
