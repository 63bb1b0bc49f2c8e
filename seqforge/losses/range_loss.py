# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Where regions start and end, learned beside the bins that belong to them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from seqforge.arrays import np
from seqforge.errors import BackendError
from seqforge.losses.elements import ElementLoss
from seqforge.parameters import NonNegative, Positive, setting
from seqforge.registry import PYTORCH, register

if TYPE_CHECKING:
    from seqforge.architectures.base import Architecture

SIGMA = 2.0  # of the targets that data sources make
LEAST = 0.01  # targets below this are 0
ADVICE = "train it beside the bins: loss WeightedLoss, terms 'WeightedBCELoss 1, RangeLoss 0.1'"


@register("losses", "RangeLoss", library=PYTORCH)
@dataclass(frozen=True, kw_only=True)
class RangeLoss(ElementLoss):
    """Mean over known bins and the three range scores z of pos_weight·t·softplus(−z) + (1 − t)·softplus(z).

    The targets t are exp(−d²/2σ²) at d bins from the nearest start, and end, of a region, 0 where that is below 0.01,
    and the label itself; in a crop edges beyond it count, too. Chromosomes with unknown bins have no part in it. It is
    a second term: see WeightedLoss.
    """

    tasks = ("sequence labeling",)
    libraries = (PYTORCH,)
    reads_range = True

    weight: NonNegative = setting(0.0, "its factor, where the terms of a WeightedLoss name it without a number")
    sigma: Positive = setting(SIGMA, "how many bins a start or end is wide, as a standard deviation")
    pos_weight: Positive = setting(50.0, "weight of what is present")
    as_term: bool = field(default=False, init=False, repr=False)  # of a WeightedLoss

    @property
    def target(self) -> str:
        return self.targets or "bins"

    def model_problems(self, architecture: Architecture, labels: Sequence[str]) -> list[tuple[str, str]]:
        """(hyper-parameter, sentence) for what does not fit the model and its labels."""
        found = []
        if not self.as_term:
            found.append(("loss", f"{self.name} trains the range scores alone, no bin is ever called; {ADVICE}"))
        if not getattr(architecture, "range_head", False):
            found.append(("loss", f"{self.name} needs range scores; set the architecture's range_head to True"))
        return found

    def torch(self) -> Callable[..., Any]:
        from torch.nn.functional import softplus

        def loss(output: Any, target: Any) -> Any:
            scores, known = self._scores(output), _known(target)
            t = self.targets_of(target).to(scores.dtype)
            cost = self.pos_weight * t * softplus(-scores) + (1 - t) * softplus(scores)
            return _means(cost.mean(-1), known)

        return loss

    def keras(self) -> Callable[..., Any]:
        raise BackendError(f"{self.name} does not exist on Keras")

    def reference(self, output: Any, target: Any) -> Any:
        """A dict of means (n,) and of how many bins each is."""
        z = np.asarray(self._scores(output), np.float64)
        t = np.asarray(self.targets_of(target), np.float64)
        cost = self.pos_weight * t * np.logaddexp(0, -z) + (1 - t) * np.logaddexp(0, z)
        return _means(cost.mean(axis=-1), _known(target))

    def _scores(self, output: Any) -> Any:
        """The range scores (example, bin, 3) of an output (bins, range scores), or alone."""
        scores = output[1] if isinstance(output, (list, tuple)) else output
        if scores is None:
            raise ValueError("RangeLoss needs the range scores of a model, this one has none; set range_head to True")
        return scores

    def targets_of(self, target: Mapping[str, Any]) -> Any:
        """(example, bin, 3): start, end, inside; those that the data bring along, if they are of this sigma."""
        given = target.get("range")
        if given is not None and self.sigma == SIGMA:
            return given
        if "edges" in target:
            inside = (target["labels"] > 0)[..., None]
            heights = _heights(target["edges"], self.sigma)
            return _joined([heights, inside * _unit(heights)])
        edges = _edges(target["labels"]) if given is None else (given == 1)[..., :2]
        inside = (target["labels"] > 0)[..., None]
        return _joined([_spread(edges, self.sigma), inside * _unit(edges)])


def _known(target: Mapping[str, Any]) -> Any:
    """(example, bin) bool: the bins that count; none of an example with unknown ones, which `range_valid` tells."""
    known = target["labels"] >= 0
    valid = target.get("range_valid")
    return known & (known.all(1) if valid is None else valid)[:, None]


def _means(cost: Any, known: Any) -> dict[str, Any]:
    sizes = known.sum(1)
    cost = np.where(known, cost, 0) if isinstance(cost, np.ndarray) else cost.masked_fill(~known, 0)
    return {"loss": cost.sum(1) / (sizes + (sizes == 0)), "sizes": sizes * _unit(cost)}


def _edges(labels: Any) -> Any:
    """(example, bin, 2) bool: whether a region starts, and ends, at each bin."""
    inside = labels > 0
    starts, ends = inside * True, inside * True
    starts[:, 1:] = inside[:, 1:] & ~inside[:, :-1]
    ends[:, :-1] = inside[:, :-1] & ~inside[:, 1:]
    return _joined([starts[..., None], ends[..., None]])


def _heights(distances: Any, sigma: float) -> Any:
    """exp(−d²/2σ²) of distances d in bins, 0 if it is below 0.01."""
    if isinstance(distances, np.ndarray):
        heights = np.exp(-(distances.astype(np.float64) ** 2) / (2 * sigma**2))
        return np.where(heights < LEAST, 0, heights)
    heights = (-(distances.double() ** 2) / (2 * sigma**2)).exp()
    return heights.masked_fill(heights < LEAST, 0).float()


def _spread(edges: Any, sigma: float) -> Any:
    """The greatest exp(−d²/2σ²) over edges at d bins (example, bin, 2), 0 if it is below 0.01."""
    bins = edges.shape[1]
    found = edges * _unit(edges)
    for distance in range(1, min(bins, int(sigma * math.sqrt(-2 * math.log(LEAST))) + 1)):
        height = math.exp(-(distance**2) / (2 * sigma**2))
        if height < LEAST:
            break
        near = found * 0
        near[:, distance:] += edges[:, :-distance] * height
        near[:, :-distance] += edges[:, distance:] * height
        found = _where(found >= height, found, near.clip(max=height))
    return found


def _where(condition: Any, yes: Any, no: Any) -> Any:
    return np.where(condition, yes, no) if isinstance(condition, np.ndarray) else yes.where(condition, no)


def _unit(like: Any) -> Any:
    """1 as a number of the type of `like`, of float32 if that is none."""
    if isinstance(like, np.ndarray):
        return like.dtype.type(1) if like.dtype.kind == "f" else np.float32(1)
    return like.new_ones(()) if like.is_floating_point() else like.new_ones(()).float()


def _joined(parts: Sequence[Any]) -> Any:
    """Arrays side by side along the last axis."""
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts, axis=-1)
    import torch

    return torch.cat(list(parts), dim=-1)
