# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Losses of masks, peaks and signals in NumPy: equal to formulas element by element, and to published numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from position_cases import KINDS, N, bound, close, log_probability, masks, outputs, peaks, real_mask, slow_means

from seqforge.architectures.base import Architecture
from seqforge.errors import DataError
from seqforge.losses.elements import balanced
from seqforge.registry import find

WEIGHTS = (0.5, 2.0, 1.0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("classes", [1, 2, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_cross_entropy_of_masks(kind: str, classes: int, weighted: bool) -> None:
    labels = max(2, classes)
    weights = WEIGHTS[:labels] if weighted else None
    output, mask = outputs(kind, classes), masks(labels)
    loss = bound("CrossEntropyLoss", input=kind, class_weights=weights)
    found = loss.reference(output, {"mask": mask})
    mean, size = slow_means(output, mask, lambda x, label: -log_probability(x, label, kind), weights)
    close(found["loss"], mean)
    close(found["sizes"], size)
    assert found["loss"][-1] == found["sizes"][-1] == 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["BCELoss", "BCEWithLogitsLoss"])
def test_binary_cross_entropy_of_masks(kind: str, name: str) -> None:
    if name == "BCELoss":
        loss = bound(name, input=kind)
    else:
        loss, kind = bound(name), "logits"
    output, mask = outputs(kind), masks()
    found = loss.reference(output, {"mask": mask})
    mean, size = slow_means(output, mask, lambda x, label: -log_probability(x, label, kind))
    close(found["loss"], mean)
    close(found["sizes"], size)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("classes", [1, 2, 3])
@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
@pytest.mark.parametrize("mode", ["constant", "balanced", "list"])
def test_focal_loss_of_masks(kind: str, classes: int, gamma: float, mode: str) -> None:
    labels = max(2, classes)
    if mode == "balanced" and labels > 2:
        pytest.skip("balanced is of two classes")
    settings: dict[str, Any] = {"list": {"alpha": WEIGHTS[:labels]}}.get(mode, {"alpha": 0.3, "alpha_mode": mode})
    factors = {"constant": (0.3,) * labels, "balanced": (0.7, 0.3), "list": WEIGHTS[:labels]}[mode]

    def cost(x: np.ndarray, label: int) -> float:
        log = log_probability(x, label, kind)
        return -factors[label] * (1 - np.exp(log)) ** gamma * log

    output, mask = outputs(kind, classes), masks(labels)
    found = bound("FocalLoss", input=kind, gamma=gamma, **settings).reference(output, {"mask": mask})
    mean, size = slow_means(output, mask, cost)
    close(found["loss"], mean)
    close(found["sizes"], size)


@pytest.mark.parametrize("classes", [1, 2, 3])
def test_focal_without_focus_is_cross_entropy(classes: int) -> None:
    output, target = outputs("logits", classes), {"mask": masks(max(2, classes))}
    focal = bound("FocalLoss", alpha=1.0, gamma=0.0).reference(output, target)
    entropy = bound("CrossEntropyLoss").reference(output, target)
    close(focal["loss"], entropy["loss"], 1e-12)


def slow_dice(p: np.ndarray, t: np.ndarray, smooth: float) -> float:
    return 1 - (2 * float((p * t).sum()) + smooth) / (float(p.sum()) + float(t.sum()) + smooth)


@pytest.mark.parametrize("per_sample", [False, True])
@pytest.mark.parametrize("smooth", [0.0, 1.0, 100.0])
def test_dice_of_masks(per_sample: bool, smooth: float) -> None:
    output, mask = outputs("probabilities"), masks()
    found = bound("DiceLoss", smooth=smooth, per_sample=per_sample).reference(output, {"mask": mask})
    judged = mask >= 0
    if per_sample:
        wanted = [slow_dice(output[i][judged[i]], mask[i][judged[i]], smooth) for i in range(N - 1)] + [0.0]
    else:
        wanted = [slow_dice(output[judged], mask[judged], smooth)] * N
    close(found, wanted)


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("kind", KINDS)
def test_dice_of_several_classes_is_a_weighted_mean(weights: Any, kind: str) -> None:
    output, mask = outputs(kind, 3), masks(3)
    p = output if kind == "probabilities" else np.exp(output) / np.exp(output).sum(1, keepdims=True)
    judged = mask >= 0
    each = [slow_dice(p[:, k][judged], (mask == k)[judged], 1.0) for k in range(3)]
    found = bound("DiceLoss", input=kind, class_weights=weights).reference(output, {"mask": mask})
    close(found, [np.average(each, weights=weights)] * N)


def test_dice_of_one_output_weighs_both_classes() -> None:
    output, mask = outputs("probabilities"), masks(ignored=False)
    each = [slow_dice(1 - output, 1 - mask, 1.0), slow_dice(output, mask, 1.0)]
    found = bound("DiceLoss", class_weights=(1.0, 3.0)).reference(output, {"mask": mask})
    close(found, [np.average(each, weights=(1, 3))] * N)


def test_dice_of_a_real_mask() -> None:
    mask = real_mask()[None]
    half = bound("DiceLoss").reference(np.full(mask.shape, 0.5), {"mask": mask})
    assert half[0] == pytest.approx(0.9413, abs=5e-5)
    assert bound("DiceLoss").reference(mask, {"mask": mask})[0] == pytest.approx(0, abs=1e-12)
    both = [bound("DiceLoss", smooth=s).reference(np.full(mask.shape, 0.5), {"mask": mask})[0] for s in (1.0, 100.0)]
    assert both[0] - both[1] > 1e-3


def test_a_double_sigmoid_is_seen_in_dice() -> None:
    """Perfect, saturated probabilities read as logits: the value that tells of the mistake."""
    mask = real_mask()[None]
    assert bound("DiceLoss", input="logits").reference(mask.astype(float), {"mask": mask})[0] >= 0.915


@pytest.mark.parametrize("name", ["CrossEntropyLoss", "FocalLoss"])
@pytest.mark.parametrize("classes", [1, 2, 3])
def test_scope_peaks_sees_the_centres_alone(name: str, classes: int) -> None:
    labels = max(2, classes)
    output, target = outputs("logits", classes), peaks((3, 0, 4), labels)
    found = bound(name, scope="peaks").reference(output, target)
    only = np.full(target["mask"].shape, -100)
    owner = np.repeat(np.arange(N), target["counts"])
    only[owner, target["centres"][:, 0], target["centres"][:, 1]] = target["labels"]
    wanted = bound(name).reference(output, {"mask": only})
    close(found["loss"], wanted["loss"])
    close(found["sizes"], target["counts"])


@pytest.mark.parametrize("name", ["CrossEntropyLoss", "FocalLoss"])
def test_no_peaks_cost_nothing(name: str) -> None:
    found = bound(name, scope="peaks").reference(outputs("logits", 2), peaks((0, 0, 0)))
    assert found["loss"].tolist() == found["sizes"].tolist() == [0, 0, 0]


def test_scope_peaks_without_peaks_says_so() -> None:
    with pytest.raises(ValueError, match="only models that read peaks have"):
        bound("CrossEntropyLoss", scope="peaks").reference(outputs("logits", 2), {"mask": masks()})


def test_any_label_can_be_ignored_also_0() -> None:
    output, mask = outputs("logits", 3), masks(3, ignored=False)
    found = bound("CrossEntropyLoss", ignore_index=0).reference(output, {"mask": mask})
    wanted = bound("CrossEntropyLoss").reference(output, {"mask": np.where(mask == 0, -100, mask)})
    close(found["loss"], wanted["loss"])
    assert (found["sizes"] == (mask > 0).sum((1, 2))).all()


def test_forms_of_the_output_agree_and_others_are_refused() -> None:
    output, target = outputs("logits"), {"mask": masks()}
    for form in (output[:, None], output[..., None]):
        close(bound("FocalLoss").reference(form, target)["loss"], bound("FocalLoss").reference(output, target)["loss"])
    with pytest.raises(ValueError, match=r"shape of its target, \(3, 2, 11\).*received \(3, 2, 10\)"):
        bound("FocalLoss").reference(output[..., :-1], target)


def test_float_targets_and_plain_arrays() -> None:
    output, mask = outputs("probabilities"), masks(ignored=False)
    close(bound("DiceLoss").reference(output, mask.astype(float)), bound("DiceLoss").reference(output, {"mask": mask}))
    soft = 0.8 * mask + 0.1
    assert bound("DiceLoss").reference(output, soft)[0] == pytest.approx(slow_dice(output, soft, 1.0))


def test_class_weights_of_examples() -> None:
    draw = np.random.default_rng(5)
    output, target = draw.normal(size=(9, 3)), draw.integers(0, 3, 9)
    loss = find("losses", "CrossEntropyLoss", "PyTorch")(class_weights=WEIGHTS)
    found = loss.reference(output, target)
    plain = find("losses", "CrossEntropyLoss", "PyTorch")().reference(output, target)
    weights = np.array(WEIGHTS)[target]
    mean = (found["loss"] * found["sizes"]).sum() / found["sizes"].sum()
    assert mean == pytest.approx((plain * weights).sum() / weights.sum())


def test_balanced_class_weights() -> None:
    assert balanced([90, 10]) == pytest.approx((100 / 180, 5.0))
    loss = bound("FocalLoss", class_weights="Balanced").for_facts({"class_counts": [90, 10]})
    assert loss.settings()["class_weights"] == pytest.approx((100 / 180, 5.0))
    with pytest.raises(DataError, match="no training example is of class 1; give one number per class"):
        bound("DiceLoss", class_weights="balanced").for_facts({"class_counts": [5, 0, 3]})
    with pytest.raises(DataError, match="class_weights balanced needs data that say how often classes occur"):
        bound("CrossEntropyLoss", class_weights="balanced").reference(outputs("logits"), {"mask": masks()})
    facts = {"class_counts": [99, 1], "peak_class_counts": [6, 2]}
    at_peaks = bound("CrossEntropyLoss", class_weights="balanced", scope="peaks").for_facts(facts)
    assert at_peaks.settings()["class_weights"] == pytest.approx((8 / 12, 2.0))
    given = bound("CrossEntropyLoss", class_weights=(1.0, 2.0))
    assert given.for_facts({"class_counts": [5, 0]}) is given


@pytest.mark.parametrize("name", ["DiceLoss", "FocalLoss", "CrossEntropyLoss", "BCELoss", "WeightedBCELoss"])
def test_input_follows_the_model_unless_it_is_declared(name: str) -> None:
    usual = "probabilities" if name in ("DiceLoss", "BCELoss") else "logits"
    loss = bound(name)
    assert (loss.input, loss.output) == ("auto", usual)
    for kind in KINDS:
        told = loss.for_output(kind, 2)
        assert told.input == told.output == told.settings()["input"] == kind
        assert told.prediction == {"probabilities": "identity", "logits": "positions"}[kind]
    assert loss.for_output(None, 2).input == loss.for_output("values", 2).input == "auto"
    assert bound(name, input="logits").for_output("probabilities", 2).input == "logits"


def test_a_loss_takes_the_form_of_its_task() -> None:
    wanted = {
        "multi-class classification": ("index", "softmax"),
        "multi-label classification": ("multi-hot", "sigmoid"),
        "peak classification": ("index", "softmax"),
        "segmentation": ("mask", "positions"),
        "sequence labeling": ("bins", "first-sigmoid"),
    }
    assert {task: (bound("FocalLoss", task).target, bound("FocalLoss", task).prediction) for task in wanted} == wanted


@dataclass(frozen=True, kw_only=True)
class Model(Architecture):
    """A model that reads what a test says."""

    name = "Model"
    library = None

    def torch(self, spec: Any) -> Any:
        raise NotImplementedError

    def keras(self, spec: Any) -> Any:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class PeakModel(Model):
    """A model that reads peaks."""

    reads = ("profiles", "centres")


@pytest.mark.parametrize(
    ("name", "settings", "labels", "sentence"),
    [
        ("CrossEntropyLoss", {"class_weights": (1.0, 2.0)}, "abc", "expected 3 numbers, one per class, received 2"),
        (
            "CrossEntropyLoss",
            {"scope": "peaks"},
            "ab",
            "scope peaks needs an architecture that reads peaks, Model does",
        ),
        ("FocalLoss", {"alpha": (0.1, 0.2)}, "abc", "alpha: expected one number, or 3, received 2"),
        ("FocalLoss", {"alpha_mode": "balanced"}, "abc", "alpha_mode balanced is of two classes, there are 3"),
    ],
)
def test_what_does_not_fit_the_model(name: str, settings: dict[str, Any], labels: str, sentence: str) -> None:
    ((key, said),) = bound(name, **settings).model_problems(Model(), tuple(labels))
    assert key in settings
    assert sentence in said
    assert bound(name).model_problems(Model(), tuple(labels)) == []
    assert bound("CrossEntropyLoss", scope="peaks").model_problems(PeakModel(), ("a", "b")) == []


def test_alpha_of_focal_loss_is_judged() -> None:
    loss = find("losses", "FocalLoss")
    assert loss(alpha=0.5, alpha_mode="balanced").problems() == []
    assert "at most 1" in loss(alpha=2.0, alpha_mode="balanced").problems()[0][1]
    assert "one number per class says everything" in loss(alpha=(0.1, 0.9), alpha_mode="balanced").problems()[0][1]


@pytest.mark.parametrize("scale", ["log1p", "linear", "none"])
def test_mse_in_rfu_is_of_what_was_scaled(scale: str) -> None:
    from seqforge.data.epg.scaling import Scaling

    scaling, draw = Scaling(scale), np.random.default_rng(3)
    output, target = (scaling.scaled(draw.uniform(0, 20000, (2, 3, 7))).astype(float) for _ in range(2))
    facts = {"normalisation": {"scale": scale, "max_rfu": 33000}}
    loss = bound("MSELoss", "reconstruction", space="rfu").for_facts(facts)
    wanted = ((scaling.inverse(output) - scaling.inverse(target)) ** 2).mean((1, 2))
    close(loss.reference(output, target), wanted)
    close(bound("MSELoss", "reconstruction").reference(output, target), ((output - target) ** 2).mean((1, 2)))
    assert loss.target == "signal"


def test_mse_in_rfu_needs_to_know_the_scale() -> None:
    loss = bound("MSELoss", "reconstruction", space="rfu")
    with pytest.raises(DataError, match="needs data that say how their signals are scaled"):
        loss.reference(np.zeros((1, 2, 3)), np.zeros((1, 2, 3)))
    ((key, sentence),) = bound("MSELoss", "regression", space="rfu").model_problems(Model(), ("a",))
    assert (key, "only task 'reconstruction' has" in sentence) == ("space", True)
    assert loss.model_problems(Model(), ()) == []


def test_reports_can_say_what_dice_is_of() -> None:
    assert "each batch" in find("losses", "DiceLoss", "PyTorch")().remark
    assert "each profile" in find("losses", "DiceLoss", "PyTorch")(per_sample=True).remark
