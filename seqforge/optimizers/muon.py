# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Muon (Jordan et al. 2024): steps along the orthogonal matrix nearest to the momentum; for matrices only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any

from seqforge.errors import BackendError
from seqforge.optimizers.base import Optimizer
from seqforge.parameters import Count, Fraction, NonNegative, OneOf, Positive, Switch, setting
from seqforge.registry import PYTORCH, register


@register("optimizers", "Muon", library=PYTORCH)
@dataclass(frozen=True, kw_only=True)
class TorchMuon(Optimizer):
    """Steps along the orthogonal matrix nearest to the momentum; matrices only.

    Other parameters need an optimizer of their own: give each a `parameters` pattern.
    A step moves a matrix (rows, columns) by learning_rate · √max(1, rows/columns) ("original"), or by
    learning_rate · 0.2·√max(rows, columns) ("match_rms_adamw", Liu et al. 2025: AdamW's rates and decays serve).
    """

    momentum: Fraction = setting(0.95, "decay of the running mean of the gradient")
    nesterov: Switch = setting(True, "look ahead along the momentum before stepping")
    weight_decay: NonNegative = setting(0.1, "taken off the weight in each step, times the rate (decoupled)")
    eps: Positive = setting(1e-7, "the smallest norm that a matrix is divided by", "epsilon")
    newton_schulz_steps: Count = setting(5, "iterations towards the orthogonal matrix", "ns_steps")
    newton_schulz_dtype: Annotated[str, OneOf("bf16", "fp32")] = setting("bf16", "precision of these iterations")
    learning_rate_scaling: Annotated[str, OneOf("original", "match_rms_adamw")] = setting(
        "original", "how the shape of a matrix scales its rate", "adjust_lr_fn"
    )

    def torch(self, parameters: Iterable[Any]) -> Any:
        from seqforge.kernels.muon import Muon

        chosen = list(parameters)
        odd = [tuple(parameter.shape) for parameter in chosen if parameter.ndim != 2]
        if odd:
            reason = f"Muon takes matrices only, received {len(odd)} parameters of other shapes, the first {odd[0]}"
            raise BackendError(f"{reason}; give them to another optimizer with its own parameters pattern")
        return Muon(chosen, **self.own_settings())
