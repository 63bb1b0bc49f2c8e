# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What profile data must be: reads that are finite and not negative, the widths and heads of the model, task orders
that undo themselves, and no window without reads where its logarithm is taken."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from seqforge.data.problems import READS, refuse


def refuse_unfit(values: np.ndarray, head: str, first: int = 0, file: Path | str = "") -> None:
    """Raise DataError at the first of the reads `values` (n, position, task) that is negative, infinite or NaN.

    `first`: the number of the first row in its file or set, from 0.
    """
    if not values.size or values.dtype.kind in "ub":
        return
    if values.min() >= 0 and np.isfinite(values.max()):  # NaN is neither
        return
    row, position, task = (int(part) for part in np.argwhere(~(np.isfinite(values) & (values >= 0)))[0])
    found = f"head '{head}': row {first + row}, position {position}, task {task} is {values[row, position, task]:g}"
    raise refuse(READS, f"{found}; reads are finite and not negative", file=file)
