# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The report of a profile model: its numbers beside the floors, tracks of some regions, counts, and the training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from seqforge.evaluation import figures, tables
from seqforge.evaluation.examples import ORDER, Example
from seqforge.evaluation.profiles import FLOORS, JudgedHead, ProfileEvaluation
from seqforge.evaluation.report import Figure, Section, Table, number, origin, page, tiles
from seqforge.training.monitor import WEIGHTS

TILES = ("loss", "profile_pearson", "profile_js_distance", "profile_mnll_per_read", "counts_pearson", "counts_mse")
DRAWN = ("profile_pearson", "profile_js_distance", "profile_mnll_per_read")
MOST_TASKS = 6  # panels of a track figure


@dataclass(frozen=True)
class ProfileFindings:
    """What the report of a profile model is made of; `record`: name → value of the run."""

    title: str
    set_name: str
    evaluation: ProfileEvaluation
    examples: Sequence[Example] = ()
    history: Sequence[Mapping[str, Any]] = ()
    record: Mapping[str, Any] = field(default_factory=dict)
    definition: str = ""


def render(findings: ProfileFindings) -> str:
    """The report as HTML text; raises BackendError where the `report` extra is missing."""
    scores = findings.evaluation.scores
    lead = f"Scores on the {findings.set_name} set, {number(scores['n'])} regions."
    return page(findings.title, lead, tiles(scores, TILES), list(_sections(findings)))


def _sections(findings: ProfileFindings) -> Iterator[Section]:
    scores = findings.evaluation.scores
    if findings.history:
        yield Section("Training", list(_training(findings.history)))
    for judged in findings.evaluation.heads:
        name = judged.head.name
        table = tables.of_head(scores["heads"][name], scores["judging"])
        yield Section(f"Head {name}", list(_head(judged)), Table(table[0], table[1:]))
        drawn = [_track(example) for example in findings.examples if example.head == judged.head]
        if drawn:
            yield Section(f"Regions of head {name}", drawn)
    if scores["notes"]:
        yield Section("Notes", table=Table(("note",), [(note,) for note in scores["notes"]]))
    yield from origin(findings.record, findings.definition)


def _training(rows: Sequence[Mapping[str, Any]]) -> Iterator[Figure]:
    """The total loss, each part of it without its factor, and the factors if they move."""
    weighed = [{"epoch": row["epoch"], **row[WEIGHTS]} for row in rows if row.get(WEIGHTS)]
    parts = [name for name in weighed[0] if name != "epoch"] if weighed else []
    for name in ("loss", *parts):
        yield Figure(figures.history(rows, name), f"{name.replace('_', ' ')} by epoch")
    moving = [name for name in parts if len({row.get(name) for row in weighed}) > 1]
    if moving:
        yield Figure(figures.factors(weighed, moving, "factor in the loss"), "factors of the counts by epoch")


def _head(judged: JudgedHead) -> Iterator[Figure]:
    joint = judged.joint
    for metric in DRAWN:
        values = {"model": joint.counted(metric)}
        values |= {FLOORS[floor]: joint.counted(metric, floor) for floor in joint.floors}
        if np.isfinite(values["model"]).any():
            quantity = metric.replace("_", " ")
            yield Figure(figures.distributions(values, quantity), f"{quantity} of regions, and of the two floors")
    defined = np.isfinite(joint.predicted) & np.isfinite(joint.observed)
    if defined.any():
        drawn = figures.scatter(joint.observed[defined], joint.predicted[defined], "", "ln(reads)", diagonal=True)
        yield Figure(drawn, "log counts of regions")


def _track(example: Example) -> Figure:
    chrom, start, stop = example.place or ("", None, 0)
    where = f"{chrom}:{start:,}-{stop:,}" if start is not None else f"region {example.region}"
    tasks = example.head.tasks[:MOST_TASKS]
    drawn = figures.tracks(example.observed, example.predicted, tasks, start)
    left = "" if len(tasks) == example.head.width else f"; the first {len(tasks)} of {example.head.width} tasks"
    return Figure(drawn, f"{example.choice}: {where}, {ORDER.replace('_', ' ')} {example.score:.3f}{left}")
