# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The report: complete, offline, the same bytes for the same findings."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from seqforge.evaluation import figures, report
from seqforge.evaluation.curves import pr_curves, roc_curves
from seqforge.evaluation.scores import scores
from seqforge.registry import find

LABELS = ("one", "two <b>", "three")
HISTORY = [
    {"epoch": 1, "loss": 1.2, "validation_loss": 1.0, "validation_accuracy": 0.4},
    {"epoch": 2, "loss": 0.7, "validation_loss": 0.8, "validation_accuracy": 0.6},
]


def findings(task: str = "multi-class classification") -> report.Findings:
    rng = np.random.default_rng(5)
    prediction = rng.dirichlet(np.ones(3), 60).astype(np.float32)
    kind = find("tasks", task)()
    target = {
        "index": rng.integers(0, 3, 60),
        "multi-hot": rng.integers(0, 2, (60, 3)).astype(np.float32),
        "values": rng.normal(size=(60, 3)).astype(np.float32),
    }[kind.targets]
    curved = kind.targets != "values"
    return report.Findings(
        title="a model <script>alert(1)</script>",
        set_name="test",
        scores={"n": 60, "loss": 0.5} | scores(prediction, target, LABELS, kind),
        labels=LABELS,
        prediction=prediction,
        target=target,
        history=HISTORY,
        roc=roc_curves(prediction, target, LABELS) if curved else (),
        pr=pr_curves(prediction, target, LABELS) if curved else (),
        record={"run": "m/1", "best epoch": None},
        definition="<seqgramodel/>",
    )


def test_needs_nothing_from_outside() -> None:
    html = report.render(findings())
    loading = re.findall(r"""(?:src|href)\s*=\s*["'](?!#|data:)[^"']+""", re.sub(r"xmlns(:\w+)?=\"[^\"]+\"", "", html))
    assert loading == []
    assert "@import" not in html
    assert "<script" not in html


def test_escapes_what_users_wrote() -> None:
    html = report.render(findings())
    assert "a model &lt;script&gt;" in html
    assert "two &lt;b&gt;" in html
    assert "&lt;seqgramodel/&gt;" in html


@pytest.mark.slow
def test_same_findings_same_bytes() -> None:
    assert report.render(findings()) == report.render(findings())


@pytest.mark.parametrize(
    ("task", "titles"),
    [
        ("multi-class classification", ["Training", "Curves", "Confusion", "By label", "Run", "Definition"]),
        ("multi-label classification", ["Training", "Curves", "By label", "Run", "Definition"]),
        ("regression", ["Training", "Predicted over observed", "By label", "Run", "Definition"]),
    ],
)
def test_sections_fit_the_task(task: str, titles: list[str]) -> None:
    assert re.findall(r"<h2>(.*?)</h2>", report.render(findings(task))) == titles


def test_shows_the_numbers() -> None:
    found = findings()
    html = report.render(found)
    for name in ("accuracy", "matthews_correlation", "roc_auc"):
        assert f"<b>{found.scores[name]:.4g}</b><span>{name.replace('_', ' ')}</span>" in html


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (0.123456, "0.1235"), (1234567, "1,234,567"), ("as it is", "as it is")]
)
def test_numbers_for_people(value: object, text: str) -> None:
    assert report.number(value) == text


def test_figures_are_well_formed_svg() -> None:
    for drawn in (
        figures.history(HISTORY),
        figures.curves([("a", np.array([0.0, 1]), np.array([0.0, 1]), 0.5)], "x", "y", diagonal=True, iso_f1=True),
        figures.confusion([[3, 1], [0, 4]], ["a", "b"]),
        figures.scatter(np.arange(9.0), np.arange(9.0)),
    ):
        assert ElementTree.fromstring(drawn).tag == "{http://www.w3.org/2000/svg}svg"


def test_long_curves_are_thinned_but_keep_their_ends() -> None:
    x = np.linspace(0, 1, 10_000)
    thin_x, thin_y = figures.thinned(x, x**2)
    assert len(thin_x) == figures.MOST_POINTS
    assert (thin_x[0], thin_x[-1], thin_y[-1]) == (0, 1, 1)
