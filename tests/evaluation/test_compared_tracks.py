# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Two bigWig files over the regions of a BED file: `seqforge evaluate --observed … --predicted … --regions …`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import small_genomes
from scipy import stats
from scipy.spatial.distance import jensenshannon
from typer.testing import CliRunner

from seqforge import cli
from seqforge.errors import DataError, UsageError
from seqforge.evaluation.compared_tracks import compare_tracks
from seqforge.evaluation.profiles import Judging

REGIONS = [("chr1", 10, 60), ("chr2", 0, 80), ("chr1", 100, 150), ("chr3", 150, 200)]
pytest.importorskip("pybigtools")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for seed, name in enumerate(("plus", "minus")):
        seen = small_genomes.signal(seed=seed, mean=1.0)
        told = {chrom: values + 0.5 * small_genomes.signal(seed=9)[chrom] for chrom, values in seen.items()}
        small_genomes.write_track(tmp_path / f"{name}.bw", seen)
        small_genomes.write_track(tmp_path / f"{name}.predicted.bw", told)
    small_genomes.write_bed(tmp_path / "regions.bed", REGIONS)
    return tmp_path


def values(seed: int, chrom: str, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
    seen = small_genomes.signal(seed=seed, mean=1.0)[chrom]
    return seen[start:stop], (seen + 0.5 * small_genomes.signal(seed=9)[chrom])[start:stop]


def compared(names: tuple[str, ...] = ("plus",), regions: str = "regions.bed", **options: float) -> dict[str, Any]:
    observed = [Path(f"{name}.bw") for name in names]
    predicted = [Path(f"{name}.predicted.bw") for name in names]
    return compare_tracks(observed, predicted, Path(regions), Judging(**options))


def test_regions_of_several_widths(place: Path) -> None:
    found = compared()
    pairs = [values(0, *region) for region in REGIONS]
    joint = found["heads"]["tracks"]["joint"]
    assert joint["profile_pearson"]["mean"] == pytest.approx(np.mean([stats.pearsonr(*pair)[0] for pair in pairs]))
    distances = [jensenshannon(*pair) for pair in pairs]
    assert joint["profile_js_distance"]["max"] == pytest.approx(max(distances))
    uniform = [jensenshannon(seen, np.ones_like(seen)) for seen, _ in pairs]
    assert joint["profile_js_distance"]["floors"]["uniform"]["mean"] == pytest.approx(np.mean(uniform))
    sums = np.log([[seen.sum(), told.sum()] for seen, told in pairs])
    assert joint["counts_pearson"]["value"] == pytest.approx(np.corrcoef(sums.T)[0, 1])
    assert joint["counts_mse"]["value"] == pytest.approx(np.mean((sums[:, 0] - sums[:, 1]) ** 2))
    assert found["n"] == 4
    assert found["profile_pearson"] == joint["profile_pearson"]["mean"]


def test_pairs_are_tasks_of_one_head(place: Path) -> None:
    found = compared(("plus", "minus"), pseudocount=1.0)["heads"]["tracks"]
    assert list(found["tasks"]) == ["plus", "minus"]
    both = [[values(seed, *region) for seed in (0, 1)] for region in REGIONS]
    joint = [jensenshannon(*(np.stack(tracks, axis=1).ravel() for tracks in zip(*pair, strict=True))) for pair in both]
    assert found["joint"]["profile_js_distance"]["mean"] == pytest.approx(np.mean(joint))
    sums = [np.log(1 + np.array([sum(a.sum() for a in side) for side in zip(*pair, strict=True)])) for pair in both]
    assert found["joint"]["counts_mse"]["value"] == pytest.approx(np.mean([(x - y) ** 2 for x, y in sums]))
    minus = [np.log([1 + values(1, *region)[0].sum(), 1 + values(1, *region)[1].sum()]) for region in REGIONS]
    assert found["tasks"]["minus"]["counts_mse"]["value"] == pytest.approx(np.mean([(x - y) ** 2 for x, y in minus]))


def test_a_track_against_itself(place: Path) -> None:
    joint = compare_tracks([Path("plus.bw")], [Path("plus.bw")], Path("regions.bed"))["heads"]["tracks"]["joint"]
    assert joint["profile_pearson"]["min"] == pytest.approx(1)
    assert joint["profile_js_distance"]["max"] == pytest.approx(0, abs=1e-7)
    assert joint["counts_mse"]["value"] == pytest.approx(0, abs=1e-12)


def test_silent_regions_are_undefined_and_counted(place: Path) -> None:
    for name, silent in (("plus", slice(10, 60)), ("plus.predicted", slice(100, 150))):
        signal = small_genomes.signal(mean=1.0)
        signal["chr1"][silent] = 0
        small_genomes.write_track(place / f"{name}.bw", signal)
    found = compared()
    for metric in ("profile_pearson", "profile_spearman", "profile_js_distance", "profile_mnll"):
        scores = found["heads"]["tracks"]["joint"][metric]
        assert (scores["n"], scores["undefined"]) == (2, 2), metric
    assert found["heads"]["tracks"]["joint"]["counts_mse"]["undefined"] == 2
    assert found["notes"][:2] == [
        "head 'tracks': 1 of 4 regions have no reads, and so no profile",
        "1 of 4 regions have reads, but no predicted signal: they are undefined",
    ]
    assert compared(pseudocount=1.0)["heads"]["tracks"]["joint"]["counts_mse"]["undefined"] == 0


@pytest.mark.parametrize(
    ("region", "message"),
    [
        (("chr9", 1, 5), r"strange.bed:2: .*no track has a chromosome 'chr9'; .*chr"),
        (("chr2", 150, 201), r"strange.bed:2: .*the region ends at 201, beyond the end of chr2, 200 bases"),
    ],
)
def test_regions_outside_are_refused(place: Path, region: tuple, message: str) -> None:
    small_genomes.write_bed(place / "strange.bed", [REGIONS[0], region])
    with pytest.raises(DataError, match=message):
        compared(regions="strange.bed")


def test_tracks_come_in_pairs(place: Path) -> None:
    with pytest.raises(UsageError, match=r"as many predicted tracks as observed ones, .*received 2 observed and 1"):
        compare_tracks([Path("plus.bw"), Path("minus.bw")], [Path("plus.bw")], Path("regions.bed"))


def called(*arguments: str) -> Any:
    return CliRunner().invoke(cli.app, ["evaluate", *arguments])


TRACKS = ("--observed", "plus.bw", "--predicted", "plus.predicted.bw", "--regions", "regions.bed")


def test_command(place: Path) -> None:
    result = called(*TRACKS, "--json", "--smoothing", "2")
    assert json.loads(result.output) == compared(smoothing=2.0)
    lines = called(*TRACKS, "--smoothing", "2").output.splitlines()
    assert lines[0] == "tracks"
    assert any(line.split()[:4] == ["profile", "pearson", "joint", "4"] for line in lines)
    assert any(line.startswith("  profile js distance (smoothing 2)") for line in lines)


def test_published_correlations_of_tracks(place: Path) -> None:
    for name, silent in (("plus", slice(10, 60)), ("plus.predicted", slice(100, 150))):
        signal = small_genomes.signal(mean=1.0)
        signal["chr1"][silent] = 0
        small_genomes.write_track(place / f"{name}.bw", signal)
    result = called(*TRACKS, "--json", "--undefined-as", "0", "--ties", "ordinal")
    found = json.loads(result.output)
    assert found == compared(undefined_as=0.0, ties="ordinal")
    assert found["judging"] == {"pseudocount": 0, "smoothing": 0, "undefined_as": 0, "ties": "ordinal"}
    plain = compared()["heads"]["tracks"]["joint"]
    joint = found["heads"]["tracks"]["joint"]
    for metric in ("profile_pearson", "profile_spearman"):
        assert (joint[metric]["n"], joint[metric]["undefined"], joint[metric]["replaced"]) == (4, 0, 2)
    assert joint["profile_pearson"]["mean"] == pytest.approx(plain["profile_pearson"]["mean"] / 2)
    assert joint["profile_jsd"] == plain["profile_jsd"]
    lines = called(*TRACKS, "--undefined-as", "-1").output.splitlines()
    assert any(line.startswith("  profile pearson (undefined as -1)") for line in lines)


@pytest.mark.parametrize("ties", ["ordnal", ""])
def test_ties_that_are_none(place: Path, ties: str) -> None:
    error = called(*TRACKS, "--ties", ties).exception
    assert isinstance(error, UsageError)
    assert f"ties: unknown '{ties}'" in str(error)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "give the folder of a run, or --observed, --predicted, --regions"),
        (TRACKS[:2], "missing: --predicted, --regions"),
        (("run", *TRACKS), "give a run, or --observed, --predicted, --regions; not both"),
        (("run", "--pseudocount", "1"), "--pseudocount is for bigWig files"),
    ],
)
def test_command_takes_a_run_or_tracks(place: Path, arguments: tuple[str, ...], message: str) -> None:
    error = called(*arguments).exception
    assert isinstance(error, UsageError)
    assert message in str(error)
