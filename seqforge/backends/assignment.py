# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Which optimizer owns which parameter: globs over parameter names, the same on every backend."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from seqforge.definitions.model import ModelDefinition
from seqforge.errors import BackendError, Place, Problem, nearest


class Misassigned(BackendError):
    """Optimizers that do not fit the parameters; `number`: the one that gets none, from 0 (None: all have some)."""

    def __init__(self, message: str, number: int | None = None):
        super().__init__(message)
        self.number = number


def assign(patterns: Sequence[str | None], names: Sequence[str], frozen: Sequence[str] = ()) -> list[list[str]]:
    """The names that each optimizer owns, in the order of `names`; `frozen` ones exist, but are not trained.

    A name belongs to the first pattern that matches it; None takes whatever no pattern takes. Raises Misassigned for
    a name that nothing takes, and for an optimizer that is left without any.
    """
    if not names:
        raise Misassigned("the model has no trainable parameters")
    owned = claimed(patterns, names)
    for number, mine in enumerate(owned):
        if not mine:
            raise Misassigned(_idle(patterns, number, names, frozen), number)
    return owned


def matching(names: Iterable[str], patterns: Sequence[str]) -> list[str]:
    """Those of `names` that one of `patterns` matches, in their order."""
    return [name for name in names if any(fnmatchcase(name, pattern) for pattern in patterns)]


def claimed(patterns: Sequence[str | None], names: Sequence[str]) -> list[list[str]]:
    """The names that each optimizer owns, which may be none. Raises Misassigned for a name that nothing takes."""
    owner = {name: _owner(patterns, name) for name in names}
    orphans = [name for name, number in owner.items() if number is None]
    if orphans:
        others = f" (and {len(orphans) - 1} more)" if len(orphans) > 1 else ""
        raise Misassigned(
            f"no optimizer owns parameter '{orphans[0]}'{others}; add an optimizer with parameters=\"*\" at the end"
        )
    return [[name for name in names if owner[name] == number] for number in range(len(patterns))]


def misfit(error: BackendError, definition: ModelDefinition) -> Problem:
    """The problem of optimizers that do not fit the parameters, at the pattern or the section that it is about."""
    return Problem(_place(definition, getattr(error, "number", None)), "SF0506", str(error))


def _place(definition: ModelDefinition, number: int | None) -> Place:
    sections = definition.optimizers
    if not sections:
        return definition.tree.place
    pattern = None if number is None else sections[number].attributes.get("parameters")
    return sections[number or 0].place if pattern is None else pattern.place


def _owner(patterns: Sequence[str | None], name: str) -> int | None:
    matching = [number for number, pattern in enumerate(patterns) if pattern is not None and fnmatchcase(name, pattern)]
    rest = [number for number, pattern in enumerate(patterns) if pattern is None]
    return next(iter(matching + rest), None)


def _idle(patterns: Sequence[str | None], number: int, names: Sequence[str], frozen: Sequence[str]) -> str:
    pattern = patterns[number]
    if pattern is None:
        return f"optimizer {number + 1} has no parameters left: the other patterns take all {len(names)}"
    matching = [name for name in names if fnmatchcase(name, pattern)]
    if matching:
        return f"optimizer pattern '{pattern}' gets no parameter: earlier patterns take '{matching[0]}' and the others"
    still = [name for name in frozen if fnmatchcase(name, pattern)]
    if still:
        return f"optimizer pattern '{pattern}' matches only frozen parameters: {', '.join(still[:4])}; remove it"
    guess = nearest(pattern, names) or names[0]
    return f"optimizer pattern '{pattern}' matches no trainable parameter; a parameter is called '{guess}'"
