# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`<data format="genome">`: windows, splits, filters with their counts, background, controls, and what it refuses."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from small_genomes import sequences, signal, write_bed, write_fasta, write_track

from seqforge import registry
from seqforge.data.encodings import DNA
from seqforge.data.sources.base import Wanted
from seqforge.errors import DataError
from seqforge.heads import Head

SIZES = {"chr1": 400, "chr2": 400, "chr3": 400, "chrM": 60}
TWO = (Head(name="nexus", tasks=("plus", "minus")),)
SPLITS = {"training_chroms": "chr1", "validation_chroms": "chr2", "test_chroms": "chr3"}
GIVEN = {"sequences": "g.fa", "loci": "peaks.bed", "signals": "plus.bw, minus.bw"} | SPLITS
IN, OUT = 20, 10
PEAKS = {name: range(0, size, 20) for name, size in SIZES.items()}
TRACKS = ("plus", "minus", "other", "input-plus", "input-minus")
SIGNAL = {name: signal(SIZES, seed=number) for number, name in enumerate(TRACKS)}
TEXT = sequences(SIZES)


@pytest.fixture(autouse=True)
def _files(tmp_path: Path) -> None:
    write_fasta(tmp_path / "g.fa", TEXT)
    write_bed(tmp_path / "peaks.bed", [(name, at, at + 20, f"{name}-{at}") for name in SIZES for at in PEAKS[name]])
    write_bed(
        tmp_path / "negatives.bed", [(name, at, at + 21) for name in ("chr1", "chr2") for at in range(15, 385, 10)]
    )
    for name, found in SIGNAL.items():
        write_track(tmp_path / f"{name}.bw", found)


@pytest.fixture
def ask(tmp_path: Path) -> Callable[..., Wanted]:
    def make(heads: tuple[Head, ...] = TWO, window: tuple[int | None, int | None] = (IN, OUT), **more) -> Wanted:
        task, (read, put_out) = registry.find("tasks", "profile prediction")(), window
        fields = {"seed": 3, "heads": heads, "input_length": read, "output_length": put_out} | more
        return Wanted(task, DNA, (), folder=tmp_path, **fields)

    return make


def source(**options):
    return registry.find("sources", "genome")(**GIVEN | options)


def every(dataset, epoch: int = 0):
    return dataset.batch(np.arange(len(dataset)), epoch)


def test_windows_lie_around_the_centre(ask: Callable[..., Wanted]):
    data = source(max_jitter=2).open(ask())
    batch = every(data.validation)
    names = [data.validation.store.names[row] for row in data.validation.rows]
    assert names == [f"chr2-{at}" for at in PEAKS["chr2"] if at >= 2 and at + 22 <= 400]
    for number, name in enumerate(names):
        centre = int(name.split("-")[1]) + 10
        assert DNA.decode(batch.sequence[number]) == TEXT["chr2"][centre - 10 : centre + 10]
        for task, track in enumerate(("plus", "minus")):
            assert batch.target[0][number, :, task].tolist() == SIGNAL[track]["chr2"][centre - 5 : centre + 5].tolist()
        locus = data.validation.coordinates(number)
        assert (locus.chromosome, locus.start, locus.stop) == ("chr2", centre - 5, centre + 5)
    assert data.length == IN
    assert data.validation.store.file.endswith("peaks.bed")


def test_odd_windows_have_their_middle_in_common(ask: Callable[..., Wanted]):
    data = source().open(ask(window=(21, 11)))
    batch, centre = every(data.test), int(data.test.store.names[data.test.rows[0]].split("-")[1]) + 10
    assert DNA.decode(batch.sequence[0]) == TEXT["chr3"][centre - 10 : centre + 11]
    assert batch.target[0][0, :, 0].tolist() == SIGNAL["plus"]["chr3"][centre - 5 : centre + 6].tolist()


def test_edges_are_inside(tmp_path: Path, ask: Callable[..., Wanted]):
    """The first and the last base of a chromosome may be read; one further is dropped and counted."""
    rows = [("chr1", at - 1, at + 1) for at in (11, 12, 200, 388, 389)]
    write_bed(tmp_path / "peaks.bed", [*rows, ("chr2", 100, 102), ("chr3", 100, 102)])
    lines: list[str] = []
    data = source(max_jitter=2).open(ask(), lines.append)
    assert data.training.coords["start"].tolist() == [7, 195, 383]
    assert "training peaks: 5 read, 2 dropped (2 chromosome edge), 3 kept" in lines


