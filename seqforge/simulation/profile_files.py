# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Simulated profiles as training files: a folder for each sample, in it a file and a table of motifs for each set.

<sample>/train.h5, validation.h5, test.h5    as seqforge.data.profiles.hdf5, with truth/bias, truth/signal, truth/rate
<sample>/<set>-instances.tsv                 region, motif, start (in the stored sequence, from 0), strand, amplitude
session-info.txt                             the definition and its hash
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from seqforge.data.profiles.checks import Lengths
from seqforge.data.profiles.hdf5 import FileWriter
from seqforge.definitions.data import SETS
from seqforge.definitions.profile_data import ProfileSimulation
from seqforge.definitions.writer import to_xml
from seqforge.simulation.files import SESSION, Report, Written, appearing, as_bytes, facts, session
from seqforge.simulation.profiles import VERSION, Chunk, Simulator

FILES = {"training": "train", "validation": "validation", "test": "test"}
COLUMNS = ("region", "motif", "start", "strand", "amplitude")


def write(
    definition: ProfileSimulation,
    folder: Path,
    sets: Sequence[str] = SETS,
    *,
    report: Report = lambda name, done, total: None,
) -> Written:
    """The `sets` of every sample in `folder`; those that it holds already are kept. Raises DataError."""
    fingerprint = definition_hash(definition)
    known = session(folder, fingerprint)
    simulator = Simulator(definition)
    names = [sample.name for sample in definition.samples]
    todo = [
        (name, one)
        for name in names
        for one in sets
        if not all((folder / name / file).is_file() for file in files(one))
    ]
    for name, setname in todo:
        if not known:  # from here on the folder is known by what it holds
            known = facts(definition, fingerprint, VERSION)
            with appearing(folder) as temporary:
                (temporary / SESSION).write_bytes(as_bytes(f"{key}: {value}" for key, value in known.items()))
        with appearing(folder / name) as temporary:
            _write_set(simulator, name, setname, temporary, report)
    rows = {f"{name} {setname}": definition.count(setname) for name in names for setname in sets}
    return Written(folder, fingerprint, rows, tuple(f"{name} {setname}" for name, setname in todo))


def files(setname: str) -> tuple[str, str]:
    """Training file and motifs of a set."""
    return f"{FILES[setname]}.h5", f"{FILES[setname]}-instances.tsv"


def definition_hash(definition: ProfileSimulation) -> str:
    """A hash of what the definition says and of the generator's version; places and file names do not count."""
    content = json.dumps([VERSION, str(definition.id), definition.seed, *content_of(definition)], ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()


def content_of(definition: ProfileSimulation) -> list[Any]:
    """Options, motifs and samples as JSON values, without places."""
    records = [*map(asdict, definition.motifs), *map(asdict, definition.samples)]
    return [definition.options.settings(), [{**one, "place": None} for one in records]]


def _write_set(simulator: Simulator, sample: str, setname: str, folder: Path, report: Report) -> None:
    definition, options = simulator.definition, simulator.options
    total, done = definition.count(setname), 0
    file, table = files(setname)
    lengths = Lengths(options.input_length, options.output_length, options.max_jitter)
    config = to_xml(definition.tree)
    writer = FileWriter(folder / file, total, [definition.head], lengths, config=config)
    with writer, (folder / table).open("wb") as instances:
        instances.write(as_bytes(["\t".join(COLUMNS)]))
        for chunk in simulator.chunks(sample, setname):
            writer.add(chunk.codes, [chunk.reads], truth=chunk.truth)
            instances.write(as_bytes(_rows(chunk, definition)))
            done += len(chunk)
            report(f"{sample} {setname}", done, total)


def _rows(chunk: Chunk, definition: ProfileSimulation) -> Iterator[str]:
    for region, motif, start, strand, amplitude in chunk.instances.tolist():
        sign = "+" if strand > 0 else "-"
        yield f"{region}\t{definition.motifs[motif].name}\t{start}\t{sign}\t{np.float32(amplitude)!s}"
