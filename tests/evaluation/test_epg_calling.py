# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Alleles are called by the rule: runs, the first highest apex, the nearest allele within 0.3 bp."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seqforge.data.epg.panels import Bin, Marker, Panel, read_panel
from seqforge.errors import UsageError
from seqforge.evaluation import epg_calling as calling

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "epg"
BP = np.linspace(100, 109.9, 100).astype(np.float32)  # 0.1 bp per scan point


def bins(*alleles: tuple[str, float]) -> tuple[Bin, ...]:
    return tuple(Bin(label, size, size - 0.5, size + 0.5) for label, size in alleles)


PANEL = Panel(
    "small",
    (
        Marker("D1", 0, 100.0, 104.0, bins(("8", 101.0), ("9", 102.0), ("9.1", 102.5))),
        Marker("AMEL", 1, 100.0, 105.0, bins(("X", 101.0), ("Y", 104.0))),
    ),
)


def profile(*points: tuple[int, int, int, float, float]) -> tuple[np.ndarray, np.ndarray]:
    """(probability, rfu), each (2, 100), of runs (dye, start, stop, probability, height)."""
    probability, rfu = np.zeros((2, 100), dtype=np.float32), np.zeros((2, 100), dtype=np.int16)
    for dye, start, stop, p, height in points:
        probability[dye, start:stop], rfu[dye, start:stop] = p, height
    return probability, rfu


def test_a_run_is_called_at_its_first_highest_point():
    probability, rfu = profile((0, 8, 14, 0.75, 50))
    rfu[0, 10] = rfu[0, 12] = 900
    (found,) = calling.call(probability, rfu, BP, PANEL)
    assert (found.start, found.stop, found.position, found.rfu) == (8, 14, 10, 900)
    assert (found.name, found.in_bin, found.confidence) == ("D1_8", True, 0.75)
    assert found.bp == pytest.approx(101.0)


def test_one_half_is_positive_and_confidence_is_the_mean_of_the_run():
    probability, rfu = profile((0, 8, 10, 0.5, 100), (0, 10, 12, 1.0, 200), (0, 30, 32, 0.4999, 100))
    (found,) = calling.call(probability, rfu, BP, PANEL)
    assert (found.start, found.stop, found.confidence) == (8, 12, 0.75)


@pytest.mark.parametrize(
    ("dye", "at", "name"),
    [
        (0, 13, "D1_8"),  # 0.3 bp away, which float32 makes a little more
        (0, 14, "D1_OB"),
        (0, 60, "off-marker_OB"),
        (1, 25, "AMEL_OB"),
        (1, 41, "AMEL_Y"),
    ],
)
def test_the_nearest_allele_within_tolerance_names_a_call(dye: int, at: int, name: str):
    (found,) = calling.call(*profile((dye, at, at + 1, 1.0, 100)), BP, PANEL)
    assert found.name == name


def test_of_two_equally_near_alleles_the_smaller_is_called():
    sizes = Panel("two", (Marker("D1", 0, 100.0, 104.0, bins(("9", 102.0), ("9.1", 102.5))),))
    (found,) = calling.call(*profile((0, 0, 1, 1.0, 100)), np.array([102.25]), sizes)
    assert (found.name, found.distance) == ("D1_9", 0.25)


def test_a_scale_that_does_not_reach_a_run_leaves_it_off_marker():
    (found,) = calling.call(*profile((0, 3, 5, 1.0, 100)), np.full(100, np.nan), PANEL)
    assert (found.name, found.distance) == ("off-marker_OB", None)


def test_exact_calls_only_what_is_in_a_bin():
    probability, rfu = profile((0, 10, 11, 1.0, 100), (0, 14, 15, 1.0, 100), (1, 60, 61, 1.0, 100))
    assert [one.name for one in calling.call(probability, rfu, BP, PANEL)] == ["D1_8", "D1_OB", "off-marker_OB"]
    assert [one.name for one in calling.call(probability, rfu, BP, PANEL, exact=True)] == ["D1_8"]


def test_nothing_positive_calls_nothing():
    assert calling.call(*profile(), BP, PANEL) == []


def test_runs_touch_the_ends_and_do_not_join_dyes():
    mask = np.zeros((2, 6), dtype=np.int8)
    mask[0, 4:], mask[1, :2] = 1, 1
    assert calling.runs(mask) == [(0, 4, 6, 1), (1, 0, 2, 1)]


def test_of_several_classes_runs_of_the_asked_labels_are_called():
    probability = np.zeros((3, 2, 100), dtype=np.float32)
    probability[0] = 1
    probability[:, 0, 8:12] = np.array([0.2, 0.7, 0.1])[:, None]
    probability[:, 0, 12:16] = np.array([0.2, 0.2, 0.6])[:, None]
    rfu = np.ones((2, 100))
    labels = ("background", "allele", "stutter")
    (found,) = calling.call(probability, rfu, BP, PANEL, labels=calling.called_labels(labels))
    assert (found.start, found.stop, found.label) == (8, 12, 1)
    assert found.confidence == pytest.approx(0.7)
    both = calling.call(probability, rfu, BP, PANEL, labels=calling.called_labels(labels, ["stutter", "allele"]))
    assert [(one.start, one.stop, one.label) for one in both] == [(8, 12, 1), (12, 16, 2)]


def test_of_two_classes_one_half_is_positive():
    assert calling.arg_max(np.array([[[0.5]], [[0.5]]])).tolist() == [[1]]
    assert calling.arg_max(np.full((3, 1, 1), 1 / 3)).tolist() == [[0]]


@pytest.mark.parametrize(
    ("asked", "message"),
    [(["alele"], "did you mean 'allele'"), (["background"], "'background' is the background")],
)
def test_labels_that_cannot_be_called_are_refused(asked: list[str], message: str):
    with pytest.raises(UsageError, match=message):
        calling.called_labels(("background", "allele", "stutter"), asked)


def test_without_a_label_called_allele_all_but_the_background_are_called():
    assert calling.called_labels(("none", "first", "second")) == (1, 2)
    assert calling.called_labels(("0", "1")) == (1,)


@pytest.mark.skipif(not REAL.is_dir(), reason="the real profiles are not here")
@pytest.mark.parametrize(("name", "count"), [("1A2_A01_01", 70), ("1A2_E01_13", 71)])
def test_true_masks_of_real_profiles_call_the_analysts_alleles(name: str, count: int):
    rfu, mask = (np.load(REAL / f"{name}{end}.npy")[..., 0] for end in ("", "_annotation"))
    panel = read_panel(REAL / "panel_PPF6C_SPOOR.xml.gz")
    found = calling.call(mask.astype(np.float32), rfu, np.linspace(65, 475, 4096), panel)
    assert len(found) == count
    assert all(one.in_bin for one in found)
    assert max(one.distance or 0 for one in found) == pytest.approx(0.277, abs=5e-4)
    shifted = [one.name for one in found if one.marker == "D18S51"]
    assert len([one for one in shifted if one.endswith(".1")]) == 3
    assert found == calling.truth_calls(mask.astype(np.int8), rfu, np.linspace(65, 475, 4096), panel)
