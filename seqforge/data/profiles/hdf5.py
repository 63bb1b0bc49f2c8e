# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Training files of profile models in HDF5: written region by region, read once into a store of the cache.

sequence            (region, input_length + 2 · max_jitter, base) uint8, A C G T; an unknown base is a row of zeros
head_0, head_1, …   (region, output_length + 2 · max_jitter, task) float32, in the order of the heads
metadata            a group; attributes created_date, config, seqforge_version, input_length, output_length, max_jitter,
                    head_names, task_names, reverse_complement, source_hashes; datasets chrom_names, chrom_sizes
coords_chrom, coords_start, coords_stop, strand   (region,) the output window without jitter; optional
truth               a group; (region, …) of any type: what a simulation knows of its regions; optional

Chunks are 128 regions (or all, where there are fewer), gzip. Of the metadata everything may be missing.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np

from seqforge import __version__
from seqforge.data import cache
from seqforge.data.problems import DAMAGED, EMPTY, HEADS, MISSING, refuse
from seqforge.data.profiles import store
from seqforge.data.profiles.checks import Lengths, counted, refuse_unfit
from seqforge.data.profiles.chunked import ChunkedFile, Rows, h5py
from seqforge.data.profiles.store import COORDS, UNKNOWN, ProfileStore, StoredHead
from seqforge.files import new_file
from seqforge.heads import Head

CHUNK = 128  # regions
BLOCK = 1 << 24  # bytes of one-hot sequence that are read at once
RECENT = 2.0  # seconds in which a file may change without its time saying so
ONE_HOT = np.concatenate([np.eye(4, dtype=np.uint8), np.zeros((1, 4), dtype=np.uint8)])
TRUTH = "truth/"  # a group of what a simulation knows
COORDINATES = ("coords_chrom", "coords_start", "coords_stop", "strand")


class Layout(NamedTuple):
    """What a training file holds, as far as it can be said without reading regions."""

    path: Path
    regions: int
    widths: tuple[int, int]  # of sequence and reads
    heads: tuple[StoredHead, ...]
    made_for: Lengths | None
    reverse_complement: bool
    chromosomes: dict[str, int | None] | None  # None: no coordinates


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        file = h5py().File(path, "r")
    except OSError as error:  # with a number: what the system says; without: what h5py makes of the content
        id, what = (MISSING, error.strerror) if error.errno else (DAMAGED, f"not as HDF5: {error}")
        raise refuse(id, f"cannot read the file: {what}", file=path) from None
    with file:
        try:
            yield file
        except (OSError, RuntimeError) as error:
            if getattr(error, "errno", None):
                raise
            raise refuse(DAMAGED, f"cannot read the file: {error}", "write it again", path) from None


def layout(path: Path) -> Layout:
    """What the file holds; raises DataError where datasets are missing or do not belong together."""
    with _opened(path) as file:
        return _layout(path, file)


def _layout(path: Path, file: Any) -> Layout:
    sequence, heads = _datasets(path, file)
    about = dict(file["metadata"].attrs) if "metadata" in file else {}
    names, tasks = _head_names(about, heads, path)
    stored = tuple(StoredHead(name, int(head.shape[2]), of) for name, of, head in zip(names, tasks, heads, strict=True))
    turned = bool(about.get("reverse_complement", False))
    if turned and sequence.shape[0] % 2:
        message = f"{counted(sequence.shape[0], 'region')} are no pairs of a region and its reverse complement"
        raise refuse(DAMAGED, message, file=path)
    widths = (int(sequence.shape[1]), int(heads[0].shape[1]))
    return Layout(path, int(sequence.shape[0]), widths, stored, _made_for(about), turned, _chromosomes(file))


