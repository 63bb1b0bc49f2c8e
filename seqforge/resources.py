# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Where the shipped folders lie: schemas, model-defs, data-defs; in a checkout or inside the installed package."""

from __future__ import annotations

import os
from pathlib import Path

DEFINITIONS = ("model-defs", "data-defs")


def definition(path: str | Path) -> Path:
    """`path` if something lies there, else the shipped definition that it names: `model-defs/x.xml`, `x.xml` or `x`.

    What is neither comes back as it is, for the reader to say so.
    """
    spelt = Path(path)
    if os.path.exists(spelt) or spelt.is_absolute() or str(path) == "-":
        return spelt
    room, name = (spelt.parent.name, spelt.name) if spelt.parent.name in DEFINITIONS else ("", str(spelt))
    for place in DEFINITIONS if not room else (room,):
        for candidate in (folder(place) / name, folder(place) / f"{name}.xml"):
            if os.path.isfile(candidate):  # False for a name that is too long, where pathlib raises
                return candidate
    return spelt


def folder(name: str) -> Path:
    """The folder `name` of the installation: "schemas", "model-defs" or "data-defs"."""
    package = Path(__file__).parent
    installed = package / "share" / name
    return installed if installed.is_dir() else package.parent / name
