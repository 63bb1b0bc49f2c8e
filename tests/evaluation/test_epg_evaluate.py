# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Sets of electropherograms judged profile by profile, with a learner that says what the test wants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqforge.backends.base import Evaluated
from seqforge.data.dataset import Batch
from seqforge.data.epg.annotation import Annotation, annotated
from seqforge.data.epg.dataset import PeakSet, ProfileSet, Store
from seqforge.data.epg.panels import Bin, Marker, Panel, read_panel
from seqforge.data.epg.peaks import find_peaks, labels
from seqforge.data.epg.scaling import Scaling
from seqforge.data.epg.tables import ProfileTable
from seqforge.errors import DataError
from seqforge.evaluation.epg_evaluate import (
    Calling,
    evaluate_peaks,
    evaluate_reconstruction,
    evaluate_segmentation,
)
from seqforge.evaluation.epg_scores import AlleleRules
from seqforge.registry import find

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "epg"
LABELS = ("background", "allele")
LENGTH = 200


def bins(*alleles: tuple[str, float]) -> tuple[Bin, ...]:
    return tuple(Bin(label, size, size - 0.5, size + 0.5) for label, size in alleles)


PANEL = Panel(
    "small",
    (
        Marker("D1", 0, 100.0, 110.0, bins(("8", 101.0), ("9", 105.0), ("10", 109.0))),
        Marker("AMEL", 1, 100.0, 110.0, bins(("X", 102.0), ("Y", 106.0))),
    ),
)
TRUE = ((0, 10), (0, 50), (1, 20))  # (dye, apex) of the alleles 8, 9 and X of every profile


class Oracle:
    """A learner that answers with `says(batch)`."""

    def __init__(self, says: Callable[[Batch], np.ndarray], loss: float = 0.25):
        self.says, self.loss = says, loss
        self.sizes: list[int] = []

    def eval_step(self, batch: Batch) -> Evaluated:
        self.sizes.append(len(batch))
        return Evaluated(self.says(batch), {"loss": np.full(len(batch), self.loss, dtype=np.float32)})


def store(n: int = 3, *, peaks: bool = False, **known: Any) -> Store:
    """`n` profiles of two dyes, 0.1 bp per scan point, with three alleles and one artefact at (1, 120)."""
    rfu, masks = np.zeros((n, 2, LENGTH), dtype=np.int16), np.zeros((n, 2, LENGTH), dtype=np.int8)
    for dye, apex in TRUE:
        rfu[:, dye, apex - 2 : apex + 3] = [100, 400, 900, 400, 100]
        masks[:, dye, apex - 2 : apex + 3] = 1
    rfu[:, 1, 119:122] = [30, 60, 30]
    table = ProfileTable(
        profiles=rfu,
        masks=masks,
        names=tuple(f"p{row}" for row in range(n)),
        donors=tuple((f"donor {row}",) for row in range(n)),
        contributors=np.array([1, 2, -1][:n]),
        base_pairs=np.linspace(100, 119.9, LENGTH),
        dye_names=("blue", "red"),
    )
    found = None
    if peaks:
        found = find_peaks(rfu, 25)
        found = replace(found, label=labels(found, masks))
    return Store(table, masks, found, panel=PANEL, **known)


def profiles(held: Store, **changes: Any) -> ProfileSet:
    return ProfileSet(held, np.arange(len(held.table)), **changes)


def judged(dataset: ProfileSet, says: Callable[[Batch], np.ndarray], **rules: str) -> dict[str, Any]:
    how = Calling(panel=PANEL, rules=AlleleRules(**rules))
    return evaluate_segmentation(Oracle(says), dataset, LABELS, 2, how).scores  # type: ignore[arg-type]


def truth(batch: Batch) -> np.ndarray:
    return np.asarray(batch.target["mask"], dtype=np.float32)  # type: ignore[call-overload, index]


def test_a_perfect_model_is_perfect_on_every_level():
    found = judged(profiles(store()), truth)
    assert (found["n"], found["loss"], found["threshold"]) == (3, 0.25, 0.5)
    for name in ("precision", "recall", "f1", "iou", "iou_per_profile", "peak_f1", "allele_f1"):
        assert found[name] == 1
    assert (found["alleles"]["truth"], found["alleles"]["markers"], found["alleles"]["tp"]) == (
        "analyst",
        "autosomal",
        6,
    )
    assert found["peaks"]["confusion_matrix"] == [[3, 0], [0, 9]]
    assert [row["from"] for row in found["strata"]["rfu"]["peaks"]] == [640]
    assert found["strata"]["rfu"]["edges"][:3] == [10, 20, 40]
    people = found["strata"]["contributors"]["alleles"]
    assert [(row["contributors"], row["tp"]) for row in people] == [(1, 2), (2, 2)]
    assert "unreachable" not in found


