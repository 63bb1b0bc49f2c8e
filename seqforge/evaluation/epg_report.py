# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The report of a model of electropherograms: scan points, peaks, alleles, what depends on height, and profiles."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from seqforge.evaluation import epg_plots, figures
from seqforge.evaluation.epg_plots import Drawn
from seqforge.evaluation.report import Figure, Section, Table, number, origin, page, tiles

TILES = {
    "segmentation": ("f1", "precision", "recall", "iou", "iou_per_profile", "f1_macro", "loss"),
    "reconstruction": ("mean_squared_error", "mean_squared_error_rfu", "loss"),
    "peak classification": ("f1", "accuracy", "precision", "recall", "loss"),
}
COUNTED = ("tp", "fp", "fn", "precision", "recall", "f1")
LEVELS = {"points": "scan points", "peaks": "peaks", "alleles": "alleles"}
MOST_PROFILES = 4  # drawn in the report, whole and by marker


@dataclass(frozen=True)
class EpgFindings:
    """What the report is made of; `scores` as `run.electropherograms.judged` gives them; `record`: name → value."""

    title: str
    set_name: str
    scores: Mapping[str, Any]
    labels: Sequence[str]
    profiles: Sequence[Drawn] = ()
    windows: Sequence[epg_plots.Window] = ()
    history: Sequence[Mapping[str, Any]] = ()
    record: Mapping[str, Any] = field(default_factory=dict)
    definition: str = ""


def render(findings: EpgFindings) -> str:
    """The report as HTML text; raises BackendError where the `report` extra is missing."""
    scores = findings.scores
    things = "peaks" if scores["task"] == "peak classification" else "profiles"
    lead = f"Scores on the {findings.set_name} set, {number(scores['n'])} {things}."
    chief = tiles(scores, TILES[scores["task"]])
    alleles = scores.get("alleles")
    if alleles:
        chief.insert(0, (f"allele F1 against {alleles['truth']}", number(alleles["f1"])))
    return page(findings.title, lead, chief, list(_sections(findings)))


def _sections(findings: EpgFindings) -> Iterator[Section]:
    for make in SECTIONS:
        yield from make(findings)
    if findings.scores.get("notes"):
        yield Section("Notes", table=Table(("note",), [(note,) for note in findings.scores["notes"]]))
    yield from origin(findings.record, findings.definition)


def _training(findings: EpgFindings) -> Iterator[Section]:
    rows = findings.history
    if not rows:
        return
    chief = [name for name in TILES[findings.scores["task"]] if name != "loss"]
    judged = [name for name in chief if any(row.get(f"validation_{name}") is not None for row in rows)]
    names = ("loss", *judged[:1])
    yield Section("Training", [Figure(figures.history(rows, name), f"{_words(name)} by epoch") for name in names])


def _points(findings: EpgFindings) -> Iterator[Section]:
    """Scan points of a segmentation, peaks of a peak classification: by label, and which are mistaken for which."""
    scores = findings.scores
    if not scores.get("labels"):
        return
    title = "Peaks" if scores["task"] == "peak classification" else "Scan points"
    yield Section(title, _confusion(scores, findings.labels), _by_name("label", scores["labels"]))


def _peaks(findings: EpgFindings) -> Iterator[Section]:
    found = findings.scores.get("peaks")
    if found:
        yield Section("Peaks", _confusion(found, findings.labels), _by_name("label", found["labels"]))
    missed = findings.scores.get("unreachable")
    if missed:
        rows = [(what, number(missed[what]), number(missed[f"of_{what}"])) for what in ("points", "labels")]
        yield Section("Labels without a detected peak", table=Table(("what", "without", "of"), rows))


def _confusion(scores: Mapping[str, Any], labels: Sequence[str]) -> list[Figure]:
    matrix = scores.get("confusion_matrix")
    if not matrix or sum(map(sum, matrix)) == 0:
        return []
    return [Figure(figures.confusion(matrix, labels), "Share of each true label by predicted label")]


def _alleles(findings: EpgFindings) -> Iterator[Section]:
    found = findings.scores.get("alleles")
    if not found:
        return
    out = "ignored" if found["ob"] == "ignore" else "counted as wrong"
    title = f"Alleles against {found['truth']} ({found['markers']} markers, out of bin {out})"
    yield Section(title, table=_by_name("marker", {"all": found} | found["per_marker"], COUNTED))


def _by_height(findings: EpgFindings) -> Iterator[Section]:
    strata = findings.scores.get("strata", {})
    heights, people = strata.get("rfu", {}), strata.get("contributors", {})
    drawn = [
        Figure(epg_plots.by_height(heights[level]), f"{LEVELS[level]} by height")
        for level in LEVELS
        if heights.get(level)
    ]
    if drawn:
        yield Section("By height", drawn)
    rows = [
        [LEVELS[level], *(number(row[name]) for name in ("contributors", *COUNTED))]
        for level in LEVELS
        for row in people.get(level, ())
    ]
    if rows:
        yield Section("By number of contributors", table=Table(("", "contributors", *COUNTED), rows))


def _reconstruction(findings: EpgFindings) -> Iterator[Section]:
    dyes = findings.scores.get("dyes")
    if dyes:
        yield Section("By dye", table=_by_name("dye", dyes))


def _profiles(findings: EpgFindings) -> Iterator[Section]:
    drawn = []
    for one in findings.profiles[:MOST_PROFILES]:
        drawn.append(Figure(figures.svg(epg_plots.profile(one)), f"{one.name}: all dyes", wide=True))
        if findings.windows and one.base_pairs is not None:
            drawn.append(Figure(figures.svg(epg_plots.markers(one, findings.windows)), f"{one.name}: markers", True))
    if drawn:
        yield Section("Profiles", drawn)


def _by_name(what: str, rows: Mapping[str, Mapping[str, Any]], columns: Sequence[str] = ()) -> Table:
    names = columns or list(next(iter(rows.values())))
    cells = [[name, *(number(row.get(column)) for column in names)] for name, row in rows.items()]
    return Table((what, *map(_words, names)), cells)


def _words(name: str) -> str:
    return name.replace("_", " ")


SECTIONS: tuple[Callable[[EpgFindings], Iterator[Section]], ...] = (
    _training, _points, _peaks, _alleles, _by_height, _reconstruction, _profiles,
)  # fmt: skip
