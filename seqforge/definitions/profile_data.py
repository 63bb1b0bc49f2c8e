# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Data definitions of profiles as typed, frozen records: regions of a genome to prepare, or reads to simulate."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from seqforge.data.profiles.orders import AUTO, Orders, task_orders
from seqforge.definitions.data import SETS
from seqforge.definitions.language import HEAD
from seqforge.definitions.tree import Node, Text
from seqforge.errors import NOWHERE, Place
from seqforge.heads import Head
from seqforge.parameters import (
    REQUIRED,
    Count,
    Kind,
    Name,
    Natural,
    NonNegative,
    Number,
    OneOf,
    Positive,
    Share,
    Switch,
    Tuple,
    setting,
)
from seqforge.registry import Component

TASK, SPACE = "profile prediction", "DNA"


@dataclass(frozen=True)
class ProfileDefinition:
    """What both kinds of data definitions of profiles have."""

    id: Text
    name: Text
    description: Text
    seed: int
    tree: Node
    file: Path | None

    @property
    def folder(self) -> Path:
        """Where relative paths of the definition start."""
        return self.file.parent if self.file else Path.cwd()


# regions of a genome


class Split(NamedTuple):
    """Which regions a set takes, one of the three: those on `chromosomes`, inside a BED `file`, or whose name matches
    `pattern`."""

    chromosomes: tuple[str, ...] = ()
    file: str | None = None
    pattern: str | None = None

    def __str__(self) -> str:
        return self.file or (f"name:{self.pattern}" if self.pattern else ", ".join(self.chromosomes))


class Regions(Kind):
    """Chromosomes ("chr8, chr9"), a BED file ("held-out.bed") or a pattern of region names ("name:^peak_1")."""

    expected = "chromosomes (chr8, chr9), a BED file (.bed, .bed.gz), or name:REGEX"

    def parse(self, text: str) -> Split:
        if text.startswith("name:"):
            return self._pattern(text)
        names = _listed(text)
        if len(names) == 1 and re.search(r"\.bed(\.gz)?$", names[0], re.IGNORECASE):
            return Split(file=names[0])
        if not names or not all(names) or any(re.search(r"[\s/]", name) for name in names):
            raise self.unfit(text)
        return Split(chromosomes=tuple(dict.fromkeys(names)))

    def _pattern(self, text: str) -> Split:
        pattern = text.removeprefix("name:").strip()
        try:
            re.compile(pattern)
        except re.error:
            raise self.unfit(text) from None
        if not pattern:
            raise self.unfit(text)
        return Split(pattern=pattern)

    def check(self, value: Any) -> Split:
        if isinstance(value, Split):
            return value
        if not isinstance(value, str):
            raise self.unfit(value)
        return self.parse(value)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1}

    def bad_values(self) -> list[str]:
        return ["chr1,,chr2", "name:(", "regions/chr1"]


def _listed(text: str) -> list[str]:
    """The names of a list with commas, or of a tuple of texts, which is how JSON lists read."""
    if text[:1] in ("(", "["):
        try:
            value = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return []
        return list(value) if isinstance(value, (tuple, list)) and all(isinstance(one, str) for one in value) else []
    return [part.strip() for part in text.split(",")]


