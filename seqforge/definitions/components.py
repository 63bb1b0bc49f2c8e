# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Hyper-parameters as a file spells them → one typed component, with every problem at its place.

The component's annotated fields (seqforge.parameters) are the only source of names, kinds and defaults: nothing here
knows a particular loss, optimizer or layer.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seqforge import registry
from seqforge.definitions.model import Hyperparameter
from seqforge.definitions.tree import Text
from seqforge.errors import Place, Problem, did_you_mean, nearest, quoted
from seqforge.parameters import Parameter, Unfit, folded, parameters_of

MOST_STRANGERS = 100  # unknown keys that one component reports
MOST_SHOWN = 5  # values of a key that is given again and again
# one value in one library, several in the other
WHOLE = {"betas": ("beta_1", "beta_2")}


@dataclass(frozen=True)
class Subject:
    """What is being read: `phrase` is its name in messages, `unit` what its keys are called.

    `elsewhere(key)` is the way out for a key that something else has ("" if nothing has it).
    """

    phrase: str
    place: Place
    unit: str = "hyper-parameter"
    elsewhere: Callable[[str], str] = lambda key: ""


def items_of(attributes: Mapping[str, Text]) -> tuple[Hyperparameter, ...]:
    """The attributes of an element as hyper-parameters, each at the place of its value."""
    return tuple(Hyperparameter(Text(name, value.place), value) for name, value in attributes.items())


def assemble(cls: type, items: Iterable[Hyperparameter], subject: Subject, problems: list[Problem]) -> Any:
    """The component `cls` with the values of `items`, or None after appending every problem to `problems`."""
    before, items = len(problems), list(items)
    parameters = parameters_among(cls, items)
    chosen = _once(_known(parameters, joined(parameters, items, problems), subject, problems), problems)
    values = {name: _value(parameters[name], item, problems) for name, item in chosen.items()}
    problems.extend(_missing(parameters, {*values, *_meant(parameters, items)}, subject))
    sound = len(problems) == before and all(item.name for item in items)
    return _made(cls, values, chosen, subject, problems) if sound else None


def parameters_among(cls: type, items: Iterable[Hyperparameter]) -> Mapping[str, Parameter]:
    """The hyper-parameters of `cls` next to `items`: the terms of a loss bring their own."""
    given = getattr(cls, "parameters_given", None)
    return given({folded(item.name): str(item.value) for item in items}) if given else parameters_of(cls)


def spellings(parameters: Mapping[str, Parameter]) -> dict[str, str]:
    """Every accepted spelling, folded → the hyper-parameter's name."""
    return {
        folded(spelling): parameter.name
        for parameter in parameters.values()
        for spelling in (parameter.name, *parameter.aliases)
    }


def joined(
    parameters: Mapping[str, Parameter], items: Sequence[Hyperparameter], problems: list[Problem] | None = None
) -> list[tuple[str, Hyperparameter]]:
    """`items`, each with the folded name that it stands for: one value may be several here, several may be one."""
    problems = [] if problems is None else problems
    named = [(folded(item.name), item) for item in items]
    for whole, parts in WHOLE.items():
        if whole in parameters:
            named = _put_together(named, whole, list(map(folded, parts)), parameters[whole].default)
        elif parts[0] in parameters:
            named = [piece for name, item in named for piece in _taken_apart(name, item, whole, parts, problems)]
    return named


def _put_together(
    named: list[tuple[str, Hyperparameter]], whole: str, parts: Sequence[str], default: Sequence[Any]
) -> list[tuple[str, Hyperparameter]]:
    """beta_1 and beta_2 → betas, at the place of the first; the absent one keeps its default."""
    given = {name: item for name, item in reversed(named) if name in parts}
    if not given:
        return named
    values = [given[part].value if part in given else usual for part, usual in zip(parts, default, strict=True)]
    first = next(item for name, item in named if name in parts)
    text = Text(f"({', '.join(map(str, values))})", first.value.place)
    return [*(one for one in named if one[0] not in parts), (whole, Hyperparameter(first.name, text))]


