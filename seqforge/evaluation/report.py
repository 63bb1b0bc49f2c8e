# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The report of a run: one HTML file with numbers and figures that opens offline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from seqforge.errors import BackendError
from seqforge.evaluation import figures
from seqforge.evaluation.curves import Curve

TILES = (
    "accuracy", "label_accuracy", "loss", "f1", "matthews_correlation", "roc_auc", "pr_auc",
    "mean_squared_error", "pearson_r", "spearman_r",
)  # fmt: skip
MOST_SCATTERS = 4


class Figure(NamedTuple):
    svg: str
    caption: str
    wide: bool = False  # across the page


class Table(NamedTuple):
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Section:
    title: str
    figures: Sequence[Figure] = ()
    table: Table | None = None
    text: str = ""


@dataclass(frozen=True)
class Findings:
    """What a report is made of. `scores` as `evaluation.scores` gives them; `record`: name → value of the run."""

    title: str
    set_name: str
    scores: Mapping[str, Any]
    labels: Sequence[str]
    prediction: np.ndarray
    target: np.ndarray
    history: Sequence[Mapping[str, Any]] = ()
    roc: Sequence[Curve] = ()
    pr: Sequence[Curve] = ()
    record: Mapping[str, Any] = field(default_factory=dict)
    definition: str = ""


def number(value: Any) -> str:
    """A figure for people: four significant digits, a dash where it is not defined."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def write(path: Path, findings: Findings) -> None:
    """Write the report to `path`."""
    path.write_text(render(findings), encoding="utf-8")


def render(findings: Findings) -> str:
    """The report as HTML text; raises BackendError where the `report` extra is missing."""
    lead = f"Scores on the {findings.set_name} set, {number(findings.scores['n'])} examples."
    return page(findings.title, lead, tiles(findings.scores, TILES), _sections(findings))


def tiles(scores: Mapping[str, Any], names: Sequence[str]) -> list[tuple[str, str]]:
    """The chief numbers: (name, number) of those that there are."""
    return [(name.replace("_", " "), number(scores[name])) for name in names if name in scores]


def page(title: str, lead: str, chief: Sequence[tuple[str, str]], sections: Sequence[Section]) -> str:
    """One HTML file; raises BackendError where the `report` extra is missing."""
    try:
        from jinja2 import Environment, PackageLoader
    except ImportError:
        raise BackendError("reports need jinja2; pip install 'seqforge[report]'") from None
    environment = Environment(loader=PackageLoader("seqforge", "evaluation"), autoescape=True)
    return environment.get_template("report.html.jinja").render(title=title, lead=lead, tiles=chief, sections=sections)


def _sections(findings: Findings) -> list[Section]:
    found = [_training(findings), _curves(findings), _confusion(findings), _scatters(findings), _per_label(findings)]
    sections = [section for section in found if section is not None]
    return [*sections, *origin(findings.record, findings.definition)]


def origin(record: Mapping[str, Any], definition: str) -> list[Section]:
    """Where the numbers come from: the run and its definition."""
    table = Table(("record", ""), [(name, number(value)) for name, value in record.items()])
    return [Section("Run", table=table), Section("Definition", text=definition)]


def _training(findings: Findings) -> Section | None:
    rows = findings.history
    if not rows:
        return None
    metrics = [
        name for name in TILES if name != "loss" and any(row.get(f"validation_{name}") is not None for row in rows)
    ]
    drawn = [
        Figure(figures.history(rows, name), f"{name.replace('_', ' ')} by epoch") for name in ("loss", *metrics[:1])
    ]
    return Section("Training", drawn)


def _curves(findings: Findings) -> Section | None:
    drawn = []
    if any(curve.area is not None for curve in findings.roc):
        lines = [curve.line for curve in findings.roc if curve.area is not None]
        svg = figures.curves(lines, "false positive rate", "true positive rate", diagonal=True)
        drawn.append(Figure(svg, "ROC: each label against the rest, over all pairs (micro), mean of labels (macro)"))
    if any(curve.area is not None for curve in findings.pr):
        lines = [curve.line for curve in findings.pr if curve.area is not None]
        svg = figures.curves(lines, "recall", "precision", iso_f1=True)
        drawn.append(Figure(svg, "Precision over recall, with lines of equal F1"))
    return Section("Curves", drawn) if drawn else None


def _confusion(findings: Findings) -> Section | None:
    matrix = findings.scores.get("confusion_matrix")
    if matrix is None or np.ndim(matrix) != 2:
        return None
    caption = "Share of each true label's examples by predicted label"
    return Section("Confusion", [Figure(figures.confusion(matrix, findings.labels), caption)])


def _scatters(findings: Findings) -> Section | None:
    if findings.target.dtype.kind != "f" or "mean_squared_error" not in findings.scores:
        return None
    drawn = [
        Figure(figures.scatter(findings.target[:, k], findings.prediction[:, k]), str(label))
        for k, label in enumerate(findings.labels[:MOST_SCATTERS])
    ]
    return Section("Predicted over observed", drawn)


def _per_label(findings: Findings) -> Section | None:
    by_label = findings.scores.get("labels")
    if not by_label:
        return None
    columns = list(next(iter(by_label.values())))
    rows = [[label, *(number(values[column]) for column in columns)] for label, values in by_label.items()]
    return Section("By label", table=Table(("label", *(name.replace("_", " ") for name in columns)), rows))
