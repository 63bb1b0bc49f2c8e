# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What losses share that compare many elements of an example: scan points, peaks, bins, labels.

`Elements` lays outputs and targets of any such form side by side, for PyTorch tensors as for NumPy arrays. What is not
judged leaves the numerator and the denominator of every mean. A mean over nothing is 0, with a gradient of 0.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple, TypeVar

from seqforge.arrays import np
from seqforge.errors import DataError, TrainingError
from seqforge.losses.base import Loss, UnfitFacts
from seqforge.parameters import Integer, Kind, Number, OneOf, setting

if TYPE_CHECKING:
    from seqforge.architectures.base import Architecture
    from seqforge.tasks import Task

AUTO, PROBABILITIES, LOGITS = "auto", "probabilities", "logits"
BALANCED = "balanced"
IGNORE = -100  # label of a scan point that is not judged; every negative label is none
LEAST = 1e-7  # probabilities are at least this before their logarithm is taken
Self = TypeVar("Self", bound="ElementLoss")


class OutputRange(TrainingError, ValueError):
    """Outputs that are declared as probabilities, and are none."""


# layout


class Elements(NamedTuple):
    """Outputs and targets, element by element.

    output (example, element), or (example, class, element) of several classes; target and valid (example, element),
    the target of what is not valid is 0. Of peaks the first axis of all three is 1, and `owner` (example, element)
    says whose they are; else it is None.
    """

    output: Any
    target: Any
    valid: Any
    owner: Any = None

    @property
    def classes(self) -> int:
        """How many classes the output tells apart by a value each; 1: one value says yes or no."""
        return int(self.output.shape[1]) if self.output.ndim == 3 else 1

    def weighted(self, weights: Any = 1) -> Any:
        """The weights (example, element) of what is valid, 0 of all else."""
        used = self.valid * _one(self.output) * weights
        return used if self.owner is None else self.owner * used

    def means(self, values: Any, weights: Any = 1) -> dict[str, Any]:
        """ "loss": the means (example,) of `values` (example, element); "sizes": of how much weight each is."""
        used = self.weighted(weights)
        total = used.sum(1)
        return {"loss": (used * _where(self.valid, values)).sum(1) / (total + (total == 0)), "sizes": total}


def elements(output: Any, target: Any, ignore: int = IGNORE, peaks: bool = False) -> Elements:
    """An output, of several the first, and its target side by side: see `aligned`, and for `peaks` `at_peaks`."""
    output = output[0] if isinstance(output, (list, tuple)) else output
    if peaks:
        found, labels, owner = at_peaks(output, target)
    else:
        (found, labels), owner = aligned(output, labels_of(target)), None
    valid = (labels != ignore) & (labels >= 0)
    return Elements(found, _where(valid, labels), valid, owner)


def labels_of(target: Any) -> Any:
    """The labels of a target: of "mask" and "bins" what they are called there, any other target itself."""
    if not isinstance(target, Mapping):
        return target
    return target["mask"] if "mask" in target else target["labels"]


def aligned(output: Any, target: Any) -> tuple[Any, Any]:
    """`output` (example, element) or (example, class, element), and `target` (example, element).

    The output has the form of the target, but for axes of length 1, or one more axis, the second, of classes.
    """
    given, wanted = tuple(output.shape), tuple(target.shape)
    size = math.prod(wanted[1:])
    if given[:1] == wanted[:1] and _long(given[1:]) == _long(wanted[1:]):
        return output.reshape(given[0], size), target.reshape(wanted[0], size)
    if given[:1] == wanted[:1] and len(given) > 1 and _long(given[2:]) == _long(wanted[1:]):
        return output.reshape(*given[:2], size), target.reshape(wanted[0], size)
    expected = f"{wanted}, or with a second axis of classes"
    raise ValueError(f"expected an output of the shape of its target, {expected}; received {given}")


