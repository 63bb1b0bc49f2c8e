# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Windows along a chromosome: where they start, what they weigh, what is refused, and the blend."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from seqforge.data.bins.windows import blend, overlap_of, starts, weights, windowed
from seqforge.errors import UsageError

RAMPED = [0.2, 0.4, 0.6, 0.8, 0.8, 0.6, 0.4, 0.2]


def summed(length: int, window: int, overlap: int | None) -> np.ndarray:
    total = np.zeros(length)
    for start, weight in zip(starts(length, window, overlap), weights(length, window, overlap), strict=True):
        total[start : start + window] += weight
    return total


@pytest.mark.parametrize(
    ("length", "expected"),
    [(7, [0]), (8, [0]), (9, [0, 1]), (12, [0, 4]), (13, [0, 4, 5]), (20, [0, 4, 8, 12]), (23, [0, 4, 8, 12, 15])],
)
def test_windows_start_as_documented(length: int, expected: list[int]) -> None:
    assert starts(length, 8, 4) == expected


def test_the_last_window_ends_at_the_last_bin_whatever_the_sizes() -> None:
    for length, window, overlap in [(100, 7, 3), (101, 10, 0), (99, 98, 49), (2, 1, 0)]:
        found = starts(length, window, overlap)
        assert found[-1] + window == length
        assert all(0 < b - a <= window - overlap for a, b in pairwise(found))


def test_inner_weights_rise_and_fall_and_the_ends_have_no_ramp() -> None:
    first, *inner, last = weights(20, 8, 4)
    assert [list(weight) for weight in inner] == [RAMPED, RAMPED]
    assert list(first) == [1, 1, 1, 1, *RAMPED[4:]]
    assert list(last) == [*RAMPED[:4], 1, 1, 1, 1]


def test_weights_sum_up_to_one_where_windows_fall_evenly() -> None:
    assert summed(20, 8, 4).tolist() == [1.0] * 20
    assert summed(23, 8, 4).max() == pytest.approx(1.2)
    assert summed(23, 8, 4).min() == pytest.approx(1.0)


def test_windows_without_overlap_are_put_side_by_side() -> None:
    values = np.arange(10.0)
    assert windowed(lambda start, end: values[start:end], 10, 5, 0).tolist() == values.tolist()


def test_the_overlap_is_a_quarter_of_the_window_unless_given() -> None:
    assert overlap_of(8192) == 2048
    assert overlap_of(7) == 1
    assert overlap_of(3) == 0
    assert overlap_of(8, 4) == 4


@pytest.mark.parametrize(
    ("window", "overlap", "message"),
    [
        (8, 5, "overlap: expected 0 to 4 bins, half of window 8, received 5; the nearest is 4"),
        (8, -1, "overlap: expected 0 to 4 bins, half of window 8, received -1; the nearest is 0"),
        (0, None, "window: expected at least 1 bin, received 0; the nearest is 1"),
    ],
)
def test_impossible_windows_are_refused(window: int, overlap: int | None, message: str) -> None:
    with pytest.raises(UsageError) as refused:
        starts(20, window, overlap)
    assert str(refused.value) == message


@pytest.mark.parametrize("length", [20, 23, 9, 8])
@pytest.mark.parametrize("shape", [(), (3,)])
def test_a_constant_model_gives_a_constant_output(length: int, shape: tuple[int, ...]) -> None:
    value = np.float32(0.3)
    found = windowed(lambda start, end: np.full((end - start, *shape), value), length, 8, 4)
    assert found.dtype == np.float32
    assert found.shape == (length, *shape)
    assert (found == value).all()


def test_values_that_depend_on_the_bin_alone_come_back() -> None:
    values = np.random.default_rng(0).random((57, 3))
    np.testing.assert_allclose(windowed(lambda a, b: values[a:b], 57, 16, 5), values, rtol=1e-15)


def test_what_differs_between_windows_is_mixed_by_weight() -> None:
    found = blend([np.zeros(8), np.ones(8)], 12, 8, 4)
    np.testing.assert_allclose(found, [0, 0, 0, 0, 0.2, 0.4, 0.6, 0.8, 1, 1, 1, 1])


def test_one_window_is_one_exact_pass() -> None:
    values, asked = np.random.default_rng(1).random(8).astype(np.float32), []

    def predict(start: int, end: int) -> np.ndarray:
        asked.append((start, end))
        return values

    for window in (8, 9, 1000, None):
        assert windowed(predict, 8, window) is values
    assert asked == [(0, 8)] * 4


def test_parts_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="expected the values of 8 bins, received 7"):
        blend([np.zeros(8), np.zeros(7)], 12, 8, 4)
