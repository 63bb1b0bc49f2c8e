# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Predictions of profile models in HDF5: written as they come, read back a few regions at a time.

head_0/logits, …      (region, position, task) float32
head_0/logcounts, …   (region,) float32, or (region, task) where tasks are counted apart
descriptions          (region,) names of sequences, "" for regions of a genome
chrom_names, chrom_sizes                 (chromosome,) text, uint64 (0: not known)
coords_chrom, coords_start, coords_stop  (region,) number of the chromosome, output window, 0-based and half-open
metadata              attributes created_date, config, run_id, part, head_names, task_names, pseudocount, axes …

Without coordinates the datasets chrom_* and coords_* are absent. With the axes "tasks-first" the datasets of a head are
head_0/logits_task_position (region, task, position) and head_0/logcounts_task (region, task).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from seqforge import __version__
from seqforge.data.problems import DAMAGED, EMPTY, MISSING, refuse
from seqforge.data.profiles.chunked import ChunkedFile, Rows, h5py
from seqforge.data.profiles.store import COORDS
from seqforge.errors import DataError
from seqforge.evaluation.profile_outputs import task_logcounts
from seqforge.evaluation.profile_predict import PredictedProfiles
from seqforge.heads import Head

CHUNK = 100  # regions
AXES = ("positions-first", "tasks-first")
# per axes: the names of a head's datasets
NAMES = {"positions-first": ("logits", "logcounts"), "tasks-first": ("logits_task_position", "logcounts_task")}


@dataclass(frozen=True, kw_only=True)
class About:
    """What a file says of its predictions. `chromosomes`: names and sizes (None: not known), without them None."""

    run: str
    part: str
    heads: tuple[Head, ...]
    pseudocount: float
    input_length: int
    output_length: int
    chromosomes: Mapping[str, int | None] | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    axes: str = "positions-first"


