# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A loss that is named in one library's words under the other: the same formula there, if it has one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from seqforge.errors import SeqForgeError
from seqforge.losses.base import Loss
from seqforge.registry import KERAS, PYTORCH, find, names


class Translation(NamedTuple):
    """`name` with the settings `when` is `becomes` with `settings`; those in `carried` keep their value."""

    name: str
    when: Mapping[str, Any]
    becomes: str
    settings: Mapping[str, Any] = {}
    carried: tuple[str, ...] = ()


TRANSLATIONS: dict[str, tuple[Translation, ...]] = {
    KERAS: (
        Translation("CrossEntropyLoss", {}, "categorical_crossentropy", {"from_logits": True}, ("label_smoothing",)),
        # log softmax of log-probabilities is the log-probabilities themselves
        Translation("NLLLoss", {}, "sparse_categorical_crossentropy", {"from_logits": True}),
        Translation("BCELoss", {}, "binary_crossentropy", {"from_logits": False}),
        Translation("BCEWithLogitsLoss", {}, "binary_crossentropy", {"from_logits": True}),
        Translation("MSELoss", {}, "mean_squared_error"),
        Translation("L1Loss", {}, "mean_absolute_error"),
        Translation("SmoothL1Loss", {}, "huber", {"delta": 1.0}),
    ),
    PYTORCH: (
        Translation("categorical_crossentropy", {"from_logits": True}, "CrossEntropyLoss", {}, ("label_smoothing",)),
        Translation("sparse_categorical_crossentropy", {"from_logits": True}, "CrossEntropyLoss"),
        Translation("binary_crossentropy", {"from_logits": False, "label_smoothing": 0.0}, "BCELoss"),
        Translation("binary_crossentropy", {"from_logits": True, "label_smoothing": 0.0}, "BCEWithLogitsLoss"),
        Translation("mean_squared_error", {}, "MSELoss"),
        Translation("mean_absolute_error", {}, "L1Loss"),
        Translation("huber", {"delta": 1.0}, "SmoothL1Loss"),
    ),
}


def translate(loss: Loss, library: str) -> Loss:
    """`loss` as `library` has it; raises SeqForgeError with the way out if the formula does not exist there.

    With options that its counterpart does not have, such as cross-entropy of probabilities, a loss stays what it is:
    its formula has a form on both backends.
    """
    if loss.library in (None, library):
        if loss.library is None and library not in loss.libraries:
            options = "with these options"
            raise SeqForgeError(f"loss '{loss.name}' does not exist {options} on {library}; {_elsewhere(loss)}")
        return loss
    usable = library in loss.libraries  # with its options: some exist on one backend only
    rows = [row for row in TRANSLATIONS.get(library, ()) if row.name == loss.name] if usable else []
    for row in rows:
        if _holds(row, loss):
            carried = {name: getattr(loss, name) for name in row.carried}
            return find("losses", row.becomes, library)(**row.settings, **carried)
    if rows:
        return loss
    known = ", ".join(available(library, loss.tasks))
    raise SeqForgeError(f"loss '{loss.name}' is of {loss.library} only; expected one of {known}")


def _elsewhere(loss: Loss) -> str:
    """The way out for a loss whose options one library does not have."""
    if getattr(loss, "learned", False):
        return "set its weighting to fixed, or use PyTorch"
    return f"use {' or '.join(loss.libraries)}" if loss.libraries else "its terms have no library in common"


def _holds(row: Translation, loss: Loss) -> bool:
    return all(getattr(loss, name) == value for name, value in row.when.items())


def available(library: str, tasks: Collection[str] | None = None) -> list[str]:
    """The names of the losses that can be used with `library`; with `tasks`, for one of these."""
    found = {name: find("losses", name, library) for name in names("losses", library)}
    usable = {name: loss for name, loss in found.items() if not loss.unavailable}
    return [name for name, loss in usable.items() if tasks is None or set(tasks) & set(loss.tasks)]
