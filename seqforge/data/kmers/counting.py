# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""How often the k-mer at every position of a genome occurs in it, exactly and in bounded memory.

Three rounds over the genome, each shared among workers:
1. every stretch of positions is fingerprinted, and its keys are written to disk in the order of their first bits;
2. every part, the keys of all stretches that begin with certain bits, is sorted and its equal keys are counted;
3. every stretch takes its counts back, in the order of positions.
Counts depend on the keys alone: stretches, parts and workers change neither a count nor the order of anything.
K-mers that hold shorter ones that occur once are not counted again: most of a genome, once its shortest k-mers are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from seqforge.data.kmers.codes import Codes
from seqforge.data.kmers.desk import Desk
from seqforge.data.kmers.fingerprint import keys, valid
from seqforge.data.kmers.once import gathered, proven
from seqforge.data.kmers.sharing import shared
from seqforge.data.kmers.spill import Spill

BYTES = 64  # that one position takes while it is in work
CACHED = 1 << 19  # positions that are worked on at once where memory allows more: sorting stays in the cache
MOST_PARTS = 1024  # the table of (stretch, part) would grow with the square of a genome
FILES = (("keys", np.uint64), ("order", np.uint32), ("counts", np.uint32))
ONCE = ("once-a", "once-b")  # taken in turn


