# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Runs of a sequencer → a table of calibrated profiles: files, size standards, ladder, alleles, one report.

found = convert([Path("plate1")], Conversion(kit=find("PPF6C")))
write(found, Path("plate1.npz"))                the table, the panel that the ladder moved, the report
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from seqforge import files
from seqforge.data.epg import capillary
from seqforge.data.epg.alleles import read_report, stem
from seqforge.data.epg.annotation import annotated, shaped
from seqforge.data.epg.baseline import PERCENTILE, clipped
from seqforge.data.epg.calibration import NEAREST, Calibration, Shift, fit, shifted, shifts
from seqforge.data.epg.kits import Kit
from seqforge.data.epg.panel_files import write_panel
from seqforge.data.epg.panels import Panel, read_panel
from seqforge.data.epg.problems import ALLELES
from seqforge.data.epg.reading import HDF5, write_table
from seqforge.data.epg.samples import Sample, read_samples
from seqforge.data.epg.tables import IGNORE, ProfileTable
from seqforge.data.problems import EMPTY, MISSING, refuse, together
from seqforge.errors import DataError, UsageError

ENDINGS = (".hid", ".fsa", ".ab1")
LENGTH = 4096
PEAK = 40.0  # RFU: of a peak that a bin is looked for
Report = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """How runs are converted. `length`: grid points over the kit's base pairs; `alleles`, `ladder` need a `panel`."""

    kit: Kit
    baseline: str = PERCENTILE
    length: int = LENGTH
    resample: str = NEAREST
    panel: Path | None = None
    alleles: Path | None = None
    samples: Path | None = None
    ladder: Path | None = None
    keep_standard: bool = False
    strict: bool = False


class Calibrated(NamedTuple):
    """A run on the kit's grid: `signal` (dye, point) int16, 0 where not `valid` (point,); `clipped` points."""

    run: capillary.Run
    calibration: Calibration
    signal: np.ndarray
    valid: np.ndarray
    clipped: int


@dataclass(frozen=True)
class Converted:
    """`report`: plain JSON; `moved`: whether the ladder moved the panel."""

    table: ProfileTable
    panel: Panel | None
    moved: bool
    report: dict[str, Any]


def calibrate(path: Path, conversion: Conversion) -> Calibrated:
    """One file, from its bytes to the grid; raises DataError with what stands in the way."""
    kit = conversion.kit
    run = capillary.read(path, kit, conversion.baseline)
    fitted = fit(run.standard, kit, path)
    dyes = np.vstack((run.signal, run.standard)) if conversion.keep_standard else run.signal
    values, valid = fitted.resampled(dyes, kit.base_pairs(conversion.length), conversion.resample)
    return Calibrated(run, fitted, *_clipped(values, valid))


