# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Who a table is of: columns, manifest, name; and the tables of a data set together."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest
import small_bins
from small_bins import HEADER

from seqforge.data.bins.collection import collected
from seqforge.data.bins.identity import parsed, pattern_problem
from seqforge.errors import DataError


def names(path: Path, **options) -> list[tuple[str, str, str]]:
    return [(one.sample, one.name, one.group) for one in collected([path], **options).sound().chromosomes]


@pytest.mark.parametrize(
    ("name", "chromosome", "expected"),
    [
        ("human_genome_hap1_chr3_multi_k_summary.csv", "", {"sample": "human_genome_hap1", "chromosome": "chr3"}),
        ("HG002_chrX_multi_k_summary.csv", "", {"sample": "HG002", "chromosome": "chrX"}),
        ("HG002_multi_k_summary.csv", "", {}),
        ("a_chr1-alt_multi_k_summary.csv", "chr1/alt", {"sample": "a", "chromosome": "chr1-alt"}),
        ("a_chr1_random_multi_k_summary.csv", "chr1_random", {"sample": "a", "chromosome": "chr1_random"}),
        ("a_b_multi_k_summary.csv", "chr9", {"sample": "a", "chromosome": "b"}),
    ],
)
def test_names_of_files_are_parsed(name: str, chromosome: str, expected: dict[str, str]) -> None:
    assert parsed(name, chromosome=chromosome) == expected


def test_patterns_name_sample_and_chromosome_once() -> None:
    assert not pattern_problem("{chromosome}.{sample}.csv")
    for pattern in ("{sample}_{sample}.csv", "all.csv", "{sample}_{chrom}.csv"):
        assert pattern in pattern_problem(pattern)


def test_columns_come_before_the_manifest_and_that_before_the_name(tmp_path: Path) -> None:
    folder = tmp_path / "t"
    small_bins.write(folder / "a_chr1_multi_k_summary.csv")
    small_bins.write(folder / "deep" / "b_chr1_multi_k_summary.csv", sample="B", chromosome="chrB")
    small_bins.write(folder / "c_chr1_multi_k_summary.csv", chromosome="chrC")
    assert names(folder) == [("a", "chr1", "a"), ("c", "chrC", "c"), ("B", "chrB", "B")]
    manifest = tmp_path / "manifest.csv"
    manifest.write_text(
        "file,sample,chromosome,group\n"
        "a_chr1_multi_k_summary.csv,human1,chr21,family\n"
        "deep/b_chr1_multi_k_summary.csv,ignored,ignored,family\n"
        "t/c_chr1_multi_k_summary.csv,human3,,\n"
    )
    assert names(folder, manifest=manifest) == [
        ("human1", "chr21", "family"), ("human3", "chrC", "human3"), ("B", "chrB", "family"),
    ]  # fmt: skip


def test_a_name_that_does_not_fit_offers_the_manifest(tmp_path: Path) -> None:
    small_bins.write(tmp_path / "human" / "chr1_multi_k_summary.csv")
    with pytest.raises(DataError) as caught:
        names(tmp_path)
    (problem,) = caught.value.problems
    assert problem.id == "SF0736"
    assert "which says no sample and no chromosome" in problem.message
    assert "manifest" in problem.hint


def test_each_chromosome_of_a_sample_occurs_once(tmp_path: Path) -> None:
    first = small_bins.write(tmp_path / "1" / "a_chr1_multi_k_summary.csv")
    second = small_bins.write(tmp_path / "2" / "a_chr1_multi_k_summary.csv")
    with pytest.raises(DataError) as caught:
        names(tmp_path)
    assert str(caught.value).startswith(f"{second}:2: SF0736: expected each chromosome of a sample once")
    assert str(caught.value).endswith(f"first at {first}:2; leave one of the two tables out")


def test_a_block_that_comes_again_is_refused(tmp_path: Path) -> None:
    cells = [[chrom, *row] for chrom in ("chr1", "chr2", "chr1") for row in small_bins.rows(10)]
    path = small_bins.write(tmp_path / "a_all_multi_k_summary.csv", cells, ["chromosome", *HEADER])
    found = collected([path])
    assert [(problem.place.line, problem.id) for problem in found.problems] == [(22, "SF0736")]
    assert found.problems[0].hint == "rows of a chromosome lie together"
    assert not found.chromosomes


def test_names_of_chromosomes_have_no_blanks(tmp_path: Path) -> None:
    path = small_bins.write(tmp_path / "a_x_multi_k_summary.csv", chromosome="chr 1")
    assert "without blanks" in str(collected([path]).problems[0])


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("file,sample\nx,y\n", 1, "expected columns file, sample, chromosome and perhaps group, received file, sample"),
        ("file,sample,chromosome\na_chr2_multi_k_summary.csv,a,b\n", 2, "expected one of the tables"),
        ("file,sample,chromosome\na_chr1_multi_k_summary.csv,a\n", 2, "expected 3 cells, received 2"),
        (
            "file,sample,chromosome\na_chr1_multi_k_summary.csv,a,b\na_chr1_multi_k_summary.csv,a,b\n",
            3,
            "expected each table once",
        ),
    ],
)
def test_a_broken_manifest_is_refused_with_its_line(tmp_path: Path, text: str, line: int, message: str) -> None:
    small_bins.write(tmp_path / "a_chr1_multi_k_summary.csv")
    manifest = tmp_path / "manifest.csv"
    manifest.write_text(text)
    small_bins.write(tmp_path / "unnamed_multi_k_summary.csv")
    (problem,) = collected([tmp_path], manifest=manifest).problems  # not one for each table that it leaves unnamed
    assert (problem.place.file, problem.place.line) == (str(manifest), line)
    assert message in problem.message


