# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`<data format="genome">`: the same rows as the training files, cached, and what it refuses."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from small_genomes import SIZES, sequences, signal, write_bed, write_fasta, write_track

from seqforge import registry
from seqforge.data.encodings import DNA
from seqforge.data.profiles import hdf5, training_files
from seqforge.data.profiles.recipe import Recipe, TrackedHead
from seqforge.data.sources.base import Wanted
from seqforge.definitions.profile_data import PreparationOptions
from seqforge.errors import DataError
from seqforge.heads import Head

GIVEN = {"genome": "g.fa", "regions": "r.bed", "training": "chr1", "validation": "chr2", "test": "name:^chr3"}
TWO = (Head(name="nexus", tasks=("plus", "minus")),)


@pytest.fixture(autouse=True)
def _files(tmp_path: Path) -> None:
    write_fasta(tmp_path / "g.fa", sequences())
    write_bed(tmp_path / "r.bed", [(name, at, at + 20, f"{name}-{at}") for name in SIZES for at in range(0, 181, 20)])
    for number, name in enumerate(("plus", "minus", "other")):
        write_track(tmp_path / f"{name}.bw", signal(seed=number))


@pytest.fixture
def ask(tmp_path: Path) -> Callable[..., Wanted]:
    def make(heads: tuple[Head, ...] = TWO, input_length: int | None = 20, seed: int = 3) -> Wanted:
        task = registry.find("tasks", "profile prediction")()
        return Wanted(task, DNA, (), seed, tmp_path, heads=heads, input_length=input_length, output_length=10)

    return make


def source(**options):
    return registry.find("sources", "genome")(**{"tracks": "plus.bw, minus.bw"} | GIVEN | options)


def test_the_rows_are_those_of_the_training_files(tmp_path: Path, ask: Callable[..., Wanted]):
    lines: list[str] = []
    data = source(max_jitter=2, min_counts=35, max_quantile=0.9).open(ask(), lines.append)
    options = PreparationOptions(
        input_length=20, output_length=10, max_jitter=2, min_counts=35, max_quantile=0.9, **GIVEN
    )
    heads = (TrackedHead("nexus", ("plus", "minus"), (tmp_path / "plus.bw", tmp_path / "minus.bw")),)
    training_files.write(Recipe(options=options, heads=heads, folder=tmp_path), tmp_path / "out")
    for name, chosen in (("train", data.training), ("validation", data.validation), ("test", data.test)):
        file = hdf5.converted(tmp_path / "out" / f"{name}.h5")
        batch = chosen.plain().batch(np.arange(len(chosen)))
        assert len(file) == len(chosen) > 0
        assert np.array_equal(batch.sequence, file.codes[:, 2:-2])
        assert np.array_equal(batch.target[0], file.reads[0][:, 2:-2])
        assert chosen.store.file == str(tmp_path / "r.bed")
    assert data.length == 20
    assert any(line.startswith("minimum counts (nexus ≥ 35 in 6 bases): ") for line in lines)


def test_a_second_time_the_cache_answers(tmp_path: Path, ask: Callable[..., Wanted]):
    first, again, changed = [], [], []
    found = source().open(ask(), first.append)
    assert source().open(ask(seed=4), again.append).fingerprint == found.fingerprint
    assert "reading r.bed" in first
    assert "reading r.bed" not in again
    os.utime(tmp_path / "plus.bw", ns=(1, 1))
    assert source().open(ask(), changed.append).fingerprint == found.fingerprint  # of the content
    assert "reading r.bed" in changed


def test_the_seed_chooses_of_a_pile(ask: Callable[..., Wanted]):
    opened = [source(overlap_distance=25).open(ask(seed=seed)) for seed in range(4)]
    assert {len(data.training) for data in opened} == {1}
    assert len({data.fingerprint for data in opened}) > 1


def test_several_heads_share_the_tracks(ask: Callable[..., Wanted]):
    heads = (Head(name="one", tasks=("0",)), *TWO)
    data = source(tracks="other.bw; plus.bw, minus.bw").open(ask(heads))
    batch = data.test.batch(np.array([4]))
    assert [target.shape for target in batch.target] == [(1, 10, 1), (1, 10, 2)]
    assert batch.target[0][0, :, 0].tolist() == signal(seed=2)["chr3"][85:95].tolist()
    assert batch.target[1][0, :, 1].tolist() == signal(seed=1)["chr3"][85:95].tolist()


def test_notes_of_the_preparation_are_kept(tmp_path: Path, ask: Callable[..., Wanted]):
    write_track(tmp_path / "plus.bw", {name: values + 0.5 for name, values in signal().items()})
    for _ in range(2):
        (note,) = source().open(ask()).notes
        assert "plus.bw: the signal is not whole numbers (first: " in note


def test_files_are_named_without_reading(tmp_path: Path):
    chosen = source(test="held.bed")
    assert chosen.files(tmp_path) == [tmp_path / name for name in ("g.fa", "r.bed", "plus.bw", "minus.bw", "held.bed")]
    assert chosen.problems() == []


@pytest.mark.parametrize(
    ("options", "heads", "message"),
    [
        ({"tracks": "plus.bw"}, TWO, "expected 2 bigWig files, one per task (nexus: plus, minus), received 1"),
        ({"genome": "h.fa"}, TWO, "h.fa: SF0701: no such file; did you mean 'g.fa'?"),
        ({"test": "chr2"}, TWO, "chr2 is in validation and in test"),
        ({"min_counts": 500}, TWO, "SF0714: no region is left: the filter 'minimum counts' (nexus ≥ 500"),
        ({"max_jitter": 5}, TWO, "max_jitter 5 leaves nothing of output_length 10"),
    ],
)
def test_what_is_refused(ask: Callable[..., Wanted], options: dict, heads: tuple[Head, ...], message: str):
    with pytest.raises(DataError) as raised:
        source(**options).open(ask(heads))
    assert message in str(raised.value)


def test_a_model_without_lengths(ask: Callable[..., Wanted]):
    with pytest.raises(DataError, match="this one has no input_length and output_length; choose an architecture"):
        source().open(ask(input_length=None))


@pytest.mark.parametrize(("option", "value"), [("tracks", "a.bw,,b.bw"), ("test", "name:("), ("resize", "middle")])
def test_values_that_no_option_takes(option: str, value: str):
    with pytest.raises(ValueError, match=option):
        source(**{option: value})
