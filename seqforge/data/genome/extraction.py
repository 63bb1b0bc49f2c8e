# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Sequence, signal and controls around the loci of all sets, read once into a store of the cache.

Rows of the store: training peaks, negatives, validation, test. What thresholds drop later is in the store, too, with
the total of every group, so that another threshold reads nothing again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from seqforge.data import cache
from seqforge.data.genome.bigwig import ControlTrack, Track, fitting
from seqforge.data.genome.fasta import Genome
from seqforge.data.genome.loci import Extent, Loci, Tally, gathered, named, placed
from seqforge.data.problems import FILTERED, refuse
from seqforge.data.profiles.prepare import one_of_each, piles
from seqforge.data.profiles.store import COORDS, UNKNOWN, ProfileStore, StoredHead, Writer, opened
from seqforge.errors import did_you_mean

VERSION = 1  # of what the store holds: another number leaves old folders of the cache unread
TOTALS = "totals"  # (row, group) float64: the reads in the output window without jitter
UNKNOWN_BASES, OVERLAPS = "unknown_bases", "overlap_distance"
PEAK_SETS, NEGATIVES = ("training", "validation", "test"), "negatives"
BYTES = 1 << 26  # of a chunk: bounds the memory

Report = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class LociRecipe:
    """What is read of which files, and where. `groups`: a head's tracks each; `chromosomes` by set.

    `stated`: the sets whose chromosomes are not the default; without that, there may be no test set.
    """

    sequences: Path
    loci: tuple[Path, ...]
    negatives: tuple[Path, ...]
    exclusion_lists: tuple[Path, ...]
    heads: tuple[StoredHead, ...]
    groups: tuple[tuple[Path, ...], ...]
    controls: tuple[Path, ...]
    input_length: int
    output_length: int
    max_jitter: int
    chromosomes: Mapping[str, tuple[str, ...]]
    stated: frozenset[str] = frozenset()
    summits: bool = False
    unknown_bases: str = "keep"
    overlap_distance: int | None = None
    seed: int = 0

    @property
    def widest(self) -> int:
        """The bases that are read of a locus."""
        return self.input_length + 2 * self.max_jitter

    @property
    def before(self) -> int:
        """How many of them lie before the centre: the output window begins output_length // 2 before it."""
        return self.output_length // 2 + (self.input_length - self.output_length) // 2 + self.max_jitter

    @property
    def files(self) -> list[Path]:
        """Every file that is read, each once."""
        tracks = [track for group in self.groups for track in group]
        beds = [*self.loci, *self.negatives, *self.exclusion_lists]
        return list(dict.fromkeys([self.sequences, *beds, *tracks, *self.controls]))

    @property
    def key(self) -> str:
        """A hash of options and files (path, size, time): equal keys, equal results."""
        options = {name: value for name, value in self.__dict__.items() if name != "stated"}
        options["seed"] = self.seed if self.overlap_distance else 0  # nothing else is drawn
        facts = [(path, path.stat()) for path in self.files]
        stamps = [[str(path.resolve()), found.st_size, found.st_mtime_ns] for path, found in facts]
        return cache.hash_of("loci", VERSION, options, sorted(self.stated), stamps)


@dataclass(frozen=True)
class Extracted:
    """An opened store: which rows are whose, what became of all loci, and what a user should know."""

    store: ProfileStore
    rows: Mapping[str, np.ndarray]
    tallies: Mapping[str, Tally]
    notes: tuple[str, ...]

    @property
    def totals(self) -> np.ndarray:
        """(row, group) float64."""
        return self.store.others[TOTALS]


def extracted(recipe: LociRecipe, report: Report = lambda line: None) -> Extracted:
    """What `recipe` asks for, read now or found in the cache; raises DataError."""
    folder = cache.entry(recipe.key, lambda folder: _Extraction(recipe, report).into(folder))
    store = opened(folder, recipe.loci[0])
    found = store.meta["extraction"]
    rows = {name: np.arange(first, last) for name, (first, last) in found["rows"].items()}
    tallies = {name: Tally.of(row) for name, row in found["tallies"].items()}
    return Extracted(store, rows, tallies, tuple(found["notes"]))


