# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Profiles and counts of every head, weighed by factors that are learned or fixed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from seqforge.arrays import np
from seqforge.errors import BackendError
from seqforge.losses.profiles import ProfileLoss, reference_mse, reference_nll, torch_mse, torch_nll
from seqforge.losses.weighting import Weighting, reference_total
from seqforge.parameters import OneOf, OneOrMore, Switch, setting
from seqforge.registry import PYTORCH, register

PSEUDOCOUNT = 1.0
FIXED_WEIGHTS = ("profile_weight", "count_weight")
Parts = Callable[..., dict[str, Any]]


class FactorList(OneOrMore):
    """A factor for all heads, or one per head."""

    expected = "a number ≥ 0, or one per head with commas between"


Factors = Annotated[float | tuple[float, ...], FactorList()]


@register("losses", "ProfileCountLoss", library=PYTORCH)
@dataclass(frozen=True, kw_only=True)
class ProfileCountLoss(Weighting, ProfileLoss):
    """Σ over heads of w0 · profile term P + w1 · counts term C, with learned (`weights` learned) or fixed w0, w1.

    P is −ln of the multinomial probability of a head's reads, its coefficient included; C is the squared error of the
    log counts against ln(1 + reads). The weights w = 1/(2·lw²) of parameters lw0 and lw1 train with the model, and stop
    for good once the gradient of lw0 is small. A region without reads has P = 0.
    """

    libraries: ClassVar[tuple[str, ...]] = (PYTORCH,)
    pseudocount: ClassVar[float] = PSEUDOCOUNT
    reads_peaks: ClassVar[bool] = True

    profile_weight: Factors = setting(1.0, "fixed weights: of the profile terms, one for all heads or one per head")
    count_weight: Factors = setting(1.0, "fixed weights: of the counts terms, one for all heads or one per head")
    divide_by_depth: Switch = setting(
        False, "whether profile terms are divided by the mean reads of the head in the batch, at least 1"
    )
    profile_labels: Annotated[str, OneOf("all", "peaks")] = setting(
        "all", "whether background regions train the profiles, too, or the counts alone"
    )

    def profile_part(self, head: str) -> str:
        return f"{head}_profile_nll" + ("_by_depth" if self.divide_by_depth else "")

    def terms(self) -> dict[str, list[str]]:
        names = [head.name for head in self.heads]
        return {"lw0": list(map(self.profile_part, names)), "lw1": [f"{name}_counts_mse" for name in names]}

    def fixed(self) -> dict[str, float]:
        profiles, counts = self.terms().values()
        return {**self._each(profiles, self.profile_weight), **self._each(counts, self.count_weight)}

    def _each(self, parts: list[str], factors: float | tuple[float, ...]) -> dict[str, float]:
        given = factors if isinstance(factors, tuple) else (factors,) * len(parts)
        return dict(zip(parts, given, strict=False))

    def problems(self) -> list[tuple[str, str]]:
        """(hyper-parameter, sentence) for each combination of values that cannot work."""
        found = [
            (name, f"{name} has no effect where weights are learned; set weights to fixed")
            for name in FIXED_WEIGHTS
            if self.learned and getattr(self, name) != 1.0
        ]
        return found + super().problems()

    def head_problems(self) -> list[tuple[str, str]]:
        """(hyper-parameter, sentence) for what does not fit the number of heads."""
        rule = f"expected one number, or one for each of {len(self.heads)} head(s)"
        given = {name: getattr(self, name) for name in FIXED_WEIGHTS}
        several = {name: value for name, value in given.items() if isinstance(value, tuple)}
        wrong = {name: len(value) for name, value in several.items() if len(value) != len(self.heads)}
        return [(name, f"{name}: {rule}, received {count}") for name, count in wrong.items()]

    def parts(self) -> Parts:
        import torch

        nll, mse = torch_nll(True), torch_mse(PSEUDOCOUNT)

        def parts(output: Any, target: Any, peaks: Any = None) -> dict[str, Any]:
            found = {}
            for profile, counts, head in self.numbered():
                reads = target[profile]
                loss = nll(output[profile], reads)
                if self.divide_by_depth:
                    loss = loss / reads.float().sum((1, 2)).mean().clamp(min=1)
                if self.profile_labels == "peaks" and peaks is not None:
                    shown = peaks.to(loss.dtype)
                    loss = torch.where(peaks, loss, 0 * loss) * (len(loss) / shown.sum().clamp(min=1))
                found[self.profile_part(head.name)] = loss
                found[f"{head.name}_counts_mse"] = mse(output[counts], reads)
            return dict(sorted(found.items(), key=lambda part: part[0].endswith("_counts_mse")))

        return parts

    def keras(self) -> Callable[..., Any]:
        raise BackendError(f"{self.name} does not exist on Keras; BPNetLoss with counts_loss_weight does")

    def reference(
        self, output: Any, target: Any, lw: Mapping[str, np.ndarray] | None = None, peaks: np.ndarray | None = None
    ) -> Any:
        """The parts, and with learned weights "loss" for the parameters `lw` (None: as they start, 1)."""
        found = {}
        for profile, counts, head in self.numbered():
            reads = np.asarray(target[profile], np.float64)
            loss = reference_nll(np.asarray(output[profile]), reads)
            if self.divide_by_depth:
                loss = loss / max(1.0, reads.sum((1, 2)).mean())
            if self.profile_labels == "peaks" and peaks is not None:
                loss = np.where(peaks, loss, 0) * (len(loss) / max(1, peaks.sum()))
            found[self.profile_part(head.name)] = loss
            found[f"{head.name}_counts_mse"] = reference_mse(np.asarray(output[counts]), reads, PSEUDOCOUNT)
        if not self.learned:
            return found
        weights = lw or {name: np.ones(1) for name in self.terms()}
        return {"loss": reference_total(found, self.terms(), weights), **found}
