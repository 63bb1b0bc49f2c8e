# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What profile data must be: reads that are finite and not negative, the lengths and heads of the model, and no window
without reads where the logarithm of its reads is taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from seqforge.arrays import np
from seqforge.data.problems import EMPTY, HEADS, READS, WIDTH, WINDOWS, refuse, together
from seqforge.heads import Head

if TYPE_CHECKING:
    from seqforge.data.profiles.dataset import ProfileSet

REMEDY = "drop them (data: zero_reads=drop), filter in prepare (min_counts=1) or use pseudocount 1"


class Lengths(NamedTuple):
    """Of a model's windows, in bases, and how far they may move to either side."""

    input: int
    output: int
    jitter: int = 0

    @property
    def widths(self) -> tuple[int, int]:
        """What must be stored for them: of the sequence, of the reads."""
        return self.input + 2 * self.jitter, self.output + 2 * self.jitter

    def __str__(self) -> str:
        return f"input_length {self.input}, output_length {self.output} and max_jitter {self.jitter}"


class Called(Protocol):
    """A head of the data; names may be unknown."""

    @property
    def name(self) -> str | None: ...
    @property
    def width(self) -> int: ...
    @property
    def tasks(self) -> tuple[str, ...] | None: ...


def refuse_unfit(values: np.ndarray, head: str, first: int = 0, file: Path | str = "") -> None:
    """Raise DataError at the first of the reads `values` (n, position, task) that is negative, infinite or NaN.

    `first`: the number of the first row in its file or set, from 0.
    """
    if not values.size or values.dtype.kind in "ub":
        return
    if values.min() >= 0 and np.isfinite(values.max()):  # NaN is neither
        return
    row, position, task = (int(part) for part in np.argwhere(~(np.isfinite(values) & (values >= 0)))[0])
    found = f"head '{head}': row {first + row}, position {position}, task {task} is {values[row, position, task]:g}"
    raise refuse(READS, f"{found}; reads are finite and not negative", file=file)


def refuse_widths(
    stored: tuple[int, int],
    wanted: Lengths,
    *,
    exact: bool = False,
    made_for: Lengths | None = None,
    file: Path | str = "",
) -> None:
    """Raise DataError unless windows of `wanted` lie in the middle of what is `stored` (widths of sequence and reads).

    `exact`: nothing more may be stored than they need. `made_for`: what the data say of themselves.
    """
    spare = [there - need for there, need in zip(stored, wanted.widths, strict=True)]
    if not any(spare) or (not exact and all(more >= 0 and more % 2 == 0 for more in spare)):
        return
    need = f"{wanted} need {wanted.widths[0]} and {wanted.widths[1]}"
    if all(more >= 0 for more in spare) and not exact:
        need += " or an even number more, so that windows lie in the middle"
    message = f"the data have {stored[0]} bases and {stored[1]} positions of reads per region, {need}"
    raise refuse(WIDTH, message, _implied(stored, wanted, made_for), file)


def _implied(stored: tuple[int, int], wanted: Lengths, made_for: Lengths | None) -> str:
    """Which lengths and jitter the stored widths stand for."""
    if made_for is not None:
        return f"the data were made for {made_for}"
    jitters = {(there - length) / 2 for there, length in zip(stored, wanted[:2], strict=True)}
    jitter = jitters.pop()
    if not jitters and jitter >= 0 and jitter.is_integer():
        return f"with these lengths the data imply max_jitter {jitter:.0f}"
    lengths = [there - 2 * wanted.jitter for there in stored]
    if min(lengths) > 0:
        implied = f"input_length {lengths[0]} and output_length {lengths[1]}"
        return f"with max_jitter {wanted.jitter} the data imply {implied}"
    return f"without jitter the data imply input_length {stored[0]} and output_length {stored[1]}"


