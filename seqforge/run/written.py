# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What predictions leave behind."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Written:
    """The files that were written, and of how many examples, `unit`, they are."""

    files: list[Path]
    count: int
    unit: str