def _datasets(path: Path, file: Any) -> tuple[Any, list[Any]]:
    """The datasets of the sequence and of every head, with shapes that agree."""
    count = next(number for number in range(len(file) + 1) if f"head_{number}" not in file)
    if "sequence" not in file or not count:
        message = f"expected the datasets sequence, head_0, …, the file has {', '.join(sorted(file)) or 'none'}"
        raise refuse(DAMAGED, message, file=path)
    sequence, heads = file["sequence"], [file[f"head_{number}"] for number in range(count)]
    if len(getattr(sequence, "shape", ())) != 3 or sequence.shape[2] != 4:
        raise refuse(DAMAGED, f"sequence: expected (region, position, 4), received {_shape(sequence)}", file=path)
    if not sequence.shape[0]:
        raise refuse(EMPTY, "the file has no regions", file=path)
    for number, head in enumerate(heads):
        width = _shape(heads[0])[1:2]
        if len(_shape(head)) != 3 or head.shape[0] != sequence.shape[0] or head.shape[1:2] != width or 0 in head.shape:
            wanted = f"({sequence.shape[0]}, {', '.join(map(str, width)) or 'position'}, task)"
            raise refuse(DAMAGED, f"head_{number}: expected {wanted}, received {_shape(head)}", file=path)
    return sequence, heads


def _shape(dataset: Any) -> tuple[int, ...]:
    return tuple(getattr(dataset, "shape", ()))


def _head_names(
    about: Mapping[str, Any], heads: Sequence[Any], path: Path
) -> tuple[list[str | None], list[tuple[str, ...] | None]]:
    """The names of heads and of their tasks, None where the file has none."""
    names: list[str | None] = [_text(name) for name in about.get("head_names", ())] or [None] * len(heads)
    if len(names) != len(heads):
        message = f"the metadata name {counted(len(names), 'head')}, the file has {len(heads)}"
        raise refuse(HEADS, message, file=path)
    tasks = json.loads(_text(about["task_names"])) if "task_names" in about else [None] * len(heads)
    return names, [tuple(of) if of else None for of in tasks]


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _made_for(about: Mapping[str, Any]) -> Lengths | None:
    keys = ("input_length", "output_length", "max_jitter")
    return Lengths(*(int(about[key]) for key in keys)) if all(key in about for key in keys) else None


def _chromosomes(file: Any) -> dict[str, int | None] | None:
    """Names and sizes as far as the file has them; None where it has no coordinates."""
    if not all(name in file for name in COORDINATES[:3]):
        return None
    about = file.get("metadata", {})
    if "chrom_names" not in about:
        return {}
    names = map(_text, about["chrom_names"][:])
    return {name: int(size) or None for name, size in zip(names, about["chrom_sizes"][:], strict=True)}


def converted(path: Path) -> ProfileStore:
    """The regions of a file as a store in the cache, made when the content is seen first."""
    key = cache.hash_of("profile-hdf5", checksum(path))
    folder = cache.entry(key, lambda fresh: convert(path, fresh))
    return store.opened(folder, path)


def checksum(path: Path) -> str:
    """The SHA-256 of a file, computed again only where its path, size or time has changed."""
    if not path.is_file():
        raise refuse(MISSING, "no such data file", file=path)
    known = path.stat()
    memo = cache.root() / "sums" / cache.hash_of(str(path.resolve()), known.st_size, known.st_mtime_ns)
    with suppress(OSError):
        return memo.read_text()
    found = cache.hash_of_files([path])[0]
    if time.time() - known.st_mtime > RECENT:
        with suppress(OSError):
            memo.parent.mkdir(parents=True, exist_ok=True)
            with new_file(memo) as fresh:
                fresh.write_text(found)
    return found


def convert(path: Path, folder: Path) -> None:
    """Write the regions of a file into the store `folder`, some at a time."""
    with _opened(path) as file:
        found = _layout(path, file)
        lengths = found.made_for or Lengths(*found.widths)
        if lengths.widths != found.widths:
            lengths = Lengths(*found.widths)  # the widths are what models see; refuse_widths quotes the metadata
        chromosomes = dict(found.chromosomes or {})
        with store.Writer(
            folder, found.heads, *lengths, reverse_complement=found.reverse_complement, file=path
        ) as writer:
            for first, stop in _parts(file["sequence"]):
                writer.add(
                    _codes(file["sequence"][first:stop], first, path),
                    [file[f"head_{number}"][first:stop] for number in range(len(found.heads))],
                    coords=_coords(file, first, stop, chromosomes, found),
                )
            writer.chromosomes = chromosomes
            writer.finish()