def test_summits(tmp_path: Path, ask: Callable[..., Wanted]):
    def row(name: str, start: int, summit: int) -> tuple:
        return (name, start, start + 40, ".", 0, ".", 0, 0, 0, summit)

    rows = [row("chr1", 100, 3), row("chr1", 200, -1), row("chr2", 100, 0), row("chr3", 100, 39)]
    write_bed(tmp_path / "peaks.bed", rows)
    data = source(summits=True).open(ask())
    assert data.training.coords["start"].tolist() == [98, 215]
    assert [one.coords["start"].tolist() for one in (data.validation, data.test)] == [[95], [134]]
    assert data.notes == ("1 of 4 loci have no summit: their middle is taken",)
    assert source().open(ask()).training.coords["start"].tolist() == [115, 215]
    write_bed(tmp_path / "peaks.bed", [*rows, row("chr1", 300, 40)])
    with pytest.raises(DataError, match=r"peaks.bed:5: .*column 10 is 40, outside of the region"):
        source(summits=True).open(ask())
    write_bed(tmp_path / "peaks.bed", [("chr1", 100, 140)])
    with pytest.raises(DataError, match=r"no region of the file has an offset in column 10"):
        source(summits=True).open(ask())


def test_every_filter_counts_what_it_drops(tmp_path: Path, ask: Callable[..., Wanted]):
    write_bed(tmp_path / "excluded.bed", [("chr1", 105, 106), ("chr2", 0, 60), ("chr9", 0, 10)])
    lines: list[str] = []
    options = {"exclusion_lists": "excluded.bed", "max_jitter": 2, "min_counts": 45, "max_counts": 75}
    data = source(**options, negatives="negatives.bed").open(ask(), lines.append)
    centres = [at + 10 for at in PEAKS["chr1"] if at not in (0, 380)]
    apart = [centre for centre in centres if not centre - 12 < 106 or not centre + 12 > 105]
    totals = {
        centre: sum(SIGNAL[track]["chr1"][centre - 5 : centre + 5].sum() for track in ("plus", "minus"))
        for centre in apart
    }
    few, many = (sum(found < 45 for found in totals.values()), sum(found > 75 for found in totals.values()))
    kept = [centre for centre in apart if 45 <= totals[centre] <= 75]
    limit = 1.2 * np.quantile([totals[centre] for centre in kept], 0.99)
    assert max(totals[centre] for centre in kept) <= limit
    assert data.training.coords["start"].tolist() == [centre - 5 for centre in kept]
    excluded = len(centres) - len(apart)
    assert excluded == 1
    assert few > 0
    assert many > 0
    dropped = f"2 chromosome edge, {excluded} exclusion_lists, {few} min_counts, {many} max_counts"
    assert f"training peaks: 20 read, {20 - len(kept)} dropped ({dropped}), {len(kept)} kept" in lines
    assert any(line.startswith("negatives: 37 read, 3 dropped (3 exclusion_lists), 34 kept") for line in lines)
    assert data.notes == (
        "3 of 63 loci lie on chromosomes of no set: chrM (3)",
        "37 of 74 negatives lie on other chromosomes than those of training and are not used",
    )


def test_outliers_are_found_in_any_head_of_training_alone(tmp_path: Path, ask: Callable[..., Wanted]):
    heads = (Head(name="one", tasks=("0",)), *TWO)
    tall = {name: values.copy() for name, values in SIGNAL["other"].items()}
    tall["chr1"][105:115] = 50
    tall["chr2"][105:115] = 50
    write_track(tmp_path / "other.bw", tall)
    options, lines = {"signals": "other.bw; plus.bw, minus.bw"}, []
    data = source(**options, outlier_quantile=0.9).open(ask(heads), lines.append)
    assert 105 not in data.training.coords["start"]
    assert 105 in data.validation.coords["start"]
    assert "training peaks: 20 read, 1 dropped (1 outliers), 19 kept" in lines
    for off in ({"outlier_quantile": 0}, {"outlier_factor": 0}):
        assert 105 in source(**options, **off).open(ask(heads)).training.coords["start"]


