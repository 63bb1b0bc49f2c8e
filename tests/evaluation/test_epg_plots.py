# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Electropherograms as pictures and reports: complete, offline, safe in their names, the same bytes each time."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqforge.errors import UsageError
from seqforge.evaluation import epg_plots as plots
from seqforge.evaluation import epg_report
from seqforge.evaluation.epg_calling import Call
from seqforge.evaluation.epg_plots import Drawn, Window

BP = np.linspace(100, 120, 200)
WINDOWS = [Window("D1", 0, 102, 110), Window("D2", 1, 110, 118)]


def drawn(name: str = "a", **changes: Any) -> Drawn:
    rng = np.random.default_rng(1)
    rfu = rng.integers(-5, 20, (2, 200))
    rfu[0, 40:45], rfu[1, 120] = 900, 400
    mask = np.zeros((2, 200), dtype=np.int8)
    mask[0, 39:46] = 1
    calls = [
        Call(0, 39, 46, 40, float(BP[40]), 900, 0.9, "D1", "14.2", 0.1),
        Call(1, 120, 121, 120, 112.0, 400, 0.9, "D2", "OB"),
    ]
    given = {"rfu": rfu, "base_pairs": BP, "truth": mask, "mask": np.roll(mask, 3, 1), "calls": calls}
    return Drawn(**{"name": name, "dyes": ("blue", "<red>"), **given, **changes})


def texts(path: Path) -> list[str]:
    return [text for one in ElementTree.parse(path).iter() if (text := (one.text or "").strip())]


def test_a_profile_has_a_row_per_dye_and_names_its_alleles(tmp_path: Path):
    whole, markers = plots.write(tmp_path, [drawn()], WINDOWS)
    assert [whole.name, markers.name] == ["a.svg", "a.markers.svg"]
    assert {"blue", "<red>", "14.2", "OB", "bp", "truth (upper half)"} <= set(texts(whole))
    assert {"D1", "D2", "14.2", "OB"} <= set(texts(markers))


def test_the_same_profile_gives_the_same_bytes(tmp_path: Path):
    first, second = (plots.write(tmp_path / name, [drawn()])[0].read_bytes() for name in "ab")
    assert first == second


def test_png_is_drawn_without_a_display(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    (path,) = plots.write(tmp_path, [drawn(truth=None, mask=None, calls=(), base_pairs=None)], WINDOWS, "png")
    assert path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_names_are_safe_and_differ(tmp_path: Path):
    given = [drawn("../up/a b"), drawn("..up a?b"), drawn("UP_A_B"), drawn("///")]
    names = [path.name for path in plots.write(tmp_path / "in", given)]
    assert names == ["up_a_b.svg", "up_a_b-2.svg", "UP_A_B-3.svg", "profile.svg"]
    assert sorted(names) == sorted(path.name for path in (tmp_path / "in").iterdir())


def test_no_more_than_asked_are_drawn(tmp_path: Path):
    assert len(plots.write(tmp_path, (drawn(str(k)) for k in range(4)), most=2)) == 2


def test_another_format_is_refused(tmp_path: Path):
    with pytest.raises(UsageError, match="--plots: unknown 'pgn'; did you mean 'png'"):
        plots.write(tmp_path, [drawn()], form="pgn")


def test_scales_with_gaps_and_flat_dyes_are_drawn(tmp_path: Path):
    scale = BP.copy()
    scale[:20] = scale[-20:] = np.nan
    flat = drawn(base_pairs=scale, rfu=np.zeros((2, 200)))
    assert len(plots.write(tmp_path, [flat], [*WINDOWS, Window("far", 0, 900, 950)])) == 2


def test_long_lines_keep_their_highest_and_lowest_points():
    y = np.random.default_rng(0).normal(size=50_000)
    x, kept = plots._thinned(np.arange(50_000), y)
    assert len(x) <= plots.MOST_POINTS + 2
    assert (kept.max(), kept.min(), x[0], x[-1]) == (y.max(), y.min(), 0, 49_999)


RATES = {"precision": 0.5, "recall": 1.0, "f1": 2 / 3}
ROWS = [{"from": 20, "to": 40, "tp": 1, "fp": 1, "fn": 0, **RATES}, {"from": 40, "to": None, "tp": 2, "fp": 0, "fn": 2}]
LABELS = {"background": {"tp": 9, "fp": 0, "fn": 1, **RATES}, "allele": {"tp": 1, "fp": 1, "fn": 0, **RATES}}
SCORES = {
    "segmentation": {
        "n": 1, "loss": 0.25, **RATES, "labels": LABELS, "confusion_matrix": [[9, 1], [0, 1]],
        "alleles": {"truth": "donors", "ob": "count", "markers": "autosomal", "tp": 3, "fp": 1, "fn": 0, **RATES,
                    "per_marker": {"D1 & D2": {"tp": 3, "fp": 1, "fn": 0, **RATES}}},
        "strata": {"rfu": {"points": [ROWS[0], {**ROWS[1], **RATES}], "alleles": []},
                   "contributors": {"points": [{"contributors": 2, "tp": 1, "fp": 1, "fn": 0, **RATES}]}},
        "unreachable": {"points": 568, "of_points": 638, "labels": 0, "of_labels": 70},
        "notes": ["something to know"],
    },
    "reconstruction": {
        "n": 1, "loss": 0.25, "mean_squared_error": 0.25, "mean_squared_error_rfu": 100.0,
        "dyes": {"blue": {"mean_squared_error": 0.25, "mean_squared_error_rfu": 100.0}},
    },
    "peak classification": {
        "n": 11, "loss": 0.25, "accuracy": 0.9, **RATES, "labels": LABELS, "confusion_matrix": [[9, 1], [0, 1]],
        "strata": {"rfu": {"peaks": [{**ROWS[1], **RATES}]}},
    },
}  # fmt: skip


@pytest.mark.parametrize("task", list(SCORES))
def test_a_report_is_one_file_that_opens_offline(task: str):
    page = epg_report.render(
        epg_report.EpgFindings(
            title="a model <script>",
            set_name="validation",
            scores={"task": task} | SCORES[task],
            labels=("background", "allele"),
            profiles=[drawn("<b>")],
            windows=WINDOWS,
            history=[{"epoch": 1, "loss": 1.0, "validation_loss": 0.5, "validation_f1": 0.25}],
            record={"run": "m/1"},
            definition="<seqgramodel/>",
        )
    )
    assert "<script" not in page
    assert "Scores on the validation set" in page
    assert all(
        place.startswith(("#", "data:image/png"))
        for place in re.findall(r"""(?:src|href)\s*=\s*["']?([^"'> ]*)""", page)
    )
    assert {"Training", "Profiles", "Run", "Definition"} <= set(re.findall(r"<h2>(.*?)</h2>", page))
    for text in ("D1 &amp; D2", "something to know", "568") if task == "segmentation" else ():
        assert text in page