def _long(shape: Sequence[int]) -> tuple[int, ...]:
    return tuple(size for size in shape if size != 1)


def at_peaks(output: Any, target: Any) -> tuple[Any, Any, Any]:
    """The outputs at the centres of peaks (1, class, peak) or (1, peak), their labels (1, peak) and (example, peak)
    bool, whose they are."""
    if not isinstance(target, Mapping) or "centres" not in target:
        raise ValueError("scope peaks needs the centres and labels of peaks, which only models that read peaks have")
    centres, counts, mask = target["centres"], target["counts"], target["mask"]
    owner, place = owners(counts, len(centres)), centres[:, 0] * mask.shape[-1] + centres[:, 1]
    every, _ = aligned(output, mask)
    found = every[owner, :, place].T if every.ndim == 3 else every[owner, place]
    return found[None], target["labels"][None], _range(counts, len(counts))[:, None] == owner


def owners(counts: Any, peaks: int) -> Any:
    """The number (peak,) of the example that each of all peaks belongs to; counts (example,)."""
    if isinstance(counts, np.ndarray):
        return np.repeat(np.arange(len(counts)), counts)
    return _range(counts, len(counts)).repeat_interleave(counts, output_size=peaks)


def _range(like: Any, length: int) -> Any:
    if isinstance(like, np.ndarray):
        return np.arange(length)
    import torch

    return torch.arange(length, device=like.device)


def _where(valid: Any, values: Any) -> Any:
    """`values`, 0 where they are not valid."""
    if isinstance(values, np.ndarray):
        return np.where(valid, values, np.zeros((), values.dtype))
    return values.masked_fill(~valid, 0)


def _one(like: Any) -> Any:
    """1 of the type of `like`."""
    return like.dtype.type(1) if isinstance(like, np.ndarray) else like.new_ones(())


# cross-entropy of each element


def torch_cross_entropy(given: Elements, kind: str, smoothing: float = 0.0) -> Any:
    """−log of the probability of the right class (example, element), for outputs of `kind`."""
    from torch.nn.functional import log_softmax, softplus

    output, target = given.output, given.target
    if given.classes == 1:
        t = target.to(output.dtype) * (1 - smoothing) + smoothing / 2
        if kind == LOGITS:
            return t * softplus(-output) + (1 - t) * softplus(output)
        return -t * output.clamp(min=LEAST).log() - (1 - t) * (1 - output).clamp(min=LEAST).log()
    logs = log_softmax(output, dim=1) if kind == LOGITS else output.clamp(min=LEAST).log()
    right = logs.gather(1, target.long()[:, None])[:, 0]
    return -(1 - smoothing) * right - smoothing * logs.mean(1) if smoothing else -right


def reference_cross_entropy(given: Elements, kind: str, smoothing: float = 0.0) -> np.ndarray:
    """The same in NumPy float64."""
    output = np.asarray(given.output, np.float64)
    if given.classes == 1:
        t = np.asarray(given.target, np.float64) * (1 - smoothing) + smoothing / 2
        yes, no = log_pair(output, kind)
        return -(t * yes + (1 - t) * no)
    shifted = output - output.max(axis=1, keepdims=True)
    softmax = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    logs = softmax if kind == LOGITS else np.log(np.maximum(output, LEAST))
    right = np.take_along_axis(logs, given.target.astype(np.int64)[:, None], axis=1)[:, 0]
    return np.asarray(-(1 - smoothing) * right - smoothing * logs.mean(axis=1))