@dataclass
class _Extraction:
    """One reading of all files."""

    recipe: LociRecipe
    report: Report
    tallies: dict[str, Tally] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @cached_property
    def genome(self) -> Genome:
        return Genome(self.recipe.sequences)

    @cached_property
    def windows(self) -> Windows:
        recipe = self.recipe
        groups = [[Track(path) for path in group] for group in recipe.groups]
        return Windows(recipe, self.genome, groups, [ControlTrack(path) for path in recipe.controls])

    def into(self, folder: Path) -> None:
        """Fill the store `folder`."""
        recipe, rows = self.recipe, {}
        with ExitStack() as stack:
            for file in (self.genome, *self.windows.tracks):
                stack.callback(file.close)
            for track in self.windows.tracks:
                fitting(track, self.genome.sizes)
            chosen = self._chosen()
            lengths = recipe.input_length, recipe.output_length, recipe.max_jitter
            sizes, controls = self.genome.sizes, len(recipe.controls)
            with Writer(folder, recipe.heads, *lengths, sizes, file=recipe.loci[0], controls=controls) as writer:
                for name, (loci, which) in chosen.items():
                    self.report(f"reading sequences and signal of {self.tallies[name].name}: {len(which):,} loci")
                    first = writer.rows
                    self._write(writer, loci, which)
                    rows[name] = (first, writer.rows)
                tallies = {name: tally.row() for name, tally in self.tallies.items()}
                notes = [*self.notes, *(note for track in self.windows.tracks for note in track.notes())]
                writer.finish(extraction={"rows": rows, "tallies": tallies, "notes": notes})

    def _write(self, writer: Writer, loci: Loci, which: np.ndarray) -> None:
        jitter, length = self.recipe.max_jitter, self.recipe.output_length
        for part in self.windows.parts(which):
            codes, reads = self.windows.codes(loci, part), self.windows.signal(loci, part)
            names, controls = [loci.names[one] for one in part], self.windows.controls(loci, part)
            writer.add(codes, reads, coords=self.windows.coords(loci, part), names=names, controls=controls)
            central = [values[:, jitter : jitter + length].sum(axis=(1, 2), dtype=np.float64) for values in reads]
            writer.append(TOTALS, np.stack(central, axis=1))

    # which loci

    def _chosen(self) -> dict[str, tuple[Loci, np.ndarray]]:
        """By set, and `negatives`: its loci, of all those in the files."""
        recipe = self.recipe
        self._note_absent()
        excluded = gathered(recipe.exclusion_lists) if recipe.exclusion_lists else None
        self.report(f"reading {', '.join(path.name for path in recipe.loci)}")
        peaks = gathered(recipe.loci, recipe.summits)
        if peaks.missing:
            self.notes.append(f"{peaks.missing:,} of {len(peaks):,} loci have no summit: their middle is taken")
        self._note_unassigned(peaks, "loci")
        found = {"training": self._of_set("training", peaks, excluded)}
        if recipe.negatives:
            found[NEGATIVES] = self._of_negatives(excluded)
        for name in PEAK_SETS[1:]:
            if name != "test" or name in recipe.stated or len(peaks.on(recipe.chromosomes[name])):
                found[name] = self._of_set(name, peaks, excluded)
            else:
                self.notes.append(f"there is no {name} set: no locus lies on {_listed(recipe.chromosomes[name])}")
        return found

    def _of_set(self, name: str, peaks: Loci, excluded: Loci | None) -> tuple[Loci, np.ndarray]:
        return peaks, self._sifted(name, f"{name} peaks", peaks, self._on(name, peaks, "peak"), excluded)

    def _of_negatives(self, excluded: Loci | None) -> tuple[Loci, np.ndarray]:
        """Negatives of the training chromosomes; nothing else uses any."""
        loci = gathered(self.recipe.negatives)
        which = self._on("training", loci, "negative")
        if len(which) < len(loci):
            others = f"{len(loci) - len(which):,} of {len(loci):,} negatives"
            self.notes.append(f"{others} lie on other chromosomes than those of training and are not used")
        return loci, self._sifted(NEGATIVES, NEGATIVES, loci, which, excluded)

    def _on(self, name: str, loci: Loci, kind: str) -> np.ndarray:
        """The loci on the chromosomes of a set; raises DataError where there are none."""
        chromosomes = self.recipe.chromosomes[name]
        which = loci.on(chromosomes)
        if not len(which):
            there = named(loci.counts(np.arange(len(loci))))
            where = _listed(chromosomes) if chromosomes else "(none)"
            message = f"no {kind} lies on the {name} chromosomes {where}; the file has {there}"
            raise refuse(FILTERED, message, f"set {name}_chroms", loci.tables[0].path)
        return which

    def _sifted(self, name: str, called: str, loci: Loci, which: np.ndarray, excluded: Loci | None) -> np.ndarray:
        recipe, tally = self.recipe, Tally(called, len(which))
        self.tallies[name] = tally
        extent = Extent(self.genome.sizes, recipe.before, recipe.widest)
        which = placed(loci, which, tally, extent, excluded)
        if recipe.unknown_bases == "drop":
            which = self._of_known_bases(loci, which, tally)
        if recipe.overlap_distance and name != NEGATIVES:
            pile = piles(loci.chrom[which], loci.centre[which], recipe.overlap_distance)
            keep = one_of_each(pile, recipe.seed)
            tally.drop(OVERLAPS, int(np.count_nonzero(~keep)))
            which = which[keep]
        return which

    def _of_known_bases(self, loci: Loci, which: np.ndarray, tally: Tally) -> np.ndarray:
        codes = [(self.windows.codes(loci, part) >= UNKNOWN).any(axis=1) for part in self.windows.parts(which)]
        strange = np.concatenate(codes)
        tally.drop(UNKNOWN_BASES, int(np.count_nonzero(strange)))
        return which[~strange]

    # what is told

    def _note_absent(self) -> None:
        for name, chromosomes in self.recipe.chromosomes.items():
            absent = [one for one in chromosomes if one not in self.genome.sizes]
            if absent and name in self.recipe.stated:
                way_out = did_you_mean(absent[0], list(self.genome.sizes)) if len(absent) == len(chromosomes) else ""
                tail = f"; {way_out}" if way_out else ""
                self.notes.append(f"{name}_chroms: the genome has no {_listed(absent)}{tail}")

    def _note_unassigned(self, loci: Loci, kind: str) -> None:
        """Chromosomes of no set."""
        used = {one for chromosomes in self.recipe.chromosomes.values() for one in chromosomes}
        left = loci.on([name for name in loci.chromosomes if name not in used])
        if len(left):
            where = named(loci.counts(left))
            self.notes.append(f"{len(left):,} of {len(loci):,} {kind} lie on chromosomes of no set: {where}")


