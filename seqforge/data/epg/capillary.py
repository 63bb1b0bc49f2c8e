# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""One run of a capillary sequencer, as its ABIF file holds it: the dyes of a kit by scan, before calibration."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seqforge.data.epg import abif
from seqforge.data.epg.baseline import BASELINES, PERCENTILE, subtracted
from seqforge.data.epg.kits import ANALYSED, RAW, Kit
from seqforge.data.epg.problems import DYES
from seqforge.data.problems import refuse
from seqforge.errors import DataError, UsageError, did_you_mean


@dataclass(frozen=True)
class Run:
    """`signal` (dye, scan) int32 without baseline; `standard` (scan,) int32; dates and times as the file says them."""

    path: Path
    sample: str
    signal: np.ndarray
    standard: np.ndarray
    dyes: tuple[str, ...]
    standard_name: str
    date: abif.Date | None
    time: abif.Time | None
    notes: tuple[str, ...]


def read(path: Path, kit: Kit, baseline: str = PERCENTILE) -> Run:
    """The run of `path`; raises DataError where its dyes are not those of the kit."""
    if baseline not in BASELINES:
        raise UsageError(f"unknown baseline '{baseline}'; {did_you_mean(baseline, list(BASELINES))}")
    file = abif.read(path)
    signal = subtracted(_dyes(file, kit, BASELINES[baseline]), baseline)
    names, notes = _names(file, kit)
    standard = file.text("StdF")
    if standard and standard.casefold() != kit.standard.casefold():
        notes.append(f"its size standard is '{standard}', that of {kit.name} '{kit.standard}'")
    return Run(
        path, file.text("SpNm") or path.stem, signal[:-1], signal[-1], names, standard,
        _first(file, "RUND"), _first(file, "RUNT"), (*file.notes, *notes),
    )  # fmt: skip


def _dyes(file: abif.AbifFile, kit: Kit, form: str) -> np.ndarray:
    """(dye, scan) of raw or analysed dyes, the size standard last."""
    _refuse_missing(file, kit, form)
    found = {number: file.value("DATA", number) for number in kit.numbers(form)}
    strange = [number for number, dye in found.items() if not isinstance(dye, np.ndarray)]
    if strange:
        raise refuse(DYES, f"DATA {strange[0]} holds no numbers", f"expected counts of {kit.name}", file.path)
    if len({len(dye) for dye in found.values()}) > 1:
        sizes = ", ".join(f"DATA {number}: {len(dye):,}" for number, dye in found.items())
        raise refuse(DYES, f"dyes of different lengths ({sizes})", "all dyes of a run have the same scans", file.path)
    return np.stack(list(found.values()))


def _refuse_missing(file: abif.AbifFile, kit: Kit, form: str) -> None:
    missing = [number for number in kit.numbers(form) if ("DATA", number) not in file]
    if not missing:
        return
    other = ANALYSED if form == RAW else RAW
    complete = all(("DATA", number) in file for number in kit.numbers(other))
    hint = f"its {other} dyes are complete, and the two are never mixed: choose that baseline" if complete else ""
    have = sorted(number for tag, number in file.entries if tag == "DATA")
    hint = hint or f"the file has DATA {', '.join(map(str, have)) or 'nothing'}: choose the kit it was made with"
    wanted = ", ".join(f"DATA {number}" for number in missing)
    raise refuse(DYES, f"no {wanted} for the {form} dyes of {kit.name}", hint, file.path)


def _names(file: abif.AbifFile, kit: Kit) -> tuple[tuple[str, ...], list[str]]:
    """The names of the analysis dyes, the file's if it has them, and what contradicts the kit."""
    count = _number(file)
    total = len(kit.raw)
    if count is not None and count != total:
        hint = "choose the kit it was made with"
        raise refuse(DYES, f"a run of {count} dyes, {kit.name} has {total}", hint, file.path)
    numbers = _rows(total)
    said = [file.text("DyeN", number) for number in numbers]
    marked = [number for number in range(1, total + 1) if file.text("DyeB", number).upper() == "S"]
    notes = []
    if marked and marked != [_standard(total)]:
        notes.append(f"its size standard is dye {marked[0]}, that of {kit.name} is dye {_standard(total)}")
    return tuple(name or own for name, own in zip(said, kit.dyes, strict=True)), notes


def _standard(total: int) -> int:
    """The number of the size standard's dye: always the fifth (DATA 105, 205)."""
    return min(5, total)


def _rows(total: int) -> list[int]:
    """The numbers of the analysis dyes in the order of a profile's rows: 1, 2, 3, 4 and 6."""
    return [number for number in range(1, total + 1) if number != _standard(total)]


def _number(file: abif.AbifFile) -> int | None:
    if ("Dye#", 1) not in file:
        return None
    value = file.value("Dye#", 1)
    return int(value[0]) if isinstance(value, np.ndarray) and len(value) else None


def _first(file: abif.AbifFile, tag: str):  # type: ignore[no-untyped-def]
    """A date or time, None where the file has none that can be read."""
    try:
        return next(iter(file.value(tag, 1)), None) if (tag, 1) in file else None
    except DataError:
        return None
