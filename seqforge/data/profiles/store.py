# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Regions and their reads on disk: a folder of flat arrays, written chunk by chunk, read through memory maps.

codes.bin      (region, position_in) uint8, A C G T = 0 1 2 3, 4 unknown; position_in = input_length + 2 · max_jitter
reads_0.bin …  (region, position_out, task) per head: the smallest of uint8, uint16 and float32 that holds every value
controls.bin   (region, position_in, track), signal that models read beside the sequence, typed like reads; optional
coords.bin     (region,) chromosome number, start and stop of the output window without jitter, strand; optional
names.txt      one line per region; optional
others         what a source keeps beside (the truth of a simulation): any rows of any shape
meta.json      n, lengths, heads, chromosomes with sizes, shapes and types of the arrays, a digest of the contents
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from seqforge.data.problems import EMPTY, refuse
from seqforge.data.profiles.checks import refuse_unfit
from seqforge.heads import Head

META, NAMES = "meta.json", "names.txt"
UNKNOWN = 4  # the code of a base that is none of A C G T
KINDS = (np.dtype(np.uint8), np.dtype(np.uint16), np.dtype(np.float32))  # of reads, the smallest first
COORDS = np.dtype([("chrom", "<i4"), ("start", "<i8"), ("stop", "<i8"), ("strand", "i1")])
ROWS = ("codes", "reads_", "coords", "controls")  # arrays with one row per region, which a model sees
BLOCK = 1 << 22  # values handled at once when an array gets a wider type


class StoredHead(NamedTuple):
    """A head as a store knows it; names may be unknown (None)."""

    name: str | None
    width: int
    tasks: tuple[str, ...] | None = None

    @classmethod
    def of(cls, head: Head | StoredHead) -> StoredHead:
        return cls(head.name, head.width, head.tasks)

    def called(self, number: int) -> str:
        """Its name, or what head `number` is called in files."""
        return self.name or f"head_{number}"


@dataclass(frozen=True)
class ProfileStore:
    """An opened folder. Arrays are memory-mapped: a region costs memory when it is read.

    `codes` (region, position_in) uint8; `reads`: per head (region, position_out, task); `coords` (region,) of type
    `COORDS`, or None; `controls` (region, position_in, track), or None; `others`: what else was written, by name.
    """

    folder: Path
    meta: dict[str, Any]
    codes: np.ndarray
    reads: tuple[np.ndarray, ...]
    coords: np.ndarray | None
    others: dict[str, np.ndarray]
    file: str = ""  # where the regions were read, for messages
    controls: np.ndarray | None = None

    def __len__(self) -> int:
        return int(self.meta["n"])

    def __repr__(self) -> str:
        return f"ProfileStore({len(self):,} regions of {self.codes.shape[1]} bases in {self.folder})"

    def __reduce__(self) -> Any:
        return opened, (self.folder, self.file)  # another process maps the files itself

    @property
    def widths(self) -> tuple[int, int]:
        """The positions of codes and reads, jitter included."""
        return self.codes.shape[1], self.reads[0].shape[1]

    @property
    def input_length(self) -> int:
        return int(self.meta["input_length"])

    @property
    def output_length(self) -> int:
        return int(self.meta["output_length"])

    @property
    def max_jitter(self) -> int:
        return int(self.meta["max_jitter"])

    @property
    def reverse_complement(self) -> bool:
        """Whether rows 2i and 2i + 1 are the two strands of one region."""
        return bool(self.meta["reverse_complement"])

    @property
    def unknown(self) -> int:
        """How many bases are none of A C G T."""
        return int(self.meta["unknown"])

    @property
    def unknown_rows(self) -> int:
        """How many regions have such bases."""
        return int(self.meta["unknown_rows"])

    @cached_property
    def heads(self) -> tuple[StoredHead, ...]:
        return tuple(
            StoredHead(name, width, tuple(tasks) if tasks else None) for name, width, tasks in self.meta["heads"]
        )

    @property
    def chromosomes(self) -> dict[str, int | None]:
        """Names and sizes (None: unknown), in the order that `coords` count them."""
        return dict(self.meta["chromosomes"])

    @property
    def digest(self) -> str:
        """A hash of codes, reads, controls, coordinates and names."""
        return str(self.meta["digest"])

    @cached_property
    def names(self) -> list[str] | None:
        """The regions' names, read when they are first asked for."""
        path = self.folder / NAMES
        return path.read_text(encoding="utf-8").split("\n")[:-1] if path.exists() else None

    @property
    def bytes(self) -> int:
        """What codes, reads and controls take on the disk."""
        controls = 0 if self.controls is None else self.controls.nbytes
        return self.codes.nbytes + sum(reads.nbytes for reads in self.reads) + controls

    def truth(self, name: str) -> np.ndarray:
        """What a simulation kept as `truth/name`."""
        return self.others[f"truth/{name}"]


