# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Trees with `<profiles>` or `<profilesimulation>` as typed records, judged on the way: every problem at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from seqforge.data.profiles.orders import AUTO, task_orders
from seqforge.definitions import general, language
from seqforge.definitions.components import Subject, assemble
from seqforge.definitions.language import Value
from seqforge.definitions.model import Hyperparameter
from seqforge.definitions.profile_data import (
    MOTIFS,
    SAMPLES,
    SPACE,
    TASK,
    Motif,
    Peak,
    PreparationOptions,
    ProfilePreparation,
    ProfileSimulation,
    Sample,
    SimulationOptions,
    TrackHead,
)
from seqforge.definitions.tree import Node, Text
from seqforge.errors import DataError, Problem
from seqforge.heads import Head, tasks_of
from seqforge.parameters import Unfit, folded

_ORDER = folded("revcomp_task_order")
OPTIONS = {"profiles": PreparationOptions, "profilesimulation": SimulationOptions}


def section(root: Node) -> Node | None:
    """`<profiles>` or `<profilesimulation>`, None where sequences are simulated."""
    return next((node for tag in OPTIONS if (node := root.one(tag))), None)


def read(root: Node, file: Path | None, problems: list[Problem]) -> ProfilePreparation | ProfileSimulation | None:
    """The record of a tree that has one of the sections; None after errors that leave no record."""
    node = section(root)
    assert node is not None
    problems += _general(root)
    items = tuple(Hyperparameter(one.attributes.get("name", Text("")), one.text) for one in node.all("hyperparameter"))
    options = assemble(OPTIONS[node.tag], items, Subject(node.tag, node.place), problems)
    made = _preparation if node.tag == "profiles" else _simulation
    parts = made(node, options, problems)
    return parts[0](**_facts(root, file), **parts[1]) if parts else None


def _facts(root: Node, file: Path | None) -> dict[str, Any]:
    node = root.one("general") or Node("general")
    texts = {tag: found.text if (found := node.one(tag)) else Text("") for tag in ("name", "description", "seed")}
    seed = _value(language.SEED, texts.pop("seed"), 0)
    return {"id": node.attributes.get("id", Text("")), **texts, "seed": seed, "tree": root, "file": file}


def _general(root: Node) -> Iterator[Problem]:
    """The task is profile prediction, the sequence space DNA."""
    node = root.one("general") or Node("general")
    found: list[Problem] = []
    task, space = node.one("task"), node.one("sequencespace")
    known = general.task(task.text, found, (TASK,)) if task and task.text else None
    alphabet = general.alphabet(space.text, found) if space and space.text else None
    yield from found
    if task and known is not None and known.name != TASK:
        yield Problem(task.text.place, "SF0631", f"a definition of profiles is for {TASK}, not for {known.name}")
    if space and alphabet is not None and alphabet.name != SPACE:
        yield Problem(space.text.place, "SF0631", f"profiles lie on {SPACE}, not on {alphabet.name}")


def _value(value: Value, text: Text | None, stand_in: Any) -> Any:
    """What `text` says; `stand_in` where it is absent, or unfit, which the structural check reports."""
    try:
        return value.kind.parse(text) if text else stand_in
    except Unfit:
        return stand_in


# preparation


def _preparation(
    node: Node, options: PreparationOptions | None, problems: list[Problem]
) -> tuple[type[ProfilePreparation], dict[str, Any]] | None:
    nodes = node.all("head")
    heads = tuple(head for one in nodes if (head := _head(one, problems)))
    if len(heads) == len(nodes):
        problems += _cases(heads)
    if options is None or not heads or len(heads) < len(nodes):
        return None
    problems += _orders(node, options, heads)
    return ProfilePreparation, {"options": options, "heads": heads}


