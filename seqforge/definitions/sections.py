# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The sections of a model definition → components: a name looked up in its room, its keys read by that component."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from seqforge import registry
from seqforge.definitions.components import Subject, assemble, other_owners, spellings, twice
from seqforge.definitions.model import Hyperparameter, Section
from seqforge.errors import Place, Problem, nearest, one_of
from seqforge.parameters import folded, parameters_of
from seqforge.registry import LIBRARIES, UnknownName
from seqforge.training.process import TrainingProcess


class Named(NamedTuple):
    """A section split into the hyper-parameter that names its component and the others."""

    name: Hyperparameter
    options: tuple[Hyperparameter, ...]


def key_place(section: Section | None, *names: str) -> Place | None:
    """Where the first of the keys `names` stands in `section`; None: it has none of them."""
    wanted = set(map(folded, names))
    items = section.hyperparameters if section else ()
    return next((item.name.place for item in items if folded(item.name) in wanted), None)


def read_loss(section: Section, library: str, problems: list[Problem]) -> Any:
    """The loss of `section`; a name that only another library has gives that library's loss."""
    named = _named(section, "loss", "losses", library, problems)
    cls = _loss_class(named.name, library, problems) if named else None
    return _component(cls, named, section.place, problems) if cls and named else None


def read_optimizer(section: Section, library: str, problems: list[Problem]) -> Any:
    """The optimizer of `section`."""
    named = _named(section, "optimizer", "optimizers", library, problems)
    cls = _found("optimizers", named.name, library, problems, f" for {library}") if named else None
    return _component(cls, named, section.place, problems) if cls and named else None


def read_schedule(section: Section, library: str, problems: list[Problem]) -> Any:
    """The learning-rate schedule of `section`."""
    named = _named(section, "schedule", "schedules", library, problems)
    cls = _found("schedules", named.name, library, problems) if named else None
    return _component(cls, named, section.place, problems) if cls and named else None


def read_process(section: Section, problems: list[Problem]) -> TrainingProcess | None:
    """The typed `<trainingprocess>`."""
    subject = Subject("trainingprocess", section.place, elsewhere=_home_of(TrainingProcess))
    found: TrainingProcess | None = assemble(TrainingProcess, section.hyperparameters, subject, problems)
    return found


def read_source(section: Section, problems: list[Problem]) -> Any:
    """The data source of `<data format="…">`."""
    name = section.attributes["format"]
    cls = _found("sources", Hyperparameter(name, name), None, problems)
    if cls is None:
        return None
    subject = Subject(f"data format '{cls.name}'", section.place, elsewhere=others("sources", cls, None))
    return assemble(cls, section.hyperparameters, subject, problems)


def _named(section: Section, key: str, room: str, library: str, problems: list[Problem]) -> Named | None:
    names = [item for item in section.hyperparameters if folded(item.name) == key]
    if len(names) > 1:
        problems.append(twice(names))
    if not names:
        problems.extend(_nameless(section, key, registry.names(room, library)))
        return None
    return Named(names[0], tuple(item for item in section.hyperparameters if folded(item.name) != key))


def _nameless(section: Section, key: str, known: Sequence[str]) -> Iterator[Problem]:
    """The key that names the component is missing or misspelt; one without any name is reported by the structure."""
    message = f"{key} does not say which {key}"
    near = [item.name for item in section.hyperparameters if nearest(item.name, [key])]
    if near:
        yield Problem(near[0].place, "SF0202", f"{message}, but has '{near[0]}'", f"did you mean '{key}'?")
    elif all(item.name for item in section.hyperparameters):
        hint = f'add <hyperparameter name="{key}">…</hyperparameter> with {one_of(known)}'
        yield Problem(section.place, "SF0202", message, hint)


def _component(cls: Any, named: Named, place: Place, problems: list[Problem]) -> Any:
    kind = registry.singular(cls.room)
    subject = Subject(
        f"{kind} '{cls.name}'", named.name.name.place or place, elsewhere=others(cls.room, cls, cls.library)
    )
    return assemble(cls, named.options, subject, problems)


def _found(room: str, item: Hyperparameter, library: str | None, problems: list[Problem], where: str = "") -> Any:
    """The class that `item` names, or None with the problem."""
    try:
        cls = registry.find(room, item.value, library)
    except UnknownName as unknown:
        message = f"unknown {registry.singular(room)} '{item.value}'{where}"
        problems.append(Problem(item.value.place, "SF0201", message, _way_out(room, item.value, library, unknown)))
        return None
    return _available(cls, item, problems)


def _way_out(room: str, name: str, library: str | None, unknown: UnknownName) -> str:
    owners = [other for other in LIBRARIES if other != library and _has(room, name, other)]
    if library and owners:
        return f"{' and '.join(owners)} has it; {library} has {', '.join(unknown.known)}"
    return unknown.hint


def _has(room: str, name: str, library: str | None) -> bool:
    try:
        return bool(registry.find(room, name, library))
    except UnknownName:
        return False


def _available(cls: Any, item: Hyperparameter, problems: list[Problem]) -> Any:
    """`cls`, unless it says that no definition can use it."""
    reason = getattr(cls, "unavailable", "")
    if not reason:
        return cls
    message = f"{registry.singular(cls.room)} '{cls.name}' {reason}"
    problems.append(Problem(item.value.place, "SF0211", message))
    return None


def _loss_class(item: Hyperparameter, library: str, problems: list[Problem]) -> Any:
    owner = next((name for name in (library, *LIBRARIES) if _has("losses", item.value, name)), library)
    return _found("losses", item, owner, problems)


def others(room: str, cls: Any, library: str | None) -> Callable[[str], str]:
    """Who else has a key: another component of the room, the same one of another library, another section."""

    def elsewhere(key: str) -> str:
        owners = other_owners(room, cls, key, library) if library else other_owners(room, cls, key)
        if owners:
            return f"it belongs to {_listed(owners)}"
        twins = [twin for twin in registry.classes(room) if twin.name == cls.name and twin is not cls]
        having = [twin.library for twin in twins if folded(key) in spellings(parameters_of(twin))]
        if having:
            return f"{' and '.join(map(str, having))} has it, {cls.library} does not"
        return "it belongs in trainingprocess" if folded(key) in spellings(parameters_of(TrainingProcess)) else ""

    return elsewhere


def _listed(names: Sequence[str], most: int = 4) -> str:
    shown = list(dict.fromkeys(names))
    return ", ".join(shown[:most]) + (f" and {len(shown) - most} more" if len(shown) > most else "")


def _home_of(cls: type) -> Callable[[str], str]:
    """For keys of trainingprocess: the section that a stray key belongs in."""

    def elsewhere(key: str) -> str:
        for room, section in (("optimizers", "optimizer"), ("losses", "loss"), ("schedules", "schedule")):
            if other_owners(room, cls, key):
                return f"it belongs in {section}"
        return ""

    return elsewhere