def log_pair(output: np.ndarray, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """log p and log(1 − p) of outputs that say yes or no."""
    if kind == LOGITS:
        return -np.logaddexp(0, -output), -np.logaddexp(0, output)
    return np.log(np.maximum(output, LEAST)), np.log(np.maximum(1 - output, LEAST))


class Lookup:
    """A number per class → a number per element; the table is kept on the device that asks."""

    def __init__(self, values: Sequence[float]):
        self._values = tuple(values)
        self._tables: dict[Any, Any] = {}

    def __call__(self, given: Elements) -> Any:
        """(example, element) of the type of the output."""
        if isinstance(given.output, np.ndarray):
            return np.array(self._values)[given.target.astype(np.int64)]
        key = given.output.device, given.output.dtype
        if key not in self._tables:
            self._tables[key] = given.output.new_tensor(self._values)
        return self._tables[key][given.target.long()]


# components


class ClassWeights(Kind):
    """A weight per class, `balanced` or none."""

    expected = "balanced, one number ≥ 0 per class with commas between, or None"
    words = (BALANCED,)
    one = Number(ge=0)

    def parse(self, text: str) -> Any:
        if text == "None" or text.casefold() == BALANCED:
            return self.check(None if text == "None" else BALANCED)
        try:
            return self.check([float(part) for part in text.strip("()[]").split(",") if part.strip()])
        except ValueError:
            raise self.unfit(text) from None

    def check(self, value: Any) -> Any:
        if value is None or (isinstance(value, str) and value.casefold() == BALANCED):
            return None if value is None else BALANCED
        try:
            weights = tuple(self.one.check(part) for part in value)
        except (ValueError, TypeError):
            raise self.unfit(value) from None
        if len(weights) < 2 or not any(weights):
            raise self.unfit(value)
        return weights

    def schema(self) -> dict[str, Any]:
        array = {"type": "array", "items": self.one.schema(), "minItems": 2}
        return {"anyOf": [array, {"type": "string", "minLength": 1}, {"type": "null"}]}

    def bad_values(self) -> list[str]:
        return ["heavy", "1", "1, -1", "0, 0"]


Weights = Annotated[str | tuple[float, ...] | None, ClassWeights()]


def balanced(counts: Sequence[int]) -> tuple[float, ...]:
    """n/(K·n_k) for counts n_k of K classes; UnfitFacts where a class does not occur."""
    missing = [number for number, count in enumerate(counts) if not count]
    if missing:
        numbers = ", ".join(map(str, missing))
        message = f"class_weights balanced: no training example is of class {numbers}"
        raise UnfitFacts("class_weights", message, "give one number per class")
    return tuple(sum(counts) / (len(counts) * count) for count in counts)


@dataclass(frozen=True, kw_only=True)
class ElementLoss(Loss):
    """A loss that reads probabilities or logits, and knows the task and the output that it is used for."""

    usual: ClassVar[str] = LOGITS  # what `auto` means where no model says

    input: Annotated[str, OneOf(AUTO, PROBABILITIES, LOGITS)] = setting(
        AUTO, "what the model puts out; auto: what the architecture says"
    )
    targets: str = field(default="", init=False, repr=False)  # the form of the task's targets

    @property
    def output(self) -> str:
        return self.usual if self.input == AUTO else self.input

    @property
    def target(self) -> str:
        return self.targets or "index"

    @property
    def prediction(self) -> str:
        if self.output == PROBABILITIES:
            return "identity"
        ways = {"bins": "first-sigmoid", "mask": "positions", "multi-hot": "sigmoid"}
        return ways.get(self.target, "softmax")

    def for_task(self, task: Task) -> Loss:
        return self.changed(targets=task.targets)

    def for_output(self, kind: str | None, outputs: int) -> Loss:
        resolved = self.input == AUTO and kind in (PROBABILITIES, LOGITS)
        return self.changed(input=kind) if resolved else self

    def changed(self: Self, **values: Any) -> Self:
        """A copy with these values."""
        other = copy(self)
        for name, value in values.items():
            object.__setattr__(other, name, value)
        return other

    def checked(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function` of PyTorch outputs, of which the first batch is held against what is declared."""
        unseen = [True]

        def loss(output: Any, target: Any) -> Any:
            first = output[0] if isinstance(output, (list, tuple)) else output
            if unseen and first.numel() and not first.is_meta:
                unseen.clear()
                self._judge(float(first.detach().min()), float(first.detach().max()))
            return function(output, target)

        return loss

    def _judge(self, low: float, high: float) -> None:
        if self.output == PROBABILITIES and (low < 0 or high > 1):
            message = f"loss {self.name} expects probabilities, the model puts out values from {low:g} to {high:g}"
            raise OutputRange(f"{message}; set the loss' input to logits, or end the model in a sigmoid or softmax")
        if self.input == LOGITS and low >= 0 and high <= 1:
            message = f"loss {self.name} expects logits, but every output of the first batch lies in [0, 1]"
            warnings.warn(f"{message}; is the model's last layer a sigmoid or softmax?", stacklevel=4)


@dataclass(frozen=True, kw_only=True)
class ClassLoss(ElementLoss):
    """An `ElementLoss` whose targets are classes, which may have weights."""

    class_weights: Weights = setting(None, "weights of the classes in means; balanced: n/(K·n_k) of the training data")
    ignore_index: Annotated[int, Integer()] = setting(IGNORE, "the label of elements that are left out")

    @property
    def counted(self) -> str:
        """Which of the facts of the training data says how often classes occur."""
        return "class_counts"

    def for_facts(self, facts: Mapping[str, Any]) -> Loss:
        if self.class_weights != BALANCED:
            return self
        if self.counted not in facts:
            message = "class_weights balanced needs data that say how often classes occur"
            raise UnfitFacts("class_weights", message, "give one number per class")
        return self.changed(class_weights=balanced(facts[self.counted]))

    def lookup(self) -> Callable[[Elements], Any]:
        """f(elements) → the weights of their classes; only f refuses what is not known yet, for a proof needs none."""
        weights = self.class_weights
        return Lookup(weights) if isinstance(weights, tuple) else lambda given: self.numbers or 1

    @property
    def numbers(self) -> tuple[float, ...] | None:
        """A weight for each class; None: all weigh alike. Raises DataError where only the training data know it."""
        if isinstance(self.class_weights, str):
            raise DataError(f"loss {self.name}: class_weights balanced needs data that say how often classes occur")
        return self.class_weights

    def model_problems(self, architecture: Architecture, labels: Sequence[str]) -> list[tuple[str, str]]:
        """(hyper-parameter, sentence) for what does not fit the model and its labels."""
        given, classes = self.class_weights, self.classes(labels)
        if not isinstance(given, tuple) or len(given) == classes:
            return []
        return [("class_weights", f"class_weights: expected {classes} numbers, one per class, received {len(given)}")]

    def classes(self, labels: Sequence[str]) -> int:
        """How many classes an element can be of."""
        return 2 if self.target in ("multi-hot", "bins") else len(labels)


@dataclass(frozen=True, kw_only=True)
class ScopedLoss(ClassLoss):
    """A `ClassLoss` that can be taken at peaks alone."""

    scope: Annotated[str, OneOf("all", "peaks")] = setting(
        "all", "segmentation: every scan point, or the centres of peaks alone, for models that read peaks"
    )

    @property
    def counted(self) -> str:
        return "peak_class_counts" if self.scope == "peaks" else "class_counts"

    def elements(self, output: Any, target: Any) -> Elements:
        return elements(output, target, self.ignore_index, self.scope == "peaks")

    def is_plain(self, target: Any) -> bool:
        """Whether each example has the same size, so that a vector says everything."""
        return self.class_weights is None and not isinstance(target, Mapping)

    def model_problems(self, architecture: Architecture, labels: Sequence[str]) -> list[tuple[str, str]]:
        found = super().model_problems(architecture, labels)
        if self.scope == "peaks" and "centres" not in architecture.reads:
            sentence = f"scope peaks needs an architecture that reads peaks, {architecture.name} does not"
            found.append(("scope", f"{sentence}; use scope all"))
        return found
