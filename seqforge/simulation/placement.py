# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Conditions, rules and spacing constraints: where the elements of a chunk of sequences go.

Positions are 0-based starts. Everything is drawn from streams named by (seed, set, condition, rule, purpose), counted
by the row's number in its set.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seqforge.definitions.data import Condition, Rule, SpacingConstraint
from seqforge.errors import DataError
from seqforge.simulation import draws
from seqforge.simulation.tables import Instances, Kmers, Matrix

Name = tuple[int | str, ...]


@dataclass
class Canvas:
    """Sequences being made.

    `rows` (n,): numbers in the set; `codes` (n, maxlength) uint8; `lengths` (n,); `covered` (n, maxlength) bool.
    `overwritten` counts the letters of elements that a later element was written over.
    """

    rows: np.ndarray
    codes: np.ndarray
    lengths: np.ndarray
    covered: np.ndarray
    overwritten: int = 0

    def place(self, which: np.ndarray, starts: np.ndarray, instances: Instances) -> None:
        """Write `instances` at `starts` (m,) of the sequences `which` (m,), over whatever is there."""
        steps = np.arange(instances.codes.shape[1])
        at = (which * self.codes.shape[1] + starts)[:, None] + steps
        inside = steps < instances.widths[:, None]
        codes = instances.codes
        if not inside.all():
            at, codes = at[inside], codes[inside]
        covered = self.covered.reshape(-1)
        self.overwritten += int(np.count_nonzero(covered[at]))
        covered[at] = True
        self.codes.reshape(-1)[at] = codes


def apply_condition(
    condition: Condition, canvas: Canvas, which: np.ndarray, elements: dict[str, Matrix | Kmers], name: Name
) -> None:
    """Apply the condition's rules, in file order, to the sequences `which` (m,)."""
    for number, rows in enumerate(_chosen(condition, canvas.rows[which], name)):
        if rows.any():
            rule = condition.rules[number]
            _apply_rule(rule, canvas, which[rows], elements, (*name, str(condition.id), number))


def _chosen(condition: Condition, rows: np.ndarray, name: Name) -> list[np.ndarray]:
    """For each rule, which of `rows` (m,) it is applied to: (m,) bool."""
    chances = [rule.probability for rule in condition.rules]
    if condition.mode == "mutually exclusive":
        drawn = draws.uniforms(draws.stream(*name, str(condition.id), "slice"), rows)
        chosen = np.searchsorted(np.cumsum(chances), drawn, side="right")
        return [chosen == number for number in range(len(chances))]
    return [
        draws.uniforms(draws.stream(*name, str(condition.id), number, "probability"), rows) < chance
        for number, chance in enumerate(chances)
    ]


def _apply_rule(rule: Rule, canvas: Canvas, which: np.ndarray, elements: dict[str, Matrix | Kmers], name: Name) -> None:
    rows = canvas.rows[which]
    drawn = {
        str(sid): elements[sid].draw(draws.stream(*name, str(sid), "letters"), rows)
        for sid in dict.fromkeys(rule.elements)
    }
    for number, constraint in enumerate(rule.constraints):
        first, second = drawn.pop(str(constraint.sid1)), drawn.pop(str(constraint.sid2))
        _place_pair(rule, constraint, canvas, which, (first, second), (*name, number))
    for sid, instances in drawn.items():
        key = draws.stream(*name, sid, "position")
        canvas.place(which, _starts(rule, canvas, which, instances.widths, key), instances)


def _place_pair(
    rule: Rule,
    constraint: SpacingConstraint,
    canvas: Canvas,
    which: np.ndarray,
    pair: tuple[Instances, Instances],
    name: Name,
) -> None:
    """Place a pair with a gap of d letters between the end of one and the start of the other."""
    rows = canvas.rows[which]
    widths = pair[0].widths + pair[1].widths
    room = canvas.lengths[which] - widths - (rule.position if isinstance(rule.position, int) else 0)
    choices = np.minimum(constraint.maxdistance, room) - constraint.mindistance + 1
    _refuse(choices < 1, rows, f"elements {constraint.sid1} and {constraint.sid2} with their gap", rule)
    gaps = constraint.mindistance + draws.integers(draws.stream(*name, "gap"), rows, choices)
    starts = _starts(rule, canvas, which, widths + gaps, draws.stream(*name, "position"))
    swapped = draws.uniforms(draws.stream(*name, "order"), rows) < (0.5 if constraint.order == "random" else 0.0)
    canvas.place(which, starts + np.where(swapped, pair[1].widths + gaps, 0), pair[0])
    canvas.place(which, starts + np.where(swapped, 0, pair[0].widths + gaps), pair[1])


def _starts(rule: Rule, canvas: Canvas, which: np.ndarray, widths: np.ndarray, key: int) -> np.ndarray:
    """Where something of `widths` (m,) begins: (m,) int64."""
    room = canvas.lengths[which] - widths
    offset = rule.position - 1 if isinstance(rule.position, int) else 0
    _refuse(room < offset, canvas.rows[which], f"elements {', '.join(rule.elements)}", rule)
    if isinstance(rule.position, int):
        return np.full(len(which), offset)
    if rule.position == "random":
        return draws.integers(key, canvas.rows[which], room + 1)
    return {"start": 0 * room, "end": room, "center": room // 2}[rule.position]


def _refuse(unfit: np.ndarray, rows: np.ndarray, what: str, rule: Rule) -> None:
    if unfit.any():
        where = f"{rule.place}: " if str(rule.place) else ""
        raise DataError(
            f"{where}sequence {rows[np.argmax(unfit)] + 1} is too short for {what} at position {rule.position}; "
            "raise minlength or shorten the elements"
        )
