# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Files of predictions: whole or absent, readable by anyone, the same bytes for the same numbers."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from seqforge.evaluation import epg_outputs as outputs
from seqforge.evaluation.epg_calling import Call


def made(marker: str, allele: str, bp: float, rfu: float = 100.0, distance: float | None = 0.1) -> Call:
    return Call(0, 5, 9, 7, bp, rfu, 0.875, marker, allele, distance)


def written(path: Path) -> None:
    with outputs.ArrayFile(path, {"probabilities": np.float32, "mask": np.int8}) as file:
        file.add(["a", "b"], probabilities=np.full((2, 3, 4), 0.25), mask=np.zeros((2, 3, 4)))
        file.add(["née"], probabilities=np.full((1, 3, 4), 0.75), mask=np.ones((1, 3, 4)))
        file.facts["base_pairs"] = np.arange(4, dtype=np.float32)


def test_arrays_grow_profile_by_profile(tmp_path: Path):
    written(tmp_path / "predictions.npz")
    with np.load(tmp_path / "predictions.npz", allow_pickle=False) as found:
        assert set(found.files) == {"probabilities", "mask", "names", "base_pairs"}
        assert (found["probabilities"].dtype, found["probabilities"].shape) == (np.float32, (3, 3, 4))
        assert found["probabilities"][:, 0, 0].tolist() == [0.25, 0.25, 0.75]
        assert (found["mask"].dtype, found["mask"].sum()) == (np.int8, 12)
        assert found["names"].tolist() == ["a", "b", "née"]
    assert [path.name for path in tmp_path.iterdir()] == ["predictions.npz"]


def test_the_same_arrays_give_the_same_bytes(tmp_path: Path):
    for name in ("one.npz", "two.npz"):
        written(tmp_path / name)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


def broken(path: Path) -> None:
    with outputs.ArrayFile(path, {"mask": np.int8}) as file:
        file.add(["a"], mask=np.zeros((1, 2, 3)))
        raise RuntimeError


def test_a_prediction_that_fails_leaves_nothing(tmp_path: Path):
    with pytest.raises(RuntimeError):
        broken(tmp_path / "p.npz")
    assert list(tmp_path.iterdir()) == []


def test_peaks_are_a_table_with_a_probability_per_class(tmp_path: Path):
    rows = [
        outputs.PeakRow("a", "blue", 7, 100.26, 812.0, "D1", "allele", [0.125, 0.875], "allele"),
        outputs.PeakRow("a", "blue", 9, float("nan"), 30.5, None, "background", [1.0, 0.0]),
    ]
    with outputs.peak_file(tmp_path / "peaks.tsv", ("background", "allele")) as add:
        add(rows[:1])
        add(rows[1:])
    with (tmp_path / "peaks.tsv").open(newline="") as file:
        first, second = csv.DictReader(file, delimiter="\t")
    assert first == {
        "profile": "a", "dye": "blue", "position": "7", "bp": "100.26", "rfu": "812", "marker": "D1",
        "predicted": "allele", "p_background": "0.125", "p_allele": "0.875", "true": "allele",
    }  # fmt: skip
    assert (second["bp"], second["marker"], second["true"], second["rfu"]) == ("", "", "", "30.5")


def test_alleles_are_reported_by_marker_and_size(tmp_path: Path):
    calls = [
        made("D1", "9", 104.0, 500),
        made("D1", "8", 100.0, 200),
        made("D1", "8", 100.1, 300),
        made("D1", "OB", 101.0, 40, None),
        made("D2", "X", 90.0, 70.5),
    ]
    found = [outputs.Called("a", calls), outputs.Called("b", [])]
    outputs.write_calls(tmp_path, found, {"run": "m/1"})
    rows = [line.split("\t") for line in (tmp_path / "calls.tsv").read_text().splitlines()]
    heads = [f"{what}#{number}" for number in (1, 2, 3) for what in ("Allele", "Height")]
    assert rows[0] == ["Sample Name", "Marker", *heads]
    assert rows[1] == ["a", "D1", "8", "300", "OB", "40", "9", "500"]
    assert rows[2] == ["a", "D2", "X", "70.5", "", "", "", ""]
    record = json.loads((tmp_path / "calls.json").read_text())
    assert (record["run"], record["threshold"], record["tolerance_bp"]) == ("m/1", 0.5, 0.3)
    assert [len(one["calls"]) for one in record["profiles"]] == [5, 0]
    first = record["profiles"][0]["calls"][0]
    assert (first["name"], first["bp"], first["rfu"], first["confidence"]) == ("D1_9", 104.0, 500, 0.875)
