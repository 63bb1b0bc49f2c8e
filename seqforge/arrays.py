# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""NumPy as `np`, imported when something of it is used: judging a definition needs none of it, and it takes 0.1 s.

For what is imported whenever a definition is read: the bases of the rooms, losses, metrics, data sources.
"""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any

__all__ = ["np"]

if TYPE_CHECKING:
    import numpy as np
else:

    class _Later(ModuleType):
        def __getattr__(self, name: str) -> Any:
            import numpy

            value = getattr(numpy, name)
            setattr(self, name, value)  # so that it is asked for once
            return value

    np = _Later("numpy")