def refuse_heads(stored: Sequence[Called], wanted: Sequence[Head], file: Path | str = "") -> None:
    """Raise DataError unless the heads of the data and of the definition agree in number, tasks and known names."""
    if len(stored) != len(wanted):
        message = f"the data have {_listed(stored)}, the definition {_listed(wanted)}"
        raise refuse(HEADS, message, "declare the heads of the data", file)
    for number, (there, head) in enumerate(zip(stored, wanted, strict=True)):
        _refuse_head(number, there, head, file)


def _refuse_head(number: int, there: Called, head: Head, file: Path | str) -> None:
    if there.width != head.width:
        message = f"head '{head.name}': the data have {_tasks(there)}, the definition {_tasks(head)}"
        raise refuse(HEADS, message, f'declare tasks="{", ".join(there.tasks or (str(there.width),))}"', file)
    if there.name is not None and there.name != head.name:
        message = f"head {number + 1} of the data is '{there.name}', of the definition '{head.name}'"
        raise refuse(HEADS, message, "declare the heads in the order of the data, by their names", file)
    if there.tasks and _named(there.tasks) and _named(head.tasks) and there.tasks != head.tasks:
        message = f"head '{head.name}': the tasks of the data are {', '.join(there.tasks)}"
        hint = f'declare tasks="{", ".join(there.tasks)}"'
        raise refuse(HEADS, f"{message}, of the definition {', '.join(head.tasks)}", hint, file)


def _named(tasks: Iterable[str]) -> bool:
    """Whether tasks have names of their own, and not just numbers."""
    return not all(task.isdecimal() for task in tasks)


def _listed(heads: Sequence[Called]) -> str:
    names = [head.name or f"head_{number}" for number, head in enumerate(heads)]
    return f"{counted(len(heads), 'head')} ({', '.join(names)})"


def _tasks(head: Called) -> str:
    return counted(head.width, "task") + (f" ({', '.join(head.tasks)})" if head.tasks and _named(head.tasks) else "")


def with_reads(sets: Mapping[str, ProfileSet], heads: Sequence[Head], drop: bool) -> dict[str, ProfileSet]:
    """The sets without the examples that have, wherever jitter moves it, a window without reads in any head.

    `heads`: those of the definition (none: tasks are counted together). Raises DataError where there are such examples
    and they are not to be dropped, or all of a set would be.
    """
    found = {name: chosen.least_reads([head.counts_per_task for head in heads]) for name, chosen in sets.items()}
    if not drop:
        lines = [line for name in sets for line in _without_reads(name, sets[name], found[name], heads)]
        if lines:
            raise together([refuse(WINDOWS, line, REMEDY) for line in lines])
        return dict(sets)
    return {name: _dropped(name, chosen, found[name]) for name, chosen in sets.items()}


def _without_reads(name: str, chosen: ProfileSet, least: Sequence[np.ndarray], heads: Sequence[Head]) -> list[str]:
    """One line per head with such examples."""
    lines = []
    for number, smallest in enumerate(least):
        rows = chosen.every_row[smallest <= 0]
        if not len(rows):
            continue
        head = heads[number].name if heads else chosen.store.heads[number].called(number)
        first = f"first: row{'s' if len(rows) > 1 else ''} {', '.join(map(str, rows[:3]))}"
        of = f"{len(rows):,} of {counted(len(chosen.every_row), f'{name} region')}"
        lines.append(f"head '{head}': {of} {'has' if len(rows) == 1 else 'have'} a window without reads ({first})")
    return lines


def _dropped(name: str, chosen: ProfileSet, least: Sequence[np.ndarray]) -> ProfileSet:
    keep = np.all([smallest > 0 for smallest in least], axis=0)
    if not keep.any():
        message = f"every one of {counted(len(chosen.every_row), f'{name} region')} has a window without reads"
        raise refuse(EMPTY, message, "use pseudocount 1, or regions with reads")
    return chosen if keep.all() else chosen.kept(np.flatnonzero(keep))


def counted(number: int, noun: str) -> str:
    """ "1 region", "4,000 regions"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