def test_the_limit_of_outliers_is_interpolated(tmp_path: Path, ask: Callable[..., Wanted]):
    """Of 20 totals the quantile 0.9 is 0.9 · the 18th + 0.1 · the 19th: 1.2 · (90 + 12.27) = 122.724."""
    flat = {name: np.zeros(size, dtype=np.float32) for name, size in SIZES.items()}
    for name in flat:
        flat[name][10::20] = 100
    flat["chr1"][210], flat["chr1"][230] = 122.75, 122.7
    write_track(tmp_path / "plus.bw", flat)
    data = source(signals="plus.bw", outlier_quantile=0.9).open(ask((Head(name="one", tasks=("0",)),)))
    assert data.training.coords["start"].tolist() == [at + 5 for at in PEAKS["chr1"] if at != 200]


def test_an_epoch_has_each_peak_and_a_share_of_negatives(ask: Callable[..., Wanted]):
    options = {"negatives": "negatives.bed", "max_jitter": 3, "reverse_complement": True, "outlier_factor": 0}
    training = source(**options, negative_ratio=0.25).open(ask()).training
    assert (len(training.rows), len(training)) == (18, 18 + 4)
    batch = every(training)
    assert batch.label.dtype == np.uint8
    assert batch.label.tolist() == [1] * 18 + [0] * 4
    for dataset in (training.plain(), source(**options).open(ask()).validation):
        assert every(dataset).label.tolist() == [1] * len(dataset.rows)
        assert np.array_equal(every(dataset, 1).sequence, every(dataset, 7).sequence)
    assert len(source(**options).open(ask()).training) == 18 + 1  # a ratio of 0.1 where nothing is said
    assert len(source(**options, negative_ratio=0).open(ask()).training) == 18


def test_controls_move_with_the_sequence(ask: Callable[..., Wanted]):
    options = {"controls": "input-plus.bw, input-minus.bw; other.bw", "max_jitter": 2, "outlier_factor": 0}
    data = source(**options).open(ask(control_tracks=3))
    batch = every(data.training, epoch=1)
    assert batch.control.shape == (len(data.training), IN, 3)
    assert batch.control.dtype == np.float32
    places = {TEXT["chr1"][at : at + IN]: at for at in range(400 - IN)}
    starts = [places[DNA.decode(codes)] for codes in batch.sequence]
    assert len({start - at["start"] for start, at in zip(starts, data.training.coords, strict=True)}) > 1
    for number, start in enumerate(starts):
        for column, track in enumerate(("input-plus", "input-minus", "other")):
            assert batch.control[number, :, column].tolist() == SIGNAL[track]["chr1"][start : start + IN].tolist()
        assert batch.target[0][number, :, 1].tolist() == SIGNAL["minus"]["chr1"][start + 5 : start + 15].tolist()


def test_groups_are_turned_over_each_in_itself(ask: Callable[..., Wanted]):
    heads = (Head(name="one", tasks=("0",)), *TWO)
    options = {"signals": "other.bw; plus.bw, minus.bw", "controls": "input-plus.bw, input-minus.bw; other.bw"}
    data = source(**options, outlier_factor=0, reverse_complement=True).open(ask(heads, control_tracks=3))
    found, plain = every(data.training), every(data.training.plain())
    turned = [n for n in range(len(plain)) if not np.array_equal(found.sequence[n], plain.sequence[n])]
    assert 0 < len(turned) < len(plain)
    for n in range(len(plain)):
        way, other = (slice(None, None, -1), [1, 0]) if n in turned else (slice(None), [0, 1])
        expected = 3 - plain.sequence[n, ::-1] if n in turned else plain.sequence[n]
        assert np.array_equal(found.sequence[n], expected)
        assert np.array_equal(found.target[0][n], plain.target[0][n, way])
        assert np.array_equal(found.target[1][n], plain.target[1][n, way][:, other])
        assert np.array_equal(found.control[n], plain.control[n, way][:, [*other, 2]])


