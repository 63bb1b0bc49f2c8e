# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Predictions of electropherograms as files: arrays, peaks and alleles. A file appears whole or not at all."""

from __future__ import annotations

import csv
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, NamedTuple

from seqforge import files
from seqforge.arrays import np
from seqforge.evaluation.epg_calling import THRESHOLD, TOLERANCE, Call, by_marker
from seqforge.evaluation.scores import plain

PREDICTIONS, RECONSTRUCTIONS = "predictions.npz", "reconstructions.npz"
PEAKS, CALLS, CALLS_JSON = "peaks.tsv", "calls.tsv", "calls.json"
SAMPLE, MARKER = "Sample Name", "Marker"  # as analysts' software names the columns
YEAR = (1980, 1, 1, 0, 0, 0)  # of files in an archive: the same arrays give the same bytes


class ArrayFile:
    """An .npz that grows profile by profile, in constant memory; its arrays are all named before.

    Use it as a context: the file appears at the end, and not at all after an exception.
    """

    def __init__(self, path: Path, arrays: Mapping[str, Any]):
        """`arrays`: name → dtype of arrays whose first axis is the profile."""
        self.path, self.dtypes = path, {name: np.dtype(dtype) for name, dtype in arrays.items()}
        self.names: list[str] = []
        self.facts: dict[str, np.ndarray] = {}  # small arrays of the whole, written at the end
        self._shapes: dict[str, tuple[int, ...]] = {}

    def __enter__(self) -> ArrayFile:
        self._folder = TemporaryDirectory(prefix=f".{self.path.name}.", dir=self.path.parent)
        place = Path(self._folder.name)
        self._files = {name: (place / name).open("wb") for name in self.dtypes}
        return self

    def add(self, names: Sequence[str], **arrays: np.ndarray) -> None:
        """Some profiles: their names and, of each array, (profile, …)."""
        self.names += names
        for name, file in self._files.items():
            found = np.ascontiguousarray(arrays[name], dtype=self.dtypes[name])
            self._shapes[name] = found.shape[1:]
            file.write(found.data)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for file in self._files.values():
            file.close()
        try:
            if kind is None:
                with files.new_file(self.path) as temporary:
                    self._pack(temporary)
        finally:
            self._folder.cleanup()

    def _pack(self, path: Path) -> None:
        text = np.array(self.names, dtype=np.str_) if self.names else np.empty(0, dtype="<U1")
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
            for name, dtype in self.dtypes.items():
                shape = (len(self.names), *self._shapes.get(name, ()))
                with _entry(archive, name) as out, (Path(self._folder.name) / name).open("rb") as source:
                    described = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
                    np.lib.format.write_array_header_1_0(out, described)
                    shutil.copyfileobj(source, out, 1 << 20)
            for name, array in {"names": text, **self.facts}.items():
                with _entry(archive, name) as out:
                    np.lib.format.write_array(out, np.asarray(array), allow_pickle=False)


def _entry(archive: zipfile.ZipFile, name: str) -> Any:
    return archive.open(zipfile.ZipInfo(f"{name}.npy", YEAR), "w", force_zip64=True)


# --------------------------------------------------------------------------------------------------------------- peaks


class PeakRow(NamedTuple):
    """One peak: `bp`, `marker` and `truth` are None where they are not known; `marker` "" is out of the markers."""

    profile: str
    dye: str
    position: int
    bp: float | None
    rfu: float
    marker: str | None
    said: str
    probabilities: Sequence[float]
    truth: str | None = None


@contextmanager
def peak_file(path: Path, labels: Sequence[str]) -> Iterator[Callable[[Iterable[PeakRow]], None]]:
    """`peaks.tsv`, which grows by what is given to the function that comes back; a row per peak, with the probability
    of each class. A cell is empty where nothing is known."""
    header = ["profile", "dye", "position", "bp", "rfu", "marker", "predicted", *(f"p_{one}" for one in labels)]
    with files.new_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, delimiter="\t", lineterminator="\n")
        writer.writerow([*header, "true"])
        yield lambda rows: writer.writerows(map(list, map(_cells, rows)))


def _cells(row: PeakRow) -> Iterator[Any]:
    yield from (row.profile, row.dye, row.position)
    yield from ("" if row.bp is None or np.isnan(row.bp) else f"{row.bp:.2f}", f"{row.rfu:g}", row.marker or "")
    yield row.said
    yield from (f"{value:.6g}" for value in row.probabilities)
    yield row.truth or ""


# --------------------------------------------------------------------------------------------------------------- calls


@dataclass(frozen=True)
class Called:
    """The alleles of a profile."""

    profile: str
    calls: Sequence[Call]


def write_calls(folder: Path, found: Sequence[Called], about: Mapping[str, Any]) -> list[Path]:
    """`calls.tsv` in the form of an analyst's allele report, and `calls.json` with bp, RFU and confidence.

    `about`: what was called with: run, panel, labels …
    """
    table, record = folder / CALLS, folder / CALLS_JSON
    with files.new_file(table) as temporary, temporary.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out, delimiter="\t", lineterminator="\n").writerows(report_rows(found))
    how = {"threshold": THRESHOLD, "tolerance_bp": TOLERANCE}
    profiles = [{"profile": one.profile, "calls": [call.plain() for call in one.calls]} for one in found]
    files.write_json(record, plain({**about, **how, "profiles": profiles}))
    return [table, record]


def report_rows(found: Sequence[Called]) -> list[list[str]]:
    """Rows of text, the header first: `Sample Name`, `Marker`, then `Allele#1`, `Height#1`, `Allele#2` … by size.

    An allele that several runs call is there once, with the highest of them; what is out of bin is called OB.
    """
    rows = []
    for one in found:
        for marker, calls in by_marker(one.calls):
            pairs = [[call.allele, f"{call.rfu:g}"] for call in _once(calls)]
            rows.append([one.profile, marker, *(cell for pair in pairs for cell in pair)])
    most = max((len(row) - 2 for row in rows), default=0) // 2
    header = [cell for number in range(1, most + 1) for cell in (f"Allele#{number}", f"Height#{number}")]
    return [[SAMPLE, MARKER, *header], *([*row, *[""] * (2 + 2 * most - len(row))] for row in rows)]


def _once(calls: Sequence[Call]) -> list[Call]:
    """In the order of `calls`, the highest call of each allele; those out of bin are all kept."""
    best: dict[str, Call] = {}
    for call in calls:
        if call.in_bin and (call.allele not in best or call.rfu > best[call.allele].rfu):
            best[call.allele] = call
    return [call for call in calls if not call.in_bin or best[call.allele] is call]
