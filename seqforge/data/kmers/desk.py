# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Arrays that are used again and again: fresh ones cost more, page by page, than what is done with them."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np


class Desk(threading.local):
    """The arrays of a thread, by name."""

    def __init__(self) -> None:
        self._arrays = {"iota": np.empty(0, dtype=np.uint64)}

    def array(self, name: str, size: int, kind: Any = np.uint64) -> np.ndarray:
        """An array (size,) with arbitrary content; valid until the same name is asked for again."""
        if name not in self._arrays or len(self._arrays[name]) < size:
            self._arrays[name] = np.empty(size, dtype=kind)
        return self._arrays[name][:size]

    def places(self, size: int) -> np.ndarray:
        """0, 1, 2 … (size,) uint64."""
        if len(self._arrays["iota"]) < size:
            self._arrays["iota"] = np.arange(size, dtype=np.uint64)
        return self._arrays["iota"][:size]
