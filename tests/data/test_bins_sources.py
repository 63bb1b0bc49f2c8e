# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Data formats bins and bins-simulation: options, sets, facts, what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import small_bins

from seqforge import registry
from seqforge.data.sources.base import Wanted
from seqforge.data.sources.bins import BinsSource
from seqforge.data.sources.bins_simulation import BinsSimulationSource
from seqforge.errors import DataError
from seqforge.simulation.centromere_options import Landscape
from seqforge.simulation.centromeres import simulate_chromosomes, write_tables

Asking = Callable[..., Wanted]


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    landscape = Landscape(chromosomes=2, bins=80, shortest=60, margin=10)
    write_tables(tmp_path / "tables", simulate_chromosomes(1, range(1, 6), landscape))
    return tmp_path / "tables"


def test_both_formats_are_registered() -> None:
    assert registry.find("sources", "bins") is BinsSource
    assert registry.find("sources", "bins-simulation") is BinsSimulationSource


def test_tables_open_into_sets_of_whole_samples(tables: Path, wanted: Asking) -> None:
    said: list[str] = []
    data = BinsSource(tables="tables").open(wanted("background", "centromere"), said.append)
    assert [len(data.set(name) or ()) for name in ("training", "validation", "test")] == [6, 2, 2]
    assert said[0] == "10 tables, 10 chromosomes"
    assert "6 chromosomes of 3 samples, 72 of " in said[1]
    assert data.length is None
    assert data.notes == ()


def test_facts_are_plain_and_those_of_the_training_set(tables: Path, wanted: Asking) -> None:
    (tables / "features.json").write_text(
        json.dumps({"feature_version": "kmer-1", "bin_size": 10_000, "genome": {"sha256": "0"}})
    )
    data = BinsSource(tables="tables").open(wanted("background", "centromere"))
    facts = json.loads(json.dumps(dict(data.facts)))
    training = data.training
    assert facts["channels"] == 8
    assert facts["bin_sizes"] == [10_000]
    assert facts["features"] == {"feature_version": "kmer-1", "bin_size": 10_000}
    labels = [training.batch(np.array([k])).target["labels"][0] for k in range(len(training))]
    assert facts["class_counts"] == [sum(int((one == value).sum()) for one in labels) for value in (0, 1)]
    every = np.concatenate([training.batch(np.array([k])).arrays["features"][0] for k in range(len(training))])
    np.testing.assert_allclose(every.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(every.std(axis=0), 1, atol=1e-5)


def test_the_fingerprint_is_of_content_and_options_not_of_places(tables: Path, wanted: Asking, tmp_path: Path) -> None:
    def fingerprint(**options) -> str:
        return BinsSource(**options).open(wanted("background", "centromere")).fingerprint

    first = fingerprint(tables="tables")
    tables.rename(tmp_path / "moved")
    assert fingerprint(tables="moved") == first
    assert fingerprint(tables="moved", split_seed=9) != first
    assert fingerprint(tables="moved", train_window=50) != first


def test_only_training_is_cropped(tables: Path, wanted: Asking) -> None:
    data = BinsSource(tables="tables", train_window=50).open(wanted("background", "centromere"))
    assert set(data.training.lengths) == {50}
    assert min(data.validation.lengths) >= 60


def test_named_samples_make_the_sets(tables: Path, wanted: Asking) -> None:
    source = BinsSource(tables="tables", validation_samples="S002", test_samples="S001, S005")
    data = source.open(wanted("background", "centromere"))
    assert {one.sample for one in data.test.chromosomes} == {"S001", "S005"}
    assert {one.sample for one in data.validation.chromosomes} == {"S002"}


def test_several_paths_and_a_manifest(tables: Path, wanted: Asking, tmp_path: Path) -> None:
    manifest = tmp_path / "m.csv"
    names = [f"S00{sample}_chr{number}_multi_k_summary.csv" for sample in range(1, 6) for number in (1, 2)]
    rows = [f"{name},{name[:4]},c{name[8]},{'g' if name[3] in '12' else name[:4]}" for name in names]
    manifest.write_text("\n".join(["file,sample,chromosome,group", *rows]))
    data = BinsSource(tables="tables", manifest="m.csv").open(wanted("background", "centromere"))
    for name in ("training", "validation", "test"):
        samples = {one.sample for one in data.set(name).chromosomes}
        assert ("S001" in samples) == ("S002" in samples)
    assert data.training.chromosomes[0].name == "c1"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"name_pattern": "{sample}.csv.csv{x}"}, "name_pattern: expected {sample} and {chromosome}"),
        ({"split": "file", "test_samples": "a"}, "test_samples has no effect with split file"),
        ({"validation_samples": "a, b", "test_samples": "b"}, "b: in validation_samples and in test_samples"),
        ({"test_fraction": 0.3}, "the fractions sum to 1.2, expected 1"),
        ({"split": "folder", "test_fraction": 0.2, "training_fraction": 0.7}, "fractions have no effect"),
        ({"training_fraction": 0.0, "test_fraction": 0.9}, "training_fraction 0"),
        ({"train_window": 3}, "train_window: expected 10 or more bins, received 3"),
    ],
)
def test_options_that_do_not_go_together_are_refused(wanted: Asking, options: dict[str, object], expected: str) -> None:
    source = BinsSource(tables="t", **options)
    assert [sentence for _, sentence in source.problems() if expected in sentence]
    with pytest.raises(DataError, match="SF0707: data format bins"):
        source.judge(wanted("background", "centromere"))


