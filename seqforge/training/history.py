# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The history of a training as a file: one JSON object per line and epoch."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from seqforge import files

NAME = "history.jsonl"


def line(logs: Mapping[str, Any]) -> str:
    """One epoch; a number that JSON does not know (NaN, infinity) becomes null."""
    return json.dumps({name: _plain(value) for name, value in logs.items()})


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def append(path: Path, logs: Mapping[str, Any]) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(line(logs) + "\n")
        file.flush()
        os.fsync(file.fileno())


def read(path: Path) -> list[dict[str, Any]]:
    """Every whole line; one that a crash cut short is left out, and nothing comes from a file that is not there."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return [epoch for text in lines if (epoch := _parsed(text)) is not None]


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def rewrite(path: Path, epochs: Iterable[Mapping[str, Any]]) -> None:
    files.write(path, "".join(line(logs) + "\n" for logs in epochs))
