# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`<data format="genome">`: FASTA, regions and bigWig tracks, without training files in between."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from seqforge.data import cache
from seqforge.data.dataset import Data
from seqforge.data.problems import OPTION, refuse
from seqforge.data.sources.base import Wanted
from seqforge.data.sources.profiles import SETS, ProfileSource, Report
from seqforge.definitions.profile_data import PreparationOptions, Regions
from seqforge.parameters import REQUIRED, Count, Kind, Name, NonNegative, OneOf, Share, String, setting
from seqforge.registry import register

if TYPE_CHECKING:
    import numpy as np

    from seqforge.data.profiles.prepare import Prepared
    from seqforge.data.profiles.recipe import Recipe, TrackedHead
    from seqforge.data.profiles.store import ProfileStore


class RegionText(Regions):
    """As in a data definition; the text stays as written."""

    def parse(self, text: str) -> Any:
        return self.check(text)

    def check(self, value: Any) -> Any:
        text = String().check(value)
        super().parse(text)
        return text


class TrackList(Kind):
    """bigWig files in the order of heads and tasks, separated by commas, semicolons or lines. Stays as written."""

    expected = "bigWig files in the order of heads and tasks (plus.bw, minus.bw)"

    def check(self, value: Any) -> str:
        text = String().check(value)
        if not all(_paths(text)):
            raise self.unfit(value)
        return text

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1}

    def bad_values(self) -> list[str]:
        return ["a.bw,,b.bw", ","]


def _paths(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"[,;\n]", text.strip())]


SetText = Annotated[str, RegionText()]
PLAIN = (
    "genome", "regions", "resize", "unknown_bases", "overlap_distance",
    "min_counts", "min_quantile", "max_counts", "max_quantile",
)  # fmt: skip


