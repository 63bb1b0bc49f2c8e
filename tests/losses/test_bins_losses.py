# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Losses of bins, and sums of losses, in NumPy: published numbers, formulas bin by bin, what is refused."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from position_cases import bound, close

from seqforge.errors import DataError
from seqforge.losses.range_loss import RangeLoss
from seqforge.losses.weighted_loss import WeightedLoss
from seqforge.registry import find, names

BINS = "sequence labeling"
P, Y = np.array([[0.9, 0.2, 0.6, 0.4]]), np.array([[1, 0, 0, 1]], np.int8)


def logit(p: np.ndarray) -> np.ndarray:
    return np.log(p) - np.log1p(-p)


@pytest.mark.parametrize(("pos_weight", "expected"), [(50.0, 13.0554991649), (1.0, 0.5402713827)])
def test_published_values(pos_weight: float, expected: float) -> None:
    for kind, output in (("probabilities", P), ("logits", logit(P))):
        loss = bound("WeightedBCELoss", BINS, pos_weight=pos_weight, input=kind)
        for form in (output, output[..., None], (output[..., None], None)):
            found = loss.reference(form, {"labels": Y})
            assert found["loss"][0] == pytest.approx(expected, abs=1e-10)
            assert found["sizes"].tolist() == [4]


def test_bounds_of_probabilities() -> None:
    loss = bound("WeightedBCELoss", BINS, input="probabilities")
    assert loss.reference(np.zeros((1, 1)), {"labels": np.ones((1, 1))})["loss"][0] == pytest.approx(805.904782548)
    assert loss.reference(np.ones((1, 1)), {"labels": np.zeros((1, 1))})["loss"][0] == pytest.approx(16.1180957)
    wide = bound("WeightedBCELoss", BINS, input="probabilities", eps=0.1, pos_weight=2.0, neg_weight=3.0)
    assert wide.reference(np.zeros((1, 1)), {"labels": np.ones((1, 1))})["loss"][0] == pytest.approx(-2 * np.log(0.1))
    assert wide.reference(np.ones((1, 1)), {"labels": np.zeros((1, 1))})["loss"][0] == pytest.approx(-3 * np.log(0.1))


@pytest.mark.parametrize("name", ["WeightedBCELoss", "FocalLoss"])
def test_unknown_bins_and_padding_do_not_count(name: str) -> None:
    loss = bound(name, BINS, input="probabilities")
    padded = np.concatenate([P, np.full((1, 3), 0.999)], axis=1), np.concatenate([Y, [[-1, -1, -1]]], axis=1)
    found, wanted = loss.reference(padded[0], {"labels": padded[1]}), loss.reference(P, {"labels": Y})
    close(found["loss"], wanted["loss"], 1e-12)
    assert found["sizes"].tolist() == [4]
    empty = loss.reference(P, {"labels": np.full_like(Y, -1)})
    assert (empty["loss"].tolist(), empty["sizes"].tolist()) == ([0], [0])


def test_balanced_weight_is_negatives_per_positive() -> None:
    loss = bound("WeightedBCELoss", BINS, pos_weight="Balanced")
    assert loss.for_facts({"class_counts": [985, 15]}).settings()["pos_weight"] == pytest.approx(985 / 15)
    with pytest.raises(DataError, match="needs data that say how often labels occur"):
        loss.reference(P, {"labels": Y})
    with pytest.raises(DataError, match="labels of one kind only; give a number"):
        loss.for_facts({"class_counts": [985, 0]})


