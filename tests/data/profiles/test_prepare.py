# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Filters with exact counts, sets, both strands, and every way to end with nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_genomes import SIZES, sequences, signal, write_bed, write_fasta, write_track

from seqforge.data.encodings import DNA
from seqforge.data.profiles import hdf5, store, training_files
from seqforge.data.profiles import prepare as module
from seqforge.data.profiles.filters import Filter
from seqforge.data.profiles.prepare import Prepared, one_of_each, piles, prepare
from seqforge.data.profiles.recipe import Recipe, TrackedHead
from seqforge.data.profiles.splitting import mixed
from seqforge.definitions.profile_data import PreparationOptions
from seqforge.errors import DataError

IN, OUT = 20, 10
EVERYWHERE = [(name, at, at + 20, f"{name}-{at}") for name in SIZES for at in range(0, 181, 20)]

Make = Callable[..., Recipe]


@pytest.fixture
def reads() -> dict[str, dict[str, np.ndarray]]:
    return {"plus": signal(seed=2), "minus": signal(seed=3)}


@pytest.fixture
def make(tmp_path: Path, reads: dict[str, dict[str, np.ndarray]]) -> Make:
    """A recipe with the regions `rows`; `tracks`: name → chromosome → values; `heads`: name → tracks."""

    def recipe(rows=EVERYWHERE, texts=None, tracks=None, heads=None, orders=None, seed=0, **options) -> Recipe:
        write_fasta(tmp_path / "g.fa", texts or sequences())
        write_bed(tmp_path / "r.bed", rows)
        for name, values in (tracks or reads).items():
            write_track(tmp_path / f"{name}.bw", values)
        given = {"genome": "g.fa", "regions": "r.bed", "input_length": IN, "output_length": OUT}
        given |= {"training": "chr1", "validation": "chr2", "test": "chr3"} | options
        heads = heads or {"nexus": tuple(tracks or reads)}
        tracked = tuple(
            TrackedHead(name, of, tuple(tmp_path / f"{track}.bw" for track in of)) for name, of in heads.items()
        )
        return Recipe(options=PreparationOptions(**given), heads=tracked, folder=tmp_path, orders=orders, seed=seed)

    return recipe


def filters(prepared: Prepared) -> dict[str, tuple[int, int, int]]:
    """name → before, dropped, left."""
    return {one.name: (one.before, one.dropped, one.left) for one in prepared.filters}


def joined(prepared: Prepared, name: str):
    chunks = list(prepared.chunks(name))
    heads = range(len(prepared.recipe.heads))
    return (
        np.concatenate([one.codes for one in chunks]),
        [np.concatenate([one.reads[head] for one in chunks]) for head in heads],
        np.concatenate([one.coords for one in chunks]),
    )


def names_of(prepared: Prepared, name: str) -> list[str]:
    return [prepared.regions.names[row] for row in prepared.sets[name]]


# windows


@pytest.mark.parametrize("jitter", [0, 3])
def test_windows_are_those_of_the_files(make: Make, reads: dict, jitter: int):
    texts = sequences()
    prepared = prepare(make(max_jitter=jitter))
    for name, chromosome in zip(prepared.sets, SIZES, strict=True):
        codes, (values,), coords = joined(prepared, name)
        assert codes.shape[1:] == (IN + 2 * jitter,)
        assert values.shape[1:] == (OUT + 2 * jitter, 2)
        assert (coords["stop"] - coords["start"] == OUT).all()
        for row in range(len(codes)):
            start = coords["start"][row]
            low = start - (IN - OUT) // 2 - jitter
            assert codes[row].tolist() == DNA.encode(texts[chromosome][low : low + IN + 2 * jitter]).tolist()
            expected = [reads[track][chromosome][start - jitter : start + OUT + jitter] for track in reads]
            assert values[row].tolist() == np.stack(expected, axis=1).tolist()


