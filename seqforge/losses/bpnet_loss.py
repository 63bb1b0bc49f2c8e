# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Profiles and counts of every head, weighed against each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seqforge.losses.base import Adapted
from seqforge.losses.log_counts_mse import LogCountsMSE
from seqforge.losses.multinomial_nll import MultinomialNLL
from seqforge.losses.profiles import ProfileLoss
from seqforge.parameters import NonNegative, Switch, setting
from seqforge.registry import register


@register("losses", "BPNetLoss")
@dataclass(frozen=True, kw_only=True)
class BPNetLoss(ProfileLoss):
    """Σ over heads of profile_loss_weight · MultinomialNLL + counts_loss_weight · LogCountsMSE.

    The factor of the counts of a head with `counts_loss_frac_target` is adapted after every epoch.
    Source: Avsec et al. 2021, doi 10.1038/s41588-021-00782-6.
    """

    pseudocount: NonNegative = setting(0.0, "added to the reads before the logarithm")
    coefficient: Switch = setting(True, "whether the coefficient, which has no gradient, is part of the value")

    @property
    def profile(self) -> MultinomialNLL:
        found = MultinomialNLL(coefficient=self.coefficient).for_heads(self.heads)
        assert isinstance(found, MultinomialNLL)
        return found

    @property
    def counts(self) -> LogCountsMSE:
        found = LogCountsMSE(pseudocount=self.pseudocount).for_heads(self.heads)
        assert isinstance(found, LogCountsMSE)
        return found

    def weights(self) -> dict[str, float]:
        return self.profile.weights() | self.counts.weights()

    def adapted(self) -> list[Adapted]:
        return [
            Adapted(number, self.profile.part(head.name), f"{head.name}_counts_mse", head)
            for number, head in enumerate(self.heads)
            if head.counts_loss_frac_target is not None
        ]

    def _of(self, profile: Callable[..., Any], counts: Callable[..., Any]) -> Callable[..., Any]:
        return lambda output, target: {**profile(output, target), **counts(output, target)}

    def torch(self) -> Callable[..., Any]:
        return self._of(self.profile.torch(), self.counts.torch())

    def keras(self) -> Callable[..., Any]:
        return self._of(self.profile.keras(), self.counts.keras())

    def reference(self, output: Any, target: Any) -> Any:
        return self._of(self.profile.reference, self.counts.reference)(output, target)