def opened(folder: Path, file: Path | str = "") -> ProfileStore:
    """The store in `folder`; `file`: where the same content lies now, for messages."""
    meta = json.loads((folder / META).read_text(encoding="utf-8"))
    arrays = {name: _mapped(folder, name, *form) for name, form in meta["arrays"].items()}
    codes, coords = arrays.pop("codes"), arrays.pop("coords", None)
    reads = tuple(arrays.pop(f"reads_{number}") for number in range(len(meta["heads"])))
    controls = arrays.pop("controls", None)
    return ProfileStore(folder, meta, codes, reads, coords, arrays, str(file), controls)


def _mapped(folder: Path, name: str, dtype: Any, shape: Sequence[int]) -> np.ndarray:
    kind = np.dtype([tuple(field) for field in dtype] if isinstance(dtype, list) else dtype)
    if 0 in shape:
        return np.empty(shape, dtype=kind)
    # a plain array view: slicing np.memmap itself makes slow Python objects
    return np.memmap(folder / _file(name), dtype=kind, mode="r", shape=tuple(shape)).view(np.ndarray)


def _file(name: str) -> str:
    return f"{name.replace('/', '.')}.bin"


@dataclass
class Array:
    """A flat file that grows by rows of one shape and type, which the first rows decide."""

    path: Path
    dtype: np.dtype
    shape: tuple[int, ...]  # of a row
    rows: int = 0

    def __post_init__(self) -> None:
        self.file = self._opened("wb")

    def _opened(self, mode: str) -> IO[bytes]:
        return open(self.path, mode)

    def append(self, rows: np.ndarray) -> None:
        if rows.shape[1:] != self.shape:
            raise ValueError(f"{self.path.stem}: expected rows of shape {self.shape}, received {rows.shape[1:]}")
        self.file.write(np.ascontiguousarray(rows, dtype=self.dtype).data)
        self.rows += len(rows)

    def close(self) -> None:
        self.file.close()

    @property
    def form(self) -> tuple[Any, tuple[int, ...]]:
        """Type and shape as JSON."""
        return (self.dtype.descr if self.dtype.names else self.dtype.str), (self.rows, *self.shape)


class Reads(Array):
    """An array that takes a wider type as soon as a value asks for it; what is written already is written again."""

    def append(self, rows: np.ndarray) -> None:
        self._widen(fitting(rows, self.dtype))
        super().append(rows)

    def _widen(self, dtype: np.dtype) -> None:
        if dtype == self.dtype:
            return
        self.file.close()
        wider = self.path.with_suffix(".wider")
        with open(wider, "wb") as out:
            for block in blocks(self.path, self.dtype):
                out.write(block.astype(dtype).data)
        wider.replace(self.path)
        self.dtype = dtype
        self.file = self._opened("ab")


def _single(values: np.ndarray) -> np.ndarray:
    """Fractions in single precision, which is what models compute with."""
    with np.errstate(over="ignore"):  # infinite then, and refused
        return values.astype(np.float32, copy=False) if values.dtype.kind == "f" else values


def fitting(values: np.ndarray, least: np.dtype = KINDS[0]) -> np.dtype:
    """The smallest type of `KINDS` from `least` on that holds all `values` without loss."""
    for kind in KINDS[KINDS.index(least) : -1]:
        with np.errstate(invalid="ignore"):
            if np.array_equal(values.astype(kind), values):
                return kind
    return KINDS[-1]


def blocks(path: Path, dtype: np.dtype, size: int = BLOCK) -> Iterator[np.ndarray]:
    """The values of a flat file, `size` at a time."""
    with open(path, "rb") as file:
        while raw := file.read(size * dtype.itemsize):
            yield np.frombuffer(raw, dtype=dtype)


