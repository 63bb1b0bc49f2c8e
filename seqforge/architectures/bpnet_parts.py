# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Whether the parts of a profile model fit together: heads, windows, and what a transformation is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from seqforge.errors import UsageError, did_you_mean, quoted
from seqforge.heads import Head

TYPES = ("linear", "sigmoid", "relu")
KINDS = ("simple", "passthrough")


class Interface(NamedTuple):
    """What another model sees of a profile model; `names` and `tasks` of its heads None: it does not know them."""

    input_length: int
    output_length: int
    widths: tuple[tuple[int, int], ...]  # (tasks, columns of log counts) of every head
    names: tuple[str, ...] | None = None
    tasks: tuple[tuple[str, ...], ...] | None = None

    @classmethod
    def of(cls, heads: Sequence[Head], window: tuple[int, int]) -> Interface:
        widths = tuple((head.width, head.counts) for head in heads)
        return cls(*window, widths, tuple(head.name for head in heads), tuple(head.tasks for head in heads))

    def __str__(self) -> str:
        names = self.names or tuple(f"no. {number}" for number in range(1, len(self.widths) + 1))
        return ", ".join(f"{name} ({_sizes(*width)})" for name, width in zip(names, self.widths, strict=True))


def _sizes(tasks: int, counts: int) -> str:
    return f"{tasks} task{'s' * (tasks != 1)}, {counts} count{'s' * (counts != 1)}"


def matched(heads: Sequence[Head], part: Interface, what: str) -> tuple[int, ...]:
    """For every head the number of that head in the part, by name if the part knows its names, else by position.

    `what` the part is called in messages. Raises UsageError, listing both sides, where they do not fit.
    """
    wanted = Interface.of(heads, (part.input_length, part.output_length))
    names = wanted.names or ()
    fits = len(part.widths) == len(heads) and (part.names is None or sorted(part.names) == sorted(names))
    order = tuple(map(part.names.index, names)) if fits and part.names else tuple(range(len(heads)))
    if not fits or tuple(part.widths[i] for i in order) != wanted.widths:
        raise UsageError(f"the heads do not fit together: {what} has {part}; the definition has {wanted}")
    for head, i in zip(heads, order, strict=True):
        _same_order(head, part.tasks[i] if part.tasks else head.tasks, what)
    return order


def _same_order(head: Head, tasks: tuple[str, ...], what: str) -> None:
    """Refuse the same tasks in another order: the wrong tracks would be put together."""
    if tasks != head.tasks and sorted(tasks) == sorted(head.tasks):
        ours, theirs = ", ".join(head.tasks), ", ".join(tasks)
        raise UsageError(f"head '{head.name}': {what} has the tasks {theirs}, the definition has {ours}; use one order")


def bias_excess(residual: tuple[int, int], bias: Interface) -> int:
    """The bases that the residual's input has beyond the bias model's; raises UsageError where windows do not fit."""
    length, output = residual
    if length < bias.input_length:
        way_out = f"give input_length ≥ {bias.input_length}, or train the bias on shorter windows"
        raise UsageError(f"the bias model needs {bias.input_length} bases, the residual only takes {length}; {way_out}")
    if output != bias.output_length:
        way_out = f"give output_length {bias.output_length}, or train the bias on that window"
        raise UsageError(f"the bias model puts out {bias.output_length} bases, the residual {output}; {way_out}")
    return length - bias.input_length


def half_a_base(excess: int) -> list[str]:
    """What a LengthWarning says about a bias model that does not lie in the middle."""
    message = f"the residual's input is {excess} bases longer than the bias model's: an odd number"
    return [f"{message}; their tracks are half a base apart"] if excess % 2 else []


def read_specification(given: Mapping[str, Any] | str, what: str) -> tuple[str, ...] | None:
    """The types of a transformation {"name": "simple", "types": […]}; None for {"name": "passthrough"}.

    `what`: "profile_architecture" or "counts_architecture". Raises UsageError.
    """
    values = {"name": given} if isinstance(given, str) else dict(given)
    for key in values:
        if key not in ("name", "types"):
            raise UsageError(f"{what} has no key '{key}'; {did_you_mean(key, ['name', 'types'])}")
    kind = values.get("name")
    if kind not in KINDS:
        raise UsageError(f"{what}: unknown name {quoted(kind)}; {did_you_mean(str(kind), KINDS)}")
    if kind == "passthrough":
        if values.get("types"):
            raise UsageError(f"{what}: passthrough takes no types; remove them, or write the name simple")
        return None
    return _types(values.get("types") or (), what)


def _types(given: Sequence[str] | str, what: str) -> tuple[str, ...]:
    types = tuple(part.strip() for part in given.split(",")) if isinstance(given, str) else tuple(given)
    if not types:
        raise UsageError(f"{what}: simple needs at least one type; expected any of {', '.join(TYPES)}")
    for one in types:
        if one not in TYPES:
            raise UsageError(f"{what}: unknown type {quoted(one)}; {did_you_mean(str(one), TYPES)}")
    return types


def starts(types: Sequence[str]) -> Iterator[float]:
    """The inner offset that every term starts with: 0, +1, −1, +2, −2 … for the repetitions of a type."""
    for k, one in enumerate(types):
        repetition = list(types[:k]).count(one)
        yield 0.0 if one == "linear" else float((repetition + 1) // 2 * (1 if repetition % 2 else -1)) or 0.0


def surplus(types: Sequence[str] | None, what: str) -> list[str]:
    """What is to be said about types that cannot add anything."""
    repeated = bool(types) and list(types or ()).count("linear") > 1
    return [f"{what}: a second linear type adds nothing: the sum of lines is a line; name it once"] if repeated else []
