# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A genome as indexed FASTA (plain or bgzip): chromosome sizes, and windows as codes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from seqforge.data.encodings import DNA
from seqforge.data.genome.handles import OnDisk, package
from seqforge.data.problems import DAMAGED, EMPTY, MISSING, refuse
from seqforge.errors import DataError, did_you_mean

GZIP = b"\x1f\x8b"
HEADER = 4096  # bytes of a header line that are looked at


class Genome(OnDisk):
    """The sequences of a FASTA file by chromosome; the first word of a header is the chromosome's name.

    The index `<file>.fai` is made where it is missing. An index that belongs to another file is refused.
    """

    def __init__(self, path: Path | str):
        super().__init__(path)
        if not self.path.is_file():
            raise refuse(MISSING, "no such FASTA file", file=self.path)
        _indexed(self.path)

    @cached_property
    def sizes(self) -> dict[str, int]:
        """The length of every chromosome, in the order of the file."""
        return dict(zip(self.handle.references, self.handle.lengths, strict=True))

    def opened(self) -> Any:
        pysam = package("pysam")
        try:
            with _quiet(pysam):
                return pysam.FastaFile(str(self.path))
        except (OSError, ValueError) as error:
            hint = f"remove {self.path}.fai: it is made again"
            raise refuse(DAMAGED, f"the indexed FASTA file cannot be read: {error}", hint, self.path) from None

    def codes(self, chrom: str, start: int, stop: int) -> np.ndarray:
        """The bases of `chrom` from `start` to `stop` (0-based, half-open) as codes (stop − start,) uint8.

        A C G T are 0 1 2 3 in either case, every other letter is 4. A window beyond the chromosome is a DataError.
        """
        size = self.sizes.get(chrom)
        if size is None:
            raise refuse(MISSING, f"there is no chromosome '{chrom}'", did_you_mean(chrom, list(self.sizes)), self.path)
        if not 0 <= start <= stop <= size:
            raise refuse(DAMAGED, f"{chrom}:{start}-{stop} is outside of {chrom}, 0-{size}", file=self.path)
        codes = DNA.encode(self._letters(chrom, start, stop))
        if len(codes) != stop - start:
            raise _another_file(self.path)
        return codes

    def _letters(self, chrom: str, start: int, stop: int) -> str:
        try:
            with _quiet(package("pysam")):
                return str(self.handle.fetch(chrom, start, stop))
        except (OSError, ValueError):
            raise refuse(DAMAGED, f"{chrom}:{start}-{stop} cannot be read", "is the file cut off?", self.path) from None


def _indexed(path: Path) -> None:
    """Make the index if there is none; check that it describes this file."""
    index = path.with_name(f"{path.name}.fai")
    if not index.is_file():
        _make_index(path, index)
    elif not _packed(path):
        _check(path, index)


def _packed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == GZIP


def _make_index(path: Path, index: Path) -> None:
    """Write the index under a temporary name, so that other processes never read half of it."""
    pysam = package("pysam")
    if not os.access(path.parent, os.W_OK):
        hint = "copy or link the file into a folder you may write to, or have its owner run: samtools faidx"
        raise refuse(MISSING, f"it has no index ({index.name}) and {path.parent} is read-only", hint, path)
    fresh = {name: path.with_name(f".{os.getpid()}.{path.name}.{name}") for name in ("fai", "gzi")}
    try:
        with _quiet(pysam):
            pysam.faidx(str(path), "--fai-idx", str(fresh["fai"]), "--gzi-idx", str(fresh["gzi"]))
        for name, temporary in sorted(fresh.items(), reverse=True):  # whoever sees the .fai finds the .gzi, too
            if temporary.exists():
                temporary.replace(path.with_name(f"{path.name}.{name}"))
    except pysam.SamtoolsError:
        raise _reason(path) from None
    finally:
        for temporary in fresh.values():
            temporary.unlink(missing_ok=True)


@contextmanager
def _quiet(pysam: Any) -> Iterator[None]:
    """htslib prints to the standard error by itself; SeqForge says it in its own words."""
    before = pysam.set_verbosity(0)
    try:
        yield
    finally:
        pysam.set_verbosity(before)


def _reason(path: Path) -> DataError:
    """Why a FASTA file cannot be indexed."""
    with path.open("rb") as file:
        start = file.read(64)
    if not start:
        return refuse(EMPTY, "the FASTA file is empty", file=path)
    if start[:2] == GZIP and b"BC\2\0" not in start:
        hint = "unpack it, or pack it with bgzip instead of gzip"
        return refuse(DAMAGED, "windows cannot be read out of a FASTA file packed with gzip", hint, path)
    if start[:2] != GZIP and start.lstrip()[:1] != b">":
        word = start.split()[0][:20].decode("utf-8", "replace") if start.split() else ""
        return refuse(DAMAGED, f"a FASTA file starts with '>', received '{word}'", file=path, line=1)
    what = "the FASTA file cannot be indexed: all lines of a sequence but its last must have one length"
    return refuse(DAMAGED, what, file=path)


def _check(path: Path, index: Path) -> None:
    """Raise DataError where the index was made for another file: sequences would silently be wrong.

    Every record must begin behind a header line with its name; the last one must end where the file ends.
    """
    try:
        rows = [line.split("\t") for line in index.read_text(encoding="utf-8").splitlines() if line]
        names, numbers = [row[0] for row in rows], [[int(word) for word in row[1:5]] for row in rows]
    except (ValueError, OSError):
        raise _another_file(path) from None
    with path.open("rb") as file:
        fits = all(_begins(file, name, at) for name, (_, at, _, _) in zip(names, numbers, strict=True))
        if not names or not fits or not _ends(file, *numbers[-1]):
            raise _another_file(path)


def _begins(file: Any, name: str, offset: int) -> bool:
    """Whether the line before `offset` is the header line of `name`."""
    before = min(offset, HEADER)
    file.seek(offset - before)
    text = file.read(before)
    begin = text[:-1].rfind(b"\n") + 1
    if begin == 0 and before == HEADER:  # a header longer than that: not judged
        return True
    return text.endswith(b"\n") and text[begin + 1 :].split()[:1] == [name.encode()]


def _ends(file: Any, length: int, offset: int, letters: int, line: int) -> bool:
    """Whether the last base of the last record is there, and nothing but white space behind it."""
    if not letters:
        return True
    file.seek(offset + ((length - 1) // letters) * line + (length - 1) % letters)
    return bool(file.read(1).strip()) and not file.read(4096).strip()


def _another_file(path: Path) -> DataError:
    hint = f"remove {path.name}.fai: it is made again"
    return refuse(DAMAGED, f"the index {path.name}.fai was made for another FASTA file", hint, path)
