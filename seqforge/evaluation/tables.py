# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Scores of profile models as tables: of a head for people, and of every region as TSV."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TextIO

import numpy as np

from seqforge.evaluation.profiles import COUNTS, FLOORS, PROFILE, JudgedHead, ProfileEvaluation, Scope
from seqforge.evaluation.report import number
from seqforge.metrics.profiles import CORRELATIONS, SMOOTHED

HEADER = ("metric", "task", "n", "undefined", "mean", "q25", "median", "q75", *FLOORS.values())
JOINT = "joint"
PLACES = ("chrom", "start", "stop", "strand")
SIGNS = {1: "+", -1: "-", 0: "."}


def of_head(scores: Mapping[str, Any], judging: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """The scores of a head as rows of text, the header first: each metric, joint and for each task."""
    scopes = {JOINT: scores["joint"]} | (scores["tasks"] if len(scores["tasks"]) > 1 else {})
    return [HEADER, *(_row(metric, name, scope[metric], judging) for metric, name, scope in _cells(scopes))]


def _cells(scopes: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for metric in (*PROFILE, *COUNTS):
        for name, scope in scopes.items():
            yield metric, name, scope


def _row(metric: str, scope: str, found: Mapping[str, Any], judging: Mapping[str, Any]) -> tuple[str, ...]:
    floors = found.get("floors", {})
    floored = [number(floors[floor]["mean"]) if floor in floors else "" for floor in FLOORS]
    numbers = [number(found[key]) if key in found else "" for key in ("n", "undefined", "mean", "q25", "median", "q75")]
    if metric in COUNTS:
        numbers[2] = number(found["value"])
    how = ", ".join(_how(metric, judging))
    return (metric.replace("_", " ") + (f" ({how})" if how else ""), scope, *numbers, *floored)


def _how(metric: str, judging: Mapping[str, Any]) -> Iterator[str]:
    """What was asked for of the judging of a metric, in words."""
    if judging["smoothing"] and metric in SMOOTHED:
        yield f"smoothing {judging['smoothing']:g}"
    if judging.get("undefined_as") is not None and metric in CORRELATIONS:
        yield f"undefined as {judging['undefined_as']:g}"
    if "ties" in judging and metric == "profile_spearman":
        yield f"{judging['ties']} ties"


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of text as lines, two columns to the left and numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(_padded(row, widths)).rstrip() for row in rows]


def _padded(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    for place, (cell, width) in enumerate(zip(row, widths, strict=True)):
        yield cell.ljust(width) if place < 2 else cell.rjust(width)


def write_regions(found: ProfileEvaluation, dataset: Any, file: TextIO) -> None:
    """A row per region, head and scope (joint, then tasks of a head with several), tab-separated.

    `region`: number of the row in its file or simulation, from 0; coordinates (0-based half-open) and names where they
    are known; a cell is empty where a value is not defined and no number stands for it.
    """
    writer = csv.writer(file, delimiter="\t", lineterminator="\n")
    places = _places(dataset, found.n)
    writer.writerow(
        ["region", *(PLACES if places else ()), "head", "task", "reads", "log_counts", "predicted_log_counts", *PROFILE]
    )
    rows = getattr(dataset, "rows", np.arange(found.n))
    for index, row in enumerate(rows.tolist()):
        where = [row, *(places(index) if places else ())]
        for head, task, values in _values(found.heads, index):
            writer.writerow([*where, head, task, *map(_cell, values)])


def _places(dataset: Any, n: int) -> Callable[[int], list[Any]] | None:
    """What gives a region's coordinates, or None where they are not known."""
    coordinates = getattr(dataset, "coordinates", None)
    if not n or coordinates is None or coordinates(0) is None:
        return None

    def place(index: int) -> list[Any]:
        chrom, start, stop, strand = coordinates(index)
        return [chrom, start, stop, SIGNS[strand]]

    return place


def _values(heads: Iterable[JudgedHead], index: int) -> Iterator[tuple[str, str, list[float]]]:
    for judged in heads:
        tasks = judged.tasks if judged.head.width > 1 else {}
        for task, scope in {"": judged.joint, **tasks}.items():
            yield judged.head.name, task or JOINT, _numbers(scope, index)


def _numbers(scope: Scope, index: int) -> list[float]:
    counts = [scope.reads[index], scope.observed[index], scope.predicted[index]]
    return [*counts, *(scope.counted(metric)[index] for metric in PROFILE)]


def _cell(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.6g}"