@pytest.mark.parametrize(
    ("resize", "row", "start"),
    [
        ("center", ("chr1", 50, 60), 50),
        ("center", ("chr1", 50, 61), 50),
        ("center", ("chr1", 40, 90), 60),
        ("none", ("chr1", 50, 60), 50),
        ("start", ("chr1", 50, 99), 45),
        ("summit", ("chr1", 50, 99, "n", 0, ".", 0, 0, 0, 20), 65),
    ],
)
def test_resize(make: Make, resize: str, row: tuple, start: int):
    rest = [(name, 100, 110, "n", 0, ".", 0, 0, 0, 5) for name in ("chr2", "chr3")]
    prepared = prepare(make([row, *rest], resize=resize))
    assert joined(prepared, "training")[2]["start"].tolist() == [start]


def test_odd_outputs_lie_in_the_middle(make: Make):
    rows = [(name, 50, 61) for name in SIZES]
    prepared = prepare(make(rows, resize="none", output_length=11, input_length=21))
    codes, (values,), coords = joined(prepared, "training")
    assert coords["start"].tolist() == [50]
    assert codes[0].tolist() == DNA.encode(sequences()["chr1"][45:66]).tolist()
    assert values.shape == (1, 11, 2)


def test_chunks_do_not_change_the_rows(make: Make, monkeypatch: pytest.MonkeyPatch):
    recipe = make(orders=((1, 0),), min_counts=1, max_quantile=0.9)
    whole = [joined(prepare(recipe), name) for name in ("training", "test")]
    monkeypatch.setattr(module, "BYTES", 1)
    prepared = prepare(recipe)
    assert {len(chunk) for chunk in prepared.chunks("training")} == {2}
    for name, expected in zip(("training", "test"), whole, strict=True):
        codes, (values,), coords = joined(prepared, name)
        assert np.array_equal(codes, expected[0])
        assert np.array_equal(values, expected[1][0])
        assert np.array_equal(coords, expected[2])


# filters, one by one


def test_regions_at_the_ends_of_chromosomes_are_kept(make: Make):
    edges = [("chr1", 0, 20), ("chr1", 180, 200), ("chr1", 0, 18), ("chr1", 182, 200), ("chr1", 0, 200)]
    prepared = prepare(make([*edges, ("chr2", 100, 120), ("chr3", 100, 120)]))
    assert filters(prepared)["inside the chromosome"] == (7, 2, 5)
    assert prepared.sets["training"].tolist() == [0, 1, 4]
    codes, _, _ = joined(prepared, "training")
    assert codes[0].tolist() == DNA.encode(sequences()["chr1"][:20]).tolist()
    assert codes[1].tolist() == DNA.encode(sequences()["chr1"][180:]).tolist()
    assert prepared.filters[1].seen == {"bases outside": [0, 0, 0, 0.5, 1]}


def test_jitter_widens_what_must_be_inside(make: Make):
    prepared = prepare(make(max_jitter=2))
    assert filters(prepared)["inside the chromosome"] == (30, 6, 24)


def test_unknown_chromosomes_are_dropped_and_named(make: Make):
    prepared = prepare(make([*EVERYWHERE, ("chrUn", 0, 20), ("chrX", 0, 20), ("chrX", 5, 20)]))
    assert filters(prepared)["known chromosome"] == (33, 3, 30)
    assert prepared.notes == ["chromosomes that the genome does not have: chrUn, chrX"]


@pytest.mark.parametrize(("choice", "left"), [("drop", [0, 2]), ("keep", [0, 1, 2])])
def test_unknown_bases(make: Make, choice: str, left: list[int]):
    texts = sequences()
    texts["chr1"] = f"{texts['chr1'][:41]}n{texts['chr1'][42:]}"  # in the input of the second region, not its output
    rows = [("chr1", 20, 40), ("chr1", 40, 60), ("chr1", 42, 62), ("chr2", 100, 120), ("chr3", 100, 120)]
    prepared = prepare(make(rows, texts, unknown_bases=choice))
    assert prepared.sets["training"].tolist() == left
    assert filters(prepared).get("known bases") == ((5, 1, 4) if choice == "drop" else None)
    if choice == "keep":
        assert joined(prepared, "training")[0][1].tolist().index(4) == 1


