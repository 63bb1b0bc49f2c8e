# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The tables of a data set: found, read, named, and every problem of all of them at once."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from seqforge.data.bins.identity import Chromosome, Names, named, read_manifest
from seqforge.data.bins.tables import ENDING, read_table
from seqforge.data.problems import DAMAGED, EMPTY, MISSING, refuse
from seqforge.data.profiles.checks import counted
from seqforge.errors import DataError, Problem

FEATURES_FILE = "features.json"


class Collection(NamedTuple):
    """What tables hold. `problems`: of every table; chromosomes of a table with problems are left out.

    `features`: what features.json beside the tables says of how they were made, None without such a file.
    """

    chromosomes: tuple[Chromosome, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    files: tuple[Path, ...]
    features: dict[str, Any] | None

    def sound(self) -> Collection:
        """Itself; raises DataError with every problem, a line each."""
        if self.problems:
            raise DataError("\n".join(map(str, self.problems)), self.problems)
        return self


def collected(
    paths: Sequence[Path], *, labelled: bool = True, manifest: Path | None = None, pattern: str | None = None
) -> Collection:
    """The tables at `paths`, files or folders (searched recursively, in sorted order); raises DataError without any.

    `labelled`: has_cen must be known, as for training; else it may be missing or −1.
    """
    tables, others = found(paths, manifest)
    entries, problems = read_manifest(manifest, tables, _roots(paths)) if manifest else ({}, [])
    names = Names(entries, pattern) if pattern else Names(entries)
    read = [read_table(path, labelled) for path in tables]
    chromosomes, unnamed = named((block for one in read for block in one.blocks), names)
    unnamed = [] if problems else unnamed  # for want of a sound manifest
    problems = [*problems, *(problem for one in read for problem in one.problems), *unnamed]
    wrong = {problem.place.file for problem in problems}
    chromosomes = [one for one in chromosomes if str(one.block.file) not in wrong]
    notes = [*_others(others), *_surplus([one.surplus for one in read]), *_bin_sizes(chromosomes), *_unsaid(tables)]
    return Collection(tuple(chromosomes), tuple(problems), tuple(notes), tuple(tables), features_of(paths))


def found(paths: Sequence[Path], manifest: Path | None = None) -> tuple[list[Path], int]:
    """The tables of files and folders, and how many other files were passed over; raises DataError."""
    expected = {FEATURES_FILE, *([manifest.name] if manifest else [])}  # beside tables
    tables: list[Path] = []
    others = 0
    for path in paths:
        if path.is_dir():
            files = sorted(_files(path), key=str)
            fitting = [file for file in files if file.name.endswith(ENDING)]
            tables += fitting
            others += sum(file.name not in expected for file in files) - len(fitting)
        elif path.is_file():
            tables.append(path)
        else:
            raise refuse(MISSING, f"no such table or folder; tables are called *{ENDING}", file=path)
    if not tables:
        where, received = ", ".join(map(str, paths)), counted(others, "other file") if others else "no file"
        raise refuse(EMPTY, f"expected tables called *{ENDING}, received {received}", file=where)
    return list(dict.fromkeys(tables)), others


def _files(folder: Path) -> Iterator[Path]:
    """Every file below, also where a link leads, each folder once; raises DataError where one cannot be listed."""

    def refuse_it(error: OSError) -> None:
        raise refuse(MISSING, f"cannot read the folder: {error.strerror or error}", file=error.filename)

    seen: set[str] = set()
    for place, folders, names in os.walk(folder, onerror=refuse_it, followlinks=True):
        if os.path.realpath(place) in seen:
            folders.clear()
            continue
        seen.add(os.path.realpath(place))
        folders.sort()
        yield from (file for name in names if (file := Path(place, name)).is_file())


def _roots(paths: Sequence[Path]) -> list[Path]:
    return [path if path.is_dir() else path.parent for path in paths]


def features_of(paths: Sequence[Path]) -> dict[str, Any] | None:
    """What features.json says: of the first of `paths` that has one; those of others must say the same."""
    first: tuple[Path, dict[str, Any]] | None = None
    for folder in dict.fromkeys(_roots(paths)):
        files = _files(folder) if folder in paths else (folder / FEATURES_FILE,)
        for path in sorted(file for file in files if file.name == FEATURES_FILE and file.is_file()):
            features = _features(path)
            if first is not None and recipe(features) != recipe(first[1]):
                raise refuse(DAMAGED, f"the features are made otherwise than those of {first[0]}", file=path)
            first = first or (path, features)
    return first[1] if first else None


def _features(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise refuse(DAMAGED, f"expected JSON: {error}", file=path) from None
    if not isinstance(found, dict):
        raise refuse(DAMAGED, f"expected a JSON object, received {type(found).__name__}", file=path)
    return found


RECIPE = ("feature_version", "k", "bin_size", "canonical", "highlight", "highlight_count")  # what makes the numbers


def recipe(features: dict[str, Any]) -> dict[str, Any]:
    """What features.json says of how numbers are made, without what was counted."""
    return {key: features[key] for key in RECIPE if key in features}


def _others(count: int) -> list[str]:
    return (
        [f"{counted(count, 'other file')} {'was' if count == 1 else 'were'} passed over: not called *{ENDING}"]
        if count
        else []
    )


def _surplus(columns: Sequence[Sequence[str]]) -> list[str]:
    counts = Counter(name for surplus in columns for name in surplus)
    if not counts:
        return []
    listing = ", ".join(f"{name} ({count:,} tables)" for name, count in counts.items())
    return [f"columns that nothing reads: {listing}"]


def _unsaid(tables: Sequence[Path]) -> list[str]:
    """Folders without a features.json, where others have one."""
    folders = sorted({table.parent for table in tables})
    bare = [
        folder for folder in folders if not any((one / FEATURES_FILE).is_file() for one in (folder, *folder.parents))
    ]
    if not bare or len(bare) == len(folders):
        return []
    more = f" and {len(bare) - 5:,} more" if len(bare) > 5 else ""
    listing = ", ".join(map(str, bare[:5])) + more
    return [f"no {FEATURES_FILE} says how these tables were made, as it does of the others: {listing}"]


def _bin_sizes(chromosomes: Sequence[Chromosome]) -> list[str]:
    sizes: dict[int, Chromosome] = {}
    for one in chromosomes:
        sizes.setdefault(one.bin_size, one)
    if len(sizes) < 2:
        return []
    listing = ", ".join(f"{size:,} bp ({one.block.file.name})" for size, one in sorted(sizes.items()))
    return [f"bins of several sizes: {listing}; a model learns one resolution"]
