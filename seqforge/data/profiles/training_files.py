# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What `seqforge prepare profiles` leaves in a folder: a training file and a BED file per set, and its report."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from seqforge import __version__
from seqforge.data.problems import MISSING, refuse
from seqforge.data.profiles.checks import Lengths
from seqforge.data.profiles.hdf5 import FileWriter, checksum
from seqforge.data.profiles.prepare import Prepared, Report, prepare
from seqforge.data.profiles.recipe import Recipe
from seqforge.errors import DataError
from seqforge.files import new_file

REPORT = "prepare.json"
NAMES = {"training": "train", "validation": "validation", "test": "test"}  # set → name of its files


@dataclass(frozen=True)
class Written:
    """`report`: what prepare.json says; `reused`: the folder held it already."""

    folder: Path
    report: dict[str, Any]
    reused: bool = False


def write(recipe: Recipe, folder: Path, report: Report = lambda text: None, about: str = "") -> Written:
    """Prepare the regions and write train.h5, train.bed, … and prepare.json; all files appear when all are whole.

    A folder that holds the same preparation of the same files is kept; raises DataError for one that holds something
    else under these names. `about`: which definition it is, for the report.
    """
    recipe.check()
    key = recipe.key
    held = _held(folder, key)
    if held is not None:
        return Written(folder, held, reused=True)
    prepared = prepare(recipe, report)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            # what is entered first appears last: a folder with a report is complete
            summary = stack.enter_context(new_file(folder / REPORT))
            found = _write_sets(prepared, folder, stack, report)
            said = {"definition": about, "key": key, **_circumstances(recipe, found), **prepared.report()}
            summary.write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise refuse(MISSING, f"cannot be written: {error.strerror or error}", file=folder) from None
    finally:
        prepared.close()
    return Written(folder, said)


def _held(folder: Path, key: str) -> dict[str, Any] | None:
    """The report of the same preparation, None where the names are free."""
    names = [REPORT, *(f"{name}.{ending}" for name in NAMES.values() for ending in ("h5", "bed"))]
    taken = [name for name in names if (folder / name).exists()]
    if not taken:
        return None
    try:
        held: dict[str, Any] = json.loads((folder / REPORT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise _taken(folder, f"holds {', '.join(taken)} already") from None
    if held.get("key") == key and len(taken) == len(names):
        return held
    raise _taken(folder, "holds another preparation, or one of files that have changed since")


def _taken(folder: Path, why: str) -> DataError:
    return DataError(f"{folder} {why}; choose another folder with -o, or remove it")


def _write_sets(prepared: Prepared, folder: Path, stack: ExitStack, report: Report) -> dict[str, str]:
    """Every set into its files, entered into `stack`; the checksums of what was read, by path."""
    recipe = prepared.recipe
    options = recipe.options
    sources = {str(path): checksum(path) for path in recipe.files}
    for name, rows in prepared.sets.items():
        report(f"writing {NAMES[name]}.h5: {len(rows):,} regions")
        file = stack.enter_context(
            FileWriter(
                folder / f"{NAMES[name]}.h5",
                len(rows) * (1 if recipe.orders is None else 2),
                [head.stored for head in recipe.heads],
                Lengths(options.input_length, options.output_length, options.max_jitter),
                prepared.genome.sizes,
                recipe.orders is not None,
                json.dumps(recipe.written()),
                sources,
            )
        )
        for chunk in prepared.chunks(name):
            file.add(chunk.codes, chunk.reads, chunk.coords)
        kept = stack.enter_context(new_file(folder / f"{NAMES[name]}.bed"))
        with kept.open("w", encoding="utf-8") as lines:
            lines.writelines(prepared.bed_lines(name))
    return sources


def _circumstances(recipe: Recipe, sources: dict[str, str]) -> dict[str, Any]:
    return {
        "seqforge": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "options": recipe.written(),
        "sources": sources,
    }