def test_one_region_per_pile(make: Make):
    centres = [("chr1", 50), ("chr1", 68), ("chr1", 59), ("chr1", 78), ("chr2", 68), ("chr3", 68), ("chr3", 68)]
    rows = [(name, at - 5, at + 5) for name, at in centres]
    kept = set()
    for seed in range(12):
        prepared = prepare(make(rows, overlap_distance=10, seed=seed))
        assert filters(prepared)["overlaps"] == (7, 3, 4)
        assert prepared.sets["training"].tolist()[1] == 3
        assert prepared.sets["validation"].tolist() == [4]
        again = prepare(make(rows, overlap_distance=10, seed=seed))
        assert all(np.array_equal(prepared.sets[name], again.sets[name]) for name in prepared.sets)
        kept.add(int(prepared.sets["training"][0]))
    assert kept == {0, 1, 2}


def test_piles_are_chains():
    chrom = np.array([1, 0, 0, 0, 0, 1])
    centre = np.array([20, 29, 10, 38, 48, 11])
    assert piles(chrom, centre, 10).tolist() == [2, 1, 0, 1, 2, 2] or piles(chrom, centre, 10).tolist() == [
        3,
        1,
        0,
        1,
        2,
        3,
    ]
    assert len(set(piles(chrom, centre, 1).tolist())) == 6
    assert len(set(piles(chrom, centre, 1000).tolist())) == 2
    keep = one_of_each(np.array([0, 1, 0, 1, 1]), seed=4)
    assert keep.sum() == 2
    assert keep[[0, 2]].sum() == 1


def _heights(*levels: float, at: int = 5) -> dict[str, np.ndarray]:
    """On every chromosome region k of `EVERYWHERE` has `levels[k]` reads, all at base `at` of its 20."""
    values = np.zeros(200, dtype=np.float32)
    values[at : at + 20 * len(levels) : 20] = levels
    return dict.fromkeys(SIZES, values)