def _clipped(values: np.ndarray, valid: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    signal, outside = clipped(values)
    return signal, valid, outside


def convert(paths: Sequence[Path], conversion: Conversion, report: Report = lambda text: None) -> Converted:
    """The table of all runs in `paths`, files and folders. Files that fail are in the report; where `strict`, or where
    none is left, they are a DataError."""
    _refuse_options(conversion)
    found = [path for path in runs(paths) if conversion.ladder is None or not _same(path, conversion.ladder)]
    if not found:
        raise refuse(EMPTY, "no run is left beside the ladder", file=conversion.ladder or "")
    panel, moved = _panel(conversion, report)
    made, refused = _calibrated(found, conversion, report)
    if refused and (conversion.strict or not made):
        raise together(list(refused.values()))
    names = _names(list(made))
    samples = _samples(made, conversion)
    table = _table(made, names, samples, conversion)
    rows = [_row(path, name, samples[path], one) for (path, one), name in zip(made.items(), names, strict=True)]
    if conversion.alleles is not None and panel is not None:
        table = _annotated(table, [samples[path].name for path in made], panel, conversion.alleles, rows)
    return Converted(table, panel, bool(moved), _report(conversion, rows, refused, moved))


def _refuse_options(conversion: Conversion) -> None:
    for name in ("alleles", "ladder"):
        if getattr(conversion, name) is not None and conversion.panel is None:
            raise UsageError(f"--{name} needs --panel, which says where alleles lie")
    if conversion.length < 2:
        raise UsageError(f"--length: expected an integer ≥ 2, received {conversion.length}")


def runs(paths: Sequence[Path]) -> list[Path]:
    """The files of a sequencer in `paths`, sorted within each folder; raises DataError where there is none."""
    found: dict[Path, None] = {}
    for path in paths:
        inside = sorted(one for one in path.rglob("*") if one.suffix.casefold() in ENDINGS) if path.is_dir() else [path]
        if not path.exists():
            raise refuse(MISSING, "no such file or folder", file=path)
        if not inside:
            raise refuse(EMPTY, f"the folder has no file ending in {', '.join(ENDINGS)}", file=path)
        found |= dict.fromkeys(inside)
    return list(found)


def _same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve()


def _panel(conversion: Conversion, report: Report) -> tuple[Panel | None, list[Shift]]:
    """The panel, moved by the ladder if there is one, and how the ladder moves it."""
    if conversion.panel is None:
        return None, []
    panel = read_panel(conversion.panel)
    if conversion.ladder is None:
        return panel, []
    report(f"moving the panel by {conversion.ladder}")
    ladder = calibrate(conversion.ladder, replace(conversion, resample="linear", keep_standard=False))
    moved = shifts(panel, ladder.signal, conversion.kit.base_pairs(conversion.length))
    if not any(len(one.by) for one in moved):
        raise refuse(
            ALLELES, "no marker of the panel has a peak in this ladder", "is it another kit's?", conversion.ladder
        )
    return shifted(panel, moved), moved


def _calibrated(
    found: Sequence[Path], conversion: Conversion, report: Report
) -> tuple[dict[Path, Calibrated], dict[Path, DataError]]:
    """Runs that could be calibrated, and why the others could not."""
    made: dict[Path, Calibrated] = {}
    refused: dict[Path, DataError] = {}
    for number, path in enumerate(found, 1):
        try:
            made[path] = calibrate(path, conversion)
        except DataError as error:
            refused[path] = error
        report(f"{number} of {len(found)}: {path}{': failed' if path in refused else ''}")
    return made, refused


def _names(paths: Sequence[Path]) -> list[str]:
    """File names without their endings; with their folders where two are alike."""
    stems = [path.stem for path in paths]
    return [
        stem if stems.count(stem) == 1 else str(path.with_suffix("")) for stem, path in zip(stems, paths, strict=True)
    ]


def _samples(made: Mapping[Path, Calibrated], conversion: Conversion) -> dict[Path, Sample]:
    """Of each run: from the table of samples, else the name that the file gives itself."""
    given = {} if conversion.samples is None else read_samples(conversion.samples)
    own = {path: Sample(one.run.sample) for path, one in made.items()}
    by_stem = {stem(file): sample for file, sample in given.items()}
    return {path: given.get(path.name, by_stem.get(path.stem, own[path])) for path in made}


def _table(
    made: Mapping[Path, Calibrated], names: list[str], samples: Mapping[Path, Sample], conversion: Conversion
) -> ProfileTable:
    kit = conversion.kit
    grid = kit.base_pairs(conversion.length)
    valid = np.stack([one.valid for one in made.values()])
    chosen = [samples[path] for path in made]
    counts = np.array([-1 if one.contributors is None else one.contributors for one in chosen])
    first = next(iter(made.values())).run
    return ProfileTable(
        profiles=np.stack([one.signal for one in made.values()]),
        names=tuple(names),
        mixture_set=tuple(one.mixture_set for one in chosen) if any(one.mixture_set for one in chosen) else None,
        donors=tuple(one.donors for one in chosen) if any(one.donors for one in chosen) else None,
        contributors=counts if (counts >= 0).any() else None,
        base_pairs=grid if valid.all() else np.where(valid, grid, np.float32(np.nan)),
        dye_names=(*first.dyes, *((kit.standard,) if conversion.keep_standard else ())),
        kit=kit.name,
    )


def _annotated(
    table: ProfileTable, names: list[str], panel: Panel, path: Path, rows: list[dict[str, Any]]
) -> ProfileTable:
    """The table with masks: the bins of each sample's alleles, −100 for samples without any and beyond base pairs."""
    called = read_report(path)
    masks = np.full(table.profiles.shape, IGNORE, dtype=np.int8)
    for number, name in enumerate(names):
        grid = table.base_pairs_of(number)
        assert grid is not None
        if name not in called.samples:
            rows[number]["notes"].append(f"{path} has no alleles of sample '{name}': nothing of it is judged")
            continue
        found = annotated(called.genotype(name), panel, grid)
        masks[number], missing = shaped(found.intervals, np.asarray(table.profiles[number]), "bin", False, PEAK)
        masks[number][:, np.isnan(grid)] = IGNORE
        rows[number] |= {"alleles": len(found.intervals), "without_peak": missing}
        rows[number]["notes"] += [f"{one}: not in the panel, placed by its whole repeat" for one in found.flagged]
        rows[number]["notes"] += list(found.unknown)
    return replace(table, masks=masks)


def _row(path: Path, name: str, sample: Sample, one: Calibrated) -> dict[str, Any]:
    """What the report says of a run."""
    low, high = one.calibration.spacing
    return {
        "file": str(path),
        "name": name,
        "sample": sample.name,
        "size_standard": one.run.standard_name,
        "scans_per_bp": [round(low, 3), round(high, 3)],
        "off_line_bp": round(one.calibration.off_line, 3),
        "clipped": one.clipped,
        "invalid": int(np.count_nonzero(~one.valid)),
        "notes": list(one.run.notes),
    }


def _report(
    conversion: Conversion, rows: list[dict[str, Any]], refused: Mapping[Path, DataError], moved: list[Shift]
) -> dict[str, Any]:
    return {
        "kit": conversion.kit.name,
        "baseline": conversion.baseline,
        "length": conversion.length,
        "profiles": rows,
        "failed": [{"file": str(path), "reason": str(error)} for path, error in refused.items()],
        "ladder": [
            {"marker": one.marker, "alleles": len(one.by), "shift_bp": round(float(np.median(one.by)), 3)}
            for one in moved
            if len(one.by)
        ],
    }


def refuse_name(path: Path) -> None:
    """Raise UsageError where no table can have the name `path`."""
    if path.suffix not in (".npz", *HDF5):
        raise UsageError(f"--output: expected a name ending in .npz, {' or '.join(HDF5)}, received '{path}'")


def refuse_taken(path: Path, with_panel: bool) -> None:
    """Raise UsageError where one of the files that `write` makes is there already, which may be the only copy."""
    made = (path, _report_of(path), *([_panel_of(path)] if with_panel else ()))
    there = next((one for one in made if one.exists()), None)
    if there is not None:
        raise UsageError(f"-o {path}: {there.name} is there already; remove it, or choose another name")


def _report_of(table: Path) -> Path:
    return table.with_name(f"{table.stem}-report.json")


def _panel_of(table: Path) -> Path:
    return table.with_name(f"{table.stem}-panel.xml")


def write(found: Converted, path: Path) -> list[Path]:
    """The table as `path`, what was found out as <name>-report.json, and a panel that was moved as <name>-panel.xml."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = [path]
    write_table(found.table, path)
    if found.moved and found.panel is not None:
        made.append(_panel_of(path))
        write_panel(found.panel, made[-1])
    made.append(_report_of(path))
    files.write_json(made[-1], found.report)
    return made


def lines(report: Mapping[str, Any]) -> Iterator[str]:
    """The report for people: every failing file with its reason, then notes and sums."""
    for one in report["failed"]:
        yield f"failed: {one['reason']}"
    for one in report["profiles"]:
        yield from (f"note: {one['file']}: {note}" for note in one["notes"])
    clipped_points = sum(one["clipped"] for one in report["profiles"])
    if clipped_points:
        yield f"note: {clipped_points:,} points beyond the range of int16 were clipped"