def test_mistakes_show_where_they_are_made():
    def says(batch: Batch) -> np.ndarray:
        found = truth(batch)
        found[:, 1, 118:123] = 1  # the artefact, off marker
        found[batch.index == 0, 0, 48:53] = 0  # allele 9 of the first profile
        return found

    held = store()
    evaluation = evaluate_segmentation(Oracle(says), profiles(held), LABELS, 2, Calling(panel=PANEL))  # type: ignore[arg-type]
    found = evaluation.scores
    assert (found["labels"]["allele"]["fp"], found["labels"]["allele"]["fn"]) == (15, 5)
    assert found["peaks"]["confusion_matrix"] == [[0, 3], [1, 8]]
    assert (found["alleles"]["tp"], found["alleles"]["fp"], found["alleles"]["fn"]) == (5, 3, 1)
    assert found["alleles"]["per_marker"]["off-marker"]["fp"] == 3
    assert [row.profile for row in sorted(evaluation.profiles, key=lambda row: row.order)] == ["p0", "p1", "p2"]
    low = {row["from"]: row["fp"] for row in found["strata"]["rfu"]["alleles"]}
    assert low[40] == 3
    assert judged(profiles(held), says, ob="ignore")["alleles"]["fp"] == 0


def test_donors_and_reports_are_other_truths():
    genotypes = {"donor 0": {"D1": ("8", "10"), "AMEL": ("X",)}, "donor 2": {"d1": ("8", "9")}}
    held = store(genotypes=genotypes)
    found = judged(profiles(held), truth, truth="donors", markers="all")["alleles"]
    assert (found["truth"], found["profiles"], found["profiles_without_truth"]) == ("donors", 2, 1)
    assert (found["tp"], found["fp"], found["fn"]) == (4, 2, 1)  # 9 of p0 and X of p2 are of nobody; 10 is missed
    scale = held.table.base_pairs_of(0)
    assert scale is not None
    report: list[Annotation] = [annotated({"D1": ("8",)}, PANEL, scale)] * 3
    reported = judged(profiles(replace(held, annotations=report)), truth)["alleles"]
    assert (reported["tp"], reported["fp"], reported["fn"]) == (3, 3, 0)


def test_what_is_not_judged_counts_neither_as_right_nor_as_wrong():
    held = store()
    masks = np.array(held.masks)
    masks[0] = -100
    masks[1, 0, 40:60] = -100  # allele 9
    answer = np.asarray(held.masks, dtype=np.float32)
    found = judged(profiles(replace(held, masks=masks)), lambda batch: answer[batch.index])
    assert (found["f1"], found["labels"]["allele"]["tp"], found["iou_left_out"]) == (1, 25, 1)
    assert (found["alleles"]["profiles"], found["alleles"]["profiles_without_truth"]) == (2, 1)
    assert [found["alleles"][name] for name in ("tp", "fp", "fn")] == [3, 0, 0]
    assert found["peaks"]["confusion_matrix"] == [[2, 0], [0, 5]]


def test_of_several_classes_the_alleles_alone_are_called():
    held = store()
    masks = np.array(held.masks)
    masks[:, 1, 118:123] = 2  # the artefact is stutter
    held = replace(held, masks=masks)
    names = ("background", "allele", "stutter")

    def says(batch: Batch) -> np.ndarray:
        return np.moveaxis(np.eye(3, dtype=np.float32)[masks[batch.index]], -1, 1)

    dataset = profiles(held)
    found = evaluate_segmentation(Oracle(says), dataset, names, 2, Calling(panel=PANEL)).scores  # type: ignore[arg-type]
    assert (found["f1"], found["f1_macro"], found["allele_f1"], found["iou_per_profile"]) == (1, 1, 1, 1)
    assert list(found["labels"]) == list(names)
    assert found["peaks"]["confusion_matrix"] == [[0, 0, 0], [0, 9, 0], [0, 0, 3]]
    assert found["alleles"]["tp"] == 6


