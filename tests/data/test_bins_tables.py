# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Tables of bins: what is read, and every rule broken once, at its exact line."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import small_bins
from small_bins import HEADER, changed

from seqforge.data.bins.tables import FEATURES, MOST_ALIKE, read_table, write_table

NAME = "s_chr1_multi_k_summary.csv"


def messages(path: Path, labelled: bool = True) -> list[tuple[int, str]]:
    read = read_table(path, labelled)
    assert not read.blocks
    assert all(problem.place.file == str(path) for problem in read.problems)
    return [(problem.place.line, problem.sentence) for problem in read.problems]


def test_a_table_is_read_in_any_order_of_columns_with_a_byte_order_mark(tmp_path: Path) -> None:
    cells = small_bins.rows()
    order = [*reversed(range(len(HEADER)))]
    turned = [[row[k] for k in order] for row in cells]
    path = small_bins.write(tmp_path / NAME, turned, [HEADER[k] for k in order])
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    (block,) = read_table(path).blocks
    assert block.edges.tolist() == list(range(0, 13_000, 1000))
    assert block.features.dtype == np.float64
    assert block.features.tolist() == [[float(cell) for cell in row[2:10]] for row in cells]
    assert block.labels is not None
    assert np.flatnonzero(block.labels).tolist() == [4, 5, 6]
    assert (block.line, block.sample, block.chromosome) == (2, None, None)


def test_the_order_of_features_is_that_of_the_models() -> None:
    assert FEATURES[:4] == (
        "64_highlighted_percent", "64_coverage_depth_avg", "128_highlighted_percent", "128_coverage_depth_avg",
    )  # fmt: skip
    assert FEATURES[-2:] == ("512_highlighted_percent", "512_coverage_depth_avg")


def test_only_the_last_bin_may_be_shorter(tmp_path: Path) -> None:
    path = small_bins.write(tmp_path / NAME, changed(11, {"end": "11500"}))
    assert read_table(path).blocks[0].edges[-1] == 11_500
    path = small_bins.write(tmp_path / NAME, changed(11, {"end": "12001"}))
    assert messages(path) == [
        (13, "end: expected a bin of at most 1000 bp as the others, received 1001 bp; "
             "only the last bin of a chromosome may be shorter")
    ]  # fmt: skip


