# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Where a run lies, what makes it this run and no other, and how it is written and read back."""

from __future__ import annotations

from seqforge.run.conductor import Options, conduct, resume
from seqforge.run.directory import RunDirectory
from seqforge.run.identity import Identity, effective, identify
from seqforge.run.record import Run, load

__all__ = ["Identity", "Options", "Run", "RunDirectory", "conduct", "effective", "identify", "load", "resume"]
