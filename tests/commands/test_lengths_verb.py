# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge lengths`: the lengths of a profile model, both ways."""

from __future__ import annotations

import json

import pytest
from click.testing import Result
from typer.testing import CliRunner

from seqforge.cli import app
from seqforge.errors import UsageError


def run(layers: int, first: int, last: int, *arguments: str) -> Result:
    widths = ("--layers", layers, "--input-filter-width", first, "--output-filter-width", last)
    return CliRunner().invoke(app, ["lengths", *map(str, widths), *arguments])


def refused(layers: int, first: int, last: int, *arguments: str) -> str:
    error = run(layers, first, last, *arguments).exception
    assert isinstance(error, UsageError)
    return str(error)


def test_input_of_an_output() -> None:
    assert run(9, 25, 25, "--output-length", "1000").output.splitlines() == [
        "output_length 1000 needs input_length 3092 (9 layers, widths 25 and 25)",
        "receptive field: 2093 bases (overhang 2092 + 1)",
    ]


def test_output_of_an_input() -> None:
    lines = run(8, 21, 75, "--input-length", "2114").output.splitlines()
    assert lines[0] == "input_length 2114 gives output_length 1000 (8 layers, widths 21 and 75)"
    assert lines[1] == "receptive field: 1115 bases (overhang 1114 + 1)"


@pytest.mark.parametrize(
    ("layers", "first", "last", "overhang"),
    [(0, 1, 1, 0), (1, 7, 7, 16), (4, 7, 9, 74), (8, 21, 75, 1114), (11, 25, 75, 8286)],
)
def test_both_ways_meet(layers: int, first: int, last: int, overhang: int) -> None:
    there = json.loads(run(layers, first, last, "--output-length", "500", "--json").output)
    assert there["input_length"] == 500 + overhang
    back = json.loads(run(layers, first, last, "--input-length", str(500 + overhang), "--json").output)
    assert there == back == {
        "layers": layers,
        "input_filter_width": first,
        "output_filter_width": last,
        "input_length": 500 + overhang,
        "output_length": 500,
        "overhang": overhang,
        "receptive_field": overhang + 1,
    }  # fmt: skip


def test_shortest_input_and_one_base_less() -> None:
    assert "gives output_length 1 " in run(4, 7, 9, "--input-length", "75").output
    assert refused(4, 7, 9, "--input-length", "74") == (
        "input_length 74 is too short: output_length 1 needs 75 (4 layers, widths 7 and 9); give input_length ≥ 75"
    )


def test_even_widths_are_warned_about_beside_the_answer() -> None:
    done = run(4, 8, 9, "--output-length", "100", "--json")
    assert json.loads(done.stdout)["input_length"] == 175
    assert done.stderr.startswith("warning: input_filter_width 8 is even: ")


@pytest.mark.parametrize("lengths", [(), ("--output-length", "10", "--input-length", "500")], ids=["none", "both"])
def test_one_length_is_given(lengths: tuple[str, ...]) -> None:
    assert refused(4, 7, 9, *lengths) == "expected either --output-length or --input-length, one of them"


@pytest.mark.parametrize(
    ("layers", "first", "last", "length"), [(-1, 7, 7, 10), (41, 7, 7, 10), (4, 0, 7, 10), (4, 7, 0, 10), (4, 7, 7, 0)]
)
def test_values_out_of_range_are_wrong_calls(layers: int, first: int, last: int, length: int) -> None:
    assert run(layers, first, last, "--output-length", str(length)).exit_code == 2
