# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge prepare centromere`: tables, features.json, and every refusal in one line."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from seqforge.cli import app
from seqforge.data.kmers import features
from seqforge.errors import SeqForgeError

LETTERS = np.frombuffer(b"ACGT", dtype=np.uint8)
SMALL = ("--k", "16,20", "--bin-size", "100")


def dna(length: int, seed: int) -> str:
    return LETTERS[np.random.default_rng(seed).integers(0, 4, length)].tobytes().decode()


def run(*arguments: str | Path):
    result = CliRunner().invoke(app, ["prepare", "centromere", *map(str, arguments)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def genome(tmp_path: Path) -> Path:
    repeat = dna(200, 1)
    records = {
        "chr1 the first": dna(800, 2) + repeat * 2,
        "HLA/A*01": dna(1030, 3),
        "NC_1.1": repeat + "N" * 300 + dna(560, 4),
        "short": dna(900, 5),
    }
    path = tmp_path / "toy.fa"
    path.write_text("".join(f">{name}\n{text}\n" for name, text in records.items()))
    return path


def test_tables_and_report(genome: Path, tmp_path: Path):
    result = run(genome, "-o", tmp_path / "out", *SMALL)
    out = tmp_path / "out"
    assert sorted(path.name for path in out.iterdir()) == [
        "features.json",
        "toy_HLA-A-01_multi_k_summary.csv",
        "toy_NC_1.1_multi_k_summary.csv",
        "toy_chr1_multi_k_summary.csv",
    ]
    assert f"{out}: 3 tables, 33 bins of 100 bases" in result.stdout
    features = [f"{k}_{name}" for k in (16, 20) for name in ("highlighted_percent", "coverage_depth_avg")]
    first = rows(out / "toy_chr1_multi_k_summary.csv")
    assert list(first[0]) == ["start", "end", *features, "has_cen"]
    assert [(int(row["start"]), int(row["end"])) for row in first] == [(at, at + 100) for at in range(0, 1200, 100)]
    assert [row["16_coverage_depth_avg"] for row in first] == ["1.0"] * 8 + ["3.0"] * 4
    assert [row["20_highlighted_percent"] for row in first] == ["0.0"] * 8 + ["1.0"] * 4
    assert {row["has_cen"] for row in first} == {"-1"}
    named = rows(out / "toy_HLA-A-01_multi_k_summary.csv")
    assert {(row["sample"], row["chromosome"]) for row in named} == {("toy", "HLA/A*01")}
    assert {row["chromosome"] for row in rows(out / "toy_NC_1.1_multi_k_summary.csv")} == {"NC_1.1"}
    said = json.loads((out / "features.json").read_text())
    assert said["feature_version"] == "kmer-1"
    assert said["k"] == [16, 20]
    assert (said["bin_size"], said["highlight"], said["highlight_count"], said["canonical"]) == (
        100, "genome_median", None, True,
    )  # fmt: skip
    assert said["medians"] == {"16": 1.0, "20": 1.0}
    assert said["fasta"] == {"name": "toy.fa", "sha256": hashlib.sha256(genome.read_bytes()).hexdigest()}
    assert said["dropped_bins"] == [{"chromosome": "HLA/A*01", "start": 1000, "end": 1030}]
    assert said["skipped_records"] == [{"chromosome": "short", "length": 900}]
    assert said["empty_bins"] == {"16": 3, "20": 3}
    assert [one["file"] for one in said["chromosomes"]] == sorted(one["file"] for one in said["chromosomes"])
    for note in (
        "note: last bins shorter than 50 bases were dropped: 1",
        "note: records with fewer than 10 bins were skipped: 1 (short)",
        "note: bins without a valid k-mer have features 0 and 0: 3 for k = 16, 3 for k = 20",
    ):
        assert note in result.stderr


def test_the_way_of_counting_changes_no_byte(genome: Path, tmp_path: Path):
    packed = tmp_path / "toy.fa.gz"
    packed.write_bytes(gzip.compress(genome.read_bytes()))
    folders = []
    for number, options in enumerate((("--workers", "1"), ("--workers", "3", "--memory", "16M"))):
        folders.append(tmp_path / f"out{number}")
        run(genome, "-o", folders[-1], *SMALL, *options)
    run(packed, "-o", tmp_path / "packed", *SMALL)
    for name in (path.name for path in folders[0].iterdir()):
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes()
        if name != "features.json":
            assert (folders[0] / name).read_bytes() == (tmp_path / "packed" / name).read_bytes()


def test_floats_are_written_shortest(genome: Path, tmp_path: Path):
    run(genome, "-o", tmp_path / "out", *SMALL, "--highlight", "count", "--highlight-count", "3")
    for path in (tmp_path / "out").glob("*.csv"):
        for row in rows(path):
            for name, word in row.items():
                if name[0].isdigit():
                    assert repr(float(word)) == word


def test_labels(genome: Path, tmp_path: Path):
    bed = tmp_path / "cen.bed"
    bed.write_text("chr1\t120\t170\nchr1\t140\t180\nchr1\t260\t310\nchr1\t550\t700\nNC_1.1\t0\t49\n")
    run(genome, "-o", tmp_path / "half", *SMALL, "--labels", bed)
    found = [row["has_cen"] for row in rows(tmp_path / "half" / "toy_chr1_multi_k_summary.csv")]
    assert found == list("010001100000")
    assert {row["has_cen"] for row in rows(tmp_path / "half" / "toy_HLA-A-01_multi_k_summary.csv")} == {"0"}
    assert {row["has_cen"] for row in rows(tmp_path / "half" / "toy_NC_1.1_multi_k_summary.csv")} == {"0"}
    run(genome, "-o", tmp_path / "less", *SMALL, "--labels", bed, "--label-overlap", "0.4")
    assert [row["has_cen"] for row in rows(tmp_path / "less" / "toy_chr1_multi_k_summary.csv")] == list("011001100000")
    said = json.loads((tmp_path / "less" / "features.json").read_text())
    assert said["label_overlap"] == 0.4
    assert said["labels"]["name"] == "cen.bed"
    assert not said["notes"][-1].startswith("no bin is covered")
    bed.write_text("chr1\t120\t130\n")
    result = run(genome, "-o", tmp_path / "none", *SMALL, "--labels", bed)
    assert "no bin is covered by regions to 0.5: has_cen is 0 in every row" in result.output


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("chr2\t0\t10", "cen.bed:1: SF0701: there is no record 'chr2'; did you mean 'chr1'?"),
        ("chr1\t1100\t1201", "cen.bed:1: SF0708: the region ends at 1,201, chr1 at 1,200"),
    ],
)
def test_labels_of_another_genome(
    genome: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, message: str
):
    bed = tmp_path / "cen.bed"
    bed.write_text(line + "\n")
    monkeypatch.setattr(features, "counted", lambda *given: pytest.fail("counted before labels were checked"))
    with pytest.raises(SeqForgeError, match=message):
        run(genome, "-o", tmp_path / "out", *SMALL, "--labels", bed)
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def test_names_that_become_alike_have_files_of_their_own(tmp_path: Path):
    path = tmp_path / "g.fasta"
    path.write_text("".join(f">{name}\n{dna(1000, at)}\n" for at, name in enumerate(("a/b", "a-b", "A|B", 'x"y'))))
    run(path, "-o", tmp_path / "out", *SMALL, "--sample", "me")
    found = {path.name: rows(path)[0].get("chromosome") for path in (tmp_path / "out").glob("*.csv")}
    assert found == {
        "me_a-b_multi_k_summary.csv": "a/b",
        "me_a-b-2_multi_k_summary.csv": "a-b",
        "me_A-B-3_multi_k_summary.csv": "A|B",
        "me_x-y_multi_k_summary.csv": 'x"y',
    }


