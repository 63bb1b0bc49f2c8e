# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Per-bin k-mer features of a FASTA file: one table per record, and features.json with how they were made.

Feature version "kmer-1". c(w) is how often a k-mer w or (canonical) its reverse complement occurs in the whole file;
depth is the mean of c over the valid k-mers wholly inside a bin, highlighted the share of them whose c is high.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from seqforge.data.kmers.bins import COUNT, RULES, Bins, Rule, cuts, reduced
from seqforge.data.kmers.codes import Codes, Record, encode
from seqforge.data.kmers.counting import Counts, Plan, counted
from seqforge.data.kmers.labels import Labels, labels_of
from seqforge.data.kmers.sharing import shared
from seqforge.data.problems import EMPTY, MISSING, refuse
from seqforge.environment import usable_cores
from seqforge.errors import DataError, UsageError, did_you_mean
from seqforge.files import filled_folder, new_file, sha256

VERSION = "kmer-1"
KMERS = (64, 128, 256, 512)
BIN_SIZE, MOST_BIN = 10_000, 10_000_000  # a worker holds at least one bin
FEWEST_BINS = 10  # of a record that is worth a table
MEMORY, LEAST_MEMORY = 1 << 30, 1 << 24
ENDING = "_multi_k_summary.csv"
REPORT = "features.json"
UNKNOWN = -1  # has_cen without labels
DEFAULT_RULE = Rule()
UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
FASTA_ENDINGS = re.compile(r"(\.(fa|fasta|fna|fas))?(\.(gz|bgz))?$", re.IGNORECASE)
Report = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What is counted and how. `memory` in bytes; `stretch` and `parts` divide the work and change no result."""

    genome: Path
    sample: str
    k: tuple[int, ...] = KMERS
    bin_size: int = BIN_SIZE
    rule: Rule = DEFAULT_RULE
    canonical: bool = True
    labels: Path | None = None
    label_overlap: float = 0.5
    memory: int = MEMORY
    workers: int = 1
    stretch: int | None = None
    parts: int | None = None

    @cached_property
    def key(self) -> dict[str, Any]:
        """What tables depend on, as plain JSON."""
        known = {"labels": None} if self.labels is None else {"labels": _file(self.labels)}
        return {
            "feature_version": VERSION,
            "sample": self.sample,
            "k": list(self.k),
            "bin_size": self.bin_size,
            "highlight": self.rule.name,
            "highlight_count": self.rule.count,
            "canonical": self.canonical,
            "fasta": _file(self.genome),
            **known,
            "label_overlap": self.label_overlap if self.labels else None,
        }


def _file(path: Path) -> dict[str, str]:
    try:
        return {"name": path.name, "sha256": sha256(path)}
    except OSError as error:
        raise refuse(MISSING, f"cannot read the file: {error.strerror or error}", file=path) from None


def settings(genome: str, options: Mapping[str, Any]) -> Settings:
    """From the options of the command line; raises UsageError."""
    path = Path(genome)
    if not path.is_file():
        raise refuse(MISSING, "no such FASTA file", file=path)
    sample = options.get("sample") or FASTA_ENDINGS.sub("", path.name)
    if unsafe(sample):
        raise UsageError(f"--sample: expected letters, digits, '.', '_' and '-', received '{sample}'")
    lengths = _lengths(options.get("k"))
    plain = {name: options[name] for name in ("canonical", "labels") if name in options}
    return Settings(
        genome=path,
        sample=sample,
        k=lengths,
        bin_size=_bin_size(options.get("bin_size", BIN_SIZE), lengths),
        rule=_rule(options.get("highlight"), options.get("highlight_count")),
        label_overlap=_overlap(options),
        memory=_bytes(options.get("memory", "1G")),
        workers=_workers(options.get("workers")),
        **plain,
    )


def _lengths(text: str | None) -> tuple[int, ...]:
    if text is None:
        return KMERS
    words = [word.strip() for word in text.split(",")]
    if not all(word.isdecimal() and int(word) > 0 for word in words) or len(set(map(int, words))) < len(words):
        raise UsageError(f"--k: expected different numbers from 1 on, as 64,128,256,512, received '{text}'")
    return tuple(map(int, words))


def _bin_size(size: int, lengths: tuple[int, ...]) -> int:
    if not max(lengths) <= size <= MOST_BIN:
        expected = f"from the longest k-mer, {max(lengths)}, to {MOST_BIN:,} bases"
        raise UsageError(f"--bin-size: expected {expected}, received {size}")
    return size


def _rule(name: str | None, count: int | None) -> Rule:
    name = name or RULES[0]
    if name not in RULES:
        raise UsageError(f"--highlight: there is no rule '{name}'; {did_you_mean(name, RULES)}")
    if (name == COUNT) != (count is not None):
        way = (
            "needs --highlight-count" if name == COUNT else f"does not read --highlight-count; say --highlight {COUNT}"
        )
        raise UsageError(f"--highlight {name} {way}")
    if count is not None and count < 1:
        raise UsageError(f"--highlight-count: expected a number from 1 on, received {count}")
    return Rule(name, count)


def _overlap(options: Mapping[str, Any]) -> float:
    share = float(options.get("label_overlap", 0.5))
    if not 0 < share <= 1:
        raise UsageError(f"--label-overlap: expected a share above 0, up to 1, received {share:g}")
    if "label_overlap" in options and "labels" not in options:
        raise UsageError("--label-overlap would have no effect without --labels")
    return share


def _bytes(text: str) -> int:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    size = float(found[1]) * UNITS[found[2].upper()] if found else 0
    if size < LEAST_MEMORY:
        raise UsageError(f"--memory: expected at least 16M, as 512M or 1.5G, received '{text}'")
    return int(size)


def _workers(count: int | None) -> int:
    if count is None:
        return usable_cores()
    if count < 1:
        raise UsageError(f"--workers: expected a number from 1 on, received {count}")
    return count


@dataclass(frozen=True)
class Features:
    """`values` (bin, 2·k) float64: highlighted share and depth for each k; `medians`: of the genome's counts, by k.

    `valid` (bin, k) int64: k-mers that a bin's values stand for.
    """

    codes: Codes
    bins: Bins
    values: np.ndarray
    valid: np.ndarray
    medians: dict[int, float]


def computed(
    chosen: Settings,
    scratch: Path,
    report: Report = lambda text: None,
    judge: Callable[[Codes, Bins], None] = lambda codes, bins: None,
) -> Features:
    """The features of every bin of every record; temporary files, at most 19 bytes per base, go into `scratch`.

    `judge` sees what was read before anything is counted, and may refuse it. Raises DataError where no k-mer is valid.
    """
    report(f"reading {chosen.genome}")
    codes = encode(chosen.genome, scratch)
    bins = Bins.of(codes.records, chosen.bin_size)
    judge(codes, bins)
    plan = Plan.of(
        codes.size, cuts(codes, chosen.bin_size), chosen.memory, chosen.workers, chosen.stretch, chosen.parts
    )
    found, medians, once = {}, {}, None
    for k in sorted(chosen.k):
        report(f"counting {k}-mers of {codes.size:,} bases")
        with counted(codes, k, chosen.canonical, plan, scratch, once) as counts:
            medians[k], once = counts.median, counts.once
            if once.k == min(chosen.k) and not counts.valid:
                raise refuse(EMPTY, f"nowhere are {k} bases in a row A, C, G or T", "is it DNA?", chosen.genome)
            found[k] = _reduced(counts, bins, plan, k, chosen.rule)
    codes.spill.close()
    values = [_share(part, found[k][0]) for k in chosen.k for part in (found[k][2], found[k][1])]
    valid = np.column_stack([found[k][0] for k in chosen.k])
    return Features(codes, bins, np.column_stack(values), valid, {k: medians[k] for k in chosen.k})


def _reduced(counts: Counts, bins: Bins, plan: Plan, k: int, rule: Rule) -> np.ndarray:
    """Valid k-mers, sums of counts and highlighted k-mers of all bins (3, bin) int64."""
    edges = np.searchsorted(bins.start, [start for start, _ in plan.stretches]).tolist()
    stops = np.maximum(bins.stop - k + 1, bins.start)  # behind the last k-mer wholly inside
    median = counts.median

    def one(stretch: int, first: int, last: int) -> tuple[np.ndarray, ...]:
        offset = plan.stretches[stretch][0]
        start, stop = bins.start[first:last] - offset, stops[first:last] - offset
        return reduced(counts.of(stretch), start, stop, rule, median)

    jobs = zip(range(len(edges)), edges, [*edges[1:], len(bins)], strict=True)
    return np.concatenate([np.stack(found) for found in shared(one, jobs, plan.workers)], axis=1)


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole (bin,) float64, 0 where there is nothing."""
    return np.divide(part, whole, out=np.zeros(len(whole)), where=whole > 0)


