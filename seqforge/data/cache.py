# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A folder of prepared data keyed by content: written whole or not at all, checked by size and checksum when opened."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from seqforge.data.problems import MISSING, refuse

FORMAT = 1  # of what lies in the folders; a new number leaves old folders unread
SEAL = "seal.json"
STALE_SECONDS = 24 * 3600
BLOCK = 1 << 22


def root() -> Path:
    """`$SEQFORGE_CACHE`, else `$XDG_CACHE_HOME/seqforge`, else `~/.cache/seqforge`."""
    declared = os.environ.get("SEQFORGE_CACHE")
    if declared:
        return Path(declared).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "seqforge"


def hash_of(*parts: Any) -> str:
    """32 hexadecimal digits for a list of JSON values; the order of dictionary keys does not matter."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def hash_of_files(paths: Iterable[Path]) -> list[str]:
    """The SHA-256 of the bytes of each file."""
    return [_digest(path) for path in paths]


def _digest(path: Path) -> str:
    try:
        with open(path, "rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise refuse(MISSING, f"cannot read the file: {error.strerror or error}", file=path) from None


def entry(key: str, build: Callable[[Path], None]) -> Path:
    """The folder of `key`; if it is absent or damaged, `build(folder)` fills a new one.

    Two processes that build the same key at once do the work twice and end with one intact folder.
    """
    home = root() / "data"
    target = home / key
    if intact(target):
        return target
    try:
        home.mkdir(parents=True, exist_ok=True)
        _sweep(home)
        fresh = Path(tempfile.mkdtemp(prefix=f"{key}.", suffix=".tmp", dir=home))
    except OSError as error:
        hint = "name a writable folder in SEQFORGE_CACHE"
        raise refuse(MISSING, f"cannot write the cache: {error.strerror or error}", hint, home) from None
    try:
        build(fresh)
        seal(fresh)
        return _move(fresh, target)
    except OSError as error:  # a full disk, mostly; files that are read raise DataError themselves
        raise refuse(MISSING, f"cannot write the cache: {error.strerror or error}", file=home) from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _move(fresh: Path, target: Path) -> Path:
    """Rename `fresh` to `target`; an intact folder that another process left there meanwhile is used instead."""
    for _ in range(3):
        try:
            fresh.rename(target)
            return target
        except OSError:
            if intact(target):
                return target
            _discard(target)
    raise refuse(MISSING, "cannot replace the damaged cache folder", "remove it", target)


def _discard(damaged: Path) -> None:
    """Take a damaged folder out of the way by a rename first, so that no reader sees half of it."""
    aside = damaged.with_name(f"{damaged.name}.{os.getpid()}.{time.monotonic_ns()}.tmp")
    try:
        damaged.rename(aside)
    except FileNotFoundError:
        return
    shutil.rmtree(aside, ignore_errors=True)


def _sweep(home: Path) -> None:
    """Remove what killed processes left behind, once it is a day old."""
    for left in home.glob("*.tmp"):
        try:
            if time.time() - left.stat().st_mtime > STALE_SECONDS:
                shutil.rmtree(left, ignore_errors=True)
        except FileNotFoundError:
            continue


def seal(folder: Path) -> None:
    """Write the size and checksum of every file of `folder` beside them."""
    files = {path.name: _measure(path) for path in sorted(folder.iterdir()) if path.name != SEAL}
    text = json.dumps({"format": FORMAT, "files": files})
    (folder / SEAL).write_text(text, encoding="utf-8")


def intact(folder: Path) -> bool:
    """Whether every file that was sealed is there with its size and checksum."""
    try:
        sealed = json.loads((folder / SEAL).read_text(encoding="utf-8"))
        return sealed["format"] == FORMAT and all(
            _measure(folder / name) == measure for name, measure in sealed["files"].items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _measure(path: Path) -> list[int]:
    """Size in bytes and CRC-32 of a file."""
    checksum = 0
    with open(path, "rb") as stream:
        while block := stream.read(BLOCK):
            checksum = zlib.crc32(block, checksum)
    return [path.stat().st_size, checksum]
