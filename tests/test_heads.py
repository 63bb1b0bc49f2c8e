# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Names, tasks and weights of heads, however they are given."""

from __future__ import annotations

import pytest

from seqforge.errors import UsageError
from seqforge.heads import Head, heads_of, tasks_of


def test_keys_of_configurations_and_of_python() -> None:
    given = {"head-name": "x", "num-tasks": 2, "profile-loss-weight": 0.5, "counts-loss-weight": 3}
    (head,) = heads_of([given])
    assert head == Head(name="x", tasks=("0", "1"), profile_loss_weight=0.5, counts_loss_weight=3.0)
    assert (head.width, head.counts) == (2, 1)
    assert Head(name="x", tasks=("a", "b"), counts_per_task=True).counts == 2
    assert tasks_of("plus, minus") == ("plus", "minus")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"head-name": "2x", "num-tasks": 1}, "head name '2x': expected letters, digits, '_' or '-', a letter first"),
        ({"head-name": "Validation_x", "num-tasks": 1}, "expected a name that does not begin with validation_"),
        ({"head-name": "x"}, "a head lacks num-tasks"),
        ({"head-name": "x", "num-tasks": 0}, "expected"),
        ({"head-name": "x", "num-tasks": 1, "counts-loss-weigth": 1}, "did you mean 'counts_loss_weight'"),
        ({"head-name": "x", "num-tasks": 1, "counts-loss-frac-target": 0}, "frac_target: expected a number > 0"),
        ({"head-name": "x", "num-tasks": 1, "counts-loss-frac-target": 1}, "frac_target: expected a number > 0"),
        ({"head-name": "x", "num-tasks": 1, "profile-loss-weight": -1}, "profile_loss_weight: expected"),
    ],
)  # fmt: skip
def test_what_is_no_head(given: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        heads_of([given])
    assert words in str(caught.value)


def test_names_differ_in_more_than_case() -> None:
    assert len(heads_of([Head(name="x", tasks=("0",)), Head(name="profile_x", tasks=("0",))])) == 2
    with pytest.raises(UsageError, match="'x' and 'X'"):
        heads_of([Head(name="x", tasks=("0",)), Head(name="X", tasks=("0",))])
    with pytest.raises(UsageError, match="at least one head"):
        heads_of([])
