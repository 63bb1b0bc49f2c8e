# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""SeqForge: declarative definitions of biological sequence models.

`load(path)` opens a definition or a run; see `seqforge.api`. Nothing else is imported before it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["Model", "Run", "__version__", "load", "load_keras", "load_published"]

if TYPE_CHECKING:
    from seqforge.api import Model, load, load_keras, load_published
    from seqforge.run import Run


def __getattr__(name: str) -> Any:
    if name in ("Model", "Run", "load", "load_keras", "load_published"):
        from seqforge import api

        return getattr(api, name)
    raise AttributeError(f"module 'seqforge' has no attribute '{name}'")