@dataclass(frozen=True)
class Plan:
    """How counting is divided; the result is the same for every plan.

    `stretches`: (first, last + 1) positions of each; `part_size`: positions that a worker may hold in round 2.
    """

    stretches: tuple[tuple[int, int], ...]
    parts: int
    part_size: int
    workers: int

    @classmethod
    def of(
        cls,
        size: int,
        cuts: np.ndarray,
        memory: int,
        workers: int,
        stretch: int | None = None,
        parts: int | None = None,
    ) -> Plan:
        """For `size` positions that may be cut at `cuts` (sorted, from 0) with `memory` bytes for all workers."""
        room = max(memory // (BYTES * workers), 1)
        wanted = min(room, CACHED)
        if parts is None:
            parts = max(min(-(-size // wanted), MOST_PARTS), -(-size // room))
        return cls(tuple(_stretches(size, cuts, stretch or wanted)), parts, 2 * room, workers)


def _stretches(size: int, cuts: np.ndarray, length: int) -> Iterator[tuple[int, int]]:
    """From cut to cut, each about `length` long."""
    first = cuts[np.flatnonzero(np.diff(cuts // length, prepend=-1))].tolist()
    yield from zip(first, [*first[1:], size], strict=True)


class Once(NamedTuple):
    """Where k-mers of this length are known to occur once: a byte for every position, 0 or 1, in the spill `name`."""

    k: int
    name: str


@dataclass(frozen=True)
class Counts:
    """`tally`: count → at how many valid positions it stands; `once`: for the k-mers counted next, if longer."""

    tally: dict[int, int]
    once: Once
    _stretches: Sequence[_Stretch]
    _spills: _Spills

    @property
    def valid(self) -> int:
        """Positions whose k-mer has no gap."""
        return sum(self.tally.values())

    @property
    def median(self) -> float:
        """Of the counts at all valid positions; 0 where there are none."""
        if not self.valid:
            return 0.0
        values = sorted(self.tally)
        ends = np.cumsum([self.tally[value] for value in values])
        low, high = (values[int(np.searchsorted(ends, at, side="right"))] for at in _middle(self.valid))
        return (low + high) / 2

    def of(self, stretch: int) -> np.ndarray:
        """Round 3: the counts of a stretch of the plan (position,) uint32; 0 where the k-mer has a gap.

        Notes for longer k-mers where they are 1; what is never asked for is counted again.
        """
        span = self._stretches[stretch]
        once = np.empty(span.stop - span.start, dtype=np.uint8)
        self._spills.once.read(once, span.start)
        found = once.astype(np.uint32)
        counts, order = np.empty(span.keys, dtype=np.uint32), np.empty(span.keys, dtype=np.uint32)
        self._spills.counts.read(counts, span.start)
        self._spills.order.read(order, span.start)
        found[order] = counts
        self._spills.once.write(found == 1, span.start)
        return found


def _middle(count: int) -> tuple[int, int]:
    return (count - 1) // 2, count // 2


@dataclass(frozen=True)
class _Stretch:
    """`cuts` (part + 1,): where each part begins among the stretch's keys on disk; `once`: positions without a key
    since their k-mer is known to occur once."""

    start: int
    stop: int
    cuts: np.ndarray
    once: int

    @property
    def keys(self) -> int:
        return int(self.cuts[-1])


@dataclass(frozen=True)
class _Spills:
    """`keys`, `order`, `counts`: by part inside each stretch; `once` and `shorter`, of shorter k-mers: by position."""

    keys: Spill
    order: Spill
    counts: Spill
    once: Spill
    shorter: Spill | None


@contextmanager
def counted(
    codes: Codes, k: int, canonical: bool, plan: Plan, scratch: Path, shorter: Once | None = None
) -> Iterator[Counts]:
    """Count all k-mers of `codes`; the counts can be read until the context ends.

    `shorter`: of the k-mers counted before, on the same strands. The files in `scratch`, at most 18 bytes per base, are
    left to the next k, or for the caller to remove.
    """
    once = Once(k, ONCE[shorter is not None and shorter.name == ONCE[0]])
    with ExitStack() as stack:

        def opened(name: str, kind: Any) -> Spill:
            return stack.enter_context(closing(Spill(scratch / name, kind)))

        marks = [None if one is None else opened(one.name, np.uint8) for one in (once, shorter)]
        spills = _Spills(*(opened(name, kind) for name, kind in FILES), *marks)
        counting = _Counting(codes, k, canonical, plan, spills, 0 if shorter is None else k - shorter.k + 1)
        stretches = list(shared(counting.spilled, plan.stretches, plan.workers))
        tally = Counter({1: sum(span.once for span in stretches)})
        parts = _joined(plan, sum(span.keys for span in stretches))
        for found in shared(counting.numbered, [(first, last, stretches) for first, last in parts], plan.workers):
            tally.update(found)
        yield Counts(dict(tally), once, stretches, spills)


def _bounds(parts: int) -> np.ndarray:
    """The smallest key of every part (part,) uint64: equal shares of the first 32 bits."""
    return np.array([-(-(part << 32) // parts) << 32 for part in range(parts)], dtype=np.uint64)


def _joined(plan: Plan, keys: int) -> list[tuple[int, int]]:
    """Parts (first, last + 1) that are counted at once: as many as hold together what one was planned to hold."""
    size = plan.stretches[-1][1]
    several = max(min(size // max(keys, 1), plan.parts // plan.workers), 1)
    return [(first, min(first + several, plan.parts)) for first in range(0, plan.parts, several)]


@dataclass(frozen=True)
class _Counting:
    """Rounds 1 and 2 for k-mers of one length; `inner`: how many shorter ones each holds, 0 where none were counted."""

    codes: Codes
    k: int
    canonical: bool
    plan: Plan
    spills: _Spills
    inner: int
    desk: Desk = field(default_factory=Desk)

    @cached_property
    def bounds(self) -> np.ndarray:
        return _bounds(self.plan.parts)

    def spilled(self, start: int, stop: int) -> _Stretch:
        """Round 1 for one stretch: its keys and their positions to disk, by part."""
        letters = self.codes.read(start, stop + self.k - 1)
        whole, once = valid(letters, self.k), self._once(start, stop)
        if whole is not None:
            once &= whole
        self.spills.once.write(once, start)
        known = int(np.count_nonzero(once))
        places = None if whole is None and not known else np.flatnonzero(~once if whole is None else whole & ~once)
        if places is not None and not len(places):
            return _Stretch(start, stop, np.zeros(self.plan.parts + 1, dtype=np.uint32), known)
        found = self._keys(letters, places)
        cuts, order = _divided(found, self.bounds, self.desk)
        self.spills.keys.write(found.take(order, mode="clip", out=self.desk.array("ordered", len(found))), start)
        self.spills.order.write(order if places is None else places.take(order, mode="clip"), start)
        return _Stretch(start, stop, cuts, known)

    def _once(self, start: int, stop: int) -> np.ndarray:
        """Which positions of a stretch hold a k-mer that occurs once, if it has no gap, by what is known before."""
        if self.spills.shorter is None:
            return np.zeros(stop - start, dtype=np.bool_)
        marks = np.zeros(stop - start + self.inner - 1, dtype=np.uint8)  # beyond the end there is nothing
        self.spills.shorter.read(marks[: min(self.codes.size - start, len(marks))], start)
        return proven(marks, self.inner, self.canonical)

    def _keys(self, letters: np.ndarray, places: np.ndarray | None) -> np.ndarray:
        """The keys of the k-mers of `letters` (base,) at `places`, None: at all → (place,) uint64."""
        if places is not None:
            letters, places = gathered(letters, places, self.k)
        found = self.desk.array("found", len(letters) - self.k + 1)
        keys(letters, self.k, self.canonical, found, self.desk)
        return found if places is None else found.take(places, mode="clip", out=self.desk.array("taken", len(places)))

    def numbered(self, first: int, last: int, stretches: Sequence[_Stretch]) -> dict[int, int]:
        """Round 2 for the parts `first` to `last`: the count of each key to disk; count → how many keys have it."""
        edges = [(span.start, int(span.cuts[first]), int(span.cuts[last])) for span in stretches]
        spans = [(start + low, high - low) for start, low, high in edges]
        turn = first * len(spans) // self.plan.parts  # each begins at another stretch, so that workers meet in no file
        spans = [*spans[turn:], *spans[:turn]]
        size = sum(length for _, length in spans)
        if size > self.plan.part_size:
            return _count_apart(spans, self.spills.keys, self.spills.counts, self.plan.part_size)
        found = self.desk.array("found", size)
        _each(spans, found, self.spills.keys.read)
        shift = (self.plan.parts // (last - first)).bit_length() - 1
        numbers, tally = _numbers(found, int(self.bounds[first]), shift, self.desk)
        _each(spans, numbers, self.spills.counts.write)
        return tally


def _divided(found: np.ndarray, bounds: np.ndarray, desk: Desk) -> tuple[np.ndarray, np.ndarray]:
    """Where each part begins (part + 1,) among keys (n,) in the order of parts, and the places of that order (n,)."""
    bits = max(len(found) - 1, 1).bit_length()
    if bits + len(bounds).bit_length() > 32:
        packed, places, _ = _sorted(found, 0, 0, desk)
        return np.append(np.searchsorted(packed, bounds), len(packed)).astype(np.uint32), places
    parts = np.right_shift(found, np.uint64(32), out=desk.array("packed", len(found)))  # half the bits, twice as fast
    parts *= np.uint64(len(bounds))
    parts >>= np.uint64(32)
    parts <<= np.uint64(bits)
    parts |= desk.places(len(found))
    packed = desk.array("halves", len(found), np.uint32)
    np.copyto(packed, parts, casting="unsafe")
    packed.sort()
    firsts = (np.arange(len(bounds), dtype=np.uint64) << np.uint64(bits)).astype(np.uint32)
    cuts = np.append(np.searchsorted(packed, firsts), len(packed)).astype(np.uint32)
    packed &= np.uint32((1 << bits) - 1)
    places = desk.array("places", len(found), np.int64)
    np.copyto(places, packed)
    return cuts, places


def _sorted(found: np.ndarray, base: int, shift: int, desk: Desk) -> tuple[np.ndarray, np.ndarray, int]:
    """Keys (n,) less `base`, in order of what follows their first `shift` bits, which are 0; and the place of each.

    Sorting plain numbers is several times as fast as sorting places by their keys: the last bits of a number, how many
    is returned, make room for its place.
    """
    bits = max(len(found) - 1, 1).bit_length()
    low = np.uint64((1 << bits) - 1)
    packed = np.subtract(found, np.uint64(base), out=desk.array("packed", len(found)))
    packed <<= np.uint64(shift)
    packed &= ~low
    packed |= desk.places(len(found))
    packed.sort()
    # signed, and taken from with mode "clip": other types and modes cost NumPy a copy of the places
    places = np.bitwise_and(packed, low, out=desk.array("places", len(found), np.int64).view(np.uint64))
    return packed, places.view(np.int64), bits


def _each(spans: Sequence[tuple[int, int]], values: np.ndarray, work: Callable[[np.ndarray, int], None]) -> None:
    """`work` on the piece of `values` that belongs to each span (place on disk, length)."""
    done = 0
    for at, length in spans:
        if length:
            work(values[done : done + length], at)
        done += length


def _numbers(found: np.ndarray, base: int, shift: int, desk: Desk) -> tuple[np.ndarray, dict[int, int]]:
    """How often each of the keys `found` (n,) occurs among them (n,) uint32, and count → at how many places."""
    if not len(found):
        return np.empty(0, dtype=np.uint32), {}
    packed, places, bits = _sorted(found, base, shift, desk)
    ordered = found.take(places, mode="clip", out=desk.array("ordered", len(found)))
    packed >>= np.uint64(bits)
    changes = _changes(ordered, desk.array("changes", len(found), np.bool_))
    starts = _changes(packed, desk.array("starts", len(found), np.bool_))
    _settle(starts, ordered, places, changes)
    numbers = desk.array("numbers", len(found), np.uint32)
    numbers.fill(1)
    alone = starts  # has served
    np.logical_and(changes[:-1], changes[1:], out=alone[:-1])
    alone[-1] = changes[-1]
    several = np.flatnonzero(~alone)
    lengths = np.diff(np.flatnonzero(changes[several]), append=len(several))
    numbers[places[several]] = np.repeat(lengths, lengths)
    return numbers, {1: len(found) - len(several), **_tally(lengths)}


def _tally(lengths: np.ndarray) -> dict[int, int]:
    """Count → at how many places it stands, of keys that occur `lengths` (key,) times."""
    values, words = np.unique(lengths, return_counts=True)
    return {int(value): int(value) * int(count) for value, count in zip(values, words, strict=True)}


def _changes(ordered: np.ndarray, out: np.ndarray) -> np.ndarray:
    """Where a sorted array (n,) has another value than before → `out` (n,) bool; the first is one."""
    out[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=out[1:])
    return out


def _settle(starts: np.ndarray, ordered: np.ndarray, places: np.ndarray, changes: np.ndarray) -> None:
    """Bring keys that differ only behind the bits they were sorted by into order, in place; there are hardly any.

    `starts` (n,) bool: where those bits change; `changes`: where the keys do, right before and afterwards.
    """
    differ = changes > starts
    if not differ.any():
        return
    groups = np.cumsum(starts)
    mixed = np.flatnonzero(np.isin(groups, groups[differ]))
    by_key = np.argsort(ordered[mixed], kind="stable")
    ordered[mixed], places[mixed] = ordered[mixed][by_key], places[mixed][by_key]
    _changes(ordered, changes)


def _count_apart(spans: Sequence[tuple[int, int]], keyed: Spill, counts: Spill, most: int) -> dict[int, int]:
    """As `_count` for a part with more keys than fit: some k-mer is very frequent, so that few of them differ."""
    pieces = [(at + begin, min(most, length - begin)) for at, length in spans for begin in range(0, length, most)]
    distinct, totals = np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.int64)
    for at, length in pieces:
        new, numbers = np.unique(_piece(keyed, at, length), return_counts=True)
        distinct, where = np.unique(np.concatenate([distinct, new]), return_inverse=True)
        totals = np.bincount(where, np.concatenate([totals, numbers]), len(distinct)).astype(np.int64)
    for at, length in pieces:
        counts.write(totals[np.searchsorted(distinct, _piece(keyed, at, length))], at)
    return _tally(totals)


def _piece(keyed: Spill, at: int, length: int) -> np.ndarray:
    found = np.empty(length, dtype=np.uint64)
    keyed.read(found, at)
    return found
