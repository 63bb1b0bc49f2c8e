# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""How profile data are made of a genome, regions and tracks: the options, with every path where it lies."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seqforge.data import cache
from seqforge.data.problems import MISSING, OPTION, refuse
from seqforge.data.profiles.store import StoredHead
from seqforge.errors import DataError, nearest

SETS = ("training", "validation", "test")
RESIZES = ("center", "summit", "start", "none")
REGION_FILES = (".bed", ".narrowpeak", ".broadpeak", ".gappedpeak")


@dataclass(frozen=True)
class TrackedHead:
    """A head and the bigWig file of each of its tasks, in their order."""

    name: str
    tasks: tuple[str, ...]
    tracks: tuple[Path, ...]

    @property
    def stored(self) -> StoredHead:
        return StoredHead(self.name, len(self.tasks), self.tasks)


@dataclass(frozen=True)
class Share:
    """What belongs to a set, as written: chromosomes, BED files, or `name:` and a regular expression (one of them)."""

    text: str
    chromosomes: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    pattern: str | None = None

    @classmethod
    def of(cls, text: str, folder: Path) -> Share:
        """Commas separate; a word that ends like a region file (.bed, .narrowPeak, either with .gz) is a path."""
        if text.strip().casefold().startswith("name:"):
            return cls(text, pattern=text.strip()[len("name:") :].strip())
        words = [word.strip() for word in re.split(r"[,;\n]", text) if word.strip()]
        paths = [word for word in words if word.casefold().removesuffix(".gz").endswith(REGION_FILES)]
        names = tuple(word for word in words if word not in paths)
        return cls(text, names, tuple(folder / path for path in paths))


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """The options of `prepare profiles`, typed; defaults as in a definition. `orders`: per head, of the complement's
    tasks; None: complements are not stored."""

    genome: Path
    regions: Path
    heads: tuple[TrackedHead, ...]
    input_length: int
    output_length: int
    max_jitter: int = 0
    resize: str = "center"
    shares: dict[str, Share] = field(default_factory=dict)  # set → what belongs to it
    unknown_bases: str = "drop"
    overlap_distance: int | None = None
    min_counts: float = 0
    min_quantile: float = 0
    max_counts: float | None = None
    max_quantile: float = 1
    orders: tuple[tuple[int, ...], ...] | None = None
    seed: int = 0

    @property
    def widest(self) -> int:
        """The bases read of every region: the input and the jitter on both sides."""
        return self.input_length + 2 * self.max_jitter

    @property
    def stored_output(self) -> int:
        return self.output_length + 2 * self.max_jitter

    @property
    def core(self) -> int:
        """The bases of the output window that every jitter sees."""
        return self.output_length - 2 * self.max_jitter

    @property
    def needs_minimum(self) -> bool:
        return self.min_counts > 0 or self.min_quantile > 0

    @property
    def needs_maximum(self) -> bool:
        return self.max_counts is not None or self.max_quantile < 1

    @property
    def files(self) -> list[Path]:
        """Every file that is read, each once."""
        tracks = [track for head in self.heads for track in head.tracks]
        shares = [path for share in self.shares.values() for path in share.files]
        return list(dict.fromkeys([self.genome, self.regions, *tracks, *shares]))

    def sources(self) -> list[list[Any]]:
        """[path, size, time of change] of every file: what the result depends on besides the options."""
        facts = [(path, path.stat()) for path in self.files]
        return [[str(path.resolve()), found.st_size, found.st_mtime_ns] for path, found in facts]

    def options(self) -> dict[str, Any]:
        """The options as JSON values."""
        plain = {name: value for name, value in vars(self).items() if name not in ("heads", "shares")}
        heads = [{"name": head.name, "tasks": head.tasks, "tracks": list(map(str, head.tracks))} for head in self.heads]
        shares = {name: share.text for name, share in self.shares.items()}
        return {name: str(value) if isinstance(value, Path) else value for name, value in plain.items()} | {
            "heads": heads,
            **shares,
        }

    @property
    def key(self) -> str:
        """A hash of options and files."""
        return cache.hash_of("prepared", self.options(), self.sources())

    def check(self) -> None:
        """Raise DataError with every option that cannot work, and every file that is missing."""
        lines = [str(refuse(OPTION, sentence)) for sentence in self._problems()]
        lines += [str(_missing(path)) for path in self.files if not path.is_file()]
        if lines:
            raise DataError("\n".join(lines))

    def _problems(self) -> Iterator[str]:
        spare = self.input_length - self.output_length
        lengths = f"input_length {self.input_length} and output_length {self.output_length}"
        if spare < 0:
            yield f"input_length must not be below output_length, received {lengths}"
        elif spare % 2:
            yield f"input_length - output_length must be even for outputs in the middle of inputs, received {lengths}"
        if self.needs_minimum and self.core < 1:
            yield (
                f"min_counts and min_quantile judge the output_length - 2 · max_jitter bases that every jitter sees: "
                f"{self.core}; choose a smaller max_jitter"
            )
        for head in self.heads:
            if len(head.tracks) != len(head.tasks):
                yield (
                    f"head '{head.name}' has {len(head.tasks)} tasks ({', '.join(head.tasks)}) "
                    f"and {len(head.tracks)} tracks: expected one bigWig file for each task"
                )
        yield from self._share_problems()

    def _share_problems(self) -> Iterator[str]:
        seen: dict[str, str] = {}
        for name, share in self.shares.items():
            if share.pattern is None and not share.chromosomes and not share.files:
                yield f"{name}: expected chromosomes, BED files, or name: and a regular expression"
            if share.chromosomes and share.files:
                yield f"{name}: expected chromosomes or BED files, received both: {share.text}"
            if share.pattern is not None:
                yield from _pattern_problems(name, share.pattern)
            for chrom in share.chromosomes:
                other = seen.setdefault(chrom, name)
                if other != name:
                    yield f"{chrom} is in {other} and in {name}: every region belongs to one set"


def _pattern_problems(name: str, pattern: str) -> Iterator[str]:
    try:
        re.compile(pattern)
    except re.error as error:
        yield f"{name}: expected a regular expression after name:, {error}"
    if not pattern:
        yield f"{name}: expected a regular expression after name:"


def _missing(path: Path) -> DataError:
    beside: Sequence[str] = [one.name for one in path.parent.iterdir()] if path.parent.is_dir() else []
    near = nearest(path.name, beside)
    return refuse(MISSING, "no such file", f"did you mean '{near}'?" if near else "", path.absolute())