@register("sources", "genome")
@dataclass(frozen=True, kw_only=True)
class GenomeSource(ProfileSource):
    """An indexed FASTA file, regions (BED, narrowPeak) and one bigWig track per task.

    The options are those of `seqforge prepare profiles`, and so are the filters and what they leave: the regions are
    prepared once into memory-mapped arrays of the cache, keyed by the options and by path, size and time of every file.
    Lengths come from the model. Paths start at the definition's folder.
    """

    genome: Name = setting(REQUIRED, "an indexed FASTA file")
    regions: Name = setting(REQUIRED, "a BED or narrowPeak file, also compressed")
    tracks: Annotated[str, TrackList()] = setting(REQUIRED, "a bigWig file per task, in the order of heads and tasks")
    training: SetText = setting(REQUIRED, "regions of the training set")
    validation: SetText = setting(REQUIRED, "regions of the validation set")
    test: SetText = setting(REQUIRED, "regions of the test set")
    resize: Annotated[str, OneOf("center", "summit", "start", "none")] = setting(
        "center", "which base of a region the windows are centred on; none: regions are output_length wide already"
    )
    unknown_bases: Annotated[str, OneOf("drop", "keep")] = setting(
        "drop", "whether regions with other letters than ACGT are dropped, or kept with zeros there"
    )
    overlap_distance: Count | None = setting(None, "regions whose windows of this width overlap: one of them is kept")
    min_counts: NonNegative = setting(0.0, "fewest reads in the window that every jitter sees")
    min_quantile: Share = setting(0.0, "share of the regions with fewest reads that is dropped")
    max_counts: NonNegative | None = setting(None, "most reads in the widest window")
    max_quantile: Share = setting(1.0, "share of the regions with fewest reads that is kept")

    def problems(self) -> list[tuple[str, str]]:
        unknown_lengths = self._options(2 * self.max_jitter + 1, 2 * self.max_jitter + 1)
        return [*super().problems(), *unknown_lengths.problems()]

    def files(self, folder: Path) -> list[Path]:
        splits = [Regions().parse(getattr(self, name)).file for name in SETS]
        names = [self.genome, self.regions, *_paths(self.tracks), *(file for file in splits if file is not None)]
        return [folder / Path(name).expanduser() for name in dict.fromkeys(names)]

    def open(self, wanted: Wanted, report: Report = lambda text: None) -> Data:
        data = super().open(wanted, report)
        store: ProfileStore = data.training.store  # type: ignore[union-attr]
        return replace(data, notes=(*store.meta["preparation"]["notes"], *data.notes))

    def stored(self, wanted: Wanted, report: Report) -> Mapping[str, tuple[ProfileStore, np.ndarray]]:
        from seqforge.arrays import np
        from seqforge.data.profiles.prepare import prepare
        from seqforge.data.profiles.store import opened

        recipe = self._recipe(wanted)
        recipe.check()

        def build(folder: Path) -> None:
            prepared = prepare(recipe, report)
            try:
                _fill(folder, prepared, report)
            finally:
                prepared.close()

        store = opened(cache.entry(recipe.key, build), recipe.regions)
        for line in _told(store.meta["preparation"]):
            report(line)
        return {name: (store, np.arange(first, last)) for name, (first, last) in store.meta["groups"].items()}

    def _recipe(self, wanted: Wanted) -> Recipe:
        from seqforge.data.profiles.recipe import Recipe

        if wanted.input_length is None or wanted.output_length is None:
            sentence = "data format genome cuts windows for a model: this one has no input_length and output_length"
            raise refuse(OPTION, sentence, "choose an architecture for profiles")
        options = self._options(wanted.input_length, wanted.output_length)
        seed = wanted.seed if self.overlap_distance else 0  # nothing else is drawn
        return Recipe(options=options, heads=self._heads(wanted), folder=wanted.folder, seed=seed)

    def _options(self, input_length: int, output_length: int) -> PreparationOptions:
        splits: dict[str, Any] = {name: Regions().parse(getattr(self, name)) for name in SETS}
        plain: dict[str, Any] = {name: getattr(self, name) for name in PLAIN}
        return PreparationOptions(
            input_length=input_length,
            output_length=output_length,
            max_jitter=self.max_jitter,
            reverse_complement=False,
            **plain,
            **splits,
        )

    def _heads(self, wanted: Wanted) -> tuple[TrackedHead, ...]:
        """Every head with its share of the tracks."""
        from seqforge.data.profiles.recipe import TrackedHead

        paths = iter(_paths(self.tracks))
        needed, given = sum(head.width for head in wanted.heads), len(_paths(self.tracks))
        if needed != given:
            heads = ", ".join(f"{head.name}: {', '.join(head.tasks)}" for head in wanted.heads)
            sentence = f"tracks: expected {needed} bigWig files, one per task ({heads}), received {given}"
            raise refuse(OPTION, f"data format genome: {sentence}")
        return tuple(
            TrackedHead(
                head.name, head.tasks, tuple(wanted.folder / Path(next(paths)).expanduser() for _ in head.tasks)
            )
            for head in wanted.heads
        )


def _fill(folder: Path, prepared: Prepared, report: Report) -> None:
    """Write the sets one after the other into the store `folder`."""
    from seqforge.data.profiles.store import Writer

    recipe = prepared.recipe
    lengths = recipe.options.input_length, recipe.options.output_length, recipe.options.max_jitter
    heads, groups = [head.stored for head in recipe.heads], {}
    with Writer(folder, heads, *lengths, prepared.genome.sizes, file=recipe.regions) as writer:
        for name, rows in prepared.sets.items():
            report(f"reading sequences and reads of {name}: {len(rows):,} regions")
            first = writer.rows
            for chunk in prepared.chunks(name):
                writer.add(chunk.codes, chunk.reads, coords=chunk.coords, names=chunk.names)
            groups[name] = (first, writer.rows)
        writer.finish(groups=groups, preparation=prepared.report())


def _told(preparation: Mapping[str, Any]) -> Iterator[str]:
    """A line for every filter that dropped regions."""
    for row in preparation["filters"]:
        if row["dropped"]:
            yield f"{row['filter']} ({row['threshold']}): {row['dropped']:,} of {row['before']:,} regions dropped"
