# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Several losses of one output, added up with weights that are fixed or learned."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from seqforge import registry
from seqforge.arrays import np
from seqforge.errors import BackendError, did_you_mean
from seqforge.losses.base import Loss, UnfitFacts
from seqforge.losses.elements import AUTO, IGNORE
from seqforge.losses.weighting import Learning, reference_total, start_of
from seqforge.parameters import Kind, Number, Parameter, Unfit, folded, parameters_of
from seqforge.registry import KERAS, PYTORCH, UnknownName, register

if TYPE_CHECKING:
    from seqforge.architectures.base import Architecture
    from seqforge.heads import Head
    from seqforge.tasks import Task

SELF = "WeightedLoss"
RANK = ("index", "one-hot")  # targets of classes; whoever reads the first can be given the second


class Term(NamedTuple):
    """The canonical name of a loss and its factor; None: as its own hyper-parameter `weight` says."""

    name: str
    weight: float | None

    def __str__(self) -> str:
        return self.name if self.weight is None else f"{self.name} {self.weight:g}"


class Terms(Kind):
    """Names of losses, each with a number behind it where it needs one, with commas between."""

    expected = "losses with weights > 0, as in 'DiceLoss 0.7, FocalLoss 0.3', each once"
    number = Number(gt=0)

    def check(self, value: Any) -> Any:
        parts = value.split(",") if isinstance(value, str) else value
        try:
            terms = tuple(self._term(part) for part in parts)
        except (ValueError, TypeError, UnknownName):
            raise self.unfit(value) from None
        if not terms or len({term.name for term in terms}) < len(terms):
            raise self.unfit(value)
        return terms

    def _term(self, part: Any) -> Term:
        name, *number = part.split() if isinstance(part, str) else tuple(part)
        cls = loss_called(name)
        weight = None if not number or number[0] is None else self.number.check(float(number[0]))
        if cls.name == SELF or cls.unavailable or len(number) > 1:
            raise ValueError
        return Term(cls.name, weight)

    def unfit(self, value: Any) -> Unfit:
        return Unfit(self.expected, ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else value)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1}

    def bad_values(self) -> list[str]:
        return ["DiceLoss 0", "DiceLoss heavy", "NoLossAtAll 1", "DiceLoss 1, DiceLoss 1"]

    def near_word(self, text: str) -> str:
        """The way out for the first loss that is not known."""
        for name in (part.split()[0] for part in text.split(",") if part.split()):
            try:
                loss_called(name)
            except UnknownName as unknown:
                return did_you_mean(name, unknown.known)
        return ""


def loss_called(name: str) -> Any:
    """The class of a loss, of PyTorch if that has it."""
    try:
        return registry.find("losses", name, PYTORCH)
    except UnknownName as unknown:
        try:
            return registry.find("losses", name, KERAS)
        except UnknownName:
            raise unknown from None


def named(text: str) -> list[Any]:
    """The classes of the losses that `text` names as terms, as far as it can be read."""
    found = []
    for part in text.split(","):
        try:
            found.append(loss_called(part.split()[0]))
        except (UnknownName, IndexError):
            continue
    return found