def _kept(make: Make, track: dict, **options) -> tuple[list[int], dict]:
    rows = [row for row in EVERYWHERE if row[1] < 100]
    prepared = prepare(make(rows, tracks={"one": track}, **options))
    return [prepared.regions.start[row] // 20 for row in prepared.sets["training"]], filters(prepared)


def test_maximum_and_minimum(make: Make):
    track = _heights(1, 2, 3, 4, 5)
    assert _kept(make, track, max_counts=3) == (
        [0, 1, 2],
        {"known chromosome": (15, 0, 15), "inside the chromosome": (15, 0, 15), "known bases": (15, 0, 15),
         "maximum counts": (15, 6, 9), "split": (9, 0, 9)},
    )  # fmt: skip
    assert _kept(make, track, max_quantile=0.5)[0] == [0, 1, 2]
    assert _kept(make, track, min_counts=4)[0] == [3, 4]
    assert _kept(make, track, min_quantile=0.5)[0] == [2, 3, 4]
    kept, rows = _kept(make, track, max_quantile=0.6, min_quantile=0.5)  # the minimum sees what the maximum left
    assert kept == [1, 2]
    assert (rows["maximum counts"], rows["minimum counts"]) == ((15, 6, 9), (9, 3, 6))
    assert _kept(make, track, max_counts=4, max_quantile=0.9, min_counts=2, min_quantile=0.1)[0] == [1, 2, 3]


def test_minimum_sees_what_every_jitter_sees_and_maximum_the_widest_window(make: Make):
    # region 20..40: input with jitter 18..42, output 25..35, seen by every jitter 27..33
    for base, seen in ((26, False), (27, True), (32, True), (33, False)):
        track = {name: np.zeros(200, dtype=np.float32) for name in SIZES}
        for values in track.values():
            values[[base, 107]] = 5
        rows = [(name, at, at + 20) for name in SIZES for at in (20, 100)]
        prepared = prepare(make(rows, tracks={"one": track}, max_jitter=2, min_counts=1))
        assert (prepared.sets["training"].tolist() == [0, 1]) is seen
    for base, seen in ((17, False), (18, True), (41, True), (42, False)):
        track = {name: np.zeros(200, dtype=np.float32) for name in SIZES}
        for values in track.values():
            values[base] = 5
        rows = [(name, at, at + 20) for name in SIZES for at in (20, 100)]
        prepared = prepare(make(rows, tracks={"one": track}, max_jitter=2, max_counts=4))
        assert (prepared.sets["training"].tolist() == [1]) is seen


def test_tracks_of_a_head_are_added_and_every_head_must_pass(make: Make):
    rows = [row for row in EVERYWHERE if row[1] < 60]
    tracks = {"a": _heights(1, 2, 0), "b": _heights(1, 1, 5), "c": _heights(9, 0, 9)}
    prepared = prepare(make(rows, tracks=tracks, heads={"ab": ("a", "b"), "c": ("c",)}, min_counts=2))
    assert prepared.sets["training"].tolist() == [0, 2]
    last = prepared.filters[-2]
    assert last.threshold == "ab ≥ 2, c ≥ 2 in 10 bases"
    assert last.seen == {"ab": [2, 2, 3, 5, 5], "c": [0, 0, 9, 9, 9]}


# sets


def test_sets_by_bed_file_and_by_name(make: Make, tmp_path: Path):
    write_bed(tmp_path / "held.bed", [("chr1", 100, 150), ("chr1", 120, 131), ("chr9", 0, 9), ("chr3", 0, 200)])
    prepared = prepare(make(training="name:^chr2-[2-9]", validation="held.bed", test="name:chr2-1[0-9]{2}$"))
    assert names_of(prepared, "validation")[:3] == ["chr1-100", "chr1-120", "chr3-0"]
    assert len(prepared.sets["validation"]) == 12
    assert names_of(prepared, "training") == ["chr2-20", "chr2-40", "chr2-60", "chr2-80"]
    assert names_of(prepared, "test") == [f"chr2-{at}" for at in range(100, 181, 20)]
    assert filters(prepared)["split"] == (30, 9, 21)


def test_a_centre_decides_at_the_edges_of_a_bed_file(make: Make, tmp_path: Path):
    write_bed(tmp_path / "held.bed", [("chr1", 30, 50)])  # centres 10, 30, 50, …
    assert names_of(prepare(make(training="chr2", validation="held.bed")), "validation") == ["chr1-20"]


def test_sets_that_share_windows_are_noted(make: Make):
    rows = [("chr1", 20, 40, "a"), ("chr1", 29, 49, "b"), ("chr1", 39, 59, "c"), ("chr1", 100, 120, "a")]
    prepared = prepare(make(rows, training="name:a", validation="name:b", test="name:c"))
    assert prepared.notes == ["2 output windows overlap one of another set: the sets share data"]


def test_mixed_windows_are_counted():
    owner, chrom = np.array([0, 1, 0, 0, 1, 2]), np.array([0, 0, 0, 0, 0, 1])
    assert mixed(owner, chrom, np.array([0, 9, 18, 30, 100, 100]), 10) == 3
    assert mixed(owner, chrom, np.array([0, 10, 20, 30, 100, 100]), 10) == 0
    assert mixed(owner[:1], chrom[:1], np.array([5]), 10) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"training": "name:chr1", "validation": "name:chr1-1", "test": "chr3"},
            "r.bed:6: SF0715: 5 regions belong to more than one set (here: training and validation); every region",
        ),
        ({"test": "chr4"}, "SF0707: test: the genome has no chromosome 'chr4'; did you mean 'chr"),
        (
            {"test": "name:none"},
            "r.bed: SF0709: no region is left for test (training 10, validation 10, test 0); it is",
        ),
        ({"test": "held.bed"}, "held.bed: SF0701: no such file"),
        ({"genome": "h.fa"}, "h.fa: SF0701: no such file; did you mean 'g.fa'?"),
        ({"regions": "none.bed"}, "none.bed: SF0701: no such file"),
        ({"resize": "none"}, "r.bed:1: SF0705: resize none needs regions of output_length 10, received 20"),
        ({"resize": "summit"}, "r.bed:1: SF0708: resize summit needs an offset inside of the region in column 10"),
        ({"input_length": 21}, "SF0707: input_length 21 minus output_length 10 is odd"),
        ({"min_quantile": 1.0, "max_quantile": 0.5}, "SF0707: min_quantile 1 and max_quantile 0.5 leave no regions"),
        ({"test": "chr2"}, "SF0707: chr2 is in validation and in test"),
    ],
)
def test_recipes_that_are_refused(make: Make, options: dict, message: str):
    with pytest.raises(DataError) as raised:
        prepare(make(**options))
    assert message in str(raised.value)


