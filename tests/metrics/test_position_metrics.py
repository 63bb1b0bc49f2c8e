# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Metrics of scan points, peaks and bins: equal to scikit-learn in any batching; the search of a threshold."""

from __future__ import annotations

import warnings
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sk

from seqforge.metrics import thresholds
from seqforge.metrics.base import Metric
from seqforge.metrics.thresholds import GRID, Best, Search, best, called, calls
from seqforge.registry import find

N, DYES, SCANS = 6, 2, 50
PIXELS = ("precision", "recall", "f1", "iou")


def told(name: str, task: str, loss: Any = None) -> Metric:
    metric: Metric = find("metrics", name)().for_loss(loss).for_task(find("tasks", task)())
    return metric


def streamed(metric: Metric, prediction: Any, target: dict[str, np.ndarray], size: int) -> float:
    """The value after batches of `size`; of peaks those of the profiles of each batch."""
    accumulator = metric.start()
    counts = target.get("counts", np.zeros(len(next(iter(target.values()))), int))
    ends = np.concatenate([[0], np.cumsum(counts)])
    for start in range(0, len(counts), size):
        rows = slice(start, start + size)
        peaks = slice(ends[start], ends[min(start + size, len(counts))])
        part = {
            key: value[peaks if key in ("centres", "labels") and "counts" in target else rows]
            for key, value in target.items()
        }
        fed = tuple(array[rows] for array in prediction) if isinstance(prediction, tuple) else prediction[rows]
        accumulator.update(fed, part)
    return accumulator.value()


# scan points


def masks(classes: int, ignored: int = -100) -> np.ndarray:
    draw = np.random.default_rng(1)
    mask = draw.integers(0, classes, (N, DYES, SCANS)).astype(np.int8)
    mask[draw.random(mask.shape) < 0.2] = ignored
    return mask


def scores(mask: np.ndarray, classes: int) -> np.ndarray:
    """Probabilities that are often right: (n, dye, scan) of one, else (n, class, dye, scan)."""
    draw = np.random.default_rng(2)
    if classes == 1:
        return np.clip(0.6 * mask + 0.5 * draw.random(mask.shape), 0, 1).astype(np.float32)
    p = np.moveaxis(draw.dirichlet(np.ones(classes), mask.shape), -1, 1)
    return (p + 0.4 * (mask[:, None] == np.arange(classes)[:, None, None])).astype(np.float32) / 1.4


SK = {"precision": sk.precision_score, "recall": sk.recall_score, "f1": sk.f1_score, "iou": sk.jaccard_score}


@pytest.mark.parametrize("name", PIXELS)
@pytest.mark.parametrize("form", ["one", "one of (n, 1, dye, scan)", "two"])
@pytest.mark.parametrize("size", [1, 4, N])
def test_scan_points_of_two_classes_are_those_of_class_1(name: str, form: str, size: int) -> None:
    mask = masks(2)
    p = scores(mask, 1)
    fed = {"one": p, "two": np.stack([1 - p, p], axis=1)}.get(form, p[:, None])
    judged = mask >= 0
    expected = SK[name](mask[judged], p[judged] >= 0.5)
    assert streamed(told(name, "segmentation"), fed, {"mask": mask}, size) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", PIXELS)
@pytest.mark.parametrize("size", [1, N])
def test_scan_points_of_several_classes_are_means_over_classes(name: str, size: int) -> None:
    mask = masks(3)
    p, judged = scores(mask, 3), mask >= 0
    expected = SK[name](mask[judged], p.argmax(1)[judged], average="macro")
    assert streamed(told(name, "segmentation"), p, {"mask": mask}, size) == pytest.approx(expected, rel=1e-12)


def test_a_scan_point_is_called_at_one_half() -> None:
    mask, p = np.array([[[1, 1, 0, 0]]]), np.array([[[0.5, 0.4999, 0.5, 0.4999]]])
    assert streamed(told("recall", "segmentation"), p, {"mask": mask}, 1) == 0.5
    assert streamed(told("precision", "segmentation"), p, {"mask": mask}, 1) == 0.5


def test_nothing_over_nothing_is_0_and_nothing_seen_is_nan() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        empty = {"mask": np.zeros((1, 1, 5), int)}
        for name in PIXELS:
            assert streamed(told(name, "segmentation"), np.zeros((1, 1, 5)), empty, 1) == 0
            assert np.isnan(streamed(told(name, "segmentation"), np.zeros((1, 1, 5)), {"mask": empty["mask"] - 100}, 1))
            assert np.isnan(told(name, "segmentation").start().value())


