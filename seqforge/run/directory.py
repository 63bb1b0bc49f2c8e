# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The folder of one run, as the process that trains it writes it.

    runs/<model id>/<run id>/
        definition.xml (or .json)   the model definition, verbatim; external/ the files that it names
        data-definition.xml         the data definition, if the data is simulated
        effective.json              the definition with every default that applied
        manifest.json               state, identity, versions, machine, data, device, times
        history.jsonl               one line per epoch; log.txt: what was said
        checkpoints/                complete states, see seqforge.training.checkpoints
        weights.safetensors         of the best epoch; scores.json: what they are worth

States: running → finished, interrupted or failed. A run whose process died without a word still says running; nobody
holds its lock, so it can be continued like an interrupted one.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from seqforge import files
from seqforge.errors import RunError
from seqforge.resolving.recorded import MANIFEST, WEIGHTS, read_json

__all__ = ["MANIFEST", "WEIGHTS", "RunDirectory", "next_free", "now", "read_json"]

DEFINITION = "definition"
DATA_DEFINITION = "data-definition"
EFFECTIVE = "effective.json"
SCORES = "scores.json"
LOG = "log.txt"
EXTERNAL = "external"


class RunDirectory:
    """`path` need not exist before `open`; `with directory.open():` holds the lock."""

    def __init__(self, path: Path):
        self.path = path

    def open(self) -> files.Lock:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(f"{self.path}: the run folder cannot be made ({error.strerror})") from None
        return files.Lock(self.path)

    @property
    def exists(self) -> bool:
        return (self.path / MANIFEST).is_file()

    @property
    def manifest(self) -> dict[str, Any]:
        return read_json(self.path / MANIFEST)

    @property
    def state(self) -> str:
        """ "running", "finished", "interrupted", "failed"; "" for a folder that holds no run yet."""
        return str(self.manifest["state"]) if self.exists else ""

    def begin(self, manifest: dict[str, Any]) -> None:
        files.write_json(self.path / MANIFEST, {"state": "running", "started": now(), **manifest})

    def update(self, **facts: Any) -> None:
        files.write_json(self.path / MANIFEST, self.manifest | facts)

    def end(self, state: str, **facts: Any) -> None:
        self.update(state=state, ended=now(), **facts)

    def write_json(self, name: str, value: Any) -> None:
        files.write_json(self.path / name, value)

    def log(self, line: str) -> None:
        with (self.path / LOG).open("a", encoding="utf-8") as file:
            file.write(f"{now()} {line}\n")


def now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")


def next_free(path: Path) -> Path:
    """`path`, or the first of path-2, path-3 … that does not exist."""
    number = 2
    free = path
    while free.exists():
        free = path.with_name(f"{path.name}-{number}")
        number += 1
    return free
