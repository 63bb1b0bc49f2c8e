# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Long sequences cut into windows: what they cover, their names, what is too short."""

from __future__ import annotations

import numpy as np
import pytest

from seqforge.errors import DataError
from seqforge.evaluation.profile_predict import Examples
from seqforge.run.profile_windows import cut


def examples(count: int, length: int) -> Examples:
    codes = np.arange(count * length, dtype=np.uint8).reshape(count, length)
    return Examples(codes, [f"s{number}" for number in range(count)])


@pytest.mark.parametrize(
    ("length", "starts"), [(10, [0]), (11, [0, 1]), (14, [0, 4]), (15, [0, 4, 5]), (23, [0, 4, 8, 12, 13])]
)
def test_outputs_lie_end_to_end_and_the_last_one_at_the_end(length: int, starts: list[int]) -> None:
    given = examples(2, length)
    (found,) = cut([given], 10, 4, 100)
    assert found.names == [f"s{number}:{at + 3}-{at + 7}" for number in range(2) for at in starts]
    np.testing.assert_array_equal(found.codes, [row[at : at + 10] for row in given.codes for at in starts])
    assert (found.codes.dtype, found.coords) == (np.uint8, None)


def test_an_odd_margin_is_one_shorter_on_the_left() -> None:
    (found,) = cut([examples(1, 10)], 10, 5, 100)
    assert found.names == ["s0:2-7"]


def test_chunks_have_at_most_so_many_rows() -> None:
    whole = list(cut([examples(3, 18), examples(1, 10)], 10, 4, 100))
    parts = list(cut([examples(3, 18), examples(1, 10)], 10, 4, 4))
    assert [len(part) for part in parts] == [4, 4, 1, 1]
    assert [name for part in parts for name in part.names] == [name for one in whole for name in one.names]
    for one, other in zip(np.vstack([p.codes for p in parts]), np.vstack([w.codes for w in whole]), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_short_sequence_is_named() -> None:
    with pytest.raises(DataError, match="SF0705: sequence 's0' has 9 letters, a window of the model has 10"):
        list(cut([examples(1, 9)], 10, 4, 100))