@register("losses", SELF)
@dataclass(frozen=True, kw_only=True, init=False)
class WeightedLoss(Learning):
    """Σ weight · loss of `terms`, such as `DiceLoss 0.7, FocalLoss 0.3`; each term is logged by itself, unweighted.

    The hyper-parameters of a term are written behind its name and a dot: `FocalLoss.gamma`. With `weighting` learned
    every term has the factor 1/(2·lw²) of a parameter of its own, `loss.lw_DiceLoss`, that begins where it says, at
    factor 1 where no number is behind the name; the total is Σ factor · loss + Σ log(lw)².
    """

    tasks = ()  # of an instance: those that all of its terms fit
    libraries = (PYTORCH, KERAS)

    terms: Annotated[tuple[Term, ...], Terms()] = field(
        metadata={"doc": "losses and their weights, as in DiceLoss 0.7, FocalLoss 0.3"}
    )
    losses: tuple[Loss, ...] = field(init=False)

    def __init__(self, *, terms: Any, **options: Any):
        own = {name: options.pop(name) for name in parameters_of(Learning) if name in options}
        for name, value in {"terms": terms, **own}.items():
            object.__setattr__(self, name, value)
        super().__post_init__()
        known = {name: folded(name.partition(".")[0]) for name in options}
        strange = [name for name, owner in known.items() if owner not in [folded(term.name) for term in self.terms]]
        if strange:
            raise ValueError(f"{self.name}.{strange[0]}: no term is called so; terms are {self.text}")
        losses = tuple(
            _made(term, {name: value for name, value in options.items() if known[name] == folded(term.name)})
            for term in self.terms
        )
        self._bind(losses)

    def _bind(self, losses: Sequence[Loss]) -> None:
        object.__setattr__(self, "losses", tuple(losses))
        for name in ("tasks", "tolerated", "libraries"):
            object.__setattr__(self, name, _common([getattr(loss, name) for loss in losses]))
        if self.learned:
            object.__setattr__(self, "libraries", tuple(name for name in self.libraries if name == PYTORCH))
        object.__setattr__(self, "reads_range", any(loss.reads_range for loss in losses))
        fitting = [task for task in _all_tasks(losses) if all(task in (*one.tasks, *one.tolerated) for one in losses)]
        object.__setattr__(self, "tolerated", tuple(task for task in fitting if task not in self.tasks))

    @classmethod
    def parameters_given(cls, given: Mapping[str, str]) -> dict[str, Parameter]:
        """Its hyper-parameters in a definition that says `given` (folded name → text): also those of its terms."""
        own = dict(sorted(parameters_of(cls).items(), key=lambda pair: pair[0] != "terms"))
        for loss in named(given.get("terms", "")):
            for one in parameters_of(loss).values():
                name = f"{loss.name}.{one.name}"
                aliases = tuple(f"{loss.name}.{alias}" for alias in one.aliases)
                own[name] = Parameter(name, one.kind, one.default, aliases, one.doc)
        return own

    @property
    def text(self) -> str:
        """The terms as a definition writes them."""
        return ", ".join(map(str, self.terms))

    @property
    def factors(self) -> list[float]:
        """The weight of every term; 0: none is said."""
        pairs = zip(self.terms, self.losses, strict=True)
        return [getattr(loss, "weight", 0.0) if term.weight is None else term.weight for term, loss in pairs]

    @property
    def starts(self) -> dict[str, float]:
        """The parameter of every term, and where it begins: at the factor that is said, else at factor 1."""
        pairs = zip(self._names, self.factors, strict=True)
        return {f"lw_{name}": start_of(factor or 1.0) for name, factor in pairs}

    def learned_parameters(self) -> list[str]:
        return list(self.starts) if self.learned else []

    def settings(self) -> dict[str, Any]:
        own = {name: getattr(self, name) for name in parameters_of(Learning)}
        options = {f"{loss.name}.{name}": value for loss in self.losses for name, value in loss.settings().items()}
        return {"terms": self.text, **own, **options}

    def problems(self) -> list[tuple[str, str]]:
        """(hyper-parameter, sentence) for each combination of values that cannot work."""
        found = [
            (f"{loss.name}.{name}", sentence)
            for loss in self.losses
            for name, sentence in getattr(loss, "problems", list)()
        ]
        weightless = [loss.name for loss, factor in zip(self.losses, self.factors, strict=True) if not factor]
        way_out = "write a number > 0 behind its name, or set weighting to learned"
        found += [("terms", f"{name} has weight 0; {way_out}") for name in weightless if not self.learned]
        found += super().problems()
        if not self.tasks and not self.tolerated:
            found.append(("terms", f"no task has a target that all of {', '.join(self._names)} fit"))
        learned = [loss.name for loss in self.losses if loss.learned_parameters()]
        found += [("terms", f"{name} learns weights of its own; set {name}.weighting to fixed") for name in learned]
        kinds = dict.fromkeys(loss.output for loss in self.losses if _declared(loss) != AUTO)
        if len(kinds) > 1:
            said = ", ".join(f"{loss.name} {loss.output}" for loss in self.losses if _declared(loss) != AUTO)
            found.append(("terms", f"one output cannot be several things: {said}"))
        return found

    def model_problems(self, architecture: Architecture, labels: Sequence[str]) -> list[tuple[str, str]]:
        """(hyper-parameter, sentence) for what does not fit the model and its labels."""
        return [
            ("terms" if name == "loss" else f"{loss.name}.{name}", sentence)
            for loss in self.losses
            for name, sentence in loss.model_problems(architecture, labels)
        ]

    @property
    def _names(self) -> list[str]:
        return [loss.name for loss in self.losses]

    # what its terms have in common

    @property
    def input(self) -> str:
        """What is declared of the output; auto: nothing."""
        return next((_declared(loss) for loss in self.losses if _declared(loss) != AUTO), AUTO)

    @property
    def ignore_index(self) -> int:
        """The label of what is left out."""
        return next((loss.ignore_index for loss in self.losses if hasattr(loss, "ignore_index")), IGNORE)

    @property
    def output(self) -> str:
        return next((loss for loss in self.losses if _declared(loss) != AUTO), self.losses[0]).output

    @property
    def prediction(self) -> str:
        return next((loss for loss in self.losses if loss.output == self.output), self.losses[0]).prediction

    @property
    def target(self) -> str:
        kinds = [loss.target for loss in self.losses]
        return max(kinds, key=lambda kind: RANK.index(kind) if kind in RANK else -1)

    # bound to a task, a model, data

    def for_task(self, task: Task) -> Loss:
        return self._each(lambda loss: loss.for_task(task))

    def for_heads(self, heads: Sequence[Head]) -> Loss:
        return self._each(lambda loss: loss.for_heads(heads))

    def for_output(self, kind: str | None, outputs: int) -> Loss:
        kind = kind or self.output
        return self._each(lambda loss: loss.for_output(kind, outputs))

    def for_facts(self, facts: Mapping[str, Any]) -> Loss:
        return self._each(lambda loss: _told(loss, facts))

    def _each(self, change: Callable[[Loss], Loss]) -> Loss:
        other = copy(self)
        other._bind([change(loss) for loss in self.losses])
        return other

    # formulas

    def torch(self) -> Callable[..., Any]:
        functions = [loss.torch() for loss in self.losses]
        if not self.learned:
            return self._sum(functions)
        from seqforge.kernels.weighting import LearnedWeights

        parts, freezing = self._parts(functions), (self.freeze_below, self.freeze_on)
        return LearnedWeights(parts, self._weighed, 1, *freezing, start=self.starts)

    def keras(self) -> Callable[..., Any]:
        if self.learned:
            raise BackendError(f"{self.name} does not learn weights on Keras; set weighting to fixed")
        return self._sum([loss.keras() for loss in self.losses])

    def reference(self, output: Any, target: Any, lw: Mapping[str, np.ndarray] | None = None) -> Any:
        """The parts and "loss"; with learned weights for the parameters `lw` (1,) each (None: as they start)."""
        functions = [loss.reference for loss in self.losses]
        if not self.learned:
            return self._sum(functions)(output, target)
        found = self._parts(functions)(output, target)
        weights = lw or {name: np.full(1, start) for name, start in self.starts.items()}
        return {"loss": reference_total(found, self._weighed, weights), **found}

    @property
    def _weighed(self) -> dict[str, list[str]]:
        """The parameter of every term → the term."""
        return {parameter: [name] for parameter, name in zip(self.starts, self._names, strict=True)}

    def _sum(self, functions: Sequence[Callable[..., Any]]) -> Callable[..., Any]:
        """f(output, target) → the parts by name, and their weighted sum under "loss"."""
        parts, factors = self._parts(functions), dict(zip(self._names, self.factors, strict=True))

        def total(output: Any, target: Any) -> dict[str, Any]:
            found = parts(output, target)
            weighted = [factor * found[name] for name, factor in factors.items()]
            return {"loss": sum(weighted[1:], weighted[0]), **found}

        return total

    def _parts(self, functions: Sequence[Callable[..., Any]]) -> Callable[..., dict[str, Any]]:
        """f(output, target) → the terms (n,) by name, and where any has them their common "sizes" (n,)."""
        rows, names, wanted = list(zip(self.losses, functions, strict=True)), self._names, self.target

        def parts(output: Any, target: Any) -> dict[str, Any]:
            given = [_of(function(output, _as(target, wanted, loss.target)), loss) for loss, function in rows]
            values, sizes = _of_one_size([part for part, _ in given], [size for _, size in given])
            found = dict(zip(names, values, strict=True))
            return found if sizes is None else {**found, "sizes": sizes}

        return parts