@pytest.mark.parametrize("classes", [1, 3])
def test_the_label_that_is_ignored_is_that_of_the_loss_also_0(classes: int) -> None:
    mask = masks(max(2, classes))
    p = scores(mask, classes)
    loss = find("losses", "FocalLoss")(ignore_index=0)
    for name in PIXELS:
        without = np.where(mask == 0, -100, mask)
        found = streamed(told(name, "segmentation", loss), p, {"mask": mask}, 2)
        assert found == pytest.approx(streamed(told(name, "segmentation"), p, {"mask": without}, 2))


def test_masks_keep_counts_alone() -> None:
    metric = told("f1", "segmentation").start()
    for _ in range(3):
        metric.update(scores(masks(3), 3), {"mask": masks(3)})
        assert sum(np.size(value) for value in vars(metric).values() if value is not None) <= 12


# peaks


def peaks(mask: np.ndarray, classes: int) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(3)
    counts = np.array([3, 0, 5, 1, 2, 4])
    places = np.concatenate([draw.choice(DYES * SCANS, count, replace=False) for count in counts])
    labels = draw.integers(0, classes, counts.sum())
    labels[2] = -100
    return {"mask": mask, "centres": np.stack([places // SCANS, places % SCANS], 1), "counts": counts, "labels": labels}


@pytest.mark.parametrize("classes", [1, 2, 3])
@pytest.mark.parametrize("name", ["precision", "recall", "f1"])
@pytest.mark.parametrize("size", [1, 4, N])
def test_peaks_are_judged_at_their_centres(classes: int, name: str, size: int) -> None:
    mask = masks(max(2, classes))
    p, target = scores(mask, classes), peaks(mask, max(2, classes))
    owner = np.repeat(np.arange(N), target["counts"])
    rows = p[owner, ..., target["centres"][:, 0], target["centres"][:, 1]]
    said = rows >= 0.5 if classes == 1 else rows.argmax(1)
    judged = target["labels"] >= 0
    expected = SK[name](target["labels"][judged], said[judged], average="macro", zero_division=0)
    assert streamed(told(f"peak_{name}", "segmentation"), p, target, size) == pytest.approx(expected, rel=1e-12)


def test_masks_without_peaks_have_no_peak_metric() -> None:
    mask = masks(2)
    assert np.isnan(streamed(told("peak_f1", "segmentation"), scores(mask, 2), {"mask": mask}, 2))


@pytest.mark.parametrize("name", ["accuracy", "precision", "recall", "f1"])
def test_peak_classification_has_the_metrics_of_classes(name: str) -> None:
    draw = np.random.default_rng(4)
    p, target = draw.dirichlet(np.ones(3), 40), draw.integers(0, 3, 40)
    accumulator = told(name, "peak classification").start()
    accumulator.update(p, target)
    options = {} if name == "accuracy" else {"average": "macro"}
    expected = {"accuracy": sk.accuracy_score, **SK}[name](target, p.argmax(1), **options)
    assert accumulator.value() == pytest.approx(expected)


def test_reconstruction_has_errors_of_scan_points() -> None:
    draw = np.random.default_rng(5)
    output, target = draw.random((2, 4, 3, 5)).astype(np.float32)
    accumulator = told("mean_squared_error", "reconstruction").start()
    accumulator.update(output, target)
    assert accumulator.value() == pytest.approx(np.square(output - target).mean(), rel=1e-6)


# bins


def bins() -> tuple[tuple[np.ndarray, np.ndarray], dict[str, np.ndarray]]:
    """Position and range scores of padded chromosomes, and their labels."""
    draw = np.random.default_rng(6)
    labels = (draw.random((N, 80)) < 0.2).astype(np.int8)
    p = np.clip(0.3 * labels + 0.6 * draw.random(labels.shape), 0, 1).astype(np.float32)
    labels[2, 60:] = labels[4, 10:] = -1
    p[labels < 0] = 0.999
    return (p[..., None], draw.random((N, 80, 3))), {"labels": labels}


def test_bins_are_judged_at_the_best_threshold() -> None:
    prediction, target = bins()
    known = target["labels"] >= 0
    p, labels = prediction[0][..., 0][known], target["labels"][known]
    found = [(sk.f1_score(labels, p > np.float32(t)), t) for t in GRID]
    score, threshold = max(found, key=lambda pair: (pair[0], -pair[1]))
    said = p > np.float32(threshold)
    wanted = {
        "threshold": threshold,
        "f1": score,
        "precision": sk.precision_score(labels, said),
        "recall": sk.recall_score(labels, said),
        "roc_auc": sk.roc_auc_score(labels, p),
        "average_precision": sk.average_precision_score(labels, p),
    }
    assert set(wanted) == set(find("tasks", "sequence labeling").metrics)
    for name, value in wanted.items():
        for size in (1, 4, N):
            assert streamed(told(name, "sequence labeling"), prediction, target, size) == pytest.approx(value, rel=1e-9)
        assert streamed(told(name, "sequence labeling"), prediction[0], target, 2) == pytest.approx(value, rel=1e-9)
    assert best(p, labels) == Best(threshold, *(pytest.approx(wanted[key]) for key in ("f1", "precision", "recall")))


def test_areas_of_one_kind_of_bins_are_not_defined() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for label in (0, 1, -1):
            target = {"labels": np.full((2, 4), label)}
            for name in ("roc_auc", "average_precision"):
                assert np.isnan(streamed(told(name, "sequence labeling"), np.ones((2, 4)), target, 1))
        for name in ("precision", "recall", "f1", "threshold"):
            assert np.isnan(
                streamed(told(name, "sequence labeling"), np.ones((2, 4)), {"labels": np.full((2, 4), -1)}, 1)
            )


# the search


def slow(p: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """(threshold, F1) by counting for every threshold."""
    found, score = 0.5, 0.0
    for number in range(1, 19):
        t = round(0.05 * number, 2)
        said = [float(value) > float(p.dtype.type(t)) for value in p]
        tp = sum(s and y == 1 for s, y in zip(said, labels, strict=True))
        wrong = sum(s != (y == 1) for s, y in zip(said, labels, strict=True))
        f1 = 2 * tp / (2 * tp + wrong) if tp else 0.0
        if f1 > score:
            found, score = t, f1
    return found, score


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_search_is_what_counting_finds(dtype: Any) -> None:
    draw = np.random.default_rng(7)
    for trial in range(60):
        p = draw.random(30).astype(dtype)
        if trial % 2:  # on the thresholds themselves
            p = np.array(draw.choice([0.0, *GRID, 0.95, 1.0], 30), dtype)
        labels = (draw.random(30) < 0.3).astype(int)
        found = best(p, labels)
        assert (found.threshold, found.f1) == (slow(p, labels)[0], pytest.approx(slow(p, labels)[1]))
        again = calls(p, labels, found.threshold)
        if found.f1:
            assert (again.f1, again.precision, again.recall) == found[1:]


def test_the_grid_has_18_values() -> None:
    assert len(GRID) == 18
    assert (GRID[0], GRID[5], GRID[-1]) == (0.05, 0.3, 0.9)


def test_a_threshold_is_rounded_to_the_type_of_p_and_strict() -> None:
    for dtype in (np.float16, np.float32, np.float64):
        assert not called(np.array([0.3], dtype), 0.3).any()
        assert best(np.array([0.3, 0.25], dtype), [1, 0]).threshold == 0.25
    assert called(np.float32([0.3]), 0.3 - 1e-7).all()
    assert not called([np.nan], 0.05).any()


def test_of_equal_thresholds_the_lowest_wins() -> None:
    assert best(np.float32([0.02, 0.95]), [0, 1]) == Best(0.05, 1, 1, 1)
    assert best(np.float32([0.22, 0.95]), [0, 1]).threshold == 0.25


def test_without_anything_right_the_threshold_is_one_half() -> None:
    assert best(np.float32([0.9, 0.2]), [0, 0]) == Best(0.5, 0, 0, 0)
    assert best(np.float32([0.9, 0.01]), [0, 1]) == Best(0.5, 0, 0, 0)
    assert best(np.float32([]), []) == Best(0.5, 0, 0, 0)
    assert best(np.float32([np.nan, 0.9]), [1, 0]) == Best(0.5, 0, 0, 0)


def test_unknown_labels_are_left_out_and_batches_add_up() -> None:
    draw = np.random.default_rng(8)
    p, labels = draw.random((10, 20)).astype(np.float32), draw.integers(-1, 2, (10, 20))
    known = labels >= 0
    whole, search = best(p, labels), Search()
    for row in range(10):
        search.update(p[row], labels[row])
    assert whole == search.best() == best(p[known], labels[known])
    assert search.seen == known.sum()
    assert sum(calls(p, labels, 0.4)) == known.sum()


def test_counts_and_their_scores() -> None:
    found = thresholds.Calls(3, 1, 2, 4)
    assert (found.precision, found.recall, found.f1) == (0.75, 0.6, pytest.approx(2 / 3))
    assert (found.iou, found.accuracy) == (0.5, 0.7)
    assert found.plus(found) == thresholds.Calls(6, 2, 4, 8)
    assert thresholds.Calls(0, 0, 0, 0).accuracy == 0
    cells = thresholds.classes([[0.2, 0.8], [0.5, 0.5], [0.1, 0.9]], [1, 0, -100])
    assert cells.tolist() == [[1, 0], [0, 1]]


def test_metrics_are_told_of_losses_without_labels_to_ignore() -> None:
    assert told("f1", "segmentation", SimpleNamespace()) == told("f1", "segmentation")
    assert told("f1", "multi-class classification") != told("f1", "segmentation")