def test_there_are_two_labels(wanted: Asking) -> None:
    with pytest.raises(DataError, match="expected two labels, background and centromere in this order, received 3"):
        BinsSource(tables="t").judge(wanted("a", "b", "c"))


@pytest.mark.parametrize("name", ["training", "validation"])
def test_a_set_without_a_centromere_is_refused(tmp_path: Path, wanted: Asking, name: str) -> None:
    for sample in ("a", "b", "c"):
        inside = () if (sample == "b") == (name == "validation") else (3, 4)
        small_bins.write(tmp_path / f"{sample}_chr1_multi_k_summary.csv", small_bins.rows(inside=inside))
    source = BinsSource(tables=".", validation_samples="b", test_samples="c")
    with pytest.raises(DataError, match=f"SF0738: expected a bin with has_cen 1 in the {name} set, received none"):
        source.open(wanted("background", "centromere"))


def test_a_silent_training_chromosome_is_noted(tmp_path: Path, wanted: Asking) -> None:
    for sample in "abcd":
        inside = () if sample == "a" else (3, 4)
        small_bins.write(tmp_path / f"{sample}_chr1_multi_k_summary.csv", small_bins.rows(inside=inside))
    data = BinsSource(tables=".", validation_samples="b", test_samples="c").open(wanted("background", "centromere"))
    assert data.notes == ("training chromosomes without a centromere: chr1 of a",)


def test_every_violation_of_every_table_is_raised(tmp_path: Path, wanted: Asking) -> None:
    for sample, column in (("a", "start"), ("b", "has_cen")):
        cells = small_bins.changed(3, {column: "x"})
        small_bins.write(tmp_path / f"{sample}_chr1_multi_k_summary.csv", cells)
    with pytest.raises(DataError) as caught:
        BinsSource(tables=".").open(wanted("background", "centromere"))
    lines = str(caught.value).splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(f"{tmp_path}/a_chr1_multi_k_summary.csv:5: SF0732: start: expected an integer")
    assert lines[1].startswith(f"{tmp_path}/b_chr1_multi_k_summary.csv:5: SF0733: has_cen: expected 0 or 1")


def test_files_are_named_for_validate(tmp_path: Path) -> None:
    source = BinsSource(tables="one, two", manifest="m.csv")
    assert source.files(tmp_path) == [tmp_path / "one", tmp_path / "two", tmp_path / "m.csv"]
    assert BinsSimulationSource().files(tmp_path) == []


def test_simulated_sets_are_those_of_the_options(wanted: Asking) -> None:
    source = BinsSimulationSource(
        training_samples=3, validation_samples=1, test_samples=0, chromosomes=2, bins=90, shortest=60
    )
    data = source.open(wanted("background", "centromere", seed=1))
    assert data.test is None
    assert [len(data.training), len(data.validation)] == [6, 2]
    assert data.facts["class_counts"][1] == 6 * 12
    assert len(set(data.training.lengths)) > 2
    again = source.open(wanted("background", "centromere", seed=1))
    assert again.fingerprint == data.fingerprint
    assert source.open(wanted("background", "centromere", seed=2)).fingerprint != data.fingerprint


@pytest.mark.parametrize(
    ("options", "key"),
    [({"bins": 50}, "bins"), ({"bins": 100, "shortest": 40}, "shortest"), ({"shortest": 300}, "shortest")],
)
def test_simulated_chromosomes_have_room_for_their_centromere(options: dict[str, int], key: str) -> None:
    assert {name for name, _ in BinsSimulationSource(**options).problems()} == {key}