def _taken_apart(
    name: str, item: Hyperparameter, whole: str, parts: Sequence[str], problems: list[Problem]
) -> list[tuple[str, Hyperparameter]]:
    """betas → beta_1 and beta_2, both at its place; anything that is no tuple of that many is a problem."""
    if name != folded(whole):
        return [(name, item)]
    values = _literal(item.value)
    if not isinstance(values, (tuple, list)) or len(values) != len(parts):
        message = f"{item.name}: expected {len(parts)} values ({', '.join(parts)}), received {quoted(item.value)}"
        problems.append(Problem(item.value.place, "SF0204", message))
        return []
    texts = (Text(repr(value), item.value.place) for value in values)
    return [(folded(part), Hyperparameter(item.name, text)) for part, text in zip(parts, texts, strict=True)]


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def _known(
    parameters: Mapping[str, Parameter],
    items: Iterable[tuple[str, Hyperparameter]],
    subject: Subject,
    problems: list[Problem],
) -> list[tuple[str, Hyperparameter]]:
    by_spelling = spellings(parameters)
    found = [(by_spelling.get(spelt), item) for spelt, item in items]
    strange = [item for name, item in found if name is None and item.name]
    problems.extend(_stranger(item, list(parameters), subject) for item in strange[:MOST_STRANGERS])
    return [(name, item) for name, item in found if name is not None]


def _stranger(item: Hyperparameter, names: Sequence[str], subject: Subject) -> Problem:
    message = f"{subject.phrase} has no {subject.unit} '{item.name}'"
    elsewhere = subject.elsewhere(item.name)
    if elsewhere:
        return Problem(item.name.place, "SF0207", message, elsewhere)
    hint = did_you_mean(item.name, names) if names else f"it takes no {subject.unit}s"
    return Problem(item.name.place, "SF0203", message, hint)


def _once(known: Iterable[tuple[str, Hyperparameter]], problems: list[Problem]) -> dict[str, Hyperparameter]:
    grouped: dict[str, list[Hyperparameter]] = {}
    for name, item in known:
        grouped.setdefault(name, []).append(item)
    problems.extend(twice(same) for same in grouped.values() if len(same) > 1)
    return {name: same[0] for name, same in grouped.items()}


def twice(same: Sequence[Hyperparameter]) -> Problem:
    spelt = " and ".join(dict.fromkeys(f"'{item.name}'" for item in same))
    verb = "is given" if len({str(item.name) for item in same}) == 1 else "mean the same and are given"
    times = "twice" if len(same) == 2 else f"{len(same)} times"
    shown, more = same[:MOST_SHOWN], ", …" if len(same) > MOST_SHOWN else ""
    lines = " and ".join(str(item.name.place.line) for item in shown)
    values = ", ".join(f"'{item.value}'" for item in shown) + more
    return Problem(same[-1].name.place, "SF0205", f"{spelt} {verb} {times} (lines {lines}: {values})", "keep one")


def _value(parameter: Parameter, item: Hyperparameter, problems: list[Problem]) -> Any:
    spelt = parameter.name if folded(item.name) == folded(parameter.name) else item.name
    if not item.value:
        problems.append(Problem(item.value.place, "SF0210", f"{spelt} is empty: expected {parameter.kind.expected}"))
        return None
    try:
        return parameter.kind.parse(str(item.value))
    except Unfit as unfit:
        problems.append(Problem(item.value.place, "SF0204", f"{spelt}: {unfit}", parameter.kind.near_word(item.value)))
        return None


def _meant(parameters: Mapping[str, Parameter], items: Sequence[Hyperparameter]) -> Iterator[str]:
    """The required hyper-parameters that are not missing, but misspelt or without their name."""
    needed = [name for name, parameter in parameters.items() if parameter.required]
    unknown = [item.name for item in items if folded(item.name) not in spellings(parameters)]
    if not all(unknown):
        yield from needed
    yield from (nearest(name, parameters) or "" for name in (unknown[:MOST_STRANGERS] if needed else ()))


def _missing(parameters: Mapping[str, Parameter], given: Collection[str], subject: Subject) -> list[Problem]:
    return [
        Problem(subject.place, "SF0206", f"{subject.phrase} needs {name} ({parameter.kind.expected})")
        for name, parameter in parameters.items()
        if parameter.required and name not in given
    ]


def _made(
    cls: type,
    values: Mapping[str, Any],
    chosen: Mapping[str, Hyperparameter],
    subject: Subject,
    problems: list[Problem],
) -> Any:
    try:
        component = cls(**values)
    except ValueError as error:
        problems.append(Problem(subject.place, "SF0208", str(error)))
        return None
    for name, sentence in getattr(component, "problems", list)():
        place = chosen[name].value.place if name in chosen else subject.place
        problems.append(Problem(place, "SF0208", sentence))
    return component


def other_owners(room: str, own: type, key: str, library: str | None = None) -> list[str]:
    """The other components of a room (of one library, or of all) that have a hyper-parameter spelt `key`."""
    return [
        cls.name
        for cls in registry.classes(room, library)
        if cls is not own and folded(key) in spellings(parameters_of(cls))
    ]
