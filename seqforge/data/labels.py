# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Labels as files spell them to targets as a Dataset delivers them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from seqforge.arrays import np
from seqforge.data.problems import LABEL, refuse
from seqforge.errors import did_you_mean, quoted

SEPARATOR = "|"
STORED = {"index": "int32", "multi-hot": "uint8", "values": "float32"}
DELIVERED = {"index": "int64", "multi-hot": "float32", "values": "float32"}

Where = Callable[[int], tuple[str, int]]  # the number of a row → file and line


def encoded(texts: Sequence[str], kind: str, labels: Sequence[str], where: Where) -> np.ndarray:
    """`texts`, one per row, as stored targets: index (n,), multi-hot or values (n, label).

    Several labels of a row are joined by "|"; in multi-hot data "" is a row without a label. Raises DataError with the
    place of the first text that does not fit.
    """
    return _ENCODERS[kind](texts, labels, where)


def delivered(targets: np.ndarray, kind: str) -> np.ndarray:
    """Stored targets in the type that a Batch has."""
    return np.asarray(targets).astype(DELIVERED[kind], copy=False)


def _index(texts: Sequence[str], labels: Sequence[str], where: Where) -> np.ndarray:
    numbers = {label: number for number, label in enumerate(labels)}
    try:
        return np.fromiter((numbers[text] for text in texts), dtype=STORED["index"], count=len(texts))
    except KeyError as missing:
        row = next(row for row, text in enumerate(texts) if text not in numbers)
        raise _unknown(str(missing.args[0]), labels, where(row), single=True) from None


def _multi_hot(texts: Sequence[str], labels: Sequence[str], where: Where) -> np.ndarray:
    numbers = {label: number for number, label in enumerate(labels)}
    targets = np.zeros((len(texts), len(labels)), dtype=STORED["multi-hot"])
    for row, text in enumerate(texts):
        for label in text.split(SEPARATOR) if text else ():
            if label not in numbers:
                raise _unknown(label, labels, where(row), single=False)
            targets[row, numbers[label]] = 1
    return targets


def _values(texts: Sequence[str], labels: Sequence[str], where: Where) -> np.ndarray:
    targets = np.empty((len(texts), len(labels)), dtype=STORED["values"])
    for row, text in enumerate(texts):
        parts = text.split(SEPARATOR)
        if len(parts) != len(labels):
            file, line = where(row)
            expected = f"expected {len(labels)} numbers ({', '.join(labels[:6])}), received {len(parts)}"
            raise refuse(LABEL, expected, file=file, line=line)
        targets[row] = [_number(part, label, where, row) for part, label in zip(parts, labels, strict=True)]
    return targets


def _number(text: str, label: str, where: Where, row: int) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        file, line = where(row)
        raise refuse(LABEL, f"{label}: expected a number, received {quoted(text)}", file=file, line=line)
    return number


def _unknown(text: str, labels: Sequence[str], place: tuple[str, int], single: bool) -> Exception:
    file, line = place
    if not text:
        return refuse(LABEL, "the label is empty", "every example needs exactly one", file, line)
    if single and SEPARATOR in text:
        hint = "a multi-class example has exactly one label; use the task multi-label classification"
        return refuse(LABEL, f"'{text}' names several labels", hint, file, line)
    hint = did_you_mean(text, list(labels)[:20])
    return refuse(LABEL, f"the model has no label '{text}'", hint, file, line)


_ENCODERS = {"index": _index, "multi-hot": _multi_hot, "values": _values}