def test_a_second_time_the_cache_answers(tmp_path: Path, ask: Callable[..., Wanted]):
    """Thresholds and ratios are applied to what is read already."""
    first, again, changed = [], [], []
    found = source(negatives="negatives.bed").open(ask(), first.append)
    other = source(negatives="negatives.bed", negative_ratio=0.5, min_counts=50).open(ask(seed=4), again.append)
    assert len(other.training.rows) < len(found.training.rows)
    assert "reading peaks.bed" in first
    assert "reading peaks.bed" not in again
    assert any("min_counts" in line for line in again)
    assert other.fingerprint != found.fingerprint
    os.utime(tmp_path / "plus.bw", ns=(1, 1))
    assert source(negatives="negatives.bed").open(ask(), changed.append).fingerprint == found.fingerprint
    assert "reading peaks.bed" in changed
    assert any(line.startswith("0.0 MB of data, memory-mapped: ") and "nexus 0.0 MB uint8" in line for line in changed)


def test_the_fingerprint_is_of_everything_that_batches_depend_on(ask: Callable[..., Wanted]):
    options = {"negatives": "negatives.bed", "max_jitter": 1}
    same = [source(**options).open(ask()).fingerprint for _ in range(2)]
    others = [
        source(**options | change).open(ask(**asked)).fingerprint
        for change, asked in [
            ({"negative_ratio": 0.2}, {}),
            ({"jitter_negatives": True}, {}),
            ({"max_jitter": 2}, {}),
            ({"controls": "other.bw"}, {}),
            ({}, {"seed": 4}),
        ]
    ]
    assert same[0] == same[1]
    assert len({same[0], *others}) == 6


def test_lists_of_chromosomes_that_nobody_writes(ask: Callable[..., Wanted]):
    made = registry.find("sources", "genome")(**{key: GIVEN[key] for key in ("sequences", "loci", "signals")})
    training = [f"chr{one}" for one in (2, 4, 5, 7, 9, *range(10, 20), 21, 22, "X", "Y")]
    assert made.chromosomes == {
        "training": tuple(training), "validation": ("chr8", "chr20"), "test": ("chr1", "chr3", "chr6")
    }  # fmt: skip
    chosen = source(training_chroms="chr1, chr8", test_chroms=None)
    assert chosen.chromosomes == {"training": ("chr1", "chr8"), "validation": ("chr2",), "test": ("chr3", "chr6")}
    assert chosen.problems() == []
    only = source(training_chroms="chr1, chr3", test_chroms=None).open(ask())
    assert only.test is None
    assert "there is no test set: no locus lies on chr6" in only.notes


def test_a_list_that_the_genome_lacks_in_part(ask: Callable[..., Wanted]):
    data = source(training_chroms="chr1, chr17").open(ask())
    assert "training_chroms: the genome has no chr17" in data.notes


@pytest.mark.parametrize(("option", "left"), [("keep", 20), ("drop", 18)])
def test_unknown_bases(tmp_path: Path, ask: Callable[..., Wanted], option: str, left: int):
    letters = TEXT["chr1"][:120].lower() + "nRY" + TEXT["chr1"][123:]
    write_fasta(tmp_path / "g.fa", TEXT | {"chr1": letters[:45] + "N" + letters[46:]})
    (tmp_path / "g.fa.fai").unlink(missing_ok=True)
    data = source(unknown_bases=option, outlier_factor=0).open(ask())
    assert len(data.training) == left
    assert any("data: 4 unknown bases in 2 regions are fed as zeros" in note for note in data.notes) == (left == 20)


def test_one_of_each_pile(ask: Callable[..., Wanted]):
    opened = [source(overlap_distance=25, outlier_factor=0).open(ask(seed=seed)) for seed in range(4)]
    assert {len(data.training) for data in opened} == {1}
    assert len({data.fingerprint for data in opened}) > 1


def test_several_files(tmp_path: Path, ask: Callable[..., Wanted]):
    write_bed(tmp_path / "more.bed", [("chr3", 100, 120), ("chr1", 33, 53)])
    data = source(loci="more.bed, peaks.bed").open(ask())
    assert data.training.coords["start"][0] == 38
    assert len(data.test) == 21


