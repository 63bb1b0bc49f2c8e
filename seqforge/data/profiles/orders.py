# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Where the tasks of each head go on the other strand: `auto`, or `1, 0` per head with semicolons between heads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any

from seqforge.data.problems import OPTION, refuse
from seqforge.data.profiles.checks import Called, counted
from seqforge.errors import DataError
from seqforge.parameters import Kind

AUTO = "auto"
KEY = "revcomp_task_order"


class TaskOrders(Kind):
    """`auto`, or one entry per head: `auto` or numbers. `1, 0`, `[1, 0]; auto` and Python lists become one text."""

    expected = "auto, or per head auto or task numbers (1, 0; auto)"

    def check(self, value: Any) -> str:
        entries = _entries(value)
        if entries is None:
            raise self.unfit(value)
        return "; ".join(entries)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1}

    def bad_values(self) -> list[str]:
        return ["reversed", "1, x", "1;;0"]


Orders = Annotated[str, TaskOrders()]


def _entries(value: Any) -> list[str] | None:
    """Each head's entry in one spelling, or None where one is neither `auto` nor numbers."""
    if isinstance(value, str):
        parts: Sequence[Any] = re.sub(r"([\])])\s*,\s*(?=[\[(])", r"\1;", value).split(";")
    elif isinstance(value, (list, tuple)) and value:
        parts = [value] if all(isinstance(item, int) for item in value) else value
    else:
        return None
    entries = [_entry(part if isinstance(part, str) else ", ".join(map(str, part))) for part in parts]
    return None if None in entries else [str(entry) for entry in entries]


def _entry(text: str) -> str | None:
    words = text.strip(" [](),").replace(",", " ").split()
    if [word.casefold() for word in words] == [AUTO]:
        return AUTO
    return ", ".join(words) if words and all(word.isdecimal() for word in words) else None


def task_orders(given: str, heads: Sequence[Called]) -> tuple[tuple[int, ...], ...]:
    """Per head: task t of a region is task order[t] of its reverse complement. Raises DataError.

    `auto`: the one task stays, two change places; three and more must be written. An order is its own inverse.
    """
    entries = TaskOrders().check(given).split("; ")
    if entries == [AUTO]:
        entries = [AUTO] * len(heads)
    if len(entries) != len(heads):
        raise _refusal(
            f"{counted(len(heads), 'head')}, {counted(len(entries), 'entry')} ({given})".replace("ys", "ies")
        )
    return tuple(_order(entry, number, head) for number, (entry, head) in enumerate(zip(entries, heads, strict=True)))


def _order(entry: str, number: int, head: Called) -> tuple[int, ...]:
    name = head.name or f"head_{number}"
    if entry == AUTO:
        if head.width > 2:
            raise _refusal(f"head '{name}' has {head.width} tasks, auto knows what becomes of one or two")
        return tuple(reversed(range(head.width)))
    order = tuple(int(word) for word in entry.split(", "))
    if sorted(order) != list(range(head.width)):
        raise _refusal(f"head '{name}': expected the numbers 0 to {head.width - 1}, each once, received '{entry}'")
    if any(order[order[task]] != task for task in order):
        raise _refusal(f"head '{name}': '{entry}' is not its own inverse, so that turning twice changes the tasks")
    return order


def _refusal(sentence: str) -> DataError:
    hint = "write a list per head, for example 1, 0 for two strands; heads are separated by semicolons"
    return refuse(OPTION, f"{KEY}: {sentence}", hint)
