# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""RFU to what a model is fed, and back."""

from __future__ import annotations

from typing import NamedTuple

from seqforge.arrays import np

SCALES = ("log1p", "linear", "none")
MAX_RFU = 33000.0


class Scaling(NamedTuple):
    """`log1p`: log1p(clip(x, 0, m)) / log1p(m); `linear`: clip(x / m, 0, 1); `none`: x; m = `max_rfu`."""

    kind: str = "log1p"
    max_rfu: float = MAX_RFU

    def __str__(self) -> str:
        return self.kind if self.kind == "none" else f"{self.kind} up to {self.max_rfu:g} RFU"

    def same_as(self, other: Scaling) -> bool:
        """Whether both make the same values of the same RFU."""
        return self == other or self.kind == other.kind == "none"

    def scaled(self, rfu: np.ndarray) -> np.ndarray:
        """`rfu` of any shape and type as float32."""
        if self.kind == "none":
            return np.asarray(rfu, dtype=np.float32)
        # rounded to float32 last: the inverse is then 0.005 RFU off at 16,000 RFU, else twice as much
        clipped = np.clip(np.asarray(rfu, dtype=np.float64), 0.0, self.max_rfu)
        if self.kind == "linear":
            return (clipped / self.max_rfu).astype(np.float32)
        return (np.log1p(clipped, out=clipped) / np.log1p(self.max_rfu)).astype(np.float32)

    def inverse(self, values: np.ndarray) -> np.ndarray:
        """What `scaled` gave as RFU again, float64, floored at 0 (`none`: as it is)."""
        exact = np.asarray(values, dtype=np.float64)
        if self.kind == "none":
            return exact
        rfu = exact * self.max_rfu if self.kind == "linear" else np.expm1(exact * np.log1p(self.max_rfu))
        return np.maximum(rfu, 0.0)