def _told(loss: Loss, facts: Mapping[str, Any]) -> Loss:
    """A term for training data with these facts."""
    try:
        return loss.for_facts(facts)
    except UnfitFacts as error:
        raise error.of(loss.name) from None


def _made(term: Term, options: Mapping[str, Any]) -> Loss:
    """The loss of a term with its options, `name.option` → value."""
    values = {name.partition(".")[2]: value for name, value in options.items()}
    has_weight = term.weight is not None and "weight" in parameters_of(loss_called(term.name))
    if has_weight and values.setdefault("weight", term.weight) != term.weight:
        raise ValueError(f"{term.name}.weight is {values['weight']:g}, but terms say {term}; keep one")
    loss: Loss = loss_called(term.name)(**values)
    if hasattr(loss, "as_term"):
        object.__setattr__(loss, "as_term", True)
    return loss


def _declared(loss: Loss) -> str:
    """What a loss says of its input: auto, where it takes what it is given."""
    return str(getattr(loss, "input", loss.output))


def _common(lists: Sequence[Sequence[str]]) -> tuple[str, ...]:
    return tuple(name for name in lists[0] if all(name in others for others in lists))


def _all_tasks(losses: Sequence[Loss]) -> Iterator[str]:
    yield from dict.fromkeys(task for loss in losses for task in (*loss.tasks, *loss.tolerated))


