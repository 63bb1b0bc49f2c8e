# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The verb `prepare`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_genomes import SIZES, sequences, signal, write_bed, write_fasta, write_track
from typer.testing import CliRunner

from seqforge.cli import app
from seqforge.errors import DataError, DefinitionError, UsageError

DEFINITION = """<seqgradata>
  <general id="small"><name>small</name><description>three chromosomes</description>
    <task>profile prediction</task><sequencespace>DNA</sequencespace><seed>5</seed></general>
  <profiles>
    <hyperparameter name="genome">g.fa</hyperparameter>
    <hyperparameter name="regions">r.bed</hyperparameter>
    <hyperparameter name="input_length">20</hyperparameter>
    <hyperparameter name="output_length">10</hyperparameter>
    <hyperparameter name="training">chr1</hyperparameter>
    <hyperparameter name="validation">chr2</hyperparameter>
    <hyperparameter name="test">chr3</hyperparameter>
    <hyperparameter name="max_counts">150</hyperparameter>
    <head name="nexus" tasks="plus, minus"><track>plus.bw</track><track>minus.bw</track></head>
  </profiles>
</seqgradata>
"""


@pytest.fixture
def definition(tmp_path: Path) -> Path:
    write_fasta(tmp_path / "g.fa", sequences())
    rows = [(name, at, at + 20, f"{name}-{at}") for name in SIZES for at in range(0, 181, 20)]
    write_bed(tmp_path / "r.bed", [*rows, ("chr1", 1, 4, "edge"), ("chrUn", 1, 4, "unknown")])
    for number, name in enumerate(("plus", "minus")):
        write_track(tmp_path / f"{name}.bw", signal(seed=number))
    path = tmp_path / "small.xml"
    path.write_text(DEFINITION)
    return path


def run(*arguments: str):
    result = CliRunner().invoke(app, ["prepare", *arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_tells_what_every_filter_left(definition: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    result = run("profiles", "small.xml")
    assert [line.split()[-3:] for line in result.stdout.splitlines()[:6]] == [
        ["before", "dropped", "left"],
        ["32", "1", "31"],
        ["31", "1", "30"],
        ["30", "0", "30"],
        ["30", "0", "30"],
        ["30", "0", "30"],
    ]
    assert "maximum counts         nexus ≤ 150 in 20 bases" in result.stdout
    assert "training: 10 regions; nexus " in result.stdout
    assert "writing train.h5: 10 regions" in result.stderr
    assert "note: chromosomes that the genome does not have: chrUn" in result.stderr
    assert (tmp_path / "prepared" / "small" / "train.h5").is_file()
    again = run("profiles", "small.xml")
    assert "prepared/small was there already, from the same definition and files; nothing was written" in again.stdout


def test_json_and_overrides(definition: Path, tmp_path: Path):
    result = run("profiles", str(definition), "-o", str(tmp_path / "out"), "--set", "profiles.min_counts=20", "--json")
    said = json.loads(result.stdout)
    assert said["folder"] == str(tmp_path / "out")
    assert not said["reused"]
    assert said["filters"][-2]["filter"] == "minimum counts"
    assert said["options"]["min_counts"] == 20
    assert said["sets"] == json.loads((tmp_path / "out" / "prepare.json").read_text())["sets"]
    assert sum(said["sets"].values()) == said["filters"][-1]["left"]


def test_mistakes(definition: Path, tmp_path: Path):
    with pytest.raises(UsageError, match="cannot prepare 'profile'; did you mean 'profiles'"):
        run("profile", str(definition))
    with pytest.raises(DefinitionError, match=r"profiles\.resize: SF0204: resize: expected one of center"):
        run("profiles", str(definition), "--set", "profiles.resize=middle")
    with pytest.raises(DataError, match="SF0714: no region is left"):
        run("profiles", str(definition), "-o", str(tmp_path / "out"), "--set", "profiles.max_counts=0")
    assert not (tmp_path / "out").exists()
    (tmp_path / "minus.bw").unlink()
    with pytest.raises(DataError, match=r"minus\.bw: SF0701: no such file"):
        run("profiles", str(definition), "-o", str(tmp_path / "out"))