def test_problems_of_all_tables_are_reported_together(tmp_path: Path) -> None:
    one = small_bins.write(tmp_path / "a_chr1_multi_k_summary.csv", small_bins.changed(3, {"has_cen": "x"}))
    two = small_bins.write(tmp_path / "b_chr1_multi_k_summary.csv", small_bins.rows(5))
    small_bins.write(tmp_path / "c_chr1_multi_k_summary.csv")
    found = collected([tmp_path])
    assert [str(problem.place) for problem in found.problems] == [f"{one}:5", f"{two}:2"]
    assert [one.sample for one in found.chromosomes] == ["c"]


def test_the_manifest_is_no_other_file(tmp_path: Path) -> None:
    small_bins.write(tmp_path / "x_multi_k_summary.csv")
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("file,sample,chromosome\nx_multi_k_summary.csv,a,chr1\n")
    assert not collected([tmp_path], manifest=manifest).notes


def test_other_files_are_counted_and_surplus_columns_noted_once(tmp_path: Path) -> None:
    for name in "ab":
        cells = [[*row, "x"] for row in small_bins.rows()]
        small_bins.write(tmp_path / f"{name}_chr1_multi_k_summary.csv", cells, [*HEADER, "remark"])
    (tmp_path / "readme.txt").write_text("")
    (tmp_path / "features.json").write_text("{}")
    assert collected([tmp_path]).notes == (
        "1 other file was passed over: not called *_multi_k_summary.csv",
        "columns that nothing reads: remark (2 tables)",
    )


def test_bins_of_several_sizes_are_a_warning(tmp_path: Path) -> None:
    small_bins.write(tmp_path / "a_chr1_multi_k_summary.csv")
    small_bins.write(tmp_path / "b_chr1_multi_k_summary.csv", small_bins.rows(size=5000))
    (note,) = collected([tmp_path]).notes
    assert note.startswith("bins of several sizes: 1,000 bp (a_chr1")


def test_an_empty_or_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="SF0709: expected tables called"):
        collected([tmp_path])
    with pytest.raises(DataError, match="SF0701: no such table or folder"):
        collected([tmp_path / "none"])


def test_tables_without_a_record_of_how_they_were_made_are_named_among_others(tmp_path: Path) -> None:
    for name in "abc":
        small_bins.write(tmp_path / name / f"{name}_chr1_multi_k_summary.csv")
    assert not collected([tmp_path]).notes
    for name in "ac":
        (tmp_path / name / "features.json").write_text('{"bin_size": 1000}')
    (note,) = collected([tmp_path]).notes
    assert note.endswith(f"as it does of the others: {tmp_path / 'b'}")
    (tmp_path / "b" / "features.json").write_text('{"bin_size": 1000}')
    assert not collected([tmp_path]).notes


def test_links_to_folders_are_followed_once(tmp_path: Path) -> None:
    small_bins.write(tmp_path / "elsewhere" / "a" / "a_chr1_multi_k_summary.csv")
    (tmp_path / "elsewhere" / "features.json").write_text('{"bin_size": 1000}')
    tables = tmp_path / "tables"
    small_bins.write(tables / "b_chr1_multi_k_summary.csv")
    for name in ("one", "two"):
        (tables / name).symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "a" / "round").symlink_to(tables)
    assert sorted(names(tables)) == [("a", "chr1", "a"), ("b", "chr1", "b")]
    assert collected([tables]).features == {"bin_size": 1000}


def test_a_folder_that_cannot_be_listed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small_bins.write(tmp_path / "a_chr1_multi_k_summary.csv")
    (tmp_path / "closed").mkdir()
    scandir = os.scandir

    def refusing(path: str) -> Any:
        if str(path).endswith("closed"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    with pytest.raises(DataError) as caught:
        collected([tmp_path])
    assert str(caught.value) == f"{tmp_path / 'closed'}: SF0701: cannot read the folder: Permission denied"


def test_features_of_several_folders_must_be_made_alike(tmp_path: Path) -> None:
    for name, version in (("1", "kmer-1"), ("2", "kmer-2")):
        small_bins.write(tmp_path / name / f"s{name}_chr1_multi_k_summary.csv")
        (tmp_path / name / "features.json").write_text(json.dumps({"feature_version": version}))
    assert collected([tmp_path / "1"]).features == {"feature_version": "kmer-1"}
    with pytest.raises(DataError, match="made otherwise"):
        collected([tmp_path])