def test_a_track_for_each_task(make: Make):
    recipe = make()
    recipe = replace(recipe, heads=(replace(recipe.heads[0], tasks=("a", "b", "c")),))
    with pytest.raises(DataError, match=r"head 'nexus' has 3 tasks \(a, b, c\) and 2 tracks: one for each task"):
        prepare(recipe)


# nothing left


def test_nothing_left_names_the_filter_that_dropped_most(make: Make, tmp_path: Path):
    rows = [row for row in EVERYWHERE if row[1] < 100]
    recipe = make(rows, tracks={"one": _heights(1, 2, 3, 4, 5)}, min_counts=6)
    with pytest.raises(DataError) as raised:
        prepare(recipe)
    assert str(raised.value) == (
        f"{tmp_path / 'r.bed'}: SF0714: no region is left: the filter 'minimum counts' (nexus ≥ 6 in 10 bases) "
        "dropped 15 of 15; it saw nexus: min 1, 25 % 2, 50 % 3, 75 % 4, max 5"
    )


def test_nothing_left_by_several_filters(make: Make):
    rows = [("chr1", 0, 10)] * 3 + [("chr1", 50, 60)]
    with pytest.raises(DataError) as raised:
        prepare(make(rows, tracks={"one": _heights(0)}, min_counts=1))
    assert (
        "the filter 'inside the chromosome' (20 bases) dropped 3 of 4; the last of them were dropped by "
        "'minimum counts'; it saw bases outside: min 0, 25 % 3.75, 50 % 5, 75 % 5, max 5"
    ) in str(raised.value)


def test_no_chromosome_in_common(make: Make):
    both = r"in the genome: chr1, chr2, chr3.*; the regions are on 1"
    with pytest.raises(DataError, match=rf"'known chromosome' \({both}\) dropped 1 of 1"):
        prepare(make([("1", 50, 60)]))


def test_filters_as_text():
    assert str(Filter("overlaps", "", 1200, 1000)) == "'overlaps' dropped 1,000 of 1,200"


# tracks


def test_signal_that_is_refused_or_noted(make: Make, tmp_path: Path):
    odd = {name: np.full(200, np.nan, dtype=np.float32) for name in ("chr1", "chr2")}
    for values in odd.values():
        values[50:150] = 1.5
    prepared = prepare(make(tracks={"one": odd}))
    assert prepared.notes == [f"{tmp_path / 'one.bw'} has no signal on chr3: read as 0"]
    for name in prepared.sets:
        joined(prepared, name)
    report = prepared.report()
    (track,) = report["tracks"]
    assert track["bases"] == 300
    assert track["uncovered"] == 300 - 2 * sum(
        min(max(at + 15, 50), 150) - min(max(at + 5, 50), 150) for at in range(0, 181, 20)
    )
    assert report["notes"][1:] == [
        f"{tmp_path / 'one.bw'}: the signal is not whole numbers (first: 1.5 at chr1:50-51): are these reads?"
    ]
    assert report["reads"]["test"]["nexus"] == {"mean": 0, "distribution": [0] * 5, "without": 10}
    odd["chr2"][67] = -1
    with pytest.raises(DataError, match=r"one\.bw: SF0712: expected signal ≥ 0, received -1 at chr2:67-68 \(0-based\)"):
        joined(prepare(make(tracks={"one": odd})), "validation")


# both strands


