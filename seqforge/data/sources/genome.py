# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`<data format="genome">`: FASTA, peaks, background and bigWig tracks, without training files in between."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from seqforge.arrays import np
from seqforge.data.dataset import Data
from seqforge.data.genome.chromosomes import ChromosomeList, shared, split
from seqforge.data.genome.tracks import Files, Groups, Tracks, grouped, listed, reversed_within, strand_pairs, written
from seqforge.data.problems import HEADS, MISSING, OPTION, WIDTH, refuse, together
from seqforge.data.profiles.orders import AUTO
from seqforge.data.sources.base import Wanted
from seqforge.data.sources.profiles import SETS, ProfileSource, Report
from seqforge.errors import DataError, nearest
from seqforge.parameters import REQUIRED, Count, Name, NonNegative, OneOf, Share, Switch, setting
from seqforge.registry import register

if TYPE_CHECKING:
    from seqforge.data.genome.extraction import LociRecipe
    from seqforge.data.profiles.checks import Called
    from seqforge.data.profiles.dataset import ProfileSet
    from seqforge.data.profiles.store import ProfileStore
    from seqforge.heads import Head

NEGATIVE_RATIO = 0.1  # where negatives are given and nothing is said
NEGATIVES = "negatives"


@register("sources", "genome")
@dataclass(frozen=True, kw_only=True)
class GenomeSource(ProfileSource):
    """An indexed FASTA file, loci (BED, narrowPeak) with peaks, bigWig tracks, optional background and control tracks.

    A window of width W around the centre c of a locus is [c − W//2, c − W//2 + W); reads are those of the out_window
    positions in the middle of the in_window bases. Each epoch has every training peak once, and floor(peaks ·
    negative_ratio) regions drawn from negatives. Validation and test are peaks that never move. What is cut out of the
    files lies memory-mapped in the cache until an option or a file changes. Paths start at the definition's folder.
    """

    sequences: Name = setting(REQUIRED, "a FASTA file, plain or packed with bgzip; its index is made where missing")
    loci: Files = setting(REQUIRED, "BED or narrowPeak files with the peaks of all sets, also compressed")
    signals: Tracks = setting(
        REQUIRED, "a bigWig file per task: tracks of a head separated by commas, heads by semicolons"
    )
    negatives: Files | None = setting(None, "BED files with background regions, for training")
    controls: Tracks | None = setting(
        None, "bigWig files that the model reads beside the sequence, grouped like signals (+ and − by a comma)"
    )
    exclusion_lists: Files | None = setting(
        None, "BED files: loci whose widest window meets one of their regions are dropped"
    )
    in_window: Count | None = setting(None, "bases that the model reads; None: as the architecture says")
    out_window: Count | None = setting(None, "positions that it predicts; None: as the architecture says")
    summits: Switch = setting(False, "whether windows are laid around start + column 10, where that is ≥ 0")
    jitter_negatives: Switch = setting(False, "whether background regions are moved like peaks")
    negative_ratio: NonNegative | None = setting(
        None, f"background regions per peak in an epoch; None: {NEGATIVE_RATIO} with negatives, else 0"
    )
    training_chroms: ChromosomeList | None = setting(
        None, "chromosomes of the training set; None: chr2, 4, 5, 7, 9-19, 21, 22, X, Y that no other set takes"
    )
    validation_chroms: ChromosomeList | None = setting(
        None, "chromosomes of the validation set; None: chr8 and chr20, where no other set takes them"
    )
    test_chroms: ChromosomeList | None = setting(
        None, "chromosomes of the test set; None: chr1, chr3 and chr6, where no other set takes them"
    )
    outlier_quantile: Share = setting(
        0.99, "training peaks with more reads than outlier_factor times this quantile in any head are dropped; 0: none"
    )
    outlier_factor: NonNegative = setting(1.2, "see outlier_quantile; 0: nothing is dropped")
    min_counts: NonNegative | None = setting(None, "fewest reads of a peak in the output window, of every head")
    max_counts: NonNegative | None = setting(None, "most reads of a peak in the output window, of every head")
    unknown_bases: Annotated[str, OneOf("keep", "drop")] = setting(
        "keep", "whether loci with other letters than ACGT are kept, with zeros there, or dropped"
    )
    overlap_distance: Count | None = setting(None, "peaks whose windows of this width overlap: one of them is kept")

    # what the options say

    @cached_property
    def groups(self) -> Groups:
        """The signal tracks of each head."""
        return grouped(self.signals)

    @cached_property
    def control_groups(self) -> Groups:
        return grouped(self.controls)

    @property
    def control_tracks(self) -> int:
        return sum(map(len, self.control_groups))

    @property
    def control_order(self) -> tuple[int, ...]:
        return reversed_within(self.control_groups)

    @property
    def chromosomes(self) -> dict[str, tuple[str, ...]]:
        """By set."""
        return split({name: getattr(self, f"{name}_chroms") for name in SETS})

    @property
    def ratio(self) -> float:
        if self.negative_ratio is not None:
            return self.negative_ratio
        return NEGATIVE_RATIO if self.negatives else 0.0

    def files(self, folder: Path) -> list[Path]:
        beds = [*listed(self.loci), *listed(self.negatives), *listed(self.exclusion_lists)]
        tracks = [track for group in (*self.groups, *self.control_groups) for track in group]
        return [folder / Path(name).expanduser() for name in dict.fromkeys([self.sequences, *beds, *tracks])]

    def control_files(self, folder: Path) -> list[Path]:
        return [folder / Path(name).expanduser() for group in self.control_groups for name in group]

    def problems(self) -> list[tuple[str, str]]:
        return [*super().problems(), *self._window_problems(), *self._background_problems(), *self._split_problems()]

    def _window_problems(self) -> Iterator[tuple[str, str]]:
        read, put_out = self.in_window, self.out_window
        if (read is None) != (put_out is None):
            lacking, there = ("in_window", "out_window") if read is None else ("out_window", "in_window")
            yield there, f"{there} is given without {lacking}: give both, or leave both to the architecture"
        elif read is not None and put_out is not None and put_out > read:
            yield "out_window", f"out_window {put_out} is more than in_window {read}; the greatest is {read}"
        elif read is not None and put_out is not None and (read - put_out) % 2:
            message = f"in_window {read} minus out_window {put_out} is odd; the nearest out_window is {put_out + 1}"
            yield "out_window", message

    def _background_problems(self) -> Iterator[tuple[str, str]]:
        if self.negative_ratio and not self.negatives:
            yield "negative_ratio", f"negative_ratio {self.negative_ratio:g} needs negatives; name them, or set it to 0"
        if self.jitter_negatives and not self.negatives:
            yield "jitter_negatives", "jitter_negatives has no effect without negatives"
        if self.max_counts is not None and self.max_counts < (self.min_counts or 0):
            yield "max_counts", f"max_counts {self.max_counts:g} is less than min_counts {self.min_counts:g}"

    def _split_problems(self) -> Iterator[tuple[str, str]]:
        for one, name, other in shared(self.chromosomes):
            yield f"{other}_chroms", f"{one} is in {name}_chroms and in {other}_chroms; keep it in one"

    def advice(self, wanted: Wanted) -> list[tuple[str, str, str]]:
        found = []
        for option, groups in (("signals", self.groups), ("controls", self.control_groups)):
            for one, other in strand_pairs(groups):
                message = f"{option}: {one} and {other} look like the strands of one experiment, but are two groups"
                hint = f'tracks of a group are separated by commas: {one}, {other} (in JSON [["{one}", "{other}"]])'
                found.append((option, message, hint))
        return found

    def window(self, wanted: Wanted) -> int | None:
        return wanted.input_length or self.in_window

    # what the model wants

    def judge(self, wanted: Wanted) -> None:
        super().judge(wanted)
        refused = [*self._wrong_windows(wanted), *self._wrong_groups(wanted.heads)]
        if refused:
            raise together(refused)

    def _wrong_windows(self, wanted: Wanted) -> Iterator[DataError]:
        for option, own, name in (
            ("in_window", self.in_window, "input_length"),
            ("out_window", self.out_window, "output_length"),
        ):
            theirs = getattr(wanted, name)
            if own is not None and theirs is not None and own != theirs:
                message = f"{option} of the data is {own}, the architecture's is {theirs}"
                yield refuse(WIDTH, message, "give both the same, or leave it out of the data")

    def _wrong_groups(self, heads: Sequence[Head]) -> Iterator[DataError]:
        """Where the groups of tracks are not the heads and their tasks."""
        widths, tracks = [len(group) for group in self.groups], [track for group in self.groups for track in group]
        if not heads or widths == [head.width for head in heads]:
            return
        listing = "; ".join(f"{head.name}: {', '.join(head.tasks)}" for head in heads)
        if len(tracks) != sum(head.width for head in heads):
            message = f"signals: expected a bigWig file per task ({listing}), received {len(tracks)}"
            yield refuse(HEADS, message, "tracks of a head are separated by commas, heads by semicolons")
            return
        rest = iter(tracks)
        fitting = [[next(rest) for _ in head.tasks] for head in heads]
        message = f"signals: the groups {written(self.groups)} are not the heads ({listing})"
        yield refuse(HEADS, message, f"write {written(fitting)}")

    def orders(self, heads: Sequence[Called]) -> tuple[tuple[int, ...], ...]:
        """`auto`: the tracks of a head in reverse order."""
        if self.revcomp_task_order == AUTO:
            return tuple(tuple(reversed(range(head.width))) for head in heads)
        return super().orders(heads)

    # the data

    def open(self, wanted: Wanted, report: Report = lambda text: None) -> Data:
        self.judge(wanted)
        data = super().open(wanted, report)
        store: ProfileStore = data.training.store  # type: ignore[union-attr]
        return replace(data, notes=(*store.meta["extraction"]["notes"], *data.notes))

    def sets(self, wanted: Wanted, report: Report) -> dict[str, ProfileSet]:
        stored = self.stored(wanted, report)
        negatives = stored[NEGATIVES][1] if NEGATIVES in stored else np.zeros(0, dtype=np.int64)
        return {name: self._peaks(name, *stored[name], negatives, wanted) for name in SETS if name in stored}

    def stored(self, wanted: Wanted, report: Report) -> Mapping[str, tuple[ProfileStore, np.ndarray]]:
        from seqforge.data.genome.extraction import extracted
        from seqforge.data.genome.selection import Thresholds, selected

        recipe = self._recipe(wanted)
        found = extracted(recipe, report)
        thresholds = Thresholds(
            min_counts=self.min_counts,
            max_counts=self.max_counts,
            outlier_quantile=self.outlier_quantile,
            outlier_factor=self.outlier_factor,
        )
        names = [head.called(number) for number, head in enumerate(recipe.heads)]
        rows, tallies = selected(found, thresholds, names)
        for line in (*map(str, tallies.values()), _size(found.store)):
            report(line)
        return {name: (found.store, chosen) for name, chosen in rows.items()}

    def _peaks(
        self, name: str, store: ProfileStore, rows: np.ndarray, negatives: np.ndarray, wanted: Wanted
    ) -> ProfileSet:
        from seqforge.data.profiles.peaks import PeakSet

        plain = self._set(name, store, rows, wanted)
        fields = {one: getattr(plain, one) for one in plain.__dataclass_fields__}
        if name == "training" and self.ratio:
            fields |= {"negatives": negatives, "negative_ratio": self.ratio, "jitter_negatives": self.jitter_negatives}
        return PeakSet(**fields)

    def _recipe(self, wanted: Wanted) -> LociRecipe:
        """Where everything lies; raises DataError with every file that is missing."""
        from seqforge.data.genome.extraction import LociRecipe
        from seqforge.data.profiles.store import StoredHead

        read, put_out = self.in_window or wanted.input_length, self.out_window or wanted.output_length
        if read is None or put_out is None:
            sentence = "data format genome cuts windows for a model: this one has no input_length and output_length"
            raise refuse(OPTION, sentence, "choose an architecture for profiles, or set in_window and out_window")
        missing = [_missing(path) for path in self.files(wanted.folder) if not path.is_file()]
        if missing:
            raise together(missing)

        def here(names: Sequence[str]) -> tuple[Path, ...]:
            return tuple(wanted.folder / Path(name).expanduser() for name in names)

        heads = wanted.heads or [StoredHead(None, len(group)) for group in self.groups]
        return LociRecipe(
            sequences=here([self.sequences])[0],
            loci=here(listed(self.loci)),
            negatives=here(listed(self.negatives)) if self.ratio else (),
            exclusion_lists=here(listed(self.exclusion_lists)),
            heads=tuple(map(StoredHead.of, heads)),
            groups=tuple(map(here, self.groups)),
            controls=here([track for group in self.control_groups for track in group]),
            input_length=read,
            output_length=put_out,
            max_jitter=self.max_jitter,
            chromosomes=self.chromosomes,
            stated=frozenset(name for name in SETS if getattr(self, f"{name}_chroms")),
            summits=self.summits,
            unknown_bases=self.unknown_bases,
            overlap_distance=self.overlap_distance,
            seed=wanted.seed,
        )


def _size(store: ProfileStore) -> str:
    """What the data take, in which types."""
    arrays = [("sequences", store.codes), *((head.called(n), store.reads[n]) for n, head in enumerate(store.heads))]
    arrays += [] if store.controls is None else [("controls", store.controls)]
    parts = ", ".join(f"{name} {array.nbytes / 1e6:,.1f} MB {array.dtype}" for name, array in arrays)
    what = f"{len(store):,} loci of {store.widths[0]:,} bases ({parts})"
    return f"{store.bytes / 1e6:,.1f} MB of data, memory-mapped: {what}"


def _missing(path: Path) -> DataError:
    beside = [one.name for one in path.parent.iterdir()] if path.parent.is_dir() else []
    near = nearest(path.name, beside)
    return refuse(MISSING, "no such file", f"did you mean '{near}'?" if near else "", path.absolute())
