# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""How profile data are made of a genome, regions and tracks: the options, with every path where it lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from seqforge.data import cache
from seqforge.data.problems import MISSING, OPTION, refuse, together
from seqforge.data.profiles.store import StoredHead
from seqforge.definitions.profile_data import PreparationOptions, ProfilePreparation, Split
from seqforge.errors import DataError, nearest


@dataclass(frozen=True)
class TrackedHead:
    """A head and the bigWig file of each of its tasks, in their order."""

    name: str
    tasks: tuple[str, ...]
    tracks: tuple[Path, ...]

    @property
    def stored(self) -> StoredHead:
        return StoredHead(self.name, len(self.tasks), self.tasks)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """The options of a preparation, their paths from `folder`. `orders`: per head, where its tasks go on the other
    strand; None: the other strand is not stored."""

    options: PreparationOptions
    heads: tuple[TrackedHead, ...]
    folder: Path
    orders: tuple[tuple[int, ...], ...] | None = None
    seed: int = 0

    @classmethod
    def of(cls, definition: ProfilePreparation) -> Recipe:
        """What a definition with `<profiles>` says."""
        heads = tuple(
            TrackedHead(one.head.name, one.head.tasks, tuple(map(definition.path, one.tracks)))
            for one in definition.heads
        )
        orders = definition.task_orders() if definition.options.reverse_complement else None
        folder, seed = definition.folder, definition.seed
        return cls(options=definition.options, heads=heads, folder=folder, orders=orders, seed=seed)

    def path(self, text: str) -> Path:
        return self.folder / Path(text).expanduser()

    @property
    def genome(self) -> Path:
        return self.path(self.options.genome)

    @property
    def regions(self) -> Path:
        return self.path(self.options.regions)

    @cached_property
    def splits(self) -> dict[str, Split]:
        """By set, the path of a BED file where it lies."""
        return {
            name: split if split.file is None else split._replace(file=str(self.path(split.file)))
            for name, split in self.options.splits.items()
        }

    @property
    def widest(self) -> int:
        """The bases read of every region: the input and the jitter on both sides."""
        return self.options.input_length + 2 * self.options.max_jitter

    @property
    def stored_output(self) -> int:
        return self.options.output_length + 2 * self.options.max_jitter

    @property
    def core(self) -> int:
        """The bases of the output window that every jitter sees."""
        return self.options.output_length - 2 * self.options.max_jitter

    @property
    def needs_minimum(self) -> bool:
        return self.options.min_counts > 0 or self.options.min_quantile > 0

    @property
    def needs_maximum(self) -> bool:
        return self.options.max_counts is not None or self.options.max_quantile < 1

    @property
    def files(self) -> list[Path]:
        """Every file that is read, each once."""
        tracks = [track for head in self.heads for track in head.tracks]
        splits = [Path(split.file) for split in self.splits.values() if split.file is not None]
        return list(dict.fromkeys([self.genome, self.regions, *tracks, *splits]))

    def sources(self) -> list[list[Any]]:
        """[path, size, time of change] of every file: what the result depends on besides the options."""
        facts = [(path, path.stat()) for path in self.files]
        return [[str(path.resolve()), found.st_size, found.st_mtime_ns] for path, found in facts]

    def written(self) -> dict[str, Any]:
        """Options and heads as JSON values."""
        plain = {name: value for name, value in self.options.settings().items() if name not in self.splits}
        heads = [
            {"name": head.name, "tasks": list(head.tasks), "tracks": list(map(str, head.tracks))} for head in self.heads
        ]
        splits = {name: str(split) for name, split in self.options.splits.items()}
        return {**plain, **splits, "heads": heads, "seed": self.seed}

    @property
    def key(self) -> str:
        """A hash of options and files: equal keys, equal results."""
        return cache.hash_of("prepared", self.written(), self.orders, self.sources())

    def check(self) -> None:
        """Raise DataError with every option that cannot work, and every file that is missing."""
        sentences = [sentence for _, sentence in self.options.problems()]
        for head in self.heads:
            if len(head.tracks) != len(head.tasks):
                tasks = f"{len(head.tasks)} tasks ({', '.join(head.tasks)})"
                sentences.append(f"head '{head.name}' has {tasks} and {len(head.tracks)} tracks: one for each task")
        refused = [refuse(OPTION, sentence) for sentence in sentences]
        refused += [_missing(path) for path in self.files if not path.is_file()]
        if refused:
            raise together(refused)


def _missing(path: Path) -> DataError:
    beside: Sequence[str] = [one.name for one in path.parent.iterdir()] if path.parent.is_dir() else []
    near = nearest(path.name, beside)
    return refuse(MISSING, "no such file", f"did you mean '{near}'?" if near else "", path.absolute())
