# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from seqforge.data import cache
from seqforge.data.sources.table import TableSource
from seqforge.errors import DataError


def fill(folder: Path) -> None:
    (folder / "one").write_bytes(b"content")
    (folder / "two").write_bytes(b"")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"SEQFORGE_CACHE": "/x", "XDG_CACHE_HOME": "/y"}, "/x"),
        ({"SEQFORGE_CACHE": "", "XDG_CACHE_HOME": "/y"}, "/y/seqforge"),
        ({"HOME": "/h"}, "/h/.cache/seqforge"),
    ],
)
def test_where_the_cache_lies(monkeypatch, environment, expected):
    for name in ("SEQFORGE_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert cache.root() == Path(expected)


def test_an_entry_is_built_once():
    built = []
    for _ in range(3):
        folder = cache.entry("key", lambda fresh: (fill(fresh), built.append(fresh)))
    assert (folder / "one").read_bytes() == b"content"
    assert len(built) == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "one").write_bytes(b"contenT"),
        lambda folder: (folder / "one").write_bytes(b"cont"),
        lambda folder: (folder / "two").unlink(),
        lambda folder: (folder / cache.SEAL).unlink(),
        lambda folder: (folder / cache.SEAL).write_text("{"),
        lambda folder: (folder / cache.SEAL).write_text("[]"),
    ],
    ids=["a byte", "cut off", "file gone", "seal gone", "seal cut off", "seal of another kind"],
)
def test_a_damaged_entry_is_built_again(damage):
    folder = cache.entry("key", fill)
    damage(folder)
    assert not cache.intact(folder)
    assert cache.intact(cache.entry("key", fill))
    assert (folder / "one").read_bytes() == b"content"
    assert [path.name for path in folder.parent.iterdir()] == ["key"]


def test_a_build_that_fails_leaves_nothing(own_cache):
    def fail(folder: Path) -> None:
        (folder / "half").write_text("x")
        raise DataError("no")

    with pytest.raises(DataError, match=r"^no$"):
        cache.entry("key", fail)
    assert list((own_cache / "data").iterdir()) == []


def test_leavings_of_killed_processes_go_after_a_day(own_cache):
    for name, age in (("old.tmp", 2 * cache.STALE_SECONDS), ("new.tmp", 0)):
        folder = own_cache / "data" / name
        folder.mkdir(parents=True)
        moment = folder.stat().st_mtime - age
        os.utime(folder, (moment, moment))
    cache.entry("key", fill)
    assert sorted(path.name for path in (own_cache / "data").iterdir()) == ["key", "new.tmp"]


def test_a_cache_that_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SEQFORGE_CACHE", str(tmp_path / "file"))
    with pytest.raises(DataError, match="SF0701: cannot write the cache: Not a directory; name a writable folder"):
        cache.entry("key", fill)


WRITER = """
import sys
from pathlib import Path
from seqforge.data import cache
def build(folder):
    (folder / "pid").write_text("x" * 200_000)
    print("built", flush=True)
    sys.stdin.readline()
folder = cache.entry("shared", build)
assert cache.intact(folder)
"""


def test_parallel_writers_end_with_one_intact_entry(own_cache):
    """All three are inside `build` at once before any of them may go on."""
    start = [sys.executable, "-c", WRITER]
    writers = [subprocess.Popen(start, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [writer.stdout.readline() for writer in writers] == ["built\n"] * 3
    for writer in writers:
        writer.stdin.write("\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    assert cache.intact(own_cache / "data" / "shared")
    assert [path.name for path in (own_cache / "data").iterdir()] == ["shared"]


class TestTables:
    def table(self, tmp_path: Path, name: str = "t.tsv", last: str = "TTTT") -> TableSource:
        (tmp_path / name).write_text(f"x\ty\nACGT\ta\n{last}\tb\n")
        return TableSource(training=name)

    def test_reuse_depends_on_content_and_options_not_on_names(self, tmp_path, wanted):
        said: list[str] = []
        first = self.table(tmp_path).open(wanted(), said.append)
        moved = self.table(tmp_path, "moved.tsv").open(wanted(), said.append)
        assert said == ["encoding t.tsv"]
        assert first.fingerprint == moved.fingerprint
        assert moved.training.place(1) == f"{tmp_path}/moved.tsv:3"
        edited = self.table(tmp_path, last="TTTA").open(wanted(), said.append)
        relabelled = self.table(tmp_path).open(wanted("b", "a"), said.append)
        assert len(said) == 3
        assert len({first.fingerprint, edited.fingerprint, relabelled.fingerprint}) == 3
        assert relabelled.training.targets.tolist() == [1, 0]

    def test_damaged_codes_are_encoded_again(self, tmp_path, wanted, own_cache):
        source = self.table(tmp_path)
        before = source.open(wanted()).training.batch(np.arange(2)).sequence.copy()
        (codes,) = own_cache.rglob("codes.u8")
        codes.write_bytes(b"\x07" * 8)
        said: list[str] = []
        after = source.open(wanted(), said.append)
        assert said == ["encoding t.tsv"]
        np.testing.assert_array_equal(after.training.batch(np.arange(2)).sequence, before)
