# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Where the shipped folders lie: schemas, model-defs, data-defs; in a checkout or inside the installed package."""

from __future__ import annotations

from pathlib import Path


def folder(name: str) -> Path:
    """The folder `name` of the installation: "schemas", "model-defs" or "data-defs"."""
    package = Path(__file__).parent
    installed = package / "share" / name
    return installed if installed.is_dir() else package.parent / name
