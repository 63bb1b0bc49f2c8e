# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A data format: typed options that open into the three sets."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from seqforge.data.dataset import Data
from seqforge.registry import Component

if TYPE_CHECKING:
    from seqforge.data.encodings import Alphabet
    from seqforge.heads import Head
    from seqforge.tasks import Task


class Wanted(NamedTuple):
    """What the experiment asks of its data.

    Profile models: `heads` and the lengths of input and output; `pseudocount` (None: any) is added to the reads of a
    window before the logarithm, so that with 0 no window may be without reads.
    """

    task: Task
    alphabet: Alphabet
    labels: tuple[str, ...]
    seed: int
    folder: Path  # where relative paths start: the definition's folder
    strict: bool = False  # letters outside the alphabet are errors
    heads: tuple[Head, ...] = ()
    input_length: int | None = None
    output_length: int | None = None
    pseudocount: float | None = None
    control_tracks: int | None = None  # that the model reads beside the sequence; None: not known
    reads: tuple[str, ...] = ()  # the arrays that the model reads instead of sequences, by name
    markers: int | None = None  # that the model tells apart, one of them for peaks in none; None: not known


@dataclass(frozen=True, kw_only=True)
class Source(Component):
    """A data source; registered in the room "sources"."""

    task_names: ClassVar[tuple[str, ...]] = ()  # the tasks that its data can have; empty: those of sequences

    @abstractmethod
    def open(self, wanted: Wanted, report: Callable[[str], None] = lambda text: None) -> Data:
        """The three sets, cached on disk by content; raises DataError. `report` takes lines on what is being done."""

    def window(self, wanted: Wanted) -> int | None:
        """The length of every sequence as far as it is known without opening data files, else None."""
        return None

    def windows(self, wanted: Wanted) -> tuple[int, int] | None:
        """Profile data: the lengths of input and output, where the options themselves say both."""
        read, put_out = getattr(self, "in_window", None), getattr(self, "out_window", None)
        return (read, put_out) if read and put_out else None

    def channels(self, wanted: Wanted) -> int | None:
        """Data without sequences: how many dyes or features an example has, as far as that is known; else None."""
        return None

    @property
    def control_tracks(self) -> int:
        """How many control tracks an example has."""
        return 0

    @property
    def scalings(self) -> dict[str, Any]:
        """How the arrays that models read are scaled, by name: what makes the same values of the same data is equal."""
        return {}

    def advice(self, wanted: Wanted) -> list[tuple[str, str, str]]:
        """(option, sentence, way out) for what was probably not meant; nothing is read."""
        return []

    def files(self, folder: Path) -> list[Path]:
        """The files that must exist (validate reports missing ones)."""
        return []

    def judge(self, wanted: Wanted) -> None:
        """Raise DataError where options, and what files say of themselves, show that the data are not those wanted.

        It reads no examples, and passes over files that are missing.
        """