def _head(node: Node, problems: list[Problem]) -> TrackHead | None:
    name, tasks = (node.attributes.get(key) for key in ("name", "tasks"))
    if not name or not tasks:
        return None
    try:
        head = Head(name=str(name), tasks=tasks_of(str(tasks)))
    except ValueError as error:
        if _value(language.HEAD, name, None):  # else the structural check has said so
            problems.append(Problem(tasks.place, "SF0632", str(error)))
        return None
    tracks = tuple(track.text for track in node.all("track"))
    if len(tracks) != head.width:
        counted = [
            f"{count} {noun}{'s' * (count != 1)}" for count, noun in ((head.width, "task"), (len(tracks), "track"))
        ]
        hint = "give one track for each task, in their order"
        problems.append(Problem(node.place, "SF0632", f"head '{name}' has {' and '.join(counted)}", hint))
    return TrackHead(head, tracks, node.place)


def _cases(heads: Iterable[TrackHead]) -> Iterator[Problem]:
    """Names that differ in case alone; equal ones are a broken key, which the structural check reports."""
    seen: dict[str, str] = {}
    for one in heads:
        other = seen.setdefault(one.head.name.casefold(), one.head.name)
        if other != one.head.name:
            message = f"heads '{other}' and '{one.head.name}' differ in case alone"
            yield Problem(one.place, "SF0632", message, "rename one")


def _orders(node: Node, options: PreparationOptions, heads: Iterable[TrackHead]) -> Iterator[Problem]:
    """An order of tasks that does not fit the heads; without reverse complements nobody asks for it."""
    if not options.reverse_complement and options.revcomp_task_order == AUTO:
        return
    try:
        task_orders(options.revcomp_task_order, [one.head for one in heads])
    except DataError as error:
        said = [
            one.text.place for one in node.all("hyperparameter") if folded(one.attributes.get("name", "")) == _ORDER
        ]
        message, _, hint = str(error).partition(": ")[2].partition("; ")
        yield Problem(said[0] if said else node.place, "SF0633", message, hint)


# simulation


def _simulation(
    node: Node, options: SimulationOptions | None, problems: list[Problem]
) -> tuple[type[ProfileSimulation], dict[str, Any]] | None:
    motifs = tuple(motif for one in node.all("motif") if (motif := _motif(one))) or MOTIFS
    samples = tuple(sample for one in node.all("sample") if (sample := _sample(one))) or SAMPLES
    if options is None:
        return None
    if any(sample.with_motifs for sample in samples):
        problems += _widths(node, motifs, options)
    return ProfileSimulation, {"options": options, "motifs": motifs, "samples": samples}


def _motif(node: Node) -> Motif | None:
    name, consensus = (node.attributes.get(key) for key in ("name", "consensus"))
    peaks = tuple(peak for one in node.all("peak") if (peak := _peak(one)))
    known = name and _value(language.CONSENSUS, consensus, None)
    return Motif(str(name), known.upper(), peaks, node.place) if known and peaks else None


def _peak(node: Node) -> Peak | None:
    said = node.attributes
    position, sd = _value(language.REAL, said.get("position"), None), _value(language.POSITIVE, said.get("sd"), None)
    weight = _value(language.POSITIVE, said.get("weight"), 1.0)
    return None if position is None or sd is None else Peak(position, sd, weight)


def _sample(node: Node) -> Sample | None:
    said = node.attributes
    if not said.get("name"):
        return None
    return Sample(
        name=str(said["name"]),
        kappa=_value(language.NONNEGATIVE, said.get("kappa"), 1.0),
        background=_value(language.POSITIVE, said.get("background"), 1.0),
        with_motifs=_value(language.FLAG, said.get("with_motifs"), False),
        place=node.place,
    )


def _widths(node: Node, motifs: Iterable[Motif], options: SimulationOptions) -> Iterator[Problem]:
    for motif in motifs:
        if len(motif.consensus) > options.grid:
            message = f"motif '{motif.name}' is {len(motif.consensus)} long, the cells of the grid {options.grid}"
            yield Problem(motif.place if motif.place.line else node.place, "SF0634", message, "raise grid")