def test_rows_2i_and_2i_plus_1_are_the_two_strands(make: Make):
    recipe = make(max_jitter=2, orders=((1, 0),))
    forward = joined(prepare(replace(recipe, orders=None)), "training")
    codes, (values,), coords = joined(prepare(recipe), "training")
    assert np.array_equal(codes[::2], forward[0])
    assert np.array_equal(values[::2], forward[1][0])
    assert np.array_equal(codes[1::2], 3 - forward[0][:, ::-1])
    assert np.array_equal(values[1::2], forward[1][0][:, ::-1, ::-1])
    assert coords["strand"].tolist() == [1, -1] * len(forward[0])
    assert np.array_equal(coords["start"][::2], coords["start"][1::2])


def test_unknown_bases_stay_unknown_on_the_other_strand(make: Make):
    texts = sequences()
    texts["chr1"] = f"{texts['chr1'][:101]}N{texts['chr1'][102:]}"
    rows = [(name, 100, 120) for name in SIZES]
    codes, _, _ = joined(prepare(make(rows, texts, unknown_bases="keep", orders=((0, 1),))), "training")
    assert np.flatnonzero(codes[0] == 4).tolist() == [1]
    assert np.flatnonzero(codes[1] == 4).tolist() == [18]


# files


def test_training_files(make: Make, tmp_path: Path):
    recipe = make(max_jitter=2, orders=((1, 0),), min_counts=1)
    written = training_files.write(recipe, tmp_path / "out", about="x.xml")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "prepare.json", "test.bed", "test.h5", "train.bed", "train.h5", "validation.bed", "validation.h5",
    ]  # fmt: skip
    found = hdf5.layout(tmp_path / "out" / "train.h5")
    assert (found.regions, found.widths, found.reverse_complement) == (16, (24, 14), True)
    assert found.heads == (store.StoredHead("nexus", 2, ("plus", "minus")),)
    assert found.made_for == (IN, OUT, 2)
    codes, (values,), coords = joined(prepare(recipe), "training")
    read = hdf5.converted(tmp_path / "out" / "train.h5")
    assert np.array_equal(read.codes, codes)
    assert np.array_equal(read.reads[0], values)
    assert np.array_equal(read.coords, coords)
    assert read.chromosomes == SIZES
    kept = (tmp_path / "out" / "train.bed").read_text().splitlines()
    assert kept[0] == "chr1\t25\t35\tchr1-20"
    assert len(kept) == 8
    report = json.loads((tmp_path / "out" / "prepare.json").read_text())
    assert report == written.report
    assert report["definition"] == "x.xml"
    assert report["sets"] == {"training": 8, "validation": 8, "test": 8}
    assert [row["left"] for row in report["filters"]] == [30, 24, 24, 24, 24]
    assert report["reads"]["training"]["nexus"]["mean"] == values[::2, 2:-2].sum(axis=(1, 2)).mean()
    assert set(report["sources"]) == {str(tmp_path / name) for name in ("g.fa", "r.bed", "plus.bw", "minus.bw")}


def test_a_folder_is_kept_or_refused(make: Make, tmp_path: Path):
    recipe, out = make(), tmp_path / "out"
    training_files.write(recipe, out)
    before = (out / "train.h5").stat().st_mtime_ns
    again = training_files.write(recipe, out)
    assert again.reused
    assert (out / "train.h5").stat().st_mtime_ns == before
    with pytest.raises(DataError, match="holds another preparation, or one of files that have changed since; choose"):
        training_files.write(replace(recipe, options=replace(recipe.options, min_counts=1.0)), out)
    (out / "prepare.json").unlink()
    with pytest.raises(DataError, match=r"out holds train\.h5, train\.bed, validation\.h5, .* already; choose another"):
        training_files.write(recipe, out)


def test_nothing_appears_if_something_fails(make: Make, tmp_path: Path, reads: dict):
    reads["plus"]["chr3"][107] = -4  # read after train.h5 and validation.h5 are written
    with pytest.raises(DataError, match="SF0712"):
        training_files.write(make(), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []
