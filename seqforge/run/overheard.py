# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What modules log while a run computes, such as which kernels run and why, is told to the run's user and its log."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PACKAGE = "seqforge"


class _Teller(logging.Handler):
    def __init__(self, report: Callable[[str], None]):
        super().__init__(logging.INFO)
        self.report = report

    def emit(self, record: logging.LogRecord) -> None:
        self.report(record.getMessage())


@contextmanager
def overheard(report: Callable[[str], None]) -> Iterator[None]:
    """Within, `report` receives every line that a module of the package logs as information or worse."""
    logger, teller = logging.getLogger(PACKAGE), _Teller(report)
    level = logger.level
    logger.addHandler(teller)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(teller)
        logger.setLevel(level)


@contextmanager
def warned(report: Callable[[str], None]) -> Iterator[None]:
    """Within, warnings do not go to standard error with a line of code each, but to `report`."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        yield
    for one in caught:
        report(f"warning: {one.message}")
