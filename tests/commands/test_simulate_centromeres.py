# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge simulate bins` and `seqforge simulate genome`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from seqforge.cli import app
from seqforge.data.bins.collection import collected
from seqforge.errors import UsageError
from seqforge.simulation.centromere_options import Landscape
from seqforge.simulation.centromeres import simulate_chromosomes


def run(*arguments: object):
    result = CliRunner().invoke(app, ["simulate", *map(str, arguments)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_tables_lie_in_a_folder_for_each_set(tmp_path: Path):
    folder = tmp_path / "tables"
    options = ("training_samples=2", "validation_samples=1", "test_samples=1", "chromosomes=2", "bins=70")
    result = run("bins", "-o", folder, *(part for one in options for part in ("--set", one)), "--seed", 4)
    assert result.stdout == f"{folder}: 8 tables\n"
    found = collected([folder]).sound().chromosomes
    assert {one.block.file.parent.name for one in found} == {"training_data", "validation_data", "test_data"}
    (*_, last) = simulate_chromosomes(4, [4], Landscape(chromosomes=2, bins=70))
    (read,) = [one for one in found if (one.sample, one.name) == ("S004", "chr2")]
    np.testing.assert_array_equal(read.block.features, last.block.features)
    assert read.block.file.parent.name == "test_data"


def test_a_genome_and_its_arrays(tmp_path: Path):
    arguments = ("genome", "--set", "flank=300", "--set", "copies=2", "--set", "chromosomes=2", "--json")
    first = json.loads(run(*arguments, "-o", tmp_path / "one").stdout)
    assert [Path(path).name for path in first["files"]] == ["genome.fa", "genome.bed"]
    length = 2 * 12 * 171
    text = (tmp_path / "one/genome.bed").read_text()
    assert text == f"chr1\t300\t{300 + length}\tcentromere\nchr2\t300\t{300 + length}\tcentromere\n"
    run(*arguments, "-o", tmp_path / "two")
    assert (tmp_path / "one/genome.fa").read_bytes() == (tmp_path / "two/genome.fa").read_bytes()
    run(*arguments, "-o", tmp_path / "three", "--seed", 1)
    assert (tmp_path / "one/genome.fa").read_bytes() != (tmp_path / "three/genome.fa").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("bins", "--set", "bin=3"), "no option 'bin' of simulated bins; did you mean"),
        (("bins", "--set", "bins=x"), "bins: expected an integer ≥ 1, received 'x'"),
        (("bins", "--set", "bins=20"), "bins: expected 53 or more bins"),
        (("genome", "--set", "divergence=0.9"), "divergence: expected a share up to 0.75"),
        (("genome", "--motif-info"), "--motif-info is for sequences"),
    ],
)
def test_wrong_options_are_refused(tmp_path: Path, arguments: tuple[str, ...], message: str):
    with pytest.raises(UsageError) as caught:
        run(*arguments, "-o", tmp_path / "out")
    assert message in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_filled_folder_is_kept(tmp_path: Path):
    (tmp_path / "mine.txt").write_text("")
    with pytest.raises(UsageError, match="is there already"):
        run("genome", "-o", tmp_path)
