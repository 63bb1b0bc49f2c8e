# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What the centromere example simulates, and how it judges scores."""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from seqforge.experiment import read

FOLDER = Path(__file__).parents[2] / "examples" / "centromere"


@pytest.fixture(scope="module")
def example() -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("centromere_run", FOLDER / "run.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(FOLDER))
    try:
        sys.modules[spec.name] = found
        spec.loader.exec_module(found)
        yield found
    finally:
        sys.path.remove(str(FOLDER))
        del sys.modules[spec.name], sys.modules["genomes"]


def scores(f1: float = 0.95, iou: float = 0.9) -> dict[str, Any]:
    own = {"sample": "S01", "chromosome": "chr1", "f1": f1, "region_iou": iou}
    return {"f1": f1, "region_iou": iou, "threshold": 0.5, "threshold_source": "validation set", "chromosomes": [own]}


@pytest.mark.parametrize(
    ("found", "missed"),
    [
        (scores(), 0),
        (scores(0.9, 0.8), 0),
        (scores(f1=0.89), 1),
        (scores(iou=0.79), 1),
        (scores(float("nan"), float("nan")), 2),
    ],
)
def test_a_goal_that_is_missed_is_marked(
    example: ModuleType, found: dict[str, Any], missed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert example.good(found) is (missed == 0)
    assert capsys.readouterr().out.count("MISSED") == missed


def test_a_genome_has_an_array_and_other_repeats_in_the_arms(example: ModuleType, tmp_path: Path) -> None:
    plan = example.Plan(samples=2, chromosomes=2, bin_size=600, gapped=1.0)
    (one, other), again = (example.write_samples(tmp_path / name, 5, plan) for name in ("a", "b"))
    assert one.read_bytes() == again[0].read_bytes() != other.read_bytes()
    text = one.read_text().split(">")[1].partition("\n")[2].replace("\n", "")
    name, start, end, _ = one.with_suffix(".bed").read_text().splitlines()[0].split("\t")
    array, arms = text[int(start) : int(end)], text[: int(start)] + "|" + text[int(end) :]
    assert name == "chr1"
    assert 8 * 600 - 12 * 171 < len(array) <= 24 * 600
    assert array.count("N") == 600
    assert arms.count("N") <= 2 * 600
    words = Counter(arms[at : at + 24] for at in range(len(arms) - 23))
    repeated = sum(count for word, count in words.items() if count > 2 and "N" not in word)
    assert 0.005 < repeated / len(arms) < 0.4


def test_the_definition_holds_out_whole_samples(example: ModuleType) -> None:
    experiment, _ = read(example.DEFINITION, need_files=False)
    assert experiment.source is not None
    held_out = experiment.source.declared  # type: ignore[attr-defined]
    names = {f"S{number:02}" for number in range(1, example.QUICK.samples + 1)}
    assert example.HELD_OUT in held_out["test"]
    assert {*held_out["test"], *held_out["validation"]} < names