def write(chosen: Settings, folder: Path, report: Report = lambda text: None) -> dict[str, Any]:
    """Tables and features.json into `folder`; what features.json says. Raises DataError.

    A folder that holds the same features already is kept; one that holds others is refused.
    """
    held = _held(folder, chosen.key)
    if held is not None:
        return {**held, "notes": [*held["notes"], f"{folder} held these tables already; nothing was written"]}
    known = None if chosen.labels is None else labels_of(chosen.labels)

    def judge(codes: Codes, bins: Bins) -> None:
        _refuse_short(chosen, codes, bins)
        if known is not None:
            known.check(codes.records)

    try:
        with filled_folder(folder), _scratch(folder) as scratch:
            found = computed(chosen, scratch, report, judge)
        said = _written(chosen, found, known, folder)
        with new_file(folder / REPORT) as path:
            path.write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise refuse(MISSING, f"cannot be written: {error.strerror or error}", file=folder) from None
    return said


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """A folder for temporary files beside the tables: that file system has to have room, the system's may not."""
    path = Path(tempfile.mkdtemp(prefix=".counting-", dir=folder))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _held(folder: Path, key: dict[str, Any]) -> dict[str, Any] | None:
    """What features.json says if it is of the same features, None where there are no tables."""
    tables = sorted(folder.glob(f"*{ENDING}")) if folder.is_dir() else []
    if not tables and not (folder / REPORT).exists():
        return None
    try:
        held: dict[str, Any] = json.loads((folder / REPORT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        held = {}
    names = [one["file"] for one in held.get("chromosomes", [])]
    if names == [path.name for path in tables] and {name: held.get(name) for name in key} == key:
        return held
    if not held:
        cut = f"{folder} holds tables without a {REPORT} that can be read: they were not finished, or are not from here"
        raise DataError(f"{cut}; remove them, or choose another folder with -o")
    raise DataError(f"{folder} holds tables of another genome or with other settings; choose another folder with -o")


def _written(chosen: Settings, found: Features, known: Labels | None, folder: Path) -> dict[str, Any]:
    """Write a table for each record with enough bins; the report."""
    names = _file_names(chosen.sample, found.codes.records)
    kept = np.flatnonzero(np.diff(found.bins.first) >= FEWEST_BINS).tolist()
    labelled = sum(_write_table(folder / names[number], chosen, found, number, known) for number in kept)
    said = {**chosen.key, **_report(found, kept, names)}
    if known is not None and not labelled:
        said["notes"] += [f"no bin is covered by regions to {chosen.label_overlap:g}: has_cen is 0 in every row"]
    return said


def _refuse_short(chosen: Settings, codes: Codes, bins: Bins) -> None:
    """Raise DataError where no record has enough bins for a table."""
    if np.diff(bins.first).max() < FEWEST_BINS:
        longest = max(record.length for record in codes.records)
        hint = f"the longest record has {longest:,} bases; choose a smaller --bin-size"
        raise refuse(EMPTY, f"no record has {FEWEST_BINS} bins of {chosen.bin_size:,} bases", hint, chosen.genome)


def unsafe(name: str) -> bool:
    """Whether a name has other characters than a file's may have anywhere."""
    return re.fullmatch(r"[A-Za-z0-9._+-]+", name) is None or name.startswith(".")


def _file_names(sample: str, records: tuple[Record, ...]) -> list[str]:
    """One for each record, no two alike where letters have no case."""
    taken: set[str] = set()
    names = []
    for record in records:
        plain = re.sub(r"[^A-Za-z0-9._+-]", "-", record.name)
        name, number = plain, 2
        while name.casefold() in taken:
            name, number = f"{plain}-{number}", number + 1
        taken.add(name.casefold())
        names.append(f"{sample}_{name}{ENDING}")
    return names


def _write_table(path: Path, chosen: Settings, found: Features, number: int, known: Labels | None) -> int:
    """Columns start, end, two features for each k, has_cen; names too, where the file's name does not tell them.

    How many rows are labelled 1.
    """
    record = found.codes.records[number]
    rows = slice(*found.bins.first[number : number + 2])
    start, stop = found.bins.start[rows] - record.start, found.bins.stop[rows] - record.start
    has = np.full(len(start), UNKNOWN) if known is None else known.of(record.name, start, stop, chosen.label_overlap)
    told = path.name == f"{chosen.sample}_{record.name}{ENDING}" and "_" not in record.name
    identity = {} if told else {"sample": chosen.sample, "chromosome": record.name}
    features = [f"{k}_{name}" for k in chosen.k for name in ("highlighted_percent", "coverage_depth_avg")]
    tail = "".join(f",{_quoted(word)}" for word in identity.values())
    with new_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(["start", "end", *features, "has_cen", *identity]) + "\n")
        columns = zip(start.tolist(), stop.tolist(), found.values[rows].tolist(), has.tolist(), strict=True)
        file.writelines(
            f"{low},{high},{','.join(map(repr, values))},{cen}{tail}\n" for low, high, values, cen in columns
        )
    return int(np.count_nonzero(has == 1))


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '""') + '"' if any(sign in word for sign in ',"\r\n') else word


