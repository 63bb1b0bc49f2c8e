# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""HDF5 files that are filled in whole chunks of rows: bounded memory, and a path that appears whole or not at all."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from seqforge.errors import BackendError
from seqforge.files import new_file

Rows = dict[str, np.ndarray]


def h5py() -> Any:
    try:
        import h5py
    except ImportError:
        raise BackendError("profile training files need h5py; pip install 'seqforge[hdf5]'") from None
    return h5py


class ChunkedFile(ABC):
    """A file being written, as a context; `self._file` is the open HDF5 file. At a time `chunk_rows` are written."""

    chunk_rows: ClassVar[int]
    path: Path

    def __enter__(self) -> Self:
        self._waiting: list[Rows] = []
        with ExitStack() as stack:
            temporary = stack.enter_context(new_file(self.path))
            self._file = stack.enter_context(h5py().File(temporary, "w"))
            self._begin()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if error is not None:
            self._stack.__exit__(kind, error, trace)
            return
        with self._stack:
            self._flush(last=True)
            self._end()

    @abstractmethod
    def _begin(self) -> None:
        """What stands in the file before any row."""

    @abstractmethod
    def _write(self, rows: Rows) -> None:
        """Append `rows` (arrays of equal length by name), at most a chunk."""

    @abstractmethod
    def _end(self) -> None:
        """A last look; what it raises keeps the file from appearing."""

    @property
    def _pending(self) -> int:
        """The number of rows that are not written yet."""
        return sum(_count(rows) for rows in self._waiting)

    def _take(self, rows: Rows) -> None:
        self._waiting.append(rows)
        self._flush()

    def _flush(self, last: bool = False) -> None:
        """Write whole chunks of what is waiting; at the `last` call all of it."""
        ready = self._pending if last else self._pending // self.chunk_rows * self.chunk_rows
        if not ready:
            return
        rows = {name: np.concatenate([waiting[name] for waiting in self._waiting]) for name in self._waiting[0]}
        self._waiting = [{name: values[ready:] for name, values in rows.items()}]
        for first in range(0, ready, self.chunk_rows):
            self._write({name: values[first : min(first + self.chunk_rows, ready)] for name, values in rows.items()})


def _count(rows: Rows) -> int:
    return len(next(iter(rows.values())))
