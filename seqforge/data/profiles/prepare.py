# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Genome, regions and tracks → regions with their sequences and reads, filtered and split, in bounded memory.

Windows are laid around the centre c of a region: output [c − out//2, c − out//2 + out), the input with
(in − out)/2 bases more on both sides, and both with J = max_jitter more on both sides for what is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from seqforge.data.encodings import DNA
from seqforge.data.genome import bed
from seqforge.data.genome.bigwig import Track, fitting
from seqforge.data.genome.fasta import Genome
from seqforge.data.genome.regions import centres, known
from seqforge.data.problems import EMPTY, LENGTH, refuse
from seqforge.data.profiles.filters import Filter, Funnel, distribution
from seqforge.data.profiles.hdf5 import paired
from seqforge.data.profiles.recipe import Recipe
from seqforge.data.profiles.splitting import mixed, owners
from seqforge.data.profiles.store import COORDS, UNKNOWN
from seqforge.data.splits import permutation

Report = Callable[[str], None]
PILES = 3  # the purpose of an order (`splits.permutation`): which region of a pile is kept
BYTES = 1 << 26  # of a chunk: bounds the memory


class Chunk(NamedTuple):
    """Some stored rows: codes (n, in + 2J) uint8; per head reads (n, out + 2J, task) float32; coords (n,) COORDS; names
    (n). With complements, rows 2i and 2i + 1 are the two strands of one region."""

    codes: np.ndarray
    reads: list[np.ndarray]
    coords: np.ndarray
    names: list[str]

    def __len__(self) -> int:
        return len(self.codes)


@dataclass
class Prepared:
    """Regions that passed every filter, by set; `chunks` reads their sequences and signal.

    `sets`: name → numbers of regions, ascending; `start` (region,) of the output windows without jitter, for all
    regions of the file; `filters` in their order; `notes`: what a user should know.
    """

    recipe: Recipe
    genome: Genome
    tracks: list[list[Track]]  # per head, per task
    regions: bed.Regions
    chrom: np.ndarray  # (region,) number of the chromosome in the genome
    start: np.ndarray
    sets: dict[str, np.ndarray]
    filters: list[Filter]
    notes: list[str]
    reads: dict[str, dict[str, _Reads]] = field(default_factory=dict)  # set → head, for chunks given out so far

    def chunks(self, name: str) -> Iterator[Chunk]:
        """The rows of a set, in the order of the BED file."""
        self.reads[name] = {head.name: _Reads() for head in self.recipe.heads}
        rows, step = self.sets[name], _rows_at_once(self.recipe)
        for first in range(0, len(rows), step):
            yield self._chunk(name, rows[first : first + step])

    def _chunk(self, name: str, rows: np.ndarray) -> Chunk:
        codes = self.window.codes(rows)
        reads = [self.window.signal(head, rows) for head in range(len(self.tracks))]
        jitter, length = self.recipe.options.max_jitter, self.recipe.options.output_length
        for head, values in zip(self.recipe.heads, reads, strict=True):
            self.reads[name][head.name].add(values[:, jitter : jitter + length])
        coords = np.zeros(len(rows), dtype=COORDS)
        coords["chrom"], coords["start"] = self.chrom[rows], self.start[rows]
        coords["stop"], coords["strand"] = self.start[rows] + length, 1
        chunk = Chunk(codes, reads, coords, [self.regions.names[row] for row in rows])
        return chunk if self.recipe.orders is None else both_strands(chunk, self.recipe.orders)

    @cached_property
    def window(self) -> _Windows:
        return _Windows(self.recipe, self.genome, self.tracks, self.chrom, self.start)

    def bed_lines(self, name: str) -> Iterator[str]:
        """The output windows of a set as lines of a BED file, in the order of the rows."""
        chromosomes = list(self.genome.sizes)
        for row in self.sets[name]:
            start = int(self.start[row])
            label = self.regions.names[row] or "."
            yield f"{chromosomes[self.chrom[row]]}\t{start}\t{start + self.recipe.options.output_length}\t{label}\n"

    def report(self) -> dict[str, Any]:
        """Filters, sets and tracks as JSON; complete once every chunk was read."""
        tracks = [
            {"path": str(track.path), "bases": track.bases, "uncovered": track.uncovered}
            for head in self.tracks
            for track in head
        ]
        return {
            "filters": [one.row() for one in self.filters],
            "sets": {name: len(rows) for name, rows in self.sets.items()},
            "reads": {name: {head: one.row() for head, one in found.items()} for name, found in self.reads.items()},
            "tracks": tracks,
            "notes": [*self.notes, *(note for head in self.tracks for track in head for note in track.notes())],
        }

    def close(self) -> None:
        for file in (self.genome, *(track for head in self.tracks for track in head)):
            file.close()


@dataclass
class _Reads:
    """Reads per region in the output window without jitter, over a head's tasks."""

    sums: list[np.ndarray] = field(default_factory=list)

    def add(self, reads: np.ndarray) -> None:
        self.sums.append(reads.sum(axis=(1, 2), dtype=np.float64))

    def row(self) -> dict[str, Any]:
        sums = np.concatenate(self.sums) if self.sums else np.zeros(0)
        mean = float(sums.mean()) if len(sums) else None
        return {"mean": mean, "distribution": distribution(sums), "without": int(np.count_nonzero(sums == 0))}


def _rows_at_once(recipe: Recipe) -> int:
    tasks = sum(len(head.tasks) for head in recipe.heads)
    strands = 1 if recipe.orders is None else 2
    return max(1, BYTES // (strands * (recipe.widest + 8 * recipe.stored_output * tasks)))


def both_strands(chunk: Chunk, orders: tuple[tuple[int, ...], ...]) -> Chunk:
    """Every row followed by its reverse complement: codes turned over, reads turned round and tasks reordered."""
    complement = DNA.complement
    assert complement is not None
    codes = paired(chunk.codes, complement[chunk.codes[:, ::-1]])
    reads = [
        paired(values, values[:, ::-1][:, :, list(order)]) for values, order in zip(chunk.reads, orders, strict=True)
    ]
    turned = chunk.coords.copy()
    turned["strand"] = -1
    return Chunk(codes, reads, paired(chunk.coords, turned), [name for name in chunk.names for _ in range(2)])


@dataclass(frozen=True)
class _Windows:
    """Sequence and signal around regions; `start` (region,) of the output windows."""

    recipe: Recipe
    genome: Genome
    tracks: list[list[Track]]
    chrom: np.ndarray
    start: np.ndarray

    @cached_property
    def names(self) -> list[str]:
        return list(self.genome.sizes)

    @property
    def margin(self) -> int:
        """The bases by which the widest window begins before the output window."""
        return (
            self.recipe.options.input_length - self.recipe.options.output_length
        ) // 2 + self.recipe.options.max_jitter

    def codes(self, rows: np.ndarray) -> np.ndarray:
        """(n, in + 2J) uint8."""
        width, found = self.recipe.widest, np.empty((len(rows), self.recipe.widest), dtype=np.uint8)
        for number, row in enumerate(rows):
            low = int(self.start[row]) - self.margin
            found[number] = self.genome.codes(self.names[self.chrom[row]], low, low + width)
        return found

    def signal(self, head: int, rows: np.ndarray) -> np.ndarray:
        """Reads of a head (n, out + 2J, task) float32."""
        before, width, tracks = self.recipe.options.max_jitter, self.recipe.stored_output, self.tracks[head]
        found = np.empty((len(rows), width, len(tracks)), dtype=np.float32)
        for number, row in enumerate(rows):
            low = int(self.start[row]) - before
            for task, track in enumerate(tracks):
                found[number, :, task] = track.values(self.names[self.chrom[row]], low, low + width)
        return found

    def counts(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Reads in the widest window and in the core of the output window, each (head, n) float64."""
        most, least = np.zeros((2, len(self.tracks), len(rows)))
        inset, core = self.margin + self.recipe.options.max_jitter, max(self.recipe.core, 0)
        for number, row in enumerate(rows):
            low = int(self.start[row]) - self.margin
            for head, tracks in enumerate(self.tracks):
                for track in tracks:
                    signal = track.values(self.names[self.chrom[row]], low, low + self.recipe.widest)
                    most[head, number] += signal.sum(dtype=np.float64)
                    least[head, number] += signal[inset : inset + core].sum(dtype=np.float64)
        return most, least


def prepare(recipe: Recipe, report: Report = lambda text: None) -> Prepared:
    """Read the regions, filter them and share them out; raises DataError where that is impossible or leaves nothing."""
    recipe.check()
    genome = Genome(recipe.genome)
    tracks = [[Track(path) for path in head.tracks] for head in recipe.heads]
    for track in (track for head in tracks for track in head):
        fitting(track, genome.sizes)
    report(f"reading {recipe.regions.name}")
    regions = bed.read(recipe.regions)
    return _Preparation(recipe, genome, tracks, regions, report).result()


class _Preparation:
    """The filters one after the other; `funnel.rows` are the regions that are left."""

    def __init__(self, recipe: Recipe, genome: Genome, tracks: list[list[Track]], regions: bed.Regions, report: Report):
        self.recipe, self.genome, self.tracks, self.regions, self.report = recipe, genome, tracks, regions, report
        self.centre = _centres(recipe, regions)
        self.chrom = known(regions, genome)
        self.start = self.centre - recipe.options.output_length // 2
        self.windows = _Windows(recipe, genome, tracks, self.chrom, self.start)
        self.funnel = Funnel(np.arange(len(regions)), str(regions.path))
        self.notes: list[str] = []

    @property
    def rows(self) -> np.ndarray:
        return self.funnel.rows

    def result(self) -> Prepared:
        self._known_chromosome()
        self._inside()
        if self.recipe.options.unknown_bases == "drop":
            self._known_bases()
        if self.recipe.options.overlap_distance:
            self._overlaps()
        if self.recipe.needs_maximum or self.recipe.needs_minimum:
            self._counts()
        sets = self._split()
        self._absent()
        for track in (track for head in self.tracks for track in head):
            track.bases = track.uncovered = 0  # from here on: of what is stored
        return Prepared(
            self.recipe, self.genome, self.tracks, self.regions, self.chrom, self.start, sets,
            self.funnel.filters, self.notes,
        )  # fmt: skip

    def _known_chromosome(self) -> None:
        keep = self.chrom >= 0
        strange = sorted({self.regions.chromosomes[number] for number in np.unique(self.regions.chrom[~keep])})
        if strange:
            self.notes.append(f"chromosomes that the genome does not have: {_first(strange, 5)}")
        both = f"in the genome: {_first(list(self.genome.sizes), 3)}; the regions are on {_first(strange, 3)}"
        self.funnel.sift("known chromosome", "in the genome" if keep.any() else both, keep)

    def _inside(self) -> None:
        low = self.start[self.rows] - self.windows.margin
        size = np.array(list(self.genome.sizes.values()), dtype=np.int64)[self.chrom[self.rows]]
        missing = np.maximum(-low, 0) + np.maximum(low + self.recipe.widest - size, 0)
        threshold = f"{self.recipe.widest:,} bases"
        self.funnel.sift("inside the chromosome", threshold, missing == 0, {"bases outside": missing})

    def _known_bases(self) -> None:
        self.report(f"reading the sequences of {len(self.rows):,} regions")
        step = max(1, BYTES // self.recipe.widest)
        parts = [self.rows[first : first + step] for first in range(0, len(self.rows), step)]
        unknown = [np.count_nonzero(self.windows.codes(part) >= UNKNOWN, axis=1) for part in parts]
        found = np.concatenate(unknown)
        self.funnel.sift("known bases", "no letter but A C G T", found == 0, {"other letters": found})

    def _overlaps(self) -> None:
        distance = self.recipe.options.overlap_distance or 0
        pile = piles(self.chrom[self.rows], self.centre[self.rows], distance)
        keep = one_of_each(pile, self.recipe.seed)
        threshold = f"one per pile of windows {distance:,} wide"
        self.funnel.sift("overlaps", threshold, keep, {"regions in the pile": np.bincount(pile)[pile]})

    def _counts(self) -> None:
        self.report(f"counting the reads of {len(self.rows):,} regions")
        most, least = self.windows.counts(self.rows)
        if self.recipe.needs_maximum:
            keep, threshold = self._maximum(most)
            least = least[:, self.funnel.sift("maximum counts", threshold, keep, self._by_head(most))]
        if self.recipe.needs_minimum:
            keep, threshold = self._minimum(least)
            self.funnel.sift("minimum counts", threshold, keep, self._by_head(least))

    def _maximum(self, counts: np.ndarray) -> tuple[np.ndarray, str]:
        """Whether every head of a region passes, (n,), and the thresholds in words; `counts` (head, n)."""
        options = self.recipe.options
        limits = np.full(len(counts), np.inf if options.max_counts is None else options.max_counts)
        if options.max_quantile < 1:
            limits = np.minimum(limits, np.quantile(counts, options.max_quantile, axis=1))
        return np.all(counts <= limits[:, None], axis=0), self._thresholds("≤", limits, self.recipe.widest)

    def _minimum(self, counts: np.ndarray) -> tuple[np.ndarray, str]:
        options = self.recipe.options
        limits = np.full(len(counts), options.min_counts)
        if options.min_quantile > 0:
            limits = np.maximum(limits, np.quantile(counts, options.min_quantile, axis=1))
        return np.all(counts >= limits[:, None], axis=0), self._thresholds("≥", limits, self.recipe.core)

    def _thresholds(self, sign: str, limits: np.ndarray, width: int) -> str:
        heads = zip(self.recipe.heads, limits, strict=True)
        return ", ".join(f"{head.name} {sign} {limit:,.6g}" for head, limit in heads) + f" in {width:,} bases"

    def _by_head(self, counts: np.ndarray) -> dict[str, np.ndarray]:
        return {head.name: values for head, values in zip(self.recipe.heads, counts, strict=True)}

    def _split(self) -> dict[str, np.ndarray]:
        rows, splits = self.rows, self.recipe.splits
        owner = owners(splits, self.regions, rows, self.centre[rows], self.genome.sizes)
        keep = self.funnel.sift("split", "in one of the sets", owner >= 0)
        owner, rows = owner[keep], rows[keep]
        sets = {name: rows[owner == number] for number, name in enumerate(splits)}
        for name, members in sets.items():
            if not len(members):
                left = ", ".join(f"{other} {len(theirs):,}" for other, theirs in sets.items())
                hint = f"it is to hold {splits[name]}"
                raise refuse(EMPTY, f"no region is left for {name} ({left})", hint, self.regions.path)
        shared = mixed(owner, self.chrom[rows], self.start[rows], self.recipe.options.output_length)
        if shared:
            self.notes.append(f"{shared:,} output windows overlap one of another set: the sets share data")
        return sets

    def _absent(self) -> None:
        """Note tracks without a chromosome that regions lie on."""
        used = {list(self.genome.sizes)[number] for number in np.unique(self.chrom[self.rows])}
        for track in (track for head in self.tracks for track in head):
            absent = sorted(used - set(track.sizes))
            if absent:
                shown = ", ".join(absent[:5]) + (", …" if len(absent) > 5 else "")
                self.notes.append(f"{track.path} has no signal on {shown}: read as 0")


def _centres(recipe: Recipe, regions: bed.Regions) -> np.ndarray:
    if recipe.options.resize == "none":
        wrong = regions.stop - regions.start != recipe.options.output_length
        if wrong.any():
            row = int(np.argmax(wrong))
            width = int(regions.stop[row] - regions.start[row])
            sentence = f"resize none needs regions of output_length {recipe.options.output_length}, received {width}"
            raise regions.wrong(row, sentence, "choose resize center, summit or start", LENGTH)
    return centres(regions, recipe.options.resize)


def piles(chrom: np.ndarray, centre: np.ndarray, distance: int) -> np.ndarray:
    """The pile (n,) of each region: windows `distance` wide around the centres that overlap, directly or by others."""
    order = np.lexsort((centre, chrom))
    apart = (np.diff(chrom[order]) != 0) | (np.diff(centre[order]) >= distance)
    found = np.empty(len(order), dtype=np.int64)
    found[order] = np.concatenate(([0], np.cumsum(apart)))
    return found


def one_of_each(pile: np.ndarray, seed: int) -> np.ndarray:
    """Whether a region (n,) is the one that is kept of its pile: the first in an order that the seed decides."""
    order = permutation(len(pile), seed, PILES)
    _, first = np.unique(pile[order], return_index=True)
    keep = np.zeros(len(pile), dtype=bool)
    keep[order[first]] = True
    return keep


def _first(names: Sequence[str], most: int) -> str:
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")
