# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Which optimizer owns which parameter."""

from __future__ import annotations

import pytest

from seqforge.backends.assignment import assign
from seqforge.errors import BackendError

NAMES = ["stem.weight", "stem.bias", "head.weight", "loss.balance"]


def test_one_optimizer_takes_all() -> None:
    assert assign([None], NAMES) == [NAMES]


def test_first_matching_pattern_wins_and_none_takes_the_rest() -> None:
    assert assign(["*.bias", None, "loss.*"], NAMES) == [
        ["stem.bias"],
        ["stem.weight", "head.weight"],
        ["loss.balance"],
    ]
    assert assign(["stem.*", "*"], NAMES) == [NAMES[:2], NAMES[2:]]


@pytest.mark.parametrize(
    ("patterns", "message"),
    [
        (["stem.*"], "no optimizer owns parameter 'head.weight' (and 1 more)"),
        (["*", "stem.*"], "optimizer pattern 'stem.*' gets no parameter: earlier patterns take 'stem.weight'"),
        (["*", None], "optimizer 2 has no parameters left"),
        (["heat.weight", None], "'heat.weight' matches no trainable parameter; a parameter is called 'head.weight'"),
    ],
)
def test_what_does_not_fit_is_named(patterns: list[str | None], message: str) -> None:
    with pytest.raises(BackendError) as caught:
        assign(patterns, NAMES)
    assert message in str(caught.value)


def test_case_counts() -> None:
    with pytest.raises(BackendError, match="matches no trainable parameter"):
        assign(["STEM.*", None], NAMES)


@pytest.mark.parametrize("pattern", [None, "*"])
def test_a_model_without_trainable_parameters(pattern: str | None) -> None:
    with pytest.raises(BackendError, match="the model has no trainable parameters"):
        assign([pattern], [])
