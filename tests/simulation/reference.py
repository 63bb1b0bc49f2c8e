# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The simulator as plain Python, one example after the other: what the vectorised one is compared with."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from seqforge.definitions.data import Condition, DataDefinition, Rule, SequenceElement


class Row(NamedTuple):
    sequence: str
    annotation: str
    label: str


def simulate(definition: DataDefinition, setname: str, seed: int = 0) -> list[Row]:
    """Every row of a set."""
    random = Random(seed)
    drawn = next(one for one in definition.sets if one.name == setname)
    labels = [tuple(map(str, one.conditions)) for one in drawn.examples for _ in range(one.samples)]
    random.shuffle(labels)
    rows = [_row(definition, setname, conditions, random) for conditions in labels]
    for step in definition.postprocessing:
        rows += [Row(shuffled(row.sequence, step.k, random), "_" * len(row.sequence), str(step.labels)) for row in rows]
    return rows


def _row(definition: DataDefinition, setname: str, conditions: tuple[str, ...], random: Random) -> Row:
    order = list(conditions)
    random.shuffle(order)
    letters = _background(definition, setname, order[0] if order else None, random)
    notes = ["_"] * len(letters)
    for cid in order:
        condition = next(one for one in definition.conditions if one.id == cid)
        for rule in _rules(condition, random):
            _apply(rule, definition, letters, notes, random)
    return Row("".join(letters), "".join(notes), "|".join(conditions))


def _background(definition: DataDefinition, setname: str, cid: str | None, random: Random) -> list[str]:
    length = random.randint(definition.background.minlength, definition.background.maxlength)
    weights = _alphabet(definition, setname, cid, random)
    return random.choices([str(letter) for letter in weights], list(weights.values()), k=length)


def _alphabet(definition: DataDefinition, setname: str, cid: str | None, random: Random) -> dict[str, float]:
    declared = definition.background.distributions
    of_set = [one for one in declared if one.setname == setname and one.cid is None]
    everywhere = [one for one in declared if one.setname is None and one.cid is None]
    if cid is None:
        return (of_set or everywhere or [random.choice(declared)])[0].letters
    exact = [one for one in declared if one.setname == setname and one.cid == cid]
    of_condition = [one for one in declared if one.setname is None and one.cid == cid]
    return exact[0].letters if exact else (of_set or of_condition or everywhere)[-1].letters


def _rules(condition: Condition, random: Random) -> list[Rule]:
    if condition.mode == "sequential":
        return [rule for rule in condition.rules if random.random() < rule.probability]
    left = random.random()
    for rule in condition.rules:
        left -= rule.probability
        if left < 0:
            return [rule]
    return []


def _apply(rule: Rule, definition: DataDefinition, letters: list[str], notes: list[str], random: Random) -> None:
    declared = {str(one.id): one for one in definition.elements}
    sampled = {str(sid): _sample(declared[sid], random) for sid in rule.elements}
    for one in rule.constraints:
        first, second = sampled.pop(one.sid1), sampled.pop(one.sid2)
        room = len(letters) - (rule.position if isinstance(rule.position, int) else 0) - len(first) - len(second)
        gap = random.randint(one.mindistance, min(one.maxdistance, room))
        if one.order == "random" and random.random() < 0.5:
            first, second = second, first
        start = _start(rule.position, len(first) + gap + len(second), len(letters), random)
        _write(first, start, letters, notes)
        _write(second, start + len(first) + gap, letters, notes)
    for word in sampled.values():
        _write(word, _start(rule.position, len(word), len(letters), random), letters, notes)


def _sample(element: SequenceElement, random: Random) -> str:
    if element.kmers is not None:
        return random.choices(list(element.kmers), list(element.kmers.values()))[0]
    return "".join(random.choices(list(one), list(one.values()))[0] for one in element.positions or ())


def _start(position: str | int, width: int, length: int, random: Random) -> int:
    if isinstance(position, int):
        return position - 1
    places = {"start": 0, "end": length - width, "center": int(length / 2 - width / 2)}
    return places[position] if position in places else random.randint(0, length - width)


def _write(word: str, start: int, letters: list[str], notes: list[str]) -> None:
    letters[start : start + len(word)] = word
    notes[start : start + len(word)] = "G" * len(word)


def shuffled(sequence: str, k: int, random: Random) -> str:
    """Uniform among the sequences with the same k-mers: a random walk over unused k-mers, again until it uses all."""
    if len(sequence) <= k:
        return sequence
    if k == 1:
        return "".join(random.sample(sequence, len(sequence)))
    while True:
        following: dict[str, list[str]] = {}
        for at in range(len(sequence) - k + 1):
            following.setdefault(sequence[at : at + k - 1], []).append(sequence[at + k - 1])
        for edges in following.values():
            random.shuffle(edges)
        made = sequence[: k - 1]
        while following.get(made[len(made) - k + 1 :]):
            made += following[made[len(made) - k + 1 :]].pop()
        if len(made) == len(sequence):
            return made