def _report(found: Features, kept: list[int], names: list[str]) -> dict[str, Any]:
    records, first = found.codes.records, found.bins.first
    chromosomes = [
        {
            "chromosome": records[number].name,
            "file": names[number],
            "length": records[number].length,
            "bins": int(first[number + 1] - first[number]),
        }
        for number in sorted(kept, key=lambda number: names[number])
    ]
    rows = np.concatenate([np.arange(first[number], first[number + 1]) for number in kept])
    written = {records[number].name for number in kept}
    empty = {str(k): int(np.count_nonzero(found.valid[rows, at] == 0)) for at, k in enumerate(found.medians)}
    said = {
        "medians": {str(k): median for k, median in found.medians.items()},
        "bases": sum(record.length for record in records),
        "bins": len(rows),
        "chromosomes": chromosomes,
        "dropped_bins": [
            {"chromosome": record.name, "start": start, "end": stop}
            for record, start, stop in found.bins.dropped
            if record.name in written
        ],
        "empty_bins": empty,
        "skipped_records": [
            {"chromosome": record.name, "length": record.length} for record in records if record.name not in written
        ],
    }
    return {**said, "notes": _notes(said, found.bins.size)}


def _notes(said: Mapping[str, Any], size: int) -> list[str]:
    dropped, skipped = said["dropped_bins"], said["skipped_records"]
    notes = []
    if dropped:
        notes.append(f"last bins shorter than {size / 2:g} bases were dropped: {len(dropped)}")
    if skipped:
        shown = ", ".join(one["chromosome"] for one in skipped[:10]) + (", …" if len(skipped) > 10 else "")
        notes.append(f"records with fewer than {FEWEST_BINS} bins were skipped: {len(skipped)} ({shown})")
    if any(said["empty_bins"].values()):
        counts = ", ".join(f"{count} for k = {k}" for k, count in said["empty_bins"].items() if count)
        notes.append(f"bins without a valid k-mer have features 0 and 0: {counts}")
    return notes