def _as(target: Any, given: str, wanted: str) -> Any:
    """One-hot targets as the number of the class, for a term that reads that; everything else as it is."""
    if (given, wanted) != ("one-hot", "index"):
        return target
    return target.argmax(-1) if hasattr(target, "argmax") else np.argmax(target, -1)


def _of(result: Any, loss: Loss) -> tuple[Any, Any]:
    """The losses (n,) of a term, and their sizes (n,) or None."""
    if not isinstance(result, Mapping):
        return result, None
    if "loss" in result:
        return result["loss"], result.get("sizes")
    parts = [factor * result[name] for name, factor in loss.weights().items()]
    return sum(parts[1:], parts[0]), result.get("sizes")


def _of_one_size(values: Sequence[Any], sizes: Sequence[Any]) -> tuple[list[Any], Any]:
    """Means (n,) over elements of `sizes` (n,), or None for one of each, as such of one common size, and that.

    The mean of each over the batch stays what it was: Σ value·size / Σ size.
    """
    known = [size for size in sizes if size is not None]
    if not known:
        return list(values), None
    full = [known[0] * 0 + 1 if size is None else size for size in sizes]
    common = full[0]
    for size in full[1:]:
        common = common + (size - common) * (size > common)
    scale = [size / (common + (common == 0)) for size in full]
    totals = [size.sum() for size in full]
    shares = [common.sum() / (total + (total == 0)) for total in totals]
    return [value * one * share for value, one, share in zip(values, scale, shares, strict=True)], common
