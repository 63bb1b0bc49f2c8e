# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Files that are either whole or absent: atomic writes, sealed folders, and a lock that dies with its process."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from seqforge.errors import RunError

SEAL = "checksums.json"


def write(path: Path, content: str | bytes) -> None:
    """`content` as the file `path`: under a temporary name first, flushed to the disk, then renamed."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)
        flush(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    flush(path.parent)


def write_json(path: Path, value: Any) -> None:
    write(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def flush(path: Path) -> None:
    """What the system still holds of a file or folder goes to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def filled_folder(path: Path) -> Iterator[None]:
    """`path` as a folder; where it is made for this and what is done in it fails, it is not left behind empty."""
    there = path.exists()
    path.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        if not there:
            with contextlib.suppress(OSError):  # something is in it
                path.rmdir()
        raise


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """A path of the same ending to write to; what lies there at the end appears under `path` at once."""
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield temporary
        flush(temporary)
        temporary.replace(path)
        flush(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A folder to fill; at the end it is sealed with checksums and appears under `path` at once, or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        yield temporary
        _seal(temporary)
        shutil.rmtree(path, ignore_errors=True)
        temporary.replace(path)
        flush(path.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _seal(folder: Path) -> None:
    files = _files(folder)
    for file in files:
        flush(file)
    write_json(folder / SEAL, {file.relative_to(folder).as_posix(): sha256(file) for file in files})
    for inner in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
        flush(inner)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != SEAL)


def damage(folder: Path) -> str:
    """What is wrong with a sealed folder, in words; "" if every byte is as it was written."""
    try:
        sums = json.loads((folder / SEAL).read_text())
    except (OSError, ValueError):
        return f"its {SEAL} cannot be read"
    for name, expected in sums.items():
        file = folder / name
        if not file.is_file():
            return f"{name} is missing"
        if sha256(file) != expected:
            return f"{name} does not have its checksum"
    return ""


class Lock:
    """One writer per folder. The system drops the lock when its process ends, so that a dead one never blocks.

    The file says who holds it (process, host); a lock that another host left behind cannot be tested from here and is
    refused with its path.
    """

    def __init__(self, folder: Path):
        self.path = folder / "lock"
        self._handle: int | None = None

    def __enter__(self) -> Lock:
        import fcntl

        handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = _holder(handle)
            os.close(handle)
            raise RunError(f"{self.path.parent} is being written by {holder}; wait for it, or stop it first") from None
        self._refuse_foreign(handle)
        os.truncate(handle, 0)
        os.pwrite(handle, json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode(), 0)
        self._handle = handle
        return self

    def _refuse_foreign(self, handle: int) -> None:
        held = _contents(handle)
        if held.get("host", socket.gethostname()) != socket.gethostname():
            holder = _holder(handle)
            os.close(handle)
            raise RunError(
                f"{self.path.parent} was locked by {holder}, which cannot be seen from here; "
                f"if that process has ended, remove {self.path}"
            )

    def __exit__(self, *_: object) -> None:
        if self._handle is not None:
            os.truncate(self._handle, 0)
            os.close(self._handle)
            self._handle = None


def _contents(handle: int) -> dict[str, Any]:
    with contextlib.suppress(ValueError):
        found = json.loads(os.pread(handle, 4096, 0) or b"{}")
        return found if isinstance(found, dict) else {}
    return {}


def _holder(handle: int) -> str:
    held = _contents(handle)
    return f"process {held['pid']} on {held['host']}" if {"pid", "host"} <= held.keys() else "another process"
