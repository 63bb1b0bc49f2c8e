# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The multinomial likelihood of where the reads of a window lie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seqforge.arrays import np
from seqforge.losses.profiles import ProfileLoss, keras_nll, reference_nll, torch_nll
from seqforge.parameters import Switch, setting
from seqforge.registry import register


@register("losses", "MultinomialNLL")
@dataclass(frozen=True, kw_only=True)
class MultinomialNLL(ProfileLoss):
    """−ln of the multinomial probability of a head's reads, joint over positions and tasks; its counts train nothing.

    A window without reads contributes 0. Source: Avsec et al. 2021, doi 10.1038/s41588-021-00782-6.
    """

    coefficient: Switch = setting(True, "whether the coefficient, which has no gradient, is part of the value")

    def part(self, head: str) -> str:
        return f"{head}_profile_nll" + ("" if self.coefficient else "_without_coefficient")

    def weights(self) -> dict[str, float]:
        return {self.part(head.name): head.profile_loss_weight for head in self.heads}

    def _of(self, nll: Callable[[Any, Any], Any]) -> Callable[..., Any]:
        parts = [(profile, self.part(head.name)) for profile, _, head in self.numbered()]
        return lambda output, target: {name: nll(output[number], target[number]) for number, name in parts}

    def torch(self) -> Callable[..., Any]:
        return self._of(torch_nll(self.coefficient))

    def keras(self) -> Callable[..., Any]:
        return self._of(keras_nll(self.coefficient))

    def reference(self, output: Any, target: Any) -> Any:
        return self._of(lambda logits, reads: reference_nll(np.asarray(logits), reads, self.coefficient))(
            output, target
        )