def _parts(sequence: Any) -> Iterator[tuple[int, int]]:
    """First and last + 1 of the regions that are read at once: whole chunks of the file, about `BLOCK` bytes."""
    n, width, _ = sequence.shape
    chunk = (sequence.chunks or (CHUNK,))[0]
    step = max(BLOCK // (4 * width) // chunk, 1) * chunk
    return ((first, min(first + step, n)) for first in range(0, n, step))


def _codes(one_hot: np.ndarray, first: int, path: Path) -> np.ndarray:
    """`one_hot` (n, position, base) as codes (n, position) uint8; `first`: the number of the first region."""
    exact = one_hot.astype(np.uint8, copy=False)
    words = np.ascontiguousarray(exact).view("<u4")[..., 0]  # a row of four bytes as one number
    codes = np.zeros(words.shape, dtype=np.uint8)
    for code, row in enumerate(ONE_HOT[1:], start=1):
        codes += (words == row.view("<u4")[0]) * np.uint8(code)
    fit = (codes > 0) | (words == 1)
    if exact is not one_hot:
        fit &= (exact == one_hot).all(axis=2)
    if fit.all():
        return codes
    row, position = (int(part) for part in np.argwhere(~fit)[0])
    found = ", ".join(f"{value:g}" for value in one_hot[row, position])
    message = f"sequence: row {first + row}, position {position} is [{found}]; expected one 1 (A, C, G, T) or zeros"
    raise refuse(DAMAGED, message, file=path)


def _coords(file: Any, first: int, stop: int, chromosomes: dict[str, int | None], found: Layout) -> np.ndarray | None:
    """The coordinates of regions first..stop; new names are appended to `chromosomes`."""
    if found.chromosomes is None:
        return None
    names = [_text(name) for name in file["coords_chrom"][first:stop]]
    for name in names:
        chromosomes.setdefault(name, None)
    number = {name: index for index, name in enumerate(chromosomes)}
    coords = np.zeros(stop - first, dtype=COORDS)
    coords["chrom"] = [number[name] for name in names]
    coords["start"], coords["stop"] = file["coords_start"][first:stop], file["coords_stop"][first:stop]
    coords["strand"] = file["strand"][first:stop] if "strand" in file else 0
    spare = found.widths[1] - (coords["stop"] - coords["start"])
    wrong = np.flatnonzero((spare < 0) | (spare % 2 != 0))
    if len(wrong):
        message = f"row {first + wrong[0]}: the coordinates are not in the middle of {found.widths[1]} positions"
        raise refuse(DAMAGED, message, file=found.path)
    return coords


@dataclass
class FileWriter(ChunkedFile):
    """Writes a training file of `regions` regions, chunk by chunk; it appears under `path` whole or not at all.

    `lengths` of the model's windows; `chromosomes`: names (in the order that `coords` count them) and sizes;
    `sources`: file name → hash of what the regions were made from. `reverse_complement`: rows 2i and 2i + 1 are the two
    strands of one region.

    with FileWriter(path, 4000, heads, Lengths(3092, 1000, 128)) as file:
        file.add(codes, [reads])
    """

    chunk_rows: ClassVar[int] = CHUNK

    path: Path
    regions: int
    heads: Sequence[Head | StoredHead]
    lengths: Lengths
    chromosomes: Mapping[str, int | None] = field(default_factory=dict)
    reverse_complement: bool = False
    config: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.regions < 1:
            raise refuse(EMPTY, "there are no regions to write", file=self.path)
        self._written = 0

    def _begin(self) -> None:
        self._create()

    def _end(self) -> None:
        if self._written != self.regions:
            raise ValueError(f"{self.regions} regions announced, {self._written} written")

    def add(
        self,
        codes: np.ndarray,
        reads: Sequence[np.ndarray],
        coords: np.ndarray | None = None,
        truth: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        """Regions: `codes` (n, position_in), per head `reads` (n, position_out, task), `coords` (n,) of type COORDS.

        `truth`: arrays (n, …) that a simulation keeps beside, by name. Raises DataError at a negative or non-finite
        read.
        """
        rows: dict[str, np.ndarray] = {"sequence": codes}
        done = self._written + self._pending
        for number, (head, values) in enumerate(zip(self.heads, reads, strict=True)):
            refuse_unfit(values, StoredHead.of(head).called(number), done, self.path)
            rows[f"head_{number}"] = values
        if (coords is not None) != bool(self.chromosomes):
            raise ValueError("coordinates need chromosomes, and chromosomes coordinates")
        rows |= {f"{TRUTH}{name}": values for name, values in (truth or {}).items()}
        if done + len(codes) > self.regions:
            raise ValueError(f"{self.regions} regions announced, more are written")
        self._take(rows | ({} if coords is None else {"coords": coords}))

    def _create(self) -> None:
        wide_in, wide_out = self.lengths.widths
        shapes: dict[str, tuple[type, tuple[int, int]]] = {"sequence": (np.uint8, (wide_in, 4))}
        shapes |= {
            f"head_{number}": (np.float32, (wide_out, StoredHead.of(head).width))
            for number, head in enumerate(self.heads)
        }
        for name, (kind, shape) in shapes.items():
            self._add(name, kind, shape)
        if self.chromosomes:
            kinds = (h5py().string_dtype("utf-8"), np.int64, np.int64, np.int8)
            for name, kind in zip(COORDINATES, kinds, strict=True):
                self._file.create_dataset(name, (self.regions,), dtype=kind)
        self._describe(self._file.create_group("metadata"))

    def _add(self, name: str, kind: Any, shape: tuple[int, ...]) -> None:
        """A dataset of rows of one shape, compressed by chunks of regions."""
        chunks = (min(CHUNK, self.regions), *shape)
        self._file.create_dataset(name, (self.regions, *shape), dtype=kind, chunks=chunks, compression="gzip")

    def _describe(self, group: Any) -> None:
        text = h5py().string_dtype("utf-8")
        heads = [StoredHead.of(head) for head in self.heads]
        group.attrs.update(
            created_date=datetime.now(UTC).isoformat(timespec="seconds"),
            config=self.config,
            seqforge_version=__version__,
            input_length=self.lengths.input,
            output_length=self.lengths.output,
            max_jitter=self.lengths.jitter,
            reverse_complement=self.reverse_complement,
            task_names=json.dumps([head.tasks for head in heads]),
            source_hashes=json.dumps(dict(self.sources)),
        )
        if all(head.name for head in heads):
            group.attrs.create("head_names", [head.name for head in heads], dtype=text)
        if self.chromosomes:
            group.create_dataset("chrom_names", data=list(self.chromosomes), dtype=text)
            group.create_dataset("chrom_sizes", data=[size or 0 for size in self.chromosomes.values()], dtype=np.uint64)

    def _write(self, rows: Rows) -> None:
        here = slice(self._written, self._written + len(rows["sequence"]))
        for name in (name for name in rows if name.startswith(TRUTH) and name not in self._file):
            self._add(name, rows[name].dtype, rows[name].shape[1:])
        self._file["sequence"][here] = ONE_HOT[np.minimum(rows["sequence"], UNKNOWN)]
        for name, values in rows.items():
            if name.startswith(("head_", TRUTH)):
                self._file[name][here] = values
        if "coords" in rows:
            names, coords = list(self.chromosomes), rows["coords"]
            self._file["coords_chrom"][here] = [names[number] for number in coords["chrom"]]
            for name, column in zip(COORDINATES[1:], ("start", "stop", "strand"), strict=True):
                self._file[name][here] = coords[column]
        self._written = here.stop


def paired(forward: np.ndarray, backward: np.ndarray) -> np.ndarray:
    """Rows 0, 0, 1, 1, … of two arrays (n, …) as (2n, …): each region followed by its reverse complement."""
    return np.stack([forward, backward], axis=1).reshape(-1, *forward.shape[1:])