def test_a_folder_is_kept_or_refused(genome: Path, tmp_path: Path):
    out = tmp_path / "out"
    run(genome, "-o", out, *SMALL)
    before = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    again = json.loads(run(genome, "-o", out, *SMALL, "--json").stdout)
    assert again["folder"] == str(out)
    assert again["notes"][-1] == f"{out} held these tables already; nothing was written"
    assert {path.name: path.stat().st_mtime_ns for path in out.iterdir()} == before
    with pytest.raises(SeqForgeError, match="holds tables of another genome or with other settings"):
        run(genome, "-o", out, *SMALL, "--no-canonical")
    (out / "toy_chr1_multi_k_summary.csv").unlink()
    with pytest.raises(SeqForgeError, match="holds tables of another genome"):
        run(genome, "-o", out, *SMALL)
    (out / "features.json").unlink()
    with pytest.raises(SeqForgeError, match=r"out holds tables without a features\.json that can be read"):
        run(genome, "-o", out, *SMALL)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--k", "64,abc"), "--k: expected different numbers from 1 on, as 64,128,256,512, received '64,abc'"),
        (("--k", "64,64"), "--k: expected different numbers"),
        (("--bin-size", "511"), "--bin-size: expected from the longest k-mer, 512, to 10,000,000 bases, received 511"),
        (("--highlight", "genome_mean"), "there is no rule 'genome_mean'; did you mean 'genome_median'"),
        (("--highlight", "count"), "--highlight count needs --highlight-count"),
        (("--highlight-count", "3"), "--highlight genome_median does not read --highlight-count"),
        (("--highlight", "count", "--highlight-count", "0"), "expected a number from 1 on, received 0"),
        (("--memory", "1X"), "--memory: expected at least 16M, as 512M or 1.5G, received '1X'"),
        (("--memory", "1M"), "--memory: expected at least 16M"),
        (("--workers", "0"), "--workers: expected a number from 1 on, received 0"),
        (("--label-overlap", "0.2"), "--label-overlap would have no effect without --labels"),
        (("--label-overlap", "1.2"), "--label-overlap: expected a share above 0, up to 1, received 1.2"),
        (("--sample", "a/b"), "--sample: expected letters, digits"),
        (("--set", "a=b"), "prepare centromere has no option --set"),
        ((), "no record has 10 bins of 10,000 bases; the longest record has 1,200 bases; choose a smaller --bin-size"),
    ],
)
def test_options_are_refused_in_one_line(genome: Path, tmp_path: Path, options: tuple[str, ...], message: str):
    with pytest.raises(SeqForgeError) as caught:
        run(genome, "-o", tmp_path / "out", *options)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_are_refused_in_one_line(tmp_path: Path):
    with pytest.raises(SeqForgeError, match=r"absent.fa: SF0701: no such FASTA file"):
        run(tmp_path / "absent.fa", "-o", tmp_path / "out")
    empty = tmp_path / "empty.fa"
    empty.write_text("")
    with pytest.raises(SeqForgeError, match=r"empty.fa: SF0709: the file has no sequences"):
        run(empty, "-o", tmp_path / "out")
    protein = tmp_path / "protein.fa"
    protein.write_text(">p\n" + "MKTAYIAKQRQISFVKSHFSRQ" * 100 + "\n")
    with pytest.raises(
        SeqForgeError, match=r"protein.fa: SF0709: nowhere are 16 bases in a row A, C, G or T; is it DNA"
    ):
        run(protein, "-o", tmp_path / "out", *SMALL)
    assert not (tmp_path / "out").exists()
    (tmp_path / "out").mkdir()
    with pytest.raises(SeqForgeError, match="is it DNA"):
        run(protein, "-o", tmp_path / "out", *SMALL)
    assert not list((tmp_path / "out").iterdir())


def test_options_of_one_kind_are_refused_by_another(genome: Path):
    with pytest.raises(SeqForgeError, match="prepare profiles has no option --bin-size, --no-canonical"):
        CliRunner().invoke(
            app, ["prepare", "profiles", str(genome), "--bin-size", "5", "--no-canonical"], catch_exceptions=False
        )