def test_models_of_peaks_are_judged_at_apexes_and_say_what_they_cannot_reach():
    held = store(peaks=True)
    dataset = profiles(held, reads=("profiles", "windows", "centres", "counts"))

    def says(batch: Batch) -> np.ndarray:
        logits = np.zeros((len(batch), 2, 2, LENGTH), dtype=np.float32)
        logits[:, 0], logits[:, 1] = 0.9997, 0.0003
        for dye, apex in TRUE:
            logits[:, :, dye, apex] = [0.25, 0.75]
        return logits

    found = judged(dataset, says)
    assert found["peaks"]["f1"] == 1
    assert found["alleles"]["f1"] == 1
    assert found["labels"]["allele"] | {"iou": 0} == {
        "tp": 9, "fp": 0, "fn": 36, "precision": 1, "recall": 0.2, "f1": pytest.approx(1 / 3), "iou": 0
    }  # fmt: skip
    assert found["unreachable"] == {"points": 36, "of_points": 45, "labels": 0, "of_labels": 9}


def test_without_base_pairs_or_panel_there_are_no_alleles_but_a_note():
    held = store()
    bare = replace(held, table=replace(held.table, base_pairs=None))
    found = judged(profiles(bare), truth)
    assert "alleles" not in found
    assert any("no base pairs" in note or "no panel" in note for note in found["notes"])


def test_predictions_that_are_not_finite_are_refused():
    with pytest.raises(DataError, match="2 of 2 predictions are not finite"):
        judged(profiles(store()), lambda batch: np.full((len(batch), 2, LENGTH), np.nan, dtype=np.float32))


def test_reconstructions_are_judged_in_rfu_as_the_set_was_scaled():
    held = store(scaling=Scaling("linear", 1000.0))
    dataset = profiles(held, targets="signal")
    evaluation = evaluate_reconstruction(Oracle(lambda batch: np.asarray(batch.target) + 0.1), dataset, 2)  # type: ignore[arg-type]
    found = evaluation.scores
    assert found["mean_squared_error"] == pytest.approx(0.01)
    assert found["mean_squared_error_rfu"] == pytest.approx(10_000, rel=1e-4)
    assert list(found["dyes"]) == ["blue", "red"]
    assert [row.profile for row in evaluation.profiles] == ["p0", "p1", "p2"]


def test_peaks_are_judged_as_any_classification_and_by_height():
    held = store(peaks=True)
    assert held.peaks is not None
    dataset = PeakSet(held, np.arange(len(held.peaks)), ("windows",))

    def says(batch: Batch) -> np.ndarray:
        probability = np.eye(2, dtype=np.float32)[np.asarray(batch.target)]
        return np.where(batch.index[:, None] == 0, probability[:, ::-1], probability)

    task = find("tasks", "peak classification")()
    evaluation = evaluate_peaks(Oracle(says), dataset, LABELS, task, 5, PANEL)  # type: ignore[arg-type]
    found = evaluation.scores
    assert (found["n"], found["accuracy"]) == (12, pytest.approx(11 / 12))
    assert [(row["from"], row["tp"], row["fn"]) for row in found["strata"]["rfu"]["peaks"]] == [(640, 8, 1)]
    first = evaluation.peaks[0]
    assert (first.profile, first.dye, first.position, first.marker) == ("p0", "blue", 10, "D1")
    assert (first.said, first.truth, first.rfu) == ("background", "allele", 900)
    assert first.bp == pytest.approx(101, abs=1e-3)


@pytest.mark.skipif(not REAL.is_dir(), reason="the real profiles are not here")
def test_real_masks_score_as_the_analysts_who_made_them():
    names = ("1A2_A01_01", "1A2_E01_13")
    rfu, masks = (np.stack([np.load(REAL / f"{name}{end}.npy") for name in names]) for end in ("", "_annotation"))
    table = ProfileTable(profiles=rfu, masks=masks, names=names, base_pairs=np.linspace(65, 475, 4096))
    panel = read_panel(REAL / "panel_PPF6C_SPOOR.xml.gz")
    dataset = ProfileSet(Store(table, table.masks, panel=panel), np.arange(2))
    evaluation = evaluate_segmentation(Oracle(truth), dataset, LABELS, 1, Calling(panel=panel))  # type: ignore[arg-type]
    assert [len(one.calls) for one in evaluation.called] == [70, 71]
    found = evaluation.scores
    assert found["allele_f1"] == 1
    assert found["peaks"]["confusion_matrix"] == [[263 + 249, 0], [0, 70 + 71]]
    assert sum(row["tp"] for row in found["strata"]["rfu"]["points"]) == 638 + 651
