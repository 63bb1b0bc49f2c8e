# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge simulate epg`: the files of a laboratory."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seqforge.cli import app
from seqforge.data.epg import abif
from seqforge.data.epg.alleles import read_donors, read_report
from seqforge.data.epg.samples import read_samples
from seqforge.errors import UsageError
from seqforge.simulation.electropherograms import Simulator
from seqforge.simulation.epg_options import Options


def run(*arguments: object):
    result = CliRunner().invoke(app, ["simulate", "epg", *map(str, arguments)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_writes_the_files_of_a_laboratory(tmp_path: Path):
    folder = tmp_path / "plate"
    result = run("-o", folder, "--set", "profiles=3", "--set", "donors=6", "--seed", 4)
    assert result.stdout.startswith(f"{folder}: 3 runs, ladder.hid, panel.xml, alleles.tsv")
    simulator = Simulator(Options(profiles=3, donors=6, seed=4))
    one = simulator.profile(2)
    assert abif.read(folder / f"{one.name}.hid").text("SpNm") == one.name
    found = read_report(folder / "alleles.tsv").samples[one.name]
    assert {(marker, call.label) for marker, calls in found.items() for call in calls} == {
        (call.marker, call.label) for call in one.alleles
    }
    sample = read_samples(folder / "samples.csv")[f"{one.name}.hid"]
    assert sample == (one.name, one.mixture_set, one.donors, len(one.donors))
    donors = read_donors(folder / "donors.csv")
    assert len(donors) == 6
    held = {simulator.panel.markers[m].bins[at].label for m, at in simulator.genotype(1) if m == 3}
    assert set(donors["donor_001"]["SIM03"]) == held


def test_the_result_as_json(tmp_path: Path):
    result = run("-o", tmp_path / "plate", "--set", "profiles=1", "--json")
    found = json.loads(result.stdout)
    assert found["files"] == [str(tmp_path / "plate" / "mixture_0000_1.hid")]


def test_a_folder_with_files_is_left_alone(tmp_path: Path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        run("-o", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--set", "profile=3"], "no option 'profile' of simulated electropherograms; did you mean 'profiles'"),
        (["--set", "length=100"], "length: expected an integer ≥ 512 and ≤ 4096, received 100"),
        (["--set", "donors=2"], "donors: 5 contributors need as many, received 2"),
        (["--set", "contributors=()"], "contributors: expected one number or more"),
        (["--set", "dyes=2"], "hold 5 dyes, the simulation has 2"),
        (["--set", "shift=far"], "shift: expected a number, received 'far'"),
        (["--motif-info"], "--motif-info is for sequences"),
    ],
)
def test_wrong_options_are_named_and_nothing_is_written(tmp_path: Path, options: list[str], sentence: str):
    with pytest.raises(UsageError) as caught:
        run("-o", tmp_path / "plate", *options)
    assert sentence in str(caught.value)
    assert not (tmp_path / "plate").exists()