@dataclass
class Writer:
    """Fills `folder` chunk by chunk; no more than a chunk is in memory.

    with Writer(folder, heads, input_length, output_length, max_jitter, {"chr1": 1000}) as writer:
        writer.add(codes, [reads], coords=coords)     any number of times, any number of rows
        writer.finish()
    """

    folder: Path
    heads: Sequence[Head | StoredHead]
    input_length: int
    output_length: int
    max_jitter: int = 0
    chromosomes: Mapping[str, int | None] = field(default_factory=dict)
    reverse_complement: bool = False  # rows 2i and 2i + 1 are the two strands of one region
    file: Path | str = ""  # where the rows are read, for messages
    controls: int = 0  # control tracks
    rows: int = 0
    unknown: int = 0  # bases that are none of A C G T
    unknown_rows: int = 0

    def __post_init__(self) -> None:
        self.heads = tuple(map(StoredHead.of, self.heads))
        self._arrays: dict[str, Array] = {}
        self._names: list[str] = []

    def __enter__(self) -> Writer:
        wide = 2 * self.max_jitter
        self._new("codes", np.dtype(np.uint8), (self.input_length + wide,))
        for number, head in enumerate(self.heads):
            self._new(f"reads_{number}", KINDS[0], (self.output_length + wide, head.width), Reads)
        if self.controls:
            self._new("controls", KINDS[0], (self.input_length + wide, self.controls), Reads)
        return self

    def __exit__(self, *_: object) -> None:
        for array in self._arrays.values():
            array.close()

    def _new(self, name: str, dtype: np.dtype, shape: tuple[int, ...], kind: type[Array] = Array) -> Array:
        self._arrays[name] = array = kind(self.folder / _file(name), dtype, shape)
        return array

    def add(
        self,
        codes: np.ndarray,
        reads: Sequence[np.ndarray],
        *,
        coords: np.ndarray | None = None,
        names: Sequence[str] | None = None,
        truth: Mapping[str, np.ndarray] | None = None,
        controls: np.ndarray | None = None,
    ) -> None:
        """Regions: `codes` (n, position_in) uint8, per head `reads` (n, position_out, task) of any number type.

        `coords` (n,) of type COORDS and `names` (n) must be given for every chunk or for none; `truth`: arrays
        (n, …) by name; `controls` (n, position_in, track). Raises DataError at a negative or non-finite value.
        """
        for number, (head, values) in enumerate(zip(self.heads, reads, strict=True)):
            values = _single(values)
            refuse_unfit(values, StoredHead.of(head).called(number), self.rows, self.file)
            self._arrays[f"reads_{number}"].append(values)
        if controls is not None:
            refuse_unfit(controls, "controls", self.rows, self.file)
            self._arrays["controls"].append(_single(controls))
        self._count_unknown(codes)
        self._arrays["codes"].append(codes)
        self.rows += len(codes)
        if coords is not None:
            self.append("coords", np.asarray(coords, dtype=COORDS))
        for name, array in (truth or {}).items():
            self.append(f"truth/{name}", array)
        self._names += map(_one_line, names or ())

    def append(self, name: str, rows: np.ndarray) -> None:
        """Rows of an array called `name`, which need not be as many as there are regions."""
        array = self._arrays.get(name) or self._new(name, rows.dtype, rows.shape[1:])
        array.append(rows)

    def _count_unknown(self, codes: np.ndarray) -> None:
        found = np.count_nonzero(codes >= UNKNOWN, axis=1)
        self.unknown += int(found.sum())
        self.unknown_rows += int(np.count_nonzero(found))

    def finish(self, **found: Any) -> None:
        """Write what belongs to the arrays; `found` goes into the meta data."""
        if not self.rows:
            raise refuse(EMPTY, "the data have no regions", file=self.file)
        self._refuse_uneven()
        for array in self._arrays.values():
            array.close()
        if self._names:
            (self.folder / NAMES).write_text("".join(f"{name}\n" for name in self._names), encoding="utf-8")
        (self.folder / META).write_text(json.dumps(self._meta() | found), encoding="utf-8")

    def _refuse_uneven(self) -> None:
        counted = {name: array.rows for name, array in self._arrays.items() if name.startswith(ROWS)}
        counted |= {"names": len(self._names)} if self._names else {}
        wrong = {name: rows for name, rows in counted.items() if rows != self.rows}
        if wrong:
            raise ValueError(f"{self.rows} regions, but rows of {wrong}")

    def _meta(self) -> dict[str, Any]:
        plain = ("input_length", "output_length", "max_jitter", "reverse_complement", "unknown", "unknown_rows")
        return {
            "n": self.rows,
            **{name: getattr(self, name) for name in plain},
            "heads": [[head.name, head.width, head.tasks] for head in map(StoredHead.of, self.heads)],
            "chromosomes": dict(self.chromosomes),
            "arrays": {name: array.form for name, array in self._arrays.items()},
            "digest": self._digest(),
        }

    def _digest(self) -> str:
        """Of the regions; what a source keeps beside them is not part of what a model sees."""
        digest = hashlib.sha256()
        for name, array in sorted(self._arrays.items()):
            if name.startswith(ROWS):
                digest.update(json.dumps([name, array.form]).encode())
                digest.update(_hash_of(array.path))
        digest.update("\n".join(self._names).encode())
        return digest.hexdigest()[:32]


def _hash_of(path: Path) -> bytes:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _one_line(name: str) -> str:
    return " ".join(name.splitlines())
