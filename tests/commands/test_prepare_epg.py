# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge prepare epg`: files of a simulated sequencer become the table that the simulation knows."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from seqforge.cli import app
from seqforge.data.epg.panels import read_panel
from seqforge.data.epg.peaks import find_peaks
from seqforge.data.epg.reading import read_table
from seqforge.data.epg.tables import IGNORE, ProfileTable
from seqforge.errors import DataError, SeqForgeError, UsageError
from seqforge.simulation.electropherogram_files import write, write_abif_profile
from seqforge.simulation.electropherograms import ALLELE, Simulator
from seqforge.simulation.epg_options import Options

OPTIONS = Options(profiles=4, donors=6, contributors=(1, 2, 3))
SHIFT = 0.8  # base pairs: the runs of the shifted plate


@pytest.fixture(scope="module")
def simulator() -> Simulator:
    return Simulator(OPTIONS)


@pytest.fixture(scope="module")
def plate(simulator: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plates") / "plate"
    write(simulator, folder)
    return folder


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEQFORGE_CACHE", str(tmp_path / "cache"))


def run(*arguments: object):
    result = CliRunner().invoke(app, ["prepare", "epg", *map(str, arguments)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def files(plate: Path) -> list[Path]:
    return sorted(plate.glob("mixture*.hid"))


def judged(plate: Path) -> list[object]:
    """The options that make masks and groups."""
    return ["--panel", plate / "panel.xml", "--alleles", plate / "alleles.tsv", "--samples", plate / "samples.csv"]


def prepared(tmp_path: Path, *arguments: object, name: str = "table.npz") -> ProfileTable:
    run(*arguments, "-o", tmp_path / name, "--kit", "simulated")
    return read_table(tmp_path / name)


@pytest.mark.parametrize("baseline", ["percentile", "analysed"])
@pytest.mark.parametrize("ending", [".npz", ".h5"])
def test_the_table_is_that_of_the_simulation(
    plate: Path, simulator: Simulator, tmp_path: Path, baseline: str, ending: str
):
    options = [*judged(plate), "--baseline", baseline]
    found, truth = prepared(tmp_path, *files(plate), *options, name=f"t{ending}"), simulator.table()
    assert found.profiles.shape == truth.profiles.shape == (4, 5, 4096)
    assert found.profiles.dtype == np.int16
    assert np.array_equal(found.masks, truth.masks)
    assert np.array_equal(found.base_pairs, truth.base_pairs)
    for field in ("names", "mixture_set", "donors", "dye_names", "kit"):
        assert getattr(found, field) == getattr(truth, field), field
    assert found.contributors.tolist() == truth.contributors.tolist()


def test_peaks_lie_where_the_simulation_put_them(plate: Path, simulator: Simulator, tmp_path: Path):
    """Within 0.1 bp, and as high within 4 % and the noise."""
    found = prepared(tmp_path, *files(plate))
    peaks = find_peaks(np.asarray(found.profiles), 30)
    at = found.base_pairs[peaks.position]
    for row in range(4):
        alleles = simulator.profile(row).peaks
        alleles = alleles[(alleles["kind"] == ALLELE) & (alleles["height"] > 100)]
        for _, dye, base_pair, height, _ in alleles.tolist():
            near = (peaks.profile == row) & (peaks.dye == dye) & (np.abs(at - base_pair) < 0.5)
            assert near.any()
            highest = np.flatnonzero(near)[np.argmax(peaks.height[near])]
            assert abs(at[highest] - base_pair) < 0.13
            assert peaks.height[highest] > 0.96 * height - 40


def test_a_folder_holds_its_runs(plate: Path, tmp_path: Path):
    result = run(
        plate, "-o", tmp_path / "all.npz", "--kit", "simulated", "--ladder", plate / "ladder.hid", *judged(plate)
    )
    assert result.stdout == f"{tmp_path / 'all.npz'}: 4 profiles of simulated\n"
    assert len(read_table(tmp_path / "all.npz")) == 4


def test_without_alleles_there_are_no_masks(plate: Path, tmp_path: Path):
    found = prepared(tmp_path, *files(plate)[:2])
    assert found.masks is None
    assert found.mixture_set is None
    assert found.donors is None
    assert found.contributors is None


def test_length_resampling_and_the_size_standard(plate: Path, tmp_path: Path):
    found = prepared(tmp_path, files(plate)[0], "--length", 2050, "--resample", "linear", "--keep-standard")
    assert found.profiles.shape == (1, 6, 2050)
    assert found.dye_names[-1] == "simulated standard"
    assert found.size_standard == 5
    tops = found.base_pairs[find_peaks(np.asarray(found.profiles[:, 5:]), 300).position]
    assert tops == pytest.approx([80, 100, 120, 140, 160, 180, 200, 225, 250], abs=0.3)


def test_shorter_profiles_of_the_simulated_kit_end_earlier(tmp_path: Path):
    simulator = Simulator(replace(OPTIONS, length=1024))
    write(simulator, tmp_path / "short")
    found = prepared(tmp_path, *files(tmp_path / "short"), *judged(tmp_path / "short"), "--length", 1024)
    assert found.base_pairs[-1] == pytest.approx(167.4, abs=0.05)
    assert np.array_equal(found.base_pairs, simulator.base_pairs)
    assert np.array_equal(found.masks, simulator.table().masks)


def test_the_raw_baseline_stays(plate: Path, tmp_path: Path):
    medians = {
        name: float(np.median(prepared(tmp_path, files(plate)[0], "--baseline", name, name=f"{name}.npz").profiles))
        for name in ("raw", "percentile")
    }
    assert medians["raw"] > 100
    assert abs(medians["percentile"]) < 10


def test_a_ladder_finds_alleles_that_moved(simulator: Simulator, tmp_path: Path):
    plate = tmp_path / "shifted"
    write(simulator, plate, shift=SHIFT)
    ladder = [*files(plate), *judged(plate), "--ladder", plate / "ladder.hid"]
    found = prepared(tmp_path, *ladder)
    moved = read_panel(tmp_path / "table-panel.xml")
    by = [new.size - old.size for one, other in zip(moved.markers, simulator.panel.markers, strict=True)
          for new, old in zip(one.bins, other.bins, strict=True)]  # fmt: skip
    assert by == pytest.approx([SHIFT] * len(by), abs=0.1)
    report = json.loads((tmp_path / "table-report.json").read_text())
    assert len(report["ladder"]) == len(simulator.panel.markers)
    assert all(abs(one["shift_bp"] - SHIFT) < 0.06 for one in report["ladder"])
    without = prepared(tmp_path, *files(plate), *judged(plate), name="without.npz")
    assert _reached(found) > 0.97
    assert _reached(without) < 0.5


def _reached(table: ProfileTable) -> float:
    """The share of annotated runs with a peak inside."""
    from seqforge.data.epg.peaks import runs_of

    peaks = find_peaks(np.asarray(table.profiles), 30)
    hits = [
        ((peaks.profile == row) & (peaks.dye == dye) & (peaks.position >= start) & (peaks.position < stop)).any()
        for row in range(len(table))
        for dye, start, stop, *_ in runs_of(np.asarray(table.masks[row]))
    ]
    return float(np.mean(hits))


def test_failing_files_are_reported_with_their_reasons(plate: Path, simulator: Simulator, tmp_path: Path):
    folder = tmp_path / "mixed"
    folder.mkdir()
    write_abif_profile(folder / "good.hid", simulator.camera(0))
    (folder / "pointer.hid").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 3\n")
    (folder / "cut.fsa").write_bytes(files(plate)[0].read_bytes()[:5000])
    empty = simulator.camera(1)
    empty.raw[5] = 200
    write_abif_profile(folder / "no_standard.hid", empty)
    result = run(folder, "-o", tmp_path / "t.npz", "--kit", "simulated")
    assert "1 profile of simulated, 3 of 4 files failed" in result.stdout
    report = json.loads((tmp_path / "t-report.json").read_text())
    assert {Path(one["file"]).name: one["reason"].split(": ")[1] for one in report["failed"]} == {
        "pointer.hid": "SF0740",
        "cut.fsa": "SF0740",
        "no_standard.hid": "SF0742",
    }
    for words in ("Git LFS pointer", "lies outside the file of 5,000 bytes", "the size standard has 0 peaks"):
        assert words in result.stderr
    with pytest.raises(DataError) as caught:
        run(folder, "-o", tmp_path / "strict.npz", "--kit", "simulated", "--strict")
    assert len(caught.value.problems) == 3
    assert not (tmp_path / "strict.npz").exists()


def test_nothing_is_written_where_every_file_fails(tmp_path: Path):
    (tmp_path / "a.hid").write_bytes(b"no")
    with pytest.raises(DataError, match="not an ABIF file"):
        run(tmp_path, "-o", tmp_path / "t.npz", "--kit", "simulated")
    assert [path.name for path in tmp_path.iterdir()] == ["a.hid"]


@pytest.mark.parametrize("name", ["t.npz", "t-report.json", "t-panel.xml"])
def test_what_is_there_already_is_not_overwritten(plate: Path, tmp_path: Path, name: str):
    (tmp_path / name).write_text("mine")
    ladder = ["--panel", plate / "panel.xml", "--ladder", plate / "ladder.hid"]
    with pytest.raises(UsageError, match=rf"t\.npz: {name} is there already; remove it, or choose another name"):
        run(*files(plate)[:1], "-o", tmp_path / "t.npz", "--kit", "simulated", *ladder)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [name]
    assert (tmp_path / name).read_text() == "mine"


def test_the_panel_of_another_table_is_no_hindrance_without_a_ladder(plate: Path, tmp_path: Path):
    (tmp_path / "t-panel.xml").write_text("mine")
    prepared(tmp_path, *files(plate)[:1], name="t.npz")
    assert (tmp_path / "t-panel.xml").read_text() == "mine"


def test_the_report_as_json(plate: Path, tmp_path: Path):
    result = run(*files(plate)[:2], "-o", tmp_path / "t.npz", "--kit", "simulated", "--json", *judged(plate))
    report = json.loads(result.stdout)
    assert report["files"] == [str(tmp_path / "t.npz"), str(tmp_path / "t-report.json")]
    assert report["failed"] == []
    first = report["profiles"][0]
    assert first["sample"] == "mixture_0000_1"
    assert first["alleles"] > 40
    assert 10 < first["scans_per_bp"][0] <= first["scans_per_bp"][1] < 11
    assert first["off_line_bp"] < 1.5


def test_a_sample_without_alleles_is_not_judged(plate: Path, tmp_path: Path):
    report = (plate / "alleles.tsv").read_text().splitlines()
    kept = tmp_path / "some.tsv"
    kept.write_text("\n".join(line for line in report if not line.startswith("mixture_0000_2")))
    result = run(*files(plate)[:2], "-o", tmp_path / "t.npz", "--kit", "simulated", "--panel", plate / "panel.xml",
                 "--alleles", kept)  # fmt: skip
    masks = read_table(tmp_path / "t.npz").masks
    assert set(np.unique(masks[0])) == {0, 1}
    assert set(np.unique(masks[1])) == {IGNORE}
    assert "has no alleles of sample 'mixture_0000_2'" in result.stderr


def test_unknown_alleles_are_reported_and_give_no_mask(plate: Path, tmp_path: Path):
    report = tmp_path / "alleles.csv"
    report.write_text("Sample Name,Marker,Allele#1,Allele#2\nmixture_0000_1,SIM01,OB_99,9.2\nmixture_0000_1,NONE,3,\n")
    result = run(files(plate)[0], "-o", tmp_path / "t.npz", "--kit", "simulated", "--panel", plate / "panel.xml",
                 "--alleles", report)  # fmt: skip
    assert "SIM01_99: no such allele" in result.stderr
    assert "NONE_3: no such marker" in result.stderr
    assert "SIM01_9.2: not in the panel" in result.stderr
    assert read_table(tmp_path / "t.npz").masks.sum() in range(8, 12)


def test_runs_of_one_name_are_called_after_their_folders(plate: Path, tmp_path: Path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "run.hid").write_bytes(files(plate)[0].read_bytes())
    found = prepared(tmp_path, tmp_path / "one", tmp_path / "two")
    assert found.names == (str(tmp_path / "one/run"), str(tmp_path / "two/run"))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ([], "prepare epg needs --kit: one of PowerPlex Fusion 6C"),
        (["--kit", "PPF6"], "unknown kit 'PPF6'; did you mean 'PPF6C'"),
        (["--kit", "simulated", "-o", "t.csv"], "expected a name ending in .npz, .h5 or .hdf5, received 't.csv'"),
        (["--kit", "simulated", "--alleles", "a.tsv"], "--alleles needs --panel"),
        (["--kit", "simulated", "--ladder", "a.hid"], "--ladder needs --panel"),
        (["--kit", "simulated", "--length", "1"], "--length: expected an integer ≥ 2, received 1"),
        (["--kit", "simulated", "--baseline", "rolling"], "unknown baseline 'rolling'"),
        (["--kit", "simulated", "--resample", "spline"], "unknown resampling 'spline'"),
        (["--kit", "simulated", "--k", "64"], "prepare epg has no option --k"),
    ],
)
def test_wrong_options_are_named(plate: Path, options: list[str], sentence: str):
    with pytest.raises(UsageError) as caught:
        run(files(plate)[0], *options)
    assert sentence in str(caught.value)


def test_missing_and_empty_inputs_are_named(plate: Path, tmp_path: Path):
    for given, sentence in (
        (tmp_path / "no.hid", "no such file or folder"),
        (tmp_path, "the folder has no file ending in"),
    ):
        with pytest.raises(SeqForgeError, match=sentence):
            run(given, "--kit", "simulated")
    with pytest.raises(DataError, match="no run is left beside the ladder"):
        run(
            plate / "ladder.hid", "--kit", "simulated", "--panel", plate / "panel.xml", "--ladder", plate / "ladder.hid"
        )


def test_other_kinds_take_one_input():
    result = CliRunner().invoke(app, ["prepare", "profiles", "a.xml", "b.xml"])
    assert isinstance(result.exception, UsageError)
    assert "prepare profiles takes one input, received 2: a.xml b.xml" in str(result.exception)
