# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The squared error of the logarithm of the reads in a window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seqforge.losses.profiles import ProfileLoss, keras_mse, reference_mse, torch_mse
from seqforge.parameters import NonNegative, setting
from seqforge.registry import register


@register("losses", "LogCountsMSE")
@dataclass(frozen=True, kw_only=True)
class LogCountsMSE(ProfileLoss):
    """(ln(pseudocount + reads) − log counts)², over all tasks of a head together or each; its profile trains nothing.

    With pseudocount 0 every window needs reads; with 1 it is the error of ln(1 + reads).
    """

    pseudocount: NonNegative = setting(0.0, "added to the reads before the logarithm")

    def weights(self) -> dict[str, float]:
        weights = {head.name: head.counts_loss_weight for head in self.heads}
        return {f"{name}_counts_mse": 1.0 if weight is None else weight for name, weight in weights.items()}

    def _of(self, mse: Callable[[Any, Any], Any]) -> Callable[..., Any]:
        parts = [(profile, counts, f"{head.name}_counts_mse") for profile, counts, head in self.numbered()]
        return lambda output, target: {name: mse(output[counts], target[profile]) for profile, counts, name in parts}

    def torch(self) -> Callable[..., Any]:
        return self._of(torch_mse(self.pseudocount))

    def keras(self) -> Callable[..., Any]:
        return self._of(keras_mse(self.pseudocount))

    def reference(self, output: Any, target: Any) -> Any:
        return self._of(lambda logcounts, reads: reference_mse(logcounts, reads, self.pseudocount))(output, target)
