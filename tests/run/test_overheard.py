# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A run hears what modules of the package log, and nothing else, and nothing afterwards."""

from __future__ import annotations

import logging
import warnings

import pytest

from seqforge.run.overheard import overheard, warned


def test_modules_are_heard_while_it_lasts() -> None:
    own, other = logging.getLogger("seqforge.kernels.some"), logging.getLogger("elsewhere")
    level, told = logging.getLogger("seqforge").level, []
    with overheard(told.append):
        own.info("kernels: %s", "torch")
        own.debug("too much")
        other.warning("of another package")
    own.info("late")
    assert told == ["kernels: torch"]
    assert logging.getLogger("seqforge").level == level


def test_a_failure_ends_it() -> None:
    told: list[str] = []
    with pytest.raises(KeyError), overheard(told.append):
        raise KeyError
    logging.getLogger("seqforge.run").warning("after")
    assert told == []


def test_warnings_are_lines_and_nothing_else(recwarn: pytest.WarningsRecorder) -> None:
    told: list[str] = []
    with warned(told.append):
        warnings.warn("pos_weight is 2", stacklevel=1)
    assert told == ["warning: pos_weight is 2"]
    assert not recwarn.list
