# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Open files that never cross a process: a FASTA or bigWig handle shared over a fork returns wrong data silently."""

from __future__ import annotations

import os
import threading
from importlib import import_module
from pathlib import Path
from typing import Any

from seqforge.errors import BackendError


def package(name: str) -> Any:
    """The module pysam or pybigtools; raises BackendError with the extra to install."""
    try:
        return import_module(name)
    except ImportError:
        raise BackendError(f"genome data need {name}; pip install 'seqforge[genome]'") from None


class OnDisk:
    """A file that every process and thread opens for itself, on first use; what is pickled is its path alone."""

    def __init__(self, path: Path | str):
        self.path = Path(path)
        self._own = threading.local()

    def opened(self) -> Any:
        """A new handle on the file; raises DataError."""
        raise NotImplementedError

    @property
    def handle(self) -> Any:
        if getattr(self._own, "process", None) != os.getpid():
            self._own.handle, self._own.process = self.opened(), os.getpid()
        return self._own.handle

    def close(self) -> None:
        """Close what this thread opened in this process; the next use opens the file again."""
        if getattr(self._own, "process", None) == os.getpid():
            self._own.handle.close()
        self._own = threading.local()

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_own"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._own = threading.local()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.path)!r})"
