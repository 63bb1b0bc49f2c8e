# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The exceptions of SeqForge and the record of one problem in a file.

SeqForgeError                 anything a user can mend; the command prints it in one line
├── UsageError                a wrong command line (exit status 2)
│   └── WrongInput            an argument or an input that a model does not take; also a ValueError
├── DefinitionError           a definition with problems: all of them, each with its place
├── DataError                 sequences, labels, tables that cannot be read as declared
├── BackendError              a framework that is missing, or cannot do what is asked
│   └── ImportOrderError      frameworks imported in an order that would end the process
├── TrainingError             numbers that went wrong while training (NaN, no progress possible)
└── RunError                  a run folder that is locked, damaged, or of another definition
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Place(NamedTuple):
    """Where something is written: a file, its line and its column, both counted from 1 (0: unknown)."""

    file: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.file, self.line) if part)


NOWHERE = Place()


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong at one place; `str()` is the line a user reads."""

    place: Place
    id: str  # stable, e.g. "SF0203"; `seqforge explain SF0203` describes it
    message: str
    hint: str = ""
    severity: str = field(default="error", compare=False)  # "error", "warning" or "note"

    @property
    def sentence(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message

    def __str__(self) -> str:
        kind = "" if self.severity == "error" else f"{self.severity}: "
        where = f"{self.place}: " if str(self.place) else ""
        return f"{where}{self.id}: {kind}{self.sentence}"


class SeqForgeError(Exception):
    """A mistake that a user can mend: `str()` is one line, without a traceback."""

    exit_status = 1


class UsageError(SeqForgeError):
    exit_status = 2


class WrongInput(UsageError, ValueError):
    """What a model does not take: one line for whoever runs a command, a ValueError for whoever builds modules."""


class DefinitionError(SeqForgeError):
    """A definition with problems, sorted by place."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems = sorted(problems)
        super().__init__("\n".join(map(str, self.problems)))


class DataError(SeqForgeError):
    """Data that are not as declared; `problems`: what is wrong, where it is known by id and place."""

    def __init__(self, text: str, problems: Iterable[Problem] = ()):
        self.problems = tuple(problems)
        super().__init__(text)


class BackendError(SeqForgeError):
    pass


class ImportOrderError(BackendError):
    pass


class TrainingError(SeqForgeError):
    pass


class RunError(SeqForgeError):
    pass


LONGEST = 80  # characters of a received value in a message


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that `name` was probably meant to be, or None: same letters, same start, close, or initials."""
    squeezed = {_squeezed(candidate): candidate for candidate in known}
    wanted = _squeezed(name)
    if wanted in squeezed:
        return squeezed[wanted]
    starting = sorted((letters for letters in squeezed if len(wanted) > 2 and letters.startswith(wanted)), key=len)
    close = starting[:1] or difflib.get_close_matches(wanted, squeezed, n=1, cutoff=0.6)
    if close:
        return squeezed[close[0]]
    initials = [candidate for candidate in squeezed.values() if len(wanted) > 1 and _initials(candidate) == wanted]
    return next(iter(initials), None)


def _squeezed(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum()) or name


def _initials(name: str) -> str:
    return "".join(word[0] for word in name.casefold().replace("-", "_").replace(" ", "_").split("_") if word)


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """The way out for an unknown name: the nearest known one, else the list."""
    guess = nearest(name, known)
    if guess:
        return f"did you mean '{guess}'?"
    return f"expected {one_of(known)}" if len(known) > 1 else f"expected '{next(iter(known), '')}'"


def one_of(names: Sequence[str]) -> str:
    """A closed list as a message names it."""
    return f"one of {', '.join(names)}" if len(names) > 1 else ", ".join(names)


def first_line(error: BaseException) -> str:
    """The first line of what an exception says, or what it is called."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def named_line(error: BaseException) -> str:
    """What an exception is called, and the first line of what it says, if anything."""
    name, said = type(error).__name__, first_line(error)
    return f"{name}: {said}" if str(error).strip() else name


def quoted(value: Any) -> str:
    """A received value as a message shows it: numbers bare, everything else in quotes, long texts shortened."""
    text = str(value)
    text = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    try:
        float(text)
    except ValueError:
        return f"'{text}'"
    return text
