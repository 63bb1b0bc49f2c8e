# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What every loss has: the tasks it fits, the output it expects, one formula in three forms."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from seqforge.arrays import np
from seqforge.errors import DataError
from seqforge.registry import Component

if TYPE_CHECKING:
    from seqforge.architectures.base import Architecture
    from seqforge.heads import Head
    from seqforge.tasks import Task

# how a model's output becomes the prediction that metrics, files and users see
PREDICTIONS = ("identity", "softmax", "sigmoid", "exp", "positive", "positions", "first-sigmoid")


class UnfitFacts(DataError):
    """What the training data say of themselves does not do for the hyper-parameter `key` of a loss."""

    def __init__(self, key: str, message: str, hint: str = ""):
        super().__init__(f"{message}; {hint}" if hint else message)
        self.key, self.message, self.hint = key, message, hint

    def of(self, part: str) -> UnfitFacts:
        """The same of a loss that has this one as its `part`."""
        return UnfitFacts(f"{part}.{self.key}", self.message, self.hint)


class Adapted(NamedTuple):
    """A head whose counts are weighed: its number, and the names of its two losses."""

    number: int
    profile: str
    counts: str
    head: Head

    @property
    def target(self) -> float:
        assert self.head.counts_loss_frac_target is not None
        return self.head.counts_loss_frac_target

    def aim(self, profile: float, counts: float, weight: float) -> float:
        """The factor with which counts / (counts + profile) would have been the target; `weight` if counts are 0."""
        if counts == 0:
            return weight
        return self.target * self.head.profile_loss_weight * profile / ((1 - self.target) * counts)


@dataclass(frozen=True, kw_only=True)
class Loss(Component):
    """A loss per example: `torch()` and `keras()` return f(output, target) → (n,) in the framework's tensors.

    A composite returns a dict of such vectors with the total under "loss"; without it the total is their sum weighted
    by `weights()`, which may change between epochs. What `torch()` returns may be an nn.Module
    with parameters of its own (learned weights), which then train with the model's. The learner takes the mean over
    the batch, weighted by `Batch.weight`. A dict may say under "sizes" (n,) over how many elements (bins, scan points,
    peaks) each of its means is taken: means over batches and sets then weigh examples by them.
    """

    tasks: ClassVar[tuple[str, ...]]  # canonical task names that it fits
    tolerated: ClassVar[tuple[str, ...]] = ()  # tasks that it fits with a warning
    libraries: ClassVar[tuple[str, ...]]  # backends that have its formula
    weighs_heads: ClassVar[bool] = True  # profiles: reads how the heads weigh their profiles and counts
    reads_peaks: ClassVar[bool] = False  # `torch()` takes a third argument where labels are known: (n,) bool, peak?
    reads_range: ClassVar[bool] = False  # reads the range scores that some models put out beside those of bins
    unavailable: ClassVar[str] = ""  # why this known name cannot be used, and the way out; "": it can

    @property
    @abstractmethod
    def output(self) -> str:
        """What the model must put out: "logits", "log-probabilities", "probabilities", "values" or "margins"."""

    @property
    @abstractmethod
    def target(self) -> str:
        """What `target` is given as: "index" (n,), "one-hot", "multi-hot", "values" (n, label), "profiles" per head;
        "mask", "signal" and "bins" as in `Task.targets`."""

    @property
    def prediction(self) -> str:
        """One of `PREDICTIONS`: identity, softmax (over axis 1), sigmoid, exp (of log-probabilities), positive (1
        where > 0), positions (sigmoid of one value per position, softmax over axis 1 of several), first-sigmoid
        (sigmoid of the first of several outputs, the others as they are)."""
        return "identity"

    def for_heads(self, heads: Sequence[Head]) -> Loss:
        """The same loss for a profile model with `heads`; others are no concern of it."""
        return self

    def for_task(self, task: Task) -> Loss:
        """The same loss for the targets of `task`; most have one form of target."""
        return self

    def for_output(self, kind: str | None, outputs: int) -> Loss:
        """The same loss for a model that puts out `kind` ("probabilities", "logits", "values"; None: it does not say)
        for `outputs` labels; most do not ask."""
        return self

    def for_facts(self, facts: Mapping[str, Any]) -> Loss:
        """The same loss for training data with these `Data.facts`: "balanced" becomes numbers; most do not ask.

        Raises UnfitFacts."""
        return self

    def model_problems(self, architecture: Architecture, labels: Sequence[str]) -> list[tuple[str, str]]:
        """(hyper-parameter, sentence) for what does not fit the model and its labels."""
        return []

    def weights(self) -> dict[str, float]:
        """The factors of its parts at the start, by name; empty: it forms its total itself."""
        return {}

    def learned_parameters(self) -> list[str]:
        """The names of the parameters that it learns: the model's if that has them, else its own."""
        return []

    def adapted(self) -> list[Adapted]:
        """The parts whose factors follow a target during training."""
        return []

    @abstractmethod
    def torch(self) -> Callable[..., Any]: ...

    @abstractmethod
    def keras(self) -> Callable[..., Any]: ...

    @abstractmethod
    def reference(self, output: np.ndarray, target: np.ndarray) -> np.ndarray:
        """The same per-example losses (n,) in NumPy float64, written for reading."""
