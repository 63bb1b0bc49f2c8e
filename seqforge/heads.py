# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Heads: the outputs of a profile model. A head's tasks share one multinomial over positions and one total count."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Annotated, Any

from seqforge.errors import UsageError, did_you_mean
from seqforge.parameters import NonNegative, Number, Switch, Unfit, folded, parameters_of, setting

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
JUDGED = "validation_"  # what the names of values on the validation set begin with


def unusable(name: str) -> str:
    """What the name of a head is expected to be, where `name` is not; "" where it is."""
    if not NAME.fullmatch(name):
        return "letters, digits, '_' or '-', a letter first"
    return f"a name that does not begin with {JUDGED}" if name.casefold().startswith(JUDGED) else ""


@dataclass(frozen=True, kw_only=True)
class HeadOptions:
    """The hyper-parameters of a head. At least one of the two that weigh its counts is given before training."""

    profile_loss_weight: NonNegative = setting(1.0, "factor of the profile loss")
    counts_loss_weight: NonNegative | None = setting(None, "factor of the counts loss; with a target: its start")
    counts_loss_frac_target: Annotated[float, Number(gt=0, lt=1)] | None = setting(
        None, "share of the counts loss in the total loss that its factor is adapted to"
    )
    counts_per_task: Switch = setting(False, "whether every task has a count of its own")
    use_bias_counts: Switch | None = setting(None, "combined models: whether the reads of the bias are added")

    def __post_init__(self) -> None:
        for parameter in parameters_of(HeadOptions).values():
            try:
                value = parameter.kind.check(getattr(self, parameter.name))
            except Unfit as unfit:
                raise ValueError(f"{parameter.name}: {unfit}") from None
            object.__setattr__(self, parameter.name, value)


@dataclass(frozen=True, kw_only=True)
class Head(HeadOptions):
    """A head called `name` with the `tasks` (names, in the order of the profile's last axis)."""

    name: str
    tasks: tuple[str, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        if wrong := unusable(self.name):
            raise ValueError(f"head name '{self.name}': expected {wrong}")
        if not self.tasks or len(set(self.tasks)) != len(self.tasks):
            raise ValueError(f"head '{self.name}': expected at least one task and no name twice")

    @property
    def width(self) -> int:
        """T, the number of its tasks."""
        return len(self.tasks)

    @property
    def counts(self) -> int:
        """The columns of its log counts: 1, or T with `counts_per_task`."""
        return self.width if self.counts_per_task else 1

    @classmethod
    def of(cls, given: Head | Mapping[str, Any]) -> Head:
        """A head, or a dict with the keys of a training configuration (`head-name`, `num-tasks`, …)."""
        if isinstance(given, Head):
            return given
        known = {folded(field.name): field.name for field in fields(cls)} | {"headname": "name", "numtasks": "tasks"}
        values: dict[str, Any] = {}
        for key, value in given.items():
            name = known.get(folded(key.replace("-", "_")))
            if name is None:
                raise UsageError(f"a head has no key '{key}'; {did_you_mean(key, list(known.values()))}")
            values[name] = tasks_of(value) if name == "tasks" else value
        missing = [key for key, name in (("head-name", "name"), ("num-tasks", "tasks")) if name not in values]
        if missing:
            raise UsageError(f"a head lacks {' and '.join(missing)}")
        try:
            return cls(**values)
        except ValueError as error:
            raise UsageError(str(error)) from None


def tasks_of(given: int | str | Sequence[str]) -> tuple[str, ...]:
    """Names of tasks from a number ("2": 0 and 1), a text with commas ("plus, minus") or a list; raises ValueError."""
    text = str(given).strip() if isinstance(given, (int, str)) and not isinstance(given, bool) else None
    if text is not None and text.isdecimal():
        return tuple(str(number) for number in range(int(text)))
    names = [part.strip() for part in text.split(",")] if text is not None else [str(part) for part in given]  # type: ignore[union-attr]
    if not all(names) or not names:
        raise ValueError(f"expected a number of tasks or their names, received {given!r}")
    return tuple(names)


def heads_of(given: Iterable[Head | Mapping[str, Any]]) -> tuple[Head, ...]:
    """The heads of a model; raises UsageError where there is none or two names differ in case alone."""
    heads = tuple(map(Head.of, given))
    if not heads:
        raise UsageError("a profile model needs at least one head")
    seen: dict[str, str] = {}
    for head in heads:
        other = seen.setdefault(head.name.casefold(), head.name)
        if other != head.name or [one.name for one in heads].count(head.name) > 1:
            raise UsageError(f"two heads are called '{other}' and '{head.name}'; names must differ in more than case")
    return heads