def test_files_are_named_without_reading(tmp_path: Path):
    chosen = source(negatives="n.bed", exclusion_lists="x.bed, y.bed", controls="c.bw")
    names = ("g.fa", "peaks.bed", "n.bed", "x.bed", "y.bed", "plus.bw", "minus.bw", "c.bw")
    assert chosen.files(tmp_path) == [tmp_path / name for name in names]
    assert chosen.problems() == []
    assert chosen.windows(None) is None
    assert source(in_window=2114, out_window=1000).windows(None) == (2114, 1000)


def test_the_data_may_say_the_windows(ask: Callable[..., Wanted]):
    data = source(in_window=IN, out_window=OUT).open(ask((), (None, None)))
    assert every(data.test).sequence.shape == (20, IN)


def test_zero_reads_are_looked_for_in_negatives_too(tmp_path: Path, ask: Callable[..., Wanted]):
    bare = {name: values.copy() for name, values in SIGNAL["plus"].items()}
    bare["chr1"][15:40] = 0
    write_track(tmp_path / "plus.bw", bare)
    options = {"signals": "plus.bw", "negatives": "negatives.bed", "negative_ratio": 1, "outlier_factor": 0}
    single = (Head(name="one", tasks=("0",)),)
    with pytest.raises(DataError, match=r"SF0713: head 'one': 3 of 57 training regions have a window without reads"):
        source(**options).open(ask(single, pseudocount=0))
    training = source(**options, zero_reads="drop").open(ask(single, pseudocount=0)).training
    assert (len(training.rows), len(training.negatives), len(training)) == (19, 35, 38)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"negative_ratio": 0.1}, "negative_ratio 0.1 needs negatives; name them, or set it to 0"),
        ({"jitter_negatives": True}, "jitter_negatives has no effect without negatives"),
        ({"in_window": 20}, "in_window is given without out_window"),
        ({"in_window": 20, "out_window": 22}, "out_window 22 is more than in_window 20; the greatest is 20"),
        ({"in_window": 20, "out_window": 9}, "in_window 20 minus out_window 9 is odd; the nearest out_window is 10"),
        ({"validation_chroms": "chr2, chr1"}, "chr1 is in training_chroms and in validation_chroms; keep it in one"),
        ({"min_counts": 5, "max_counts": 4}, "max_counts 4 is less than min_counts 5"),
    ],
)
def test_options_that_do_not_go_together(ask: Callable[..., Wanted], options: dict, message: str):
    with pytest.raises(DataError) as raised:
        source(**options).open(ask())
    assert f"SF0707: data format genome: {message}" in str(raised.value)


@pytest.mark.parametrize(
    ("options", "asked", "message"),
    [
        ({"signals": "plus.bw"}, {}, "signals: expected a bigWig file per task (nexus: plus, minus), received 1"),
        ({"signals": "plus.bw; minus.bw"}, {}, "are not the heads (nexus: plus, minus); write plus.bw, minus.bw"),
        ({"sequences": "h.fa"}, {}, "h.fa: SF0701: no such file; did you mean 'g.fa'?"),
        ({"in_window": 22, "out_window": 10}, {}, "in_window of the data is 22, the architecture's is 20"),
        ({"controls": "other.bw"}, {"control_tracks": 0}, "controls: 1 control track, but the model reads none"),
        ({"controls": "other.bw"}, {"control_tracks": 2}, "reads n_control_tracks 2, the data have 1"),
        ({}, {"control_tracks": 2}, "reads n_control_tracks 2, the data have none"),
        (
            {"min_counts": 500},
            {},
            "SF0714: all 20 training peaks dropped: 20 in min_counts; min_counts saw nexus: min ",
        ),
        ({"training_chroms": "chr17"}, {}, "no peak lies on the training chromosomes chr17; the file has chr1 (20), "),
        ({"test_chroms": "chr18"}, {}, "no peak lies on the test chromosomes chr18; the file has "),
        ({"max_jitter": 200}, {}, "all 20 training peaks dropped: 20 in chromosome edge"),
    ],
)
def test_what_is_refused(ask: Callable[..., Wanted], options: dict, asked: dict, message: str):
    with pytest.raises(DataError) as raised:
        source(**options).open(ask(**asked))
    assert message in str(raised.value)


