# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Every score of a set of predictions, ready for JSON: what is not defined is null, and `notes` says why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from seqforge.errors import DataError
from seqforge.metrics import counts as counting
from seqforge.metrics import ranking
from seqforge.metrics.accuracy import example_hits, label_hits
from seqforge.metrics.counts import Counts, mean_of_defined
from seqforge.tasks import Task

Columns = dict[str, np.ndarray]  # score → its value for each label (label,)


def scores(prediction: np.ndarray, target: np.ndarray, labels: Sequence[str], task: Task) -> dict[str, Any]:
    """The scores of predictions (n, label) against `target`: index (n,), multi-hot or values (n, label).

    Classification: `accuracy`, the macro means `precision`, `recall`, `f1`, `sensitivity`, `specificity`, `roc_auc`,
    `pr_auc` (average precision) over the labels for which they are defined, `roc_auc_micro`, `pr_auc_micro` over all
    (example, label) pairs, `matthews_correlation`, `labels` (all of these and `n` for each label against the rest) and
    `confusion_matrix`: (true, predicted), for several labels per example one [[tn, fp], [fn, tp]] for each label.
    Regression: errors and correlations, as means over labels and for each label. NaN predictions raise DataError.
    """
    prediction, target = np.asarray(prediction), np.asarray(target)
    _check(prediction, target, labels)
    return plain(_SCORES[task.targets](prediction, target, labels))


def _check(prediction: np.ndarray, target: np.ndarray, labels: Sequence[str]) -> None:
    if prediction.ndim != 2 or prediction.shape[1] != len(labels) or len(prediction) != len(target):
        expected = f"({len(target)}, {len(labels)})"
        raise DataError(f"scores: expected predictions of shape {expected}, received {prediction.shape}")
    broken = int((~np.isfinite(prediction)).any(axis=1).sum())
    if broken:
        share = f"{broken} of {len(prediction)}"
        raise DataError(f"scores: {share} predictions are not finite; the weights are damaged or diverged")


def _multi_class(prediction: np.ndarray, target: np.ndarray, labels: Sequence[str]) -> dict[str, Any]:
    confusion = counting.confusion(prediction, target)
    counts = counting.counts_of(confusion)
    found = {"accuracy": _mean(example_hits(prediction, target))}
    found |= _classified(prediction, target, labels, counts)
    return found | {
        "matthews_correlation": counting.multi_class_matthews(confusion),
        "confusion_matrix": confusion.tolist(),
    }


def _multi_label(prediction: np.ndarray, target: np.ndarray, labels: Sequence[str]) -> dict[str, Any]:
    counts = counting.multi_hot_counts(prediction, target)
    total = Counts(*(count.sum(keepdims=True) for count in counts))
    found = {"accuracy": _mean(example_hits(prediction, target))}
    found |= {"label_accuracy": _mean(label_hits(prediction, target))}
    found |= _classified(prediction, target, labels, counts)
    return found | {
        "matthews_correlation": counting.matthews(total)[0],
        "confusion_matrix": [[[tn, fp], [fn, tp]] for tp, fp, fn, tn in np.transpose(counts).tolist()],
    }


def _classified(prediction: np.ndarray, target: np.ndarray, labels: Sequence[str], counts: Counts) -> dict[str, Any]:
    columns: Columns = {name: rate(counts) for name, rate in counting.RATES.items()}
    for name, area in ranking.AREAS.items():
        columns[name] = ranking.per_label(area, prediction, target)
    means = {name: mean_of_defined(column) for name, column in columns.items()}
    micro = {f"{name}_micro": ranking.micro(area, prediction, target) for name, area in ranking.AREAS.items()}
    columns = {"n": counts.tp + counts.fn, **columns, "matthews_correlation": counting.matthews(counts)}
    return means | micro | {"labels": _by_label(columns, labels), "notes": _notes(counts, labels)}


def _regression(prediction: np.ndarray, target: np.ndarray, labels: Sequence[str]) -> dict[str, Any]:
    error = prediction.astype(np.float64) - target
    columns: Columns = {
        "mean_squared_error": (error**2).mean(axis=0) if len(error) else np.full(len(labels), np.nan),
        "mean_absolute_error": np.abs(error).mean(axis=0) if len(error) else np.full(len(labels), np.nan),
        "pearson_r": ranking.pearson(prediction, target),
        "spearman_r": ranking.spearman(prediction, target),
    }
    means = {name: mean_of_defined(column) for name, column in columns.items()}
    constant = [label for label, r in zip(labels, columns["pearson_r"], strict=True) if np.isnan(r)]
    notes = [f"correlations of {_list(constant)} are not defined: a constant has none"] if constant else []
    return means | {"labels": _by_label(columns, labels), "notes": notes}


def _by_label(columns: Columns, labels: Sequence[str]) -> dict[str, dict[str, Any]]:
    return {label: {name: column[k] for name, column in columns.items()} for k, label in enumerate(labels)}


def _notes(counts: Counts, labels: Sequence[str]) -> list[str]:
    present, absent = counts.tp + counts.fn, counts.tn + counts.fp
    without = [label for label, n in zip(labels, present, strict=True) if n == 0]
    always = [label for label, n in zip(labels, absent, strict=True) if n == 0]
    notes = []
    if without:
        notes.append(f"no example of {_list(without)}: recall and areas are not defined, and left out of means")
    if always:
        notes.append(f"every example is {_list(always)}: specificity and ROC area are undefined and left out of means")
    return notes


def _list(labels: Sequence[str], most: int = 10) -> str:
    shown = ", ".join(f"'{label}'" for label in labels[:most])
    return shown if len(labels) <= most else f"{shown} and {len(labels) - most} more"


def _mean(hits: np.ndarray) -> float:
    return float(hits.mean()) if hits.size else float("nan")


def plain(value: Any) -> Any:
    """NumPy numbers as Python's; NaN as None."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value


_SCORES: dict[str, Callable[[np.ndarray, np.ndarray, Sequence[str]], dict[str, Any]]] = {
    "index": _multi_class,
    "multi-hot": _multi_label,
    "values": _regression,
}