def test_a_weight_far_from_the_data_is_warned_about() -> None:
    loss = bound("WeightedBCELoss", BINS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for facts in ({"class_counts": [985, 15]}, {"class_counts": [100, 0]}, {}):
            loss.for_facts(facts)
    for counts in ([900, 100], [1000, 3]):
        with pytest.warns(UserWarning, match="pos_weight is 50, but the training data have .* negatives per positive"):
            loss.for_facts({"class_counts": counts})


def slow_range(labels: np.ndarray, sigma: float) -> np.ndarray:
    """(bin, 3) of labels (bin,), region by region."""
    edges: tuple[list[int], list[int]] = ([], [])
    for i, label in enumerate(labels):
        if label > 0 and (i == 0 or labels[i - 1] <= 0):
            edges[0].append(i)
        if label > 0 and (i == len(labels) - 1 or labels[i + 1] <= 0):
            edges[1].append(i)
    found = np.zeros((len(labels), 3))
    for channel in (0, 1):
        for i in range(len(labels)):
            heights = [np.exp(-((i - edge) ** 2) / (2 * sigma**2)) for edge in edges[channel]]
            found[i, channel] = max(heights, default=0)
    found[found < 0.01] = 0
    found[:, 2] = labels > 0
    return found


LABELS = np.array(
    [
        [1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1],
        [0, 0, 1, 1, 1, 1, 1, 1, 0, 1, 1, 0, 0, 0, 0, 0, -1, -1, -1, -1],
        [0, 0, 0, 0, 0, 0, -1, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0],
        [0] * 20,
    ],
    np.int8,
)
VALID = np.array([True, True, False, True])  # the second is padded, the third has an unknown bin


@pytest.mark.parametrize("sigma", [0.3, 1.0, 2.0, 5.0, 30.0])
def test_targets_of_ranges(sigma: float) -> None:
    loss = RangeLoss(sigma=sigma)
    wanted = np.stack([slow_range(row, sigma) for row in LABELS])
    close(loss.targets_of({"labels": LABELS}), wanted, 1e-6)
    close(
        loss.targets_of({"labels": LABELS, "range": np.stack([slow_range(row, 2.0) for row in LABELS])}), wanted, 1e-6
    )


def test_ranges_that_the_data_bring_along_are_used() -> None:
    given = np.random.default_rng(0).random((*LABELS.shape, 3))
    assert RangeLoss().targets_of({"labels": LABELS, "range": given}) is given


def test_range_loss_bin_by_bin() -> None:
    z = np.random.default_rng(1).normal(0, 2, (*LABELS.shape, 3))
    loss = bound("RangeLoss", BINS, pos_weight=7.0)
    found = loss.reference((np.zeros(LABELS.shape), z), {"labels": LABELS, "range_valid": VALID})
    wanted, sizes = np.zeros(4), np.zeros(4)
    for i in np.flatnonzero(VALID):
        t = slow_range(LABELS[i], 2.0)
        cost = 7 * t * np.log1p(np.exp(-z[i])) + (1 - t) * np.log1p(np.exp(z[i]))
        sizes[i] = (LABELS[i] >= 0).sum()
        wanted[i] = cost[LABELS[i] >= 0].mean()
    close(found["loss"], wanted, 1e-6)
    close(found["sizes"], sizes)


def test_range_loss_needs_range_scores() -> None:
    with pytest.raises(ValueError, match="this one has none; set range_head to True"):
        bound("RangeLoss", BINS).reference((P, None), {"labels": Y})


class Headed:
    """What an architecture says of its range scores."""

    name, reads = "Model", ("features",)

    def __init__(self, range_head: bool):
        self.range_head = range_head


def test_range_loss_is_a_term() -> None:
    alone = bound("RangeLoss", BINS)
    assert alone.reads_range
    assert WeightedLoss(terms="FocalLoss 1, RangeLoss 1").reads_range
    assert not WeightedLoss(terms="FocalLoss 1").reads_range
    assert "no bin is ever called" in alone.model_problems(Headed(True), ("a", "b"))[0][1]  # type: ignore[arg-type]
    both = WeightedLoss(terms="WeightedBCELoss 1, RangeLoss 0.1")
    assert both.model_problems(Headed(True), ("a", "b")) == []  # type: ignore[arg-type]
    ((key, sentence),) = both.model_problems(Headed(False), ("a", "b"))  # type: ignore[arg-type]
    assert (key, "set the architecture's range_head to True" in sentence) == ("terms", True)
    short = WeightedLoss(terms="WeightedBCELoss 1, RangeLoss", **{"RangeLoss.weight": 0.1})
    assert short.factors == both.factors == [1, 0.1]
    assert "RangeLoss has weight 0" in WeightedLoss(terms="WeightedBCELoss 1, RangeLoss").problems()[0][1]
    with pytest.raises(ValueError, match=r"RangeLoss\.weight is 0\.2, but terms say RangeLoss 0\.1; keep one"):
        WeightedLoss(terms="WeightedBCELoss 1, RangeLoss 0.1", **{"RangeLoss.weight": 0.2})


# sums


def test_terms_are_added_up_and_named() -> None:
    draw = np.random.default_rng(2)
    p, mask = draw.random((3, 2, 9)), draw.integers(-1, 2, (3, 2, 9))
    loss = WeightedLoss(terms="dice_loss 0.7, FocalLoss 0.3", **{"FocalLoss.gamma": 1.0})
    told = loss.for_task(find("tasks", "segmentation")()).for_output("probabilities", 2)
    found = told.reference(p, {"mask": mask})
    dice = bound("DiceLoss").reference(p, {"mask": mask})
    focal = bound("FocalLoss", input="probabilities", gamma=1.0).reference(p, {"mask": mask})
    assert list(found) == ["loss", "DiceLoss", "FocalLoss", "sizes"]
    mean = (found["loss"] * found["sizes"]).sum() / found["sizes"].sum()
    wanted = 0.7 * dice[0] + 0.3 * (focal["loss"] * focal["sizes"]).sum() / focal["sizes"].sum()
    assert mean == pytest.approx(wanted, rel=1e-12)
    for name, alone in (
        ("DiceLoss", dice[0]),
        ("FocalLoss", float((focal["loss"] * focal["sizes"]).sum() / focal["sizes"].sum())),
    ):
        assert (found[name] * found["sizes"]).sum() / found["sizes"].sum() == pytest.approx(alone, rel=1e-12)


def test_terms_of_different_sizes_keep_their_means() -> None:
    z = np.random.default_rng(3).normal(0, 1, (*LABELS.shape, 3))
    p, target = z[..., 0], {"labels": LABELS, "range_valid": VALID}
    loss = WeightedLoss(terms="WeightedBCELoss 2, RangeLoss 0.1").for_task(find("tasks", BINS)())
    found = loss.for_output("logits", 2).reference((p, z), target)
    total = (found["loss"] * found["sizes"]).sum() / found["sizes"].sum()
    means = []
    for name in ("WeightedBCELoss", "RangeLoss"):
        one = bound(name, BINS, input="logits").reference((p, z), target)
        means.append((one["loss"] * one["sizes"]).sum() / one["sizes"].sum())
    assert total == pytest.approx(2 * means[0] + 0.1 * means[1], rel=1e-12)


def test_terms_of_one_size_stay_as_they_are() -> None:
    draw = np.random.default_rng(4)
    output, target = draw.normal(size=(6, 3)), draw.integers(0, 3, 6)
    loss = WeightedLoss(terms="CrossEntropyLoss 2, FocalLoss 1")
    found = loss.reference(output, target)
    close(found["CrossEntropyLoss"], find("losses", "CrossEntropyLoss", "PyTorch")().reference(output, target), 0)
    close(found["loss"], 2 * found["CrossEntropyLoss"] + found["FocalLoss"], 1e-14)
    assert "sizes" not in found


def test_one_hot_and_index_targets_go_together() -> None:
    draw = np.random.default_rng(5)
    logs = np.log(draw.dirichlet(np.ones(3), 6))
    index = draw.integers(0, 3, 6)
    loss = WeightedLoss(terms="NLLLoss 1, KLDivLoss 0.5")
    assert (loss.target, loss.prediction, loss.output) == ("one-hot", "exp", "log-probabilities")
    found = loss.reference(logs, np.eye(3)[index])
    close(found["NLLLoss"], -logs[np.arange(6), index])


def test_what_the_terms_have_in_common() -> None:
    masks = WeightedLoss(terms="DiceLoss 1, FocalLoss 1")
    assert masks.tasks == ("segmentation",)
    assert masks.libraries == ("PyTorch",)
    both = WeightedLoss(terms="BCEWithLogitsLoss 1, DiceLoss 1")
    assert (both.input, both.output) == ("logits", "logits")
    assert both.for_output(None, 2).losses[1].output == "logits"
    assert WeightedLoss(terms="CrossEntropyLoss 1, categorical_crossentropy 1").libraries == ("PyTorch", "Keras")
    told = masks.for_output("logits", 2).for_task(find("tasks", "segmentation")())
    assert (told.target, told.prediction, told.input) == ("mask", "positions", "logits")


def test_settings_read_back() -> None:
    loss = WeightedLoss(terms=[("DiceLoss", 0.7), ("FocalLoss", 0.3)], **{"FocalLoss.gamma": 1.5})
    settings = loss.settings()
    assert settings["terms"] == "DiceLoss 0.7, FocalLoss 0.3"
    assert (settings["FocalLoss.gamma"], settings["DiceLoss.smooth"]) == (1.5, 1.0)
    assert WeightedLoss(**settings) == loss
    assert WeightedLoss(**settings) != WeightedLoss(terms=settings["terms"])


def test_facts_reach_every_term() -> None:
    loss = WeightedLoss(terms="FocalLoss 1, WeightedBCELoss 1", **{"FocalLoss.class_weights": "balanced"})
    told = loss.for_facts({"class_counts": [60, 2]})
    assert told.settings()["FocalLoss.class_weights"] == pytest.approx((62 / 120, 15.5))


@pytest.mark.parametrize(
    ("terms", "problem"),
    [
        ("DiceLoss 1, CrossEntropyLoss 1, MSELoss 1", "no task has a target that all of"),
        (
            "BCEWithLogitsLoss 1, NLLLoss 1",
            "one output cannot be several things: BCEWithLogitsLoss logits, NLLLoss log",
        ),
        ("DiceLoss", "DiceLoss has weight 0; write a number > 0 behind its name, or set weighting to learned"),
        ("ProfileCountLoss 1, MultinomialNLL 1", "ProfileCountLoss learns weights of its own"),
    ],
)
def test_terms_that_do_not_go_together(terms: str, problem: str) -> None:
    assert any(problem in sentence for _, sentence in WeightedLoss(terms=terms).problems())


@pytest.mark.parametrize(
    "terms", ["", "DiceLoss 0", "DiceLoss -1", "DiceLoss 1 2", "WeightedLoss 1", "MarginRankingLoss 1", 3]
)
def test_terms_that_are_none(terms: Any) -> None:
    with pytest.raises(ValueError, match=r"WeightedLoss\.terms: expected losses with weights > 0"):
        WeightedLoss(terms=terms)


def test_options_of_strangers_are_refused() -> None:
    with pytest.raises(ValueError, match=r"WeightedLoss\.BCELoss\.input: no term is called so; terms are DiceLoss 1"):
        WeightedLoss(terms="DiceLoss 1", **{"BCELoss.input": "logits"})


@pytest.mark.parametrize("name", names("losses", "PyTorch"))
def test_every_loss_can_be_a_term(name: str) -> None:
    cls = find("losses", name, "PyTorch")
    if cls.unavailable or name == "WeightedLoss":
        pytest.skip("no loss of its own")
    loss = WeightedLoss(terms=f"{name} 0.5")
    assert set(loss.tasks) == set(cls().tasks)
    assert loss.target == cls().target
