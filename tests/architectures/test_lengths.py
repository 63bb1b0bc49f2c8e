# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Lengths of profile models: every cell of the table, the sentences, the number of weights."""

from __future__ import annotations

import pytest

from seqforge.architectures import lengths
from seqforge.architectures.lengths import Trunk
from seqforge.errors import UsageError
from seqforge.heads import Head

WIDTHS = ((7, 7), (7, 9), (21, 75), (25, 25), (25, 75))
# layers, dilated part, overhang for each pair of widths, input for 1,000 bases of output with 25/25
TABLE = (
    (1, 4, (16, 18, 98, 52, 102), 1052),
    (2, 12, (24, 26, 106, 60, 110), 1060),
    (3, 28, (40, 42, 122, 76, 126), 1076),
    (4, 60, (72, 74, 154, 108, 158), 1108),
    (5, 124, (136, 138, 218, 172, 222), 1172),
    (6, 252, (264, 266, 346, 300, 350), 1300),
    (7, 508, (520, 522, 602, 556, 606), 1556),
    (8, 1020, (1032, 1034, 1114, 1068, 1118), 2068),
    (9, 2044, (2056, 2058, 2138, 2092, 2142), 3092),
    (10, 4092, (4104, 4106, 4186, 4140, 4190), 5140),
    (11, 8188, (8200, 8202, 8282, 8236, 8286), 9236),
)


@pytest.mark.parametrize(("layers", "dilated", "overhangs", "needed"), TABLE)
def test_table(layers: int, dilated: int, overhangs: tuple[int, ...], needed: int) -> None:
    assert lengths.dilated(layers) == dilated == sum(2 * 2 ** (i + 1) for i in range(layers))
    assert tuple(lengths.overhang(layers, *widths) for widths in WIDTHS) == overhangs
    assert lengths.needed_input(1000, layers, 25, 25) == needed
    assert lengths.output_for(needed, layers, 25, 25) == 1000


def test_no_dilated_layers() -> None:
    assert lengths.overhang(0, 1, 1) == 0
    assert lengths.overhang(0, 7, 9) == 14


@pytest.mark.parametrize("extra", range(8))
def test_excess_is_split_with_the_odd_base_on_the_right(extra: int) -> None:
    trunk = Trunk(4, 7, 9)
    assert lengths.excess(174 + extra, 100, trunk) == extra
    left, right = lengths.split(extra)
    assert left + right == extra
    assert right - left in (0, 1)


def test_sentences() -> None:
    trunk = Trunk(4, 7, 9)
    assert lengths.too_long(180, 100, trunk) == (
        "input_length 180 is 6 more than the 174 that output_length 100 needs (4 layers, widths 7 and 9); "
        "3 bases are cropped on the left and 3 on the right"
    )
    assert "1 base is cropped on the left and 2 on the right" in lengths.too_long(177, 100, trunk)
    with pytest.raises(UsageError) as caught:
        lengths.excess(170, 100, trunk)
    assert str(caught.value) == (
        "input_length 170 is too short: output_length 100 needs 174 (4 layers, widths 7 and 9); "
        "give input_length ≥ 174 or output_length ≤ 96"
    )
    assert lengths.too_short(60, 100, trunk).endswith("give input_length ≥ 174")
    assert str(Trunk(1, 7, 9)) == "1 layer, widths 7 and 9"


def test_warnings() -> None:
    assert lengths.warnings_about(174, 100, Trunk(4, 7, 9)) == []
    cropped, even = lengths.warnings_about(180, 100, Trunk(4, 7, 10))
    assert cropped.startswith("input_length 180 is 5 more")
    assert even.startswith("output_filter_width 10 is even: the window reaches one base further to the right")
    assert len(list(lengths.even_widths(Trunk(4, 8, 10)))) == 2


def head(tasks: int, per_task: bool = False) -> Head:
    return Head(name="x", tasks=tuple(map(str, range(tasks))), counts_per_task=per_task)


@pytest.mark.parametrize(
    ("filters", "layers", "first", "last", "tasks", "expected"),
    [
        (64, 9, 25, 25, (2,), 120_899),
        (8, 4, 7, 9, (1, 2), 1_269),
        (512, 8, 21, 75, (1,), 6_377_986),
        (128, 4, 21, 75, (1,), 217_730),
        (32, 4, 15, 15, (2,), 15_363),
        (16, 2, 15, 15, (2,), 3_043),
    ],
)
def test_parameters(filters: int, layers: int, first: int, last: int, tasks: tuple[int, ...], expected: int) -> None:
    assert lengths.parameters(filters, layers, first, last, map(head, tasks)) == expected


def test_counts_per_task_add_a_unit_each() -> None:
    joint, apart = (lengths.parameters(64, 9, 25, 25, [head(2, per_task)]) for per_task in (False, True))
    assert apart - joint == 65
