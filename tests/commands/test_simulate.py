# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The verb `simulate`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seqforge.cli import app
from seqforge.errors import DataError, DefinitionError, UsageError
from seqforge.resources import folder

NEXUS = str(folder("data-defs") / "nexus-sim.xml")
RNA = str(next(folder("data-defs").glob("mc2-rna80-*.xml")))


def run(*arguments: str):
    result = CliRunner().invoke(app, ["simulate", *arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_writes_the_sets_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    result = run(RNA)
    made = tmp_path / "simulated" / Path(RNA).stem
    assert f"simulated/{Path(RNA).stem}: training 2,400, validation 300, test 300 sequences" in result.stdout
    assert "2,400 / 2,400 sequences" in result.stderr
    assert len((made / "training.txt").read_text().splitlines()) == 2401
    assert "nothing was written" in run(RNA).stdout


def test_profiles_become_training_files(tmp_path: Path):
    small = ["--set", "profilesimulation.training=9", "--set", "test", "--set", "profilesimulation.test=4"]
    result = run(NEXUS, "-o", str(tmp_path / "out"), *small, "--json")
    said = json.loads(result.stdout)
    assert said["sets"] == {"control test": 4, "background test": 4, "peaks test": 4}
    assert "peaks test                         4 / 4 regions" in result.stderr
    assert sorted(path.name for path in (tmp_path / "out/peaks").iterdir()) == ["test-instances.tsv", "test.h5"]
    assert "nothing was written" in run(NEXUS, "-o", str(tmp_path / "out"), *small).stdout


@pytest.mark.parametrize("option", [["--motif-info"], ["--processes", "2"]])
def test_options_of_sequences_are_refused_for_profiles(option: list[str], tmp_path: Path):
    with pytest.raises(UsageError, match=f"{option[0]} is for sequences"):
        run(NEXUS, "-o", str(tmp_path / "out"), *option)


def test_a_preparation_is_no_simulation(tmp_path: Path):
    tracks = '<head name="a" tasks="1"><track>a.bw</track></head>'
    keys = {"genome": "g.fa", "regions": "r.bed", "input_length": 20, "output_length": 10}
    keys |= {"training": "chr1", "validation": "chr2", "test": "chr3"}
    items = "".join(f'<hyperparameter name="{key}">{value}</hyperparameter>' for key, value in keys.items())
    start = Path(NEXUS).read_text().split("<profilesimulation>")[0]
    (tmp_path / "p.xml").write_text(f"{start}<profiles>{items}{tracks}</profiles></seqgradata>")
    with pytest.raises(UsageError, match="use seqforge prepare profiles"):
        run(str(tmp_path / "p.xml"))


def test_json_and_one_set(tmp_path: Path):
    result = run(RNA, "-o", str(tmp_path / "out"), "--set", "test", "--motif-info", "--json")
    said = json.loads(result.stdout)
    assert said["sets"] == {"test": 300}
    assert said["made"] == ["test", "motifs"]
    assert not said["reused"]
    assert not (tmp_path / "out" / "training.txt").exists()
    assert (tmp_path / "out" / "motif-info.txt").exists()


def test_seed_and_overrides(tmp_path: Path):
    texts = []
    for number, options in enumerate(
        ([], ["--seed", "2"], ["--set", "general.seed=2"], ["--set", "background.minlength=70"])
    ):
        run(RNA, "-o", str(tmp_path / str(number)), "--set", "test", *options)
        texts.append((tmp_path / str(number) / "test.txt").read_bytes())
    assert texts[0] != texts[1]
    assert texts[1] == texts[2]
    assert len({len(line) for line in texts[3].splitlines()[1:]}) > 5


def test_another_simulation_is_not_overwritten(tmp_path: Path):
    run(RNA, "-o", str(tmp_path / "out"), "--set", "test")
    with pytest.raises(DataError, match="holds the simulation of another definition"):
        run(RNA, "-o", str(tmp_path / "out"), "--seed", "5")


def test_mistakes_are_named(tmp_path: Path):
    with pytest.raises(UsageError, match="unknown set 'train'; did you mean 'training'"):
        run(RNA, "--set", "train")
    with pytest.raises(DefinitionError, match="no such file"):
        run(str(tmp_path / "none.xml"))
    wrong = tmp_path / "wrong.xml"
    wrong.write_text(Path(RNA).read_text().replace("<minlength>80", "<minlength>90"))
    with pytest.raises(DefinitionError, match="SF0602: minlength 90 is greater than maxlength 80"):
        run(str(wrong), "-o", str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_no_framework_is_imported(tmp_path: Path):
    import subprocess
    import sys

    code = (
        "import sys; from seqforge.cli import app; "
        f"app(['simulate', {RNA!r}, '-o', {str(tmp_path / 'out')!r}, '--set', 'test'], standalone_mode=False); "
        "sys.exit(len({'torch', 'tensorflow', 'keras'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True).returncode == 0