RULES = [
    ("gap", 5, {"start": "5100", "end": "6100"}, [
        (7, "start: expected 5000, the end of the row before, received 5100: gap of 100 bp; rows are read in order"),
        (8, "start: expected 6100, the end of the row before, received 6000: overlap of 100 bp; "
            "rows are read in order"),
    ]),
    ("first bin shorter", 0, {"start": "500"}, [
        (2, "end: expected a bin of 1000 bp as the others, received 500 bp; "
            "only the last bin of a chromosome may be shorter"),
    ]),
    ("start not below end", 3, {"start": "4000"}, [(5, "start, end: expected start < end, received 4000 and 4000")]),
    ("no integer", 0, {"start": "0.5"}, [(2, "start: expected an integer ≥ 0, received 0.5")]),
    ("negative", 0, {"start": "-1000"}, [(2, "start: expected an integer ≥ 0, received -1000")]),
    ("underscores", 11, {"end": "12_000"}, [(13, "end: expected an integer ≥ 0, received 12_000")]),
    ("infinite place", 11, {"end": "inf"}, [(13, "end: expected an integer ≥ 0, received inf")]),
    ("label", 2, {"has_cen": "2"}, [(4, "has_cen: expected 0 or 1, received 2")]),
    ("unknown label", 2, {"has_cen": "-1"}, [
        (4, "has_cen: expected 0 or 1, received -1; "
            "a chromosome with unknown labels can be predicted, not trained or judged on"),
    ]),
    ("NaN", 9, {"256_coverage_depth_avg": "NaN"}, [
        (11, "256_coverage_depth_avg: expected a finite number, received NaN"),
    ]),
    ("infinite", 9, {"64_coverage_depth_avg": "inf"}, [
        (11, "64_coverage_depth_avg: expected a finite number, received inf"),
    ]),
    ("empty cell", 9, {"512_highlighted_percent": " "}, [
        (11, "512_highlighted_percent: expected a finite number, received an empty cell"),
    ]),
    ("text", 9, {"64_highlighted_percent": "high"}, [
        (11, "64_highlighted_percent: expected a finite number, received 'high'"),
    ]),
    ("percent", 9, {"64_highlighted_percent": "63.5"}, [
        (11, "64_highlighted_percent: expected a fraction in [0, 1], received 63.5; "
             "a fraction, not percent: divide the column by 100"),
    ]),
    ("more than percent", 9, {"64_highlighted_percent": "101"}, [
        (11, "64_highlighted_percent: expected a fraction in [0, 1], received 101"),
    ]),
    ("negative fraction", 9, {"64_highlighted_percent": "-0.1"}, [
        (11, "64_highlighted_percent: expected a fraction in [0, 1], received -0.1"),
    ]),
    ("negative depth", 9, {"128_coverage_depth_avg": "-1"}, [
        (11, "128_coverage_depth_avg: expected a depth ≥ 0, received -1"),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("row", "cells", "expected"), [rule[1:] for rule in RULES], ids=[rule[0] for rule in RULES])
def test_a_broken_row_is_named_with_its_line(
    tmp_path: Path, row: int, cells: dict[str, str], expected: list[tuple[int, str]]
) -> None:
    path = small_bins.write(tmp_path / NAME, changed(row, cells))
    assert messages(path) == expected


def test_two_violations_give_two_messages(tmp_path: Path) -> None:
    cells = changed(2, {"has_cen": "5"}, source=changed(8, {"64_highlighted_percent": "nan"}))
    lines = [line for line, _ in messages(small_bins.write(tmp_path / NAME, cells))]
    assert lines == [4, 10]


def test_many_alike_violations_are_counted(tmp_path: Path) -> None:
    cells = small_bins.rows(60)
    for row in cells:
        row[HEADER.index("64_highlighted_percent")] = "70"
    found = messages(small_bins.write(tmp_path / NAME, cells))
    assert len(found) == MOST_ALIKE + 1
    assert found[-1][0] == MOST_ALIKE + 2
    assert "the same in 39 more rows up to line 61" in found[-1][1]


@pytest.mark.parametrize("name", ["start", "end", "512_coverage_depth_avg", "has_cen"])
def test_a_missing_column_is_named(tmp_path: Path, name: str) -> None:
    place = HEADER.index(name)
    cells = [[*row[:place], *row[place + 1 :]] for row in small_bins.rows()]
    path = small_bins.write(tmp_path / NAME, cells, [other for other in HEADER if other != name])
    assert messages(path) == [(1, f"{name}: expected such a column, received none")]


def test_a_misspelt_and_a_repeated_column_are_named_together(tmp_path: Path) -> None:
    header = ["Start" if name == "start" else name for name in HEADER]
    path = small_bins.write(tmp_path / NAME, [[*row, "1"] for row in small_bins.rows()], [*header, "end"])
    assert messages(path) == [
        (1, "end: expected one such column, received 2"),
        (1, "start: expected such a column, received none; did you mean to call 'Start' so?"),
    ]


def test_columns_of_other_kmers_are_not_taken_for_misspelt_ones(tmp_path: Path) -> None:
    header = [name.replace("512_", "1024_") for name in HEADER]
    found = messages(small_bins.write(tmp_path / NAME, small_bins.rows(), header))
    way_out = "expected such a column, received none; prepare the table with --k 64,128,256,512"
    assert found == [(1, f"512_{what}: {way_out}") for what in ("coverage_depth_avg", "highlighted_percent")]
    misspelt = [name.replace("512_cov", "512_kov").replace("512_high", "1024_high") for name in HEADER]
    found = messages(small_bins.write(tmp_path / NAME, small_bins.rows(), misspelt))
    assert found[0][1].endswith("did you mean to call '512_koverage_depth_avg' so?")


def test_a_table_without_any_known_label_is_refused_once(tmp_path: Path) -> None:
    cells = [[*row[:-1], "-1"] for row in small_bins.rows()]
    path = small_bins.write(tmp_path / NAME, cells)
    way_out = "prepare the table with --labels, or leave it out"
    assert messages(path) == [(2, f"has_cen: expected 0 or 1, received -1 (unknown) in every row; {way_out}")]
    assert len(read_table(path, labelled=False).blocks) == 1


def test_a_row_of_another_width_is_no_gap(tmp_path: Path) -> None:
    cells = small_bins.rows(12)
    cells[4].append("1")
    cells[8][0] = "8500"
    found = messages(small_bins.write(tmp_path / NAME, cells))
    assert [line for line, _ in found] == [6, 10, 10]
    assert found[0][1] == "expected 11 cells as in the header, received 12"
    assert "gap of 500 bp" in found[2][1]


def test_without_labels_a_table_can_be_predicted(tmp_path: Path) -> None:
    path = small_bins.write(tmp_path / NAME, [row[:-1] for row in small_bins.rows()], HEADER[:-1])
    (block,) = read_table(path, labelled=False).blocks
    assert block.labels is None
    path = small_bins.write(tmp_path / NAME, changed(3, {"has_cen": "-1"}))
    (block,) = read_table(path, labelled=False).blocks
    assert block.labels is not None
    assert block.labels.tolist()[2:6] == [0, -1, 1, 1]
    path = small_bins.write(tmp_path / NAME, changed(3, {"has_cen": "-2"}))
    assert messages(path, labelled=False) == [(5, "has_cen: expected 0, 1 or -1 (unknown), received -2")]


def test_nine_bins_are_too_few_and_ten_are_enough(tmp_path: Path) -> None:
    assert len(read_table(small_bins.write(tmp_path / NAME, small_bins.rows(10))).blocks[0]) == 10
    found = messages(small_bins.write(tmp_path / NAME, small_bins.rows(9)))
    assert found == [(2, "expected 10 or more bins of a chromosome, received 9")]


def test_rows_of_another_width_and_other_separators_are_refused(tmp_path: Path) -> None:
    cells = small_bins.rows()
    path = small_bins.write(tmp_path / NAME, [*cells[:11], cells[11][:-1]])
    assert messages(path) == [(13, "expected 11 cells as in the header, received 10")]
    path.write_text(path.read_text().replace(",", "\t"))
    assert {text for _, text in messages(path)} >= {
        "start: expected such a column, received none; columns are separated by commas"
    }


@pytest.mark.parametrize(
    ("content", "line", "text"),
    [
        (b"", 0, "the table is empty"),
        (",".join(HEADER).encode() + b"\n", 1, "the table has a header and no rows"),
        (",".join(HEADER).encode() + b"\n1,\xff,3\n", 2, "expected UTF-8"),
        (",".join(HEADER).encode() + b'\n1,"2,3\n', 2, "expected comma-separated values"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes, line: int, text: str) -> None:
    path = tmp_path / NAME
    path.write_bytes(content)
    ((found, sentence),) = messages(path)
    assert found == line
    assert sentence.startswith(text)


def test_blocks_of_a_chromosome_column_are_chromosomes_of_their_own(tmp_path: Path) -> None:
    first, second = small_bins.rows(10), small_bins.rows(11, seed=2)
    cells = [["chr1", *row] for row in first] + [["chr2", *row] for row in second]
    path = small_bins.write(tmp_path / NAME, cells, ["chromosome", *HEADER])
    blocks = read_table(path).blocks
    assert [(block.chromosome, block.line, len(block)) for block in blocks] == [("chr1", 2, 10), ("chr2", 12, 11)]
    cells[12][1 + HEADER.index("start")] = "2500"
    lines = [line for line, _ in messages(small_bins.write(path, cells, ["chromosome", *HEADER]))]
    assert lines == [14, 14]  # a gap, and a bin of another size


def test_an_empty_name_in_a_column_is_refused(tmp_path: Path) -> None:
    cells = [["" if n == 3 else "hg", *row] for n, row in enumerate(small_bins.rows())]
    found = messages(small_bins.write(tmp_path / NAME, cells, ["sample", *HEADER]))
    assert (5, "sample: expected a name, received an empty cell") in found


def test_other_columns_are_not_read_but_known(tmp_path: Path) -> None:
    path = small_bins.write(tmp_path / NAME, [[*row, "x"] for row in small_bins.rows()], [*HEADER, "remark"])
    assert read_table(path).surplus == ("remark",)


def test_what_is_written_reads_back_the_same(tmp_path: Path) -> None:
    (block,) = read_table(small_bins.write(tmp_path / NAME)).blocks
    odd = dataclasses.replace(block, features=block.features / 3, sample="a, b", chromosome="chr1")
    write_table(tmp_path / "again.csv", [odd])
    (again,) = read_table(tmp_path / "again.csv").blocks
    assert (again.sample, again.chromosome) == ("a, b", "chr1")
    np.testing.assert_array_equal(again.features, odd.features)
    np.testing.assert_array_equal(again.edges, block.edges)
    np.testing.assert_array_equal(again.labels, block.labels)


@pytest.mark.parametrize(
    ("cells", "header", "id"),
    [
        ([row[1:] for row in small_bins.rows()], HEADER[1:], "SF0731"),
        (changed(9, {"64_highlighted_percent": "high"}), HEADER, "SF0734"),
        (small_bins.rows(9), HEADER, "SF0735"),
    ],
    ids=["column", "value", "short"],
)
def test_kinds_of_mistakes_have_ids(tmp_path: Path, cells: list[list[str]], header: list[str], id: str) -> None:
    found = read_table(small_bins.write(tmp_path / NAME, cells, header)).problems
    assert {problem.id for problem in found} == {id}