@dataclass(frozen=True, kw_only=True)
class PreparationOptions(Component):
    """The hyper-parameters of `<profiles>`."""

    genome: Name = setting(REQUIRED, "an indexed FASTA file")
    regions: Name = setting(REQUIRED, "a BED or narrowPeak file, also compressed")
    input_length: Count = setting(REQUIRED, "bases that the model reads")
    output_length: Count = setting(REQUIRED, "positions that it predicts; input_length minus it is even")
    max_jitter: Natural = setting(0, "how far windows move in training, to either side")
    resize: Annotated[str, OneOf("center", "summit", "start", "none")] = setting(
        "center", "which base of a region the windows are centred on; none: regions are output_length wide already"
    )
    training: Annotated[Split, Regions()] = setting(REQUIRED, "regions of the training set")
    validation: Annotated[Split, Regions()] = setting(REQUIRED, "regions of the validation set")
    test: Annotated[Split, Regions()] = setting(REQUIRED, "regions of the test set")
    unknown_bases: Annotated[str, OneOf("drop", "keep")] = setting(
        "drop", "whether regions with other letters than ACGT are dropped, or kept with zeros there"
    )
    overlap_distance: Count | None = setting(None, "regions whose windows of this width overlap: one of them is kept")
    min_counts: NonNegative = setting(0.0, "fewest reads in the window that every jitter sees")
    min_quantile: Share = setting(0.0, "share of the regions with fewest reads that is dropped")
    max_counts: NonNegative | None = setting(None, "most reads in the widest window")
    max_quantile: Share = setting(1.0, "share of the regions with fewest reads that is kept")
    reverse_complement: Switch = setting(True, "whether every region is written on both strands")
    revcomp_task_order: Orders = setting(
        AUTO, "per head: where its tasks go on the other strand (1, 0; auto); auto: one stays, two change places"
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from lengths(self.input_length, self.output_length)
        if self.output_length <= 2 * self.max_jitter:
            yield "max_jitter", f"max_jitter {self.max_jitter} leaves nothing of output_length {self.output_length}"
        if self.max_counts is not None and self.max_counts < self.min_counts:
            yield "max_counts", f"max_counts {self.max_counts:g} is less than min_counts {self.min_counts:g}"
        if self.max_quantile <= self.min_quantile:
            bounds = f"min_quantile {self.min_quantile:g} and max_quantile {self.max_quantile:g}"
            yield "max_quantile", f"{bounds} leave no regions"
        yield from self._shared()

    def _shared(self) -> Iterator[tuple[str, str]]:
        """Chromosomes of more than one set."""
        seen: dict[str, str] = {}
        for name, split in self.splits.items():
            for chromosome in split.chromosomes:
                if chromosome in seen:
                    yield name, f"{chromosome} is in {seen[chromosome]} and in {name}; keep it in one"
                seen.setdefault(chromosome, name)

    @property
    def splits(self) -> dict[str, Split]:
        """By set."""
        return {name: getattr(self, name) for name in SETS}


def lengths(input_length: int, output_length: int) -> Iterator[tuple[str, str]]:
    """What is wrong with a pair of lengths."""
    if output_length > input_length:
        yield "output_length", f"output_length {output_length} is more than input_length {input_length}"
    elif (input_length - output_length) % 2:
        yield "output_length", f"input_length {input_length} minus output_length {output_length} is odd; make it even"


@dataclass(frozen=True)
class TrackHead:
    """A head and the bigWig file of every task, as written: relative to the definition's folder."""

    head: Head
    tracks: tuple[Text, ...]
    place: Place = NOWHERE


@dataclass(frozen=True)
class ProfilePreparation(ProfileDefinition):
    """A definition with `<profiles>`."""

    options: PreparationOptions
    heads: tuple[TrackHead, ...]

    def path(self, text: str) -> Path:
        """A path of the definition, from its folder."""
        return self.folder / Path(text).expanduser()

    def task_orders(self) -> tuple[tuple[int, ...], ...]:
        """Per head: where its tasks go on the other strand."""
        return task_orders(self.options.revcomp_task_order, [one.head for one in self.heads])


# simulated reads


class Letters(Tuple):
    """Probabilities of A, C, G and T."""

    def __init__(self) -> None:
        super().__init__(Number(gt=0, lt=1), 4)
        self.expected = "4 probabilities above 0, of A, C, G and T, with the sum 1"

    def check(self, value: Any) -> Any:
        shares = super().check(value)
        if abs(sum(shares) - 1) > 1e-6:
            raise self.unfit(value)
        return shares


@dataclass(frozen=True, kw_only=True)
class SimulationOptions(Component):
    """The hyper-parameters of `<profilesimulation>`; lengths in bases, sets in regions per sample."""

    head: Annotated[str, HEAD.kind] = setting("nexus", "the name of the head; its tasks are plus and minus")
    input_length: Count = setting(288, "bases of a sequence; models with shorter input see its middle")
    output_length: Count = setting(200, "positions with reads, in the middle")
    max_jitter: Natural = setting(0, "both are longer by this much at either end")
    training: Count = setting(4000, "training regions per sample")
    validation: Count = setting(500, "validation regions per sample")
    test: Count = setting(500, "test regions per sample")
    letters: Annotated[tuple[float, ...], Letters()] = setting((0.29, 0.21, 0.21, 0.29), "probabilities of A, C, G, T")
    bias_strength: NonNegative = setting(
        0.8, "beta: standard deviation of the bias, on the log scale, where kappa is 1"
    )
    bias_width: Count = setting(9, "bases that the bias of a position depends on; odd")
    consensus_probability: Annotated[float, Number(gt=0, lt=1)] = setting(
        0.95, "of the consensus letter at each position of a motif; the others share the rest"
    )
    grid: Count = setting(22, "motifs stand in the middle of cells of this many bases")
    margin: Natural = setting(22, "bases without cells at either end of the output")
    min_motifs: Count = setting(1, "fewest motifs in a region")
    max_motifs: Count = setting(3, "most motifs in a region")
    amplitude: Positive = setting(120.0, "median of the reads that a motif adds")
    amplitude_sd: NonNegative = setting(0.2, "standard deviation of their logarithm")
    depth_sd: NonNegative = setting(0.15, "standard deviation of the logarithm of a region's depth")

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from lengths(self.input_length, self.output_length)
        if self.bias_width % 2 == 0:
            yield "bias_width", f"bias_width {self.bias_width} is even; make it odd"
        if self.min_motifs > self.max_motifs:
            yield "min_motifs", f"min_motifs {self.min_motifs} is more than max_motifs {self.max_motifs}"
        elif self.cells < self.max_motifs:
            room = f"output_length {self.output_length} without {2 * self.margin} bases of margin"
            yield "max_motifs", f"{room} has {self.cells} cells of {self.grid}, too few for {self.max_motifs} motifs"

    @property
    def cells(self) -> int:
        """Of the grid that motifs stand on."""
        return max(self.output_length - 2 * self.margin, 0) // self.grid


@dataclass(frozen=True)
class Peak:
    """A normal peak of a footprint: `position` bases from the motif's centre on the plus strand."""

    position: float
    sd: float
    weight: float = 1.0


@dataclass(frozen=True)
class Motif:
    name: str
    consensus: str
    peaks: tuple[Peak, ...]
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class Sample:
    """`kappa`: how strong the bias is; `background`: g, the reads of a base and strand where no motif is."""

    name: str
    kappa: float = 1.0
    background: float = 1.0
    with_motifs: bool = False
    place: Place = field(default=NOWHERE, compare=False)


MOTIFS = (
    Motif("A", "TTGACTCATG", (Peak(-12, 4),)),
    Motif("B", "GGCCACGTTA", (Peak(-30, 12), Peak(15, 6))),
)
SAMPLES = (Sample("control"), Sample("background", 0.7, 0.3), Sample("peaks", 0.7, 0.3, True))


@dataclass(frozen=True)
class ProfileSimulation(ProfileDefinition):
    """A definition with `<profilesimulation>`."""

    options: SimulationOptions
    motifs: tuple[Motif, ...] = MOTIFS
    samples: tuple[Sample, ...] = SAMPLES

    @property
    def head(self) -> Head:
        return Head(name=self.options.head, tasks=("plus", "minus"))

    def count(self, setname: str) -> int:
        """The regions of a set, the same for every sample."""
        return int(getattr(self.options, setname))