def test_negatives_that_are_all_dropped(tmp_path: Path, ask: Callable[..., Wanted]):
    write_bed(tmp_path / "excluded.bed", [("chr1", 0, 100), ("chr1", 90, 115)])
    write_bed(tmp_path / "negatives.bed", [("chr1", 2, 8), *(("chr1", at, at + 2) for at in range(20, 80))])
    with pytest.raises(DataError) as raised:
        source(negatives="negatives.bed", exclusion_lists="excluded.bed").open(ask())
    expected = "SF0714: all 61 negatives dropped: 60 in exclusion_lists, 1 in chromosome edge"
    assert str(raised.value) == expected
    write_bed(tmp_path / "negatives.bed", [("chr2", 100, 120)])
    with pytest.raises(DataError, match=r"no negative lies on the training chromosomes chr1; the file has chr2 \(1\)"):
        source(negatives="negatives.bed").open(ask())
    (tmp_path / "negatives.bed").write_text("")
    with pytest.raises(DataError, match=r"negatives.bed: SF0709: the file has no regions"):
        source(negatives="negatives.bed").open(ask())


@pytest.mark.parametrize(("value", "shown"), [(-1.5, "-1.5 at chr1:107-108"), (np.inf, "inf at chr1:107-108")])
@pytest.mark.parametrize("option", ["signals", "controls"])
def test_values_that_are_no_signal(tmp_path: Path, ask: Callable[..., Wanted], option: str, value: float, shown: str):
    import pybigtools

    options = {"signals": "plus.bw, other.bw"} if option == "signals" else {"controls": "other.bw"}
    pybigtools.open(str(tmp_path / "other.bw"), "w").write(SIZES, [("chr1", 107, 108, value)])
    with pytest.raises(DataError, match=rf"other.bw: SF0712: expected signal ≥ 0, received {shown}"):
        source(**options).open(ask())


def test_controls_that_are_not_known(tmp_path: Path, ask: Callable[..., Wanted]):
    """A base that a track does not cover is 0; one where it says NaN is an error."""
    import pybigtools

    spans = [("chr1", 0, 50, 1.0), ("chr1", 100, 103, float("nan")), ("chr1", 200, 210, 2.0)]
    pybigtools.open(str(tmp_path / "other.bw"), "w").write(SIZES, spans)
    with pytest.raises(DataError, match=r"other.bw: SF0712: expected signal ≥ 0, received NaN at chr1:100-103"):
        source(controls="other.bw").open(ask())
    pybigtools.open(str(tmp_path / "gaps.bw"), "w").write(SIZES, [spans[0], spans[2]])
    data = source(controls="gaps.bw", outlier_factor=0).open(ask())
    assert every(data.training).control.sum() == sum(min(50, at + 20) - at for at in (0, 20, 40)) + 2 * 10
    assert every(data.validation).control.sum() == 0


def test_tracks_that_look_like_strands(ask: Callable[..., Wanted]):
    ((option, message, hint),) = source(signals="plus.bw; minus.bw").advice(ask())
    assert option == "signals"
    assert message == "signals: plus.bw and minus.bw look like the strands of one experiment, but are two groups"
    assert hint.startswith("tracks of a group are separated by commas: plus.bw, minus.bw")
    assert source().advice(ask()) == []
    assert source(signals="('a_fwd.bw', 'a_rev.bw')").advice(ask())  # a flat list of JSON: two groups
    assert not source(signals="(('a_fwd.bw', 'a_rev.bw'),)").advice(ask())


def test_a_model_without_lengths(ask: Callable[..., Wanted]):
    with pytest.raises(DataError, match="this one has no input_length and output_length; choose an architecture"):
        source().open(ask(window=(None, None)))


@pytest.mark.parametrize(
    ("option", "value"),
    [("signals", "a.bw,,b.bw"), ("signals", "a.bw; a.bw"), ("test_chroms", "chr1 chr2"), ("negative_ratio", -1)],
)
def test_values_that_no_option_takes(option: str, value):
    with pytest.raises(ValueError, match=option):
        source(**{option: value})
