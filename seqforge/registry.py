# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Names and the classes behind them, room by room: losses, optimizers, schedules, metrics, layers, architectures,
callbacks, sources (data formats), tasks.

A component registers itself where it is defined:

    @register("losses", "CrossEntropyLoss", "categorical_crossentropy", library=PYTORCH)
    @dataclass(frozen=True)
    class CrossEntropyLoss(Loss): ...

The first name is canonical, the others are aliases. `library` limits a name to one backend (None: all), so that Adam on
PyTorch and Adam on Keras can own different defaults. Packages outside SeqForge register through the entry-point group
`seqforge.components`: each entry point names a module whose import registers its classes.

Every module of a room's package is part of the room: nothing lists them. `find` imports the one that is called like the
component (PoissonNLL: poisson_nll.py) and the whole room only if that does not answer.
"""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from seqforge.errors import SeqForgeError, did_you_mean
from seqforge.parameters import Unfit, folded, parameters_of

GROUP = "seqforge.components"
PYTORCH = "PyTorch"
KERAS = "Keras"
BAYES = "BayesOptimalClassifier"
LIBRARIES = (PYTORCH, KERAS, BAYES)

ROOMS = {
    "losses": "seqforge.losses",
    "optimizers": "seqforge.optimizers",
    "schedules": "seqforge.schedules",
    "metrics": "seqforge.metrics",
    "layers": "seqforge.layers",
    "architectures": "seqforge.architectures",
    "callbacks": "seqforge.callbacks",
    "sources": "seqforge.data.sources",
    "tasks": "seqforge.tasks",
}

T = TypeVar("T", bound=type)
_entries: dict[str, dict[tuple[str, str | None], type]] = {room: {} for room in ROOMS}


class UnknownName(SeqForgeError):
    """A name that a room does not know; `hint` is the way out."""

    def __init__(self, room: str, name: str, library: str | None, known: list[str]):
        self.room, self.name, self.library, self.known = room, name, library, known
        self.hint = did_you_mean(name, known)
        where = f" for {library}" if library else ""
        super().__init__(f"unknown {singular(room)} '{name}'{where}; {self.hint}")


def singular(room: str) -> str:
    return {"losses": "loss", "sources": "data format"}.get(room, room.removesuffix("s"))


def register(room: str, name: str, *aliases: str, library: str | None = None) -> Callable[[T], T]:
    """A class decorator that enters the class under `name` and `aliases`; a name taken already is refused."""

    def enter(cls: T) -> T:
        if cls.__module__.partition(".")[0] != "seqforge":
            _furnish(room)  # so that a name of the house is refused to whoever comes from outside
        for spelling in (name, *aliases):
            key = (folded(spelling), library)
            taken = _entries[room].get(key)
            if taken is not None and taken.__qualname__ != cls.__qualname__:
                raise ValueError(f"{singular(room)} '{spelling}' is already {taken.__module__}.{taken.__qualname__}")
            _entries[room][key] = cls
        cls.name = name  # type: ignore[attr-defined]
        cls.aliases = aliases  # type: ignore[attr-defined]
        cls.library = library  # type: ignore[attr-defined]
        cls.room = room  # type: ignore[attr-defined]
        return cls

    return enter


@cache
def _modules(room: str) -> dict[str, str]:
    """The modules of a room: folded name → what to import."""
    package = import_module(ROOMS[room])
    found = pkgutil.iter_modules(getattr(package, "__path__", ()))
    return {folded(module.name): f"{package.__name__}.{module.name}" for module in found if not module.ispkg}


@cache
def _furnish(room: str) -> None:
    for module in _modules(room).values():
        import_module(module)


@cache
def _load_plugins() -> None:
    if _announced():
        from importlib.metadata import entry_points

        for entry in entry_points(group=GROUP):
            entry.load()


def _announced() -> bool:
    """Whether any package on the path names the group; importlib.metadata, which knows, costs 30 ms at every start."""
    files = (file for folder in sys.path for file in Path(folder).glob("*-info/entry_points.txt"))
    return any(GROUP in file.read_text(encoding="utf-8", errors="replace") for file in files)


def find(room: str, name: str, library: str | None = None) -> Any:
    """The class called `name` in `room`, for `library` or for all; raises `UnknownName`."""
    _load_plugins()
    found = _entered(room, name, library) or _of_its_module(room, name, library)
    if found is None:
        _furnish(room)
        found = _entered(room, name, library)
    if found is None:
        raise UnknownName(room, name, library, names(room, library))
    return found


def _entered(room: str, name: str, library: str | None) -> Any:
    entries = _entries[room]
    return entries.get((folded(name), library)) or entries.get((folded(name), None))


def _of_its_module(room: str, name: str, library: str | None) -> Any:
    """The class called `name`, if the module that is called like it has it."""
    module = _modules(room).get(folded(name).replace("-", ""))
    if module is None:
        return None
    import_module(module)
    return _entered(room, name, library)


def classes(room: str, library: str | None = None) -> list[Any]:
    """Every class of a room once, sorted by name; with `library`, only those usable there."""
    _load_plugins()
    _furnish(room)
    chosen = {cls for (_, owner), cls in _entries[room].items() if library is None or owner in (library, None)}
    return sorted(chosen, key=lambda cls: (cls.name.casefold(), cls.library or ""))


def names(room: str, library: str | None = None) -> list[str]:
    """The canonical names of a room, sorted, each once."""
    return list(dict.fromkeys(cls.name for cls in classes(room, library)))


@dataclass(frozen=True)
class Component:
    """A frozen record whose fields are hyper-parameters; a wrong value is refused when it is made in Python, too."""

    name: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = ()
    library: ClassVar[str | None] = None
    room: ClassVar[str] = ""

    def __post_init__(self) -> None:
        for parameter in parameters_of(type(self)).values():
            try:
                value = parameter.kind.check(getattr(self, parameter.name))
            except Unfit as unfit:
                raise ValueError(f"{self.name or type(self).__name__}.{parameter.name}: {unfit}") from None
            object.__setattr__(self, parameter.name, value)

    def settings(self) -> dict[str, Any]:
        """Every hyper-parameter with its value, in the order of declaration."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.init}