@dataclass(frozen=True)
class Windows:
    """Cuts what is stored of loci; the handles behind it belong to the process that reads."""

    recipe: LociRecipe
    genome: Genome
    groups: Sequence[Sequence[Track]]
    control_tracks: Sequence[Track]

    @property
    def tracks(self) -> list[Track]:
        return [*(track for group in self.groups for track in group), *self.control_tracks]

    def parts(self, which: np.ndarray) -> Iterator[np.ndarray]:
        """Some loci at a time."""
        stored = self.recipe.output_length + 2 * self.recipe.max_jitter
        signal = stored * sum(map(len, self.groups)) + self.recipe.widest * len(self.control_tracks)
        step = max(1, BYTES // (self.recipe.widest + 8 * signal))
        for first in range(0, len(which), step):
            yield which[first : first + step]

    def codes(self, loci: Loci, which: np.ndarray) -> np.ndarray:
        """(n, in + 2J) uint8."""
        width = self.recipe.widest
        found = np.empty((len(which), width), dtype=np.uint8)
        for number, (chrom, low) in enumerate(self._places(loci, which, self.recipe.before)):
            found[number] = self.genome.codes(chrom, low, low + width)
        return found

    def signal(self, loci: Loci, which: np.ndarray) -> list[np.ndarray]:
        """Per group (n, out + 2J, track) float32."""
        jitter, length = self.recipe.max_jitter, self.recipe.output_length
        return [self._values(group, loci, which, length // 2 + jitter, length + 2 * jitter) for group in self.groups]

    def controls(self, loci: Loci, which: np.ndarray) -> np.ndarray | None:
        """(n, in + 2J, track) float32, or None without controls."""
        if not self.control_tracks:
            return None
        return self._values(self.control_tracks, loci, which, self.recipe.before, self.recipe.widest)

    def coords(self, loci: Loci, which: np.ndarray) -> np.ndarray:
        """The output windows without jitter (n,) COORDS."""
        found = np.zeros(len(which), dtype=COORDS)
        found["chrom"] = loci.among(self.genome.sizes)[which]
        found["start"] = loci.centre[which] - self.recipe.output_length // 2
        found["stop"] = found["start"] + self.recipe.output_length
        found["strand"] = 1
        return found

    def _values(self, tracks: Sequence[Track], loci: Loci, which: np.ndarray, before: int, width: int) -> np.ndarray:
        found = np.empty((len(which), width, len(tracks)), dtype=np.float32)
        for number, (chrom, low) in enumerate(self._places(loci, which, before)):
            for column, track in enumerate(tracks):
                found[number, :, column] = track.values(chrom, low, low + width)
        return found

    def _places(self, loci: Loci, which: np.ndarray, before: int) -> Iterator[tuple[str, int]]:
        """Chromosome and first base of windows that begin `before` the centre."""
        for one in which:
            yield loci.chromosomes[loci.chrom[one]], int(loci.centre[one]) - before


def _listed(names: Sequence[Any]) -> str:
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
