# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""One line for a data file that cannot be read as declared: `file:line: SF07xx: sentence; way out`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from seqforge.errors import DataError, Place, Problem

MISSING = "SF0701"  # a file that is not there or cannot be read
COLUMNS = "SF0702"  # a column or a field that a table lacks
LABEL = "SF0703"
LETTERS = "SF0704"
LENGTH = "SF0705"
DUPLICATE = "SF0706"
OPTION = "SF0707"
DAMAGED = "SF0708"
EMPTY = "SF0709"
WIDTH = "SF0710"  # of profile data: lengths and jitter
HEADS = "SF0711"
READS = "SF0712"  # values that are no reads
WINDOWS = "SF0713"  # without reads
FILTERED = "SF0714"  # regions: none is left
SPLIT = "SF0715"  # a region in two sets


def refuse(id: str, message: str, hint: str = "", file: Path | str = "", line: int = 0) -> DataError:
    """The exception to raise for a problem at `file`:`line` (either may be unknown)."""
    problem = Problem(Place(str(file), line), id, message, hint)
    return DataError(str(problem), [problem])


def together(refused: Sequence[DataError]) -> DataError:
    """The exception to raise for all of `refused`, a line each."""
    return DataError("\n".join(map(str, refused)), [problem for error in refused for problem in error.problems])
