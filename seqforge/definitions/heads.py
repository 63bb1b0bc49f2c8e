# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`<heads>` → typed heads, and what is wrong with each of them alone and with all of them together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seqforge.definitions.components import Subject, assemble
from seqforge.definitions.model import Head as Written
from seqforge.definitions.model import Hyperparameter
from seqforge.errors import Place, Problem
from seqforge.heads import Head, HeadOptions, tasks_of, unusable
from seqforge.parameters import folded

WEIGHING = ("profile_loss_weight", "counts_loss_weight", "counts_loss_frac_target")  # the parts of a loss


def read_heads(written: Sequence[Written], problems: list[Problem]) -> tuple[Head, ...]:
    """The heads; those that cannot be read are left out, with their problems."""
    problems.extend(_names(written))
    read = [_head(one, problems) for one in written]
    return tuple(head for head in read if head is not None)


def _head(written: Written, problems: list[Problem]) -> Head | None:
    before = len(problems)
    options = assemble(HeadOptions, written.hyperparameters, Subject(f"head '{written.name}'", written.place), problems)
    tasks = _tasks(written, problems)
    if options is None or not tasks or unusable(written.name) or len(problems) > before:
        return None
    problems.extend(_weights(written, options))
    return Head(name=str(written.name), tasks=tasks, **vars(options))


def _tasks(written: Written, problems: list[Problem]) -> tuple[str, ...]:
    try:
        tasks = tasks_of(str(written.tasks))
    except ValueError as error:
        problems.append(Problem(written.tasks.place, "SF0331", f"head '{written.name}': {error}"))
        return ()
    if not tasks or len(set(tasks)) < len(tasks):
        message = f"head '{written.name}' needs at least one task, and none twice"
        problems.append(Problem(written.tasks.place, "SF0331", message, 'write tasks="2" or tasks="plus, minus"'))
        return ()
    return tasks


def _names(written: Sequence[Written]) -> Iterator[Problem]:
    """Every name is usable; two names differ in more than case."""
    seen: dict[str, Written] = {}
    for one in written:
        if wrong := unusable(one.name):
            yield Problem(one.name.place, "SF0332", f"head name '{one.name}' is not usable", f"expected {wrong}")
        other = seen.setdefault(one.name.casefold(), one)
        if other is not one:
            lines = f"lines {other.name.place.line} and {one.name.place.line}"
            yield Problem(one.name.place, "SF0332", f"two heads are called '{one.name}' ({lines})", "rename one")


def weighed(written: Sequence[Written], heads: Sequence[Head]) -> Iterator[Problem]:
    """For a loss that is weighed by its heads: each gives one of the two keys that weigh its counts."""
    places = {str(one.name): one.place for one in written}
    for head in heads:
        if head.counts_loss_weight is None and head.counts_loss_frac_target is None:
            message = f"head '{head.name}' does not say how its counts weigh"
            hint = "give counts_loss_weight, or counts_loss_frac_target to have the weight adapted"
            yield Problem(places[head.name], "SF0333", message, hint)


def unread(written: Sequence[Written], loss: str) -> Iterator[Problem]:
    """For a loss with weights of its own: the keys of heads that would weigh it."""
    for head in written:
        for item in head.hyperparameters:
            if folded(item.name) in map(folded, WEIGHING):
                message = f"head '{head.name}': loss '{loss}' does not read {item.name}"
                yield Problem(item.name.place, "SF0335", message, "remove it; the loss has weights of its own")


def _weights(written: Written, options: HeadOptions) -> Iterator[Problem]:
    """A target has something to adapt."""
    weight, target = options.counts_loss_weight, options.counts_loss_frac_target
    if weight == 0 and target is not None:
        message = f"head '{written.name}' has counts_loss_weight 0, which no counts_loss_frac_target can adapt"
        yield Problem(_place(written, "counts_loss_weight"), "SF0333", message, "remove one of the two")


def _place(written: Written, key: str) -> Place:
    items: Sequence[Hyperparameter] = written.hyperparameters
    return next((item.value.place for item in items if folded(item.name) == folded(key)), written.place)
