# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What all formats of profile data share: the options, the checks against the model, and the three sets."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from seqforge.arrays import np
from seqforge.data import cache
from seqforge.data.dataset import Data
from seqforge.data.problems import LETTERS, OPTION, refuse, together
from seqforge.data.profiles.checks import Lengths, counted, refuse_heads, refuse_widths, with_reads
from seqforge.data.profiles.orders import AUTO, Orders, task_orders
from seqforge.data.sources.base import Source, Wanted
from seqforge.parameters import Natural, OneOf, Switch, setting

if TYPE_CHECKING:
    from seqforge.data.profiles.dataset import ProfileSet
    from seqforge.data.profiles.store import ProfileStore

    Rows = ProfileStore | tuple[ProfileStore, np.ndarray]

SETS = ("training", "validation", "test")

Report = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class ProfileSource(Source):
    """Options of every format of profile data.

    Jitter and reverse complements concern the training set alone and are functions of (seed, epoch, row); windows of
    validation and test never move.
    """

    unknown: ClassVar[str] = "zeros"  # how a base that is none of A C G T is fed

    max_jitter: Natural = setting(0, "every epoch moves each training window by up to so many bases")
    reverse_complement: Switch = setting(False, "every epoch turns each training region over with probability 1/2")
    revcomp_task_order: Orders = setting(
        AUTO, "per head: where its tasks go on the other strand (1, 0; auto); auto: one stays, two change places"
    )
    zero_reads: Annotated[str, OneOf("error", "drop")] = setting(
        "error", "regions with a window without reads are dropped, or an error where the loss cannot take them"
    )

    @abstractmethod
    def stored(self, wanted: Wanted, report: Report) -> Mapping[str, Rows]:
        """Each set's store, or its store and rows of it; "training" must be there."""

    def window(self, wanted: Wanted) -> int | None:
        return wanted.input_length

    def problems(self) -> list[tuple[str, str]]:
        """(option, sentence) for each combination of values that cannot work."""
        if self.revcomp_task_order != AUTO and not self.reverse_complement:
            return [("revcomp_task_order", "revcomp_task_order has no effect without reverse_complement")]
        return []

    def open(self, wanted: Wanted, report: Report = lambda text: None) -> Data:
        self._check(wanted)
        stored = {name: _with_rows(rows) for name, rows in self.stored(wanted, report).items()}
        sets = {name: self._set(name, *stored[name], wanted) for name in SETS if name in stored}
        for name, chosen in sets.items():
            report(_described(name, chosen))
        every = sets
        if self.zero_reads == "drop" or wanted.pseudocount == 0:
            sets = with_reads(sets, wanted.heads, self.zero_reads == "drop")
        return Data(
            sets.get("training"),
            sets.get("validation"),
            sets.get("test"),
            fingerprint=self._fingerprint(sets),
            length=next((chosen.input_length for chosen in sets.values()), None),
            notes=tuple(_notes(every, sets)),
        )

    def judge(self, wanted: Wanted) -> None:
        self._check(wanted)

    def _check(self, wanted: Wanted) -> None:
        problems = [sentence for _, sentence in self.problems()]
        if wanted.alphabet.name != "DNA":
            problems.append(f"profile data are DNA, the sequence space is {wanted.alphabet.name}")
        if problems:
            raise together([refuse(OPTION, f"data format {self.name}: {one}") for one in problems])
        if wanted.heads and self.reverse_complement:
            task_orders(self.revcomp_task_order, wanted.heads)  # before hours of reading

    def _set(self, name: str, store: ProfileStore, rows: np.ndarray, wanted: Wanted) -> ProfileSet:
        from seqforge.data.profiles.dataset import ProfileSet  # and with it NumPy

        made_for = Lengths(store.input_length, store.output_length, store.max_jitter)
        lengths = self.lengths(wanted, made_for)
        refuse_widths(store.widths, lengths, made_for=made_for, file=store.file)
        if wanted.heads:
            refuse_heads(store.heads, wanted.heads, store.file)
        self._refuse_unknown(store, wanted)
        training = name == "training"
        self.refuse_turned(store.reverse_complement, store.file)
        turned = self.reverse_complement and training
        orders = task_orders(self.revcomp_task_order, wanted.heads or store.heads) if turned else ()
        return ProfileSet(store, rows, *lengths, training, turned, orders, wanted.seed)

    def lengths(self, wanted: Wanted, made_for: Lengths) -> Lengths:
        """Of the model; where it has none, those that the data were made for."""
        return Lengths(
            made_for.input if wanted.input_length is None else wanted.input_length,
            made_for.output if wanted.output_length is None else wanted.output_length,
            self.max_jitter,
        )

    def refuse_turned(self, stored: bool, file: Path | str = "") -> None:
        """Raise DataError where both strands are `stored` and to be drawn, too."""
        if stored and self.reverse_complement:
            message = "the data hold the reverse complement of every region already"
            raise refuse(OPTION, message, "leave reverse_complement out of the data options", file)

    def _refuse_unknown(self, store: ProfileStore, wanted: Wanted) -> None:
        if wanted.strict and store.unknown:
            raise refuse(LETTERS, f"{_unknown(store)} are none of A C G T", "prepare the data without them", store.file)

    def _fingerprint(self, sets: Mapping[str, ProfileSet]) -> str:
        return cache.hash_of("profiles", {name: _identity(chosen) for name, chosen in sets.items()})


def _identity(chosen: ProfileSet) -> list[Any]:
    """What the batches of a set depend on."""
    rows = hashlib.sha256(np.ascontiguousarray(chosen.rows, dtype="<i8").data).hexdigest()
    moves = [chosen.reach, chosen.reverse_complement, chosen.task_orders]
    seed = chosen.seed if chosen.reach or chosen.reverse_complement else None
    return [chosen.store.digest, rows, chosen.input_length, chosen.output_length, moves, seed]


def _with_rows(rows: Rows) -> tuple[ProfileStore, np.ndarray]:
    return rows if isinstance(rows, tuple) else (rows, np.arange(len(rows)))


def _described(name: str, chosen: ProfileSet) -> str:
    """How much a set is, and in which types."""
    store = chosen.store
    kinds = ", ".join(
        f"{head.called(number)} {reads.dtype}"
        for number, (head, reads) in enumerate(zip(store.heads, store.reads, strict=True))
    )
    return f"{name}: {counted(len(chosen), 'region')}, {store.bytes / 1e6:,.1f} MB memory-mapped (reads: {kinds})"


def _notes(every: Mapping[str, ProfileSet], left: Mapping[str, ProfileSet]) -> list[str]:
    notes = []
    for name, chosen in every.items():
        lost = len(chosen) - len(left[name])
        if lost:
            lost_of = f"{lost:,} of {counted(len(chosen), f'{name} region')}"
            notes.append(f"{lost_of} {'is' if lost == 1 else 'are'} dropped: they have a window without reads")
        if chosen.store.unknown:
            notes.append(f"{name}: {_unknown(chosen.store)} are fed as zeros")
    return notes


def _unknown(store: ProfileStore) -> str:
    return f"{counted(store.unknown, 'unknown base')} in {counted(store.unknown_rows, 'region')}"
