# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What all formats of profile data share: the options, the checks against the model, and the three sets."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from seqforge.arrays import np
from seqforge.data import cache
from seqforge.data.dataset import Data
from seqforge.data.problems import LETTERS, OPTION, refuse, together
from seqforge.data.profiles.checks import Called, Lengths, counted, refuse_heads, refuse_widths, with_reads
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
        every = sets = self.sets(wanted, report)
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

    def sets(self, wanted: Wanted, report: Report) -> dict[str, ProfileSet]:
        """The sets as far as they are checked against the model's lengths and heads."""
        stored = {name: _with_rows(rows) for name, rows in self.stored(wanted, report).items()}
        sets = {name: self._set(name, *stored[name], wanted) for name in SETS if name in stored}
        for name, chosen in sets.items():
            report(_described(name, chosen))
        return sets

    def judge(self, wanted: Wanted) -> None:
        self._check(wanted)

    def _check(self, wanted: Wanted) -> None:
        problems = [sentence for _, sentence in self.problems()]
        if wanted.alphabet.name != "DNA":
            problems.append(f"profile data are DNA, the sequence space is {wanted.alphabet.name}")
        if problems:
            raise together([refuse(OPTION, f"data format {self.name}: {one}") for one in problems])
        self._refuse_controls(wanted.control_tracks)
        if wanted.heads and self.reverse_complement:
            self.orders(wanted.heads)  # before hours of reading

    def _refuse_controls(self, read: int | None) -> None:
        """Raise DataError unless the data have the control tracks that the model reads."""
        if read is None or read == self.control_tracks:
            return
        if not read:
            message = f"controls: {counted(self.control_tracks, 'control track')}, but the model reads none"
            hint = "remove them, or set n_control_tracks of an architecture that reads some"
        else:
            message = (
                f"controls: the model reads n_control_tracks {read}, the data have {self.control_tracks or 'none'}"
            )
            hint = f"set n_control_tracks to {self.control_tracks}, or name {read} in controls of data format genome"
        raise refuse(OPTION, message, hint)

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
        orders = self.orders(wanted.heads or store.heads) if turned else ()
        controls = self.control_order if turned else ()
        return ProfileSet(store, rows, *lengths, training, turned, orders, wanted.seed, controls)

    @property
    def control_order(self) -> tuple[int, ...]:
        """Where control tracks go on the other strand."""
        return ()

    def orders(self, heads: Sequence[Called]) -> tuple[tuple[int, ...], ...]:
        """Per head: where its tasks go on the other strand; raises DataError."""
        return task_orders(self.revcomp_task_order, heads)

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
        return cache.hash_of("profiles", {name: chosen.identity() for name, chosen in sets.items()})


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
    shared = len(every) > 1 and len({chosen.store.folder for chosen in every.values()}) == 1
    stores = {"data": next(iter(every.values()))} if shared else every
    notes += [f"{name}: {_unknown(one.store)} are fed as zeros" for name, one in stores.items() if one.store.unknown]
    return notes


def _unknown(store: ProfileStore) -> str:
    return f"{counted(store.unknown, 'unknown base')} in {counted(store.unknown_rows, 'region')}"
