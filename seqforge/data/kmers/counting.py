# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""How often the k-mer at every position of a genome occurs in it, exactly and in bounded memory.

Three rounds over the genome, each shared among threads (NumPy lets go of the interpreter's lock):
1. every stretch of positions is fingerprinted, and its keys are written to disk in the order of their first bits;
2. every part, the keys of all stretches that begin with certain bits, is sorted and its equal keys are counted;
3. every stretch takes its counts back, in the order of positions.
Counts depend on the keys alone: stretches, parts and threads change neither a count nor the order of anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from seqforge.data.kmers.codes import Codes
from seqforge.data.kmers.fingerprint import keys, valid
from seqforge.data.kmers.spill import Spill

BYTES = 64  # that one position takes while it is in work
CACHED = 1 << 20  # positions that are worked on at once where memory allows more: sorting stays in the cache
MOST_PARTS = 1024  # the table of (stretch, part) would grow with the square of a genome
T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True)
class Plan:
    """How counting is divided; the result is the same for every plan.

    `stretches`: (first, last + 1) positions of each; `part_size`: positions that a thread may hold in round 2.
    """

    stretches: tuple[tuple[int, int], ...]
    parts: int
    part_size: int
    workers: int

    @classmethod
    def of(
        cls, size: int, cuts: np.ndarray, memory: int, workers: int, stretch: int | None = None, parts: int | None = None
    ) -> Plan:
        """For `size` positions that may be cut at `cuts` (sorted, from 0) with `memory` bytes for all threads."""
        room = max(memory // (BYTES * workers), 1)
        wanted = min(room, CACHED)
        if parts is None:
            parts = max(min(-(-size // wanted), MOST_PARTS), -(-size // room))
        return cls(tuple(_stretches(size, cuts, stretch or wanted)), parts, 2 * room, workers)


def _stretches(size: int, cuts: np.ndarray, length: int) -> Iterator[tuple[int, int]]:
    """From cut to cut, each about `length` long."""
    first = cuts[np.flatnonzero(np.diff(cuts // length, prepend=-1))].tolist()
    yield from zip(first, [*first[1:], size], strict=True)


@dataclass(frozen=True)
class Counts:
    """`tally`: count → at how many valid positions it stands."""

    tally: dict[int, int]
    _stretches: Sequence[_Stretch]
    _counts: Spill
    _order: Spill

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
        """The counts of a stretch of the plan (position,) uint32; 0 where the k-mer has a gap."""
        span = self._stretches[stretch]
        found = np.zeros(span.stop - span.start, dtype=np.uint32)
        counts, order = np.empty(span.valid, dtype=np.uint32), np.empty(span.valid, dtype=np.uint32)
        self._counts.read(counts, span.start)
        self._order.read(order, span.start)
        found[order] = counts
        return found


def _middle(count: int) -> tuple[int, int]:
    return (count - 1) // 2, count // 2


@dataclass(frozen=True)
class _Stretch:
    """`cuts` (part + 1,): where each part begins among the stretch's keys on disk."""

    start: int
    stop: int
    cuts: np.ndarray

    @property
    def valid(self) -> int:
        return int(self.cuts[-1])


@contextmanager
def counted(codes: Codes, k: int, canonical: bool, plan: Plan, scratch: Path) -> Iterator[Counts]:
    """Count all k-mers of `codes`; the counts lie in `scratch` (at most 16 bytes per base) until the context ends."""
    files = [scratch / name for name in ("keys", "order", "counts")]
    spills = [Spill(path, kind) for path, kind in zip(files, (np.uint64, np.uint32, np.uint32), strict=True)]
    keyed, order, counts = spills
    bounds = _bounds(plan.parts)
    try:
        work = [(codes, k, canonical, span, bounds, keyed, order) for span in plan.stretches]
        stretches = list(shared(_spill, work, plan.workers))
        jobs = [(part, int(bounds[part]), stretches, keyed, counts, plan) for part in range(plan.parts)]
        tally: Counter[int] = Counter()
        for found in shared(_count, jobs, plan.workers):
            tally.update(found)
        yield Counts(dict(tally), stretches, counts, order)
    finally:
        for spill, path in zip(spills, files, strict=True):
            spill.close()
            path.unlink()


def shared(work: Callable[..., U], jobs: Iterable[tuple], workers: int) -> Iterator[U]:
    """`work` called with each of `jobs`, results in their order."""
    if workers == 1:
        yield from (work(*job) for job in jobs)
        return
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(lambda job: work(*job), jobs)


def _bounds(parts: int) -> np.ndarray:
    """The smallest key of every part (part,) uint64: equal shares of the first 32 bits."""
    return np.array([-(-(part << 32) // parts) << 32 for part in range(parts)], dtype=np.uint64)


def _spill(
    codes: Codes, k: int, canonical: bool, span: tuple[int, int], bounds: np.ndarray, keyed: Spill, order: Spill
) -> _Stretch:
    """Round 1 for one stretch: its keys and their positions to disk, by part."""
    start, stop = span
    letters = codes.read(start, stop + k - 1)
    found, whole = keys(letters, k, canonical), valid(letters, k)
    positions = None if whole is None else np.flatnonzero(whole)
    if positions is not None:
        found = found[positions]
    packed, low = _packed(found, 0, 0)
    places = packed & low
    cuts = np.append(np.searchsorted(packed, bounds), len(packed)).astype(np.uint32)
    keyed.write(found.take(places), start)
    order.write(places if positions is None else positions.take(places), start)
    return _Stretch(start, stop, cuts)


def _packed(found: np.ndarray, base: int, shift: int) -> tuple[np.ndarray, np.uint64]:
    """Keys less `base` without their first `shift` bits, which are 0, sorted; the last bits hold each key's place.

    Sorting plain numbers is several times as fast as sorting places by their keys. Also which bits hold the place.
    """
    low = np.uint64((1 << max(len(found) - 1, 1).bit_length()) - 1)
    packed = found - np.uint64(base)
    packed <<= np.uint64(shift)
    packed &= ~low
    packed |= np.arange(len(found), dtype=np.uint64)
    packed.sort()
    return packed, low


def _count(
    part: int, base: int, stretches: Sequence[_Stretch], keyed: Spill, counts: Spill, plan: Plan
) -> dict[int, int]:
    """Round 2 for one part: the count of each of its keys to disk; count → how many keys of the part have it."""
    spans = [(span.start + int(span.cuts[part]), int(span.cuts[part + 1] - span.cuts[part])) for span in stretches]
    size = sum(length for _, length in spans)
    if size > plan.part_size:
        return _count_apart(spans, keyed, counts, plan.part_size)
    found = np.empty(size, dtype=np.uint64)
    _each(spans, found, keyed.read)
    numbers, tally = _numbers(found, base, plan.parts.bit_length() - 1)
    _each(spans, numbers, lambda piece, at: counts.write(piece, at))
    return tally


def _each(spans: Sequence[tuple[int, int]], values: np.ndarray, work: Callable[[np.ndarray, int], None]) -> None:
    """`work` on the piece of `values` that belongs to each span (place on disk, length)."""
    done = 0
    for at, length in spans:
        if length:
            work(values[done : done + length], at)
        done += length


def _numbers(found: np.ndarray, base: int, shift: int) -> tuple[np.ndarray, dict[int, int]]:
    """How often each of the keys `found` (n,) occurs among them (n,) uint32, and count → at how many places."""
    if not len(found):
        return np.empty(0, dtype=np.uint32), {}
    packed, low = _packed(found, base, shift)
    places = packed & low
    ordered = found.take(places)
    packed >>= np.uint64(int(low).bit_length())
    _settle(packed, ordered, places)
    firsts = np.flatnonzero(_changes(ordered))
    lengths = np.diff(firsts, append=len(ordered)).astype(np.uint32)
    numbers = np.empty(len(found), dtype=np.uint32)
    numbers[places] = np.repeat(lengths, lengths)
    values, groups = np.unique(lengths, return_counts=True)
    return numbers, {int(value): int(value) * int(count) for value, count in zip(values, groups, strict=True)}


def _changes(ordered: np.ndarray) -> np.ndarray:
    """Where a sorted array (n,) has another value than before (n,) bool; the first is one."""
    changes = np.empty(len(ordered), dtype=bool)
    changes[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=changes[1:])
    return changes


def _settle(prefixes: np.ndarray, ordered: np.ndarray, places: np.ndarray) -> None:
    """Bring keys that differ only behind the bits they were sorted by into order, in place. There are hardly any."""
    differ = ordered[1:] != ordered[:-1]
    differ &= prefixes[1:] == prefixes[:-1]
    if not differ.any():
        return
    groups = np.cumsum(_changes(prefixes))
    mixed = np.flatnonzero(np.isin(groups, groups[1:][differ]))
    by_key = np.argsort(ordered[mixed], kind="stable")
    ordered[mixed], places[mixed] = ordered[mixed][by_key], places[mixed][by_key]


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
    values, groups = np.unique(totals, return_counts=True)
    return {int(value): int(value) * int(count) for value, count in zip(values, groups, strict=True)}


def _piece(keyed: Spill, at: int, length: int) -> np.ndarray:
    found = np.empty(length, dtype=np.uint64)
    keyed.read(found, at)
    return found