class PredictionWriter(ChunkedFile):
    """Fills a file chunk by chunk; no more than a chunk is in memory, and `path` appears whole or not at all.

    with PredictionWriter(path, about) as file:
        file.add(predicted)     any number of times
    """

    chunk_rows = CHUNK

    def __init__(self, path: Path, about: About):
        self.path, self.about = path, about
        self.rows = 0

    def _begin(self) -> None:
        self._describe()

    def _end(self) -> None:
        if not self.rows:
            raise refuse(EMPTY, "there is nothing to predict", file=self.path)

    def add(self, found: PredictedProfiles) -> None:
        rows: Rows = {"descriptions": np.array(found.names, dtype=object)}
        names = NAMES[self.about.axes]
        for number, outputs in enumerate(zip(self.about.heads, found.logits, found.logcounts, strict=True)):
            arrays = self._arranged(*outputs)
            rows |= {f"head_{number}/{name}": array for name, array in zip(names, arrays, strict=True)}
        if found.coords is not None:
            rows |= {f"coords_{name}": found.coords[name] for name in ("chrom", "start", "stop")}
        self._take(rows)

    def _arranged(self, head: Head, logits: np.ndarray, logcounts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What is written of a head."""
        if self.about.axes == "tasks-first":
            return logits.transpose(0, 2, 1), task_logcounts(logits, logcounts).astype(np.float32)
        return logits, logcounts if head.counts_per_task else logcounts[:, 0]

    def _write(self, rows: Rows) -> None:
        count = len(rows["descriptions"])
        for name, values in rows.items():
            dataset = self._file[name] if name in self._file else self._created(name, values, count)
            dataset.resize(self.rows + count, axis=0)
            dataset[self.rows :] = values
        self.rows += count

    def _created(self, name: str, values: np.ndarray, chunk: int) -> Any:
        kind = self._kinds.get(name, values.dtype)
        shape = values.shape[1:]
        return self._file.create_dataset(name, (0, *shape), dtype=kind, maxshape=(None, *shape), chunks=(chunk, *shape))

    @cached_property
    def _kinds(self) -> dict[str, Any]:
        """Types of the datasets that are not simply what NumPy has."""
        sizes = list((self.about.chromosomes or {}).values())
        known = [size for size in sizes if size]
        small = len(known) == len(sizes) and max(known, default=0) < 1 << 32
        place = np.uint32 if small else np.uint64
        chrom = np.min_scalar_type(max(len(sizes) - 1, 0))
        text = h5py().string_dtype("utf-8")
        return {"descriptions": text, "coords_chrom": chrom, "coords_start": place, "coords_stop": place}

    def _describe(self) -> None:
        about, text = self.about, h5py().string_dtype("utf-8")
        attributes = self._file.create_group("metadata").attrs
        attributes.update(
            created_date=datetime.now(UTC).isoformat(timespec="seconds"),
            config=json.dumps(dict(about.config)),
            seqforge_version=__version__,
            run_id=about.run,
            part=about.part,
            task_names=json.dumps([head.tasks for head in about.heads]),
            counts_per_task=[head.counts_per_task for head in about.heads],
            pseudocount=about.pseudocount,
            input_length=about.input_length,
            output_length=about.output_length,
            axes=about.axes,
        )
        attributes.create("head_names", [head.name for head in about.heads], dtype=text)
        if about.chromosomes is not None:
            self._file.create_dataset("chrom_names", data=list(about.chromosomes), dtype=text)
            sizes = [size or 0 for size in about.chromosomes.values()]
            self._file.create_dataset("chrom_sizes", data=sizes, dtype=np.uint64)


class PredictionFile:
    """An opened file of predictions; raises DataError where it is none. Outputs are read when they are asked for."""

    def __init__(self, path: Path | str):
        self.path = Path(path)
        self._file = self._opened()
        try:
            self._read_about()
        except (KeyError, ValueError, TypeError) as error:
            self.close()
            raise self._wrong(f"this is no file of predictions: {str(error).strip(chr(34))}") from None

    def _opened(self) -> Any:
        if not self.path.is_file():
            raise refuse(MISSING, "no such file of predictions", file=self.path)
        try:
            return h5py().File(self.path, "r")
        except OSError:
            raise self._wrong("the file cannot be read as HDF5") from None

    def _read_about(self) -> None:
        about = self._file["metadata"].attrs
        tasks = json.loads(str(about["task_names"]))
        named = zip(map(str, about["head_names"]), tasks, about["counts_per_task"], strict=True)
        self.heads = tuple(Head(name=name, tasks=tuple(of), counts_per_task=bool(apart)) for name, of, apart in named)
        self.run, self.part, self.axes = (str(about[name]) for name in ("run_id", "part", "axes"))
        self.pseudocount = float(about["pseudocount"])
        self._outputs = [[self._file[f"head_{k}/{name}"] for name in NAMES[self.axes]] for k in range(len(self.heads))]

    def __enter__(self) -> PredictionFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._file["descriptions"])

    @property
    def chromosomes(self) -> dict[str, int] | None:
        """Names and sizes (0: not known), in the order that `coords` count them; None without coordinates."""
        if "chrom_names" not in self._file:
            return None
        names = self._file["chrom_names"].asstr()[:]
        return dict(zip(map(str, names), map(int, self._file["chrom_sizes"][:]), strict=True))

    @cached_property
    def coords(self) -> np.ndarray | None:
        """The output windows (region,) of type COORDS, or None."""
        if self.chromosomes is None:
            return None
        found = np.zeros(len(self), dtype=COORDS)
        for name in ("chrom", "start", "stop"):
            found[name] = self._file[f"coords_{name}"][:]
        return found

    @property
    def descriptions(self) -> list[str]:
        return [str(name) for name in self._file["descriptions"].asstr()[:]]

    def outputs(self, head: int, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Logits (n, position, task) and log counts (n, 1), or (n, task), of the regions `rows` (n,), in any order."""
        logits, logcounts = (_rows(dataset, rows) for dataset in self._outputs[head])
        if self.axes == "tasks-first":
            apart = self.heads[head].counts_per_task
            joint = logcounts if apart else np.logaddexp.reduce(logcounts, axis=1, keepdims=True)
            return logits.transpose(0, 2, 1), joint
        return logits, logcounts.reshape(len(rows), -1)

    def _wrong(self, message: str) -> DataError:
        return refuse(DAMAGED, message, "seqforge predict RUN … -o predictions.h5 writes one", self.path)


def _rows(dataset: Any, rows: Sequence[int] | np.ndarray) -> np.ndarray:
    """`dataset[rows]` for rows in any order; neighbours are read at once."""
    low, high = int(np.min(rows)), int(np.max(rows)) + 1
    if high - low <= 4 * len(rows):
        return np.asarray(dataset[low:high])[np.asarray(rows) - low]
    return np.stack([dataset[int(row)] for row in rows])
