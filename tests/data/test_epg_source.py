# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`<data format="epg">`: from files to batches, facts, notes and fingerprints."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_epg import DYES, LENGTH, REAL, REAL_PANEL, panel_text, real_data, table, write_panel

from seqforge import registry
from seqforge.data.dataset import Data
from seqforge.data.encodings import alphabet
from seqforge.data.epg import reading
from seqforge.data.epg.dataset import PeakSet, ProfileSet, Store
from seqforge.data.epg.opening import EpgSource, whole_set
from seqforge.data.epg.peaks import find_peaks
from seqforge.data.epg.scaling import Scaling
from seqforge.data.epg.tables import IGNORE, Peaks, ProfileTable
from seqforge.data.sources.base import Wanted
from seqforge.errors import DataError

WHOLE = ("profiles",)
PEAKS = ("windows", "markers")
PEAKNET = ("profiles", "windows", "markers", "centres", "counts")
LABELS = ("background", "allele")

Opened = Callable[..., Data]


def asked(folder: Path, task: str = "segmentation", reads: tuple[str, ...] = WHOLE, **changes: Any) -> Wanted:
    found = Wanted(registry.find("tasks", task)(), alphabet("signal"), LABELS, 1, folder, reads=reads)
    return found._replace(**changes)


def source(**options: Any) -> EpgSource:
    return registry.find("sources", "epg")(**({"profiles": "t.h5", "panel": "panel.xml", "peak_window": 20} | options))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    reading.write_table(table(), tmp_path / "t.h5")
    write_panel(tmp_path / "panel.xml")
    return tmp_path


@pytest.fixture
def opened(folder: Path) -> Opened:
    def run(task: str = "segmentation", reads: tuple[str, ...] = WHOLE, **options: Any) -> Data:
        return source(**options).open(asked(folder, task, reads))

    return run


def test_segmentation_has_profiles_and_masks(opened: Opened) -> None:
    data = opened()
    assert [len(data.set(name)) for name in ("training", "validation", "test")] == [8, 2, 2]
    batch = data.training.batch(np.array([3, 0, 5]))
    given = table()
    rows = data.training.rows[[3, 0, 5]]
    assert len(batch) == 3
    assert list(batch.arrays) == ["profiles"]
    assert np.array_equal(batch.arrays["profiles"], Scaling().scaled(given.profiles[rows]))
    assert batch.arrays["profiles"].dtype == np.float32
    assert np.array_equal(batch.target["mask"], given.masks[rows])
    assert data.length == LENGTH


def test_reconstruction_gives_back_what_it_is_fed(opened: Opened) -> None:
    batch = opened("reconstruction", scale="linear", max_rfu=2000.0).test.batch(np.array([0]))
    assert batch.target.shape == (1, DYES, LENGTH)
    assert np.array_equal(batch.target, batch.arrays["profiles"])
    assert batch.target.max() <= 1


def test_peaks_are_the_examples_of_peak_classification(opened: Opened) -> None:
    data = opened("peak classification", PEAKS)
    assert {name: len(data.set(name)) for name in ("training", "test")} == {"training": 56, "test": 14}
    batch = data.training.batch(np.arange(20))
    assert batch.arrays["windows"].shape == (20, 1, 20)
    assert batch.arrays["windows"].dtype == np.float32
    assert batch.arrays["markers"].dtype == batch.target.dtype == np.int64
    assert batch.target.sum() == 15  # five of seven peaks of a profile are alleles; 20 = 7 + 7 + 6
    peaks = data.training.peaks
    raw = table().profiles[peaks.profile[:20], peaks.dye[:20], peaks.position[:20]]
    assert np.array_equal(batch.arrays["windows"][:, 0, 10], Scaling().scaled(raw))
    assert data.facts["class_counts"] == [16, 40]


@pytest.mark.parametrize(
    ("task", "reads", "message"),
    [
        ("segmentation", WHOLE, "SF0725: no scan point of the training profiles has a class"),
        ("segmentation", PEAKNET, "SF0709: no training profile has a peak of 30000 RFU; lower peak_threshold"),
        ("peak classification", PEAKS, "SF0725: no peak of the training profiles has a class"),
        ("peak classification", PEAKS, "SF0709: no training profile has a peak of 30000 RFU; lower peak_threshold"),
    ],
)
def test_training_without_anything_to_learn_is_refused(
    folder: Path, task: str, reads: tuple[str, ...], message: str
) -> None:
    unjudged = "a class" in message
    if unjudged:
        given = table()
        reading.write_table(replace(given, masks=np.full_like(given.masks, IGNORE)), folder / "t.h5")
    with pytest.raises(DataError, match=message):
        source(peak_threshold=25.0 if unjudged else 30000.0).open(asked(folder, task, reads))


def test_classes_that_no_training_example_has_are_noted(folder: Path) -> None:
    labels = (*LABELS, "stutter")
    data = source().open(asked(folder, labels=labels))
    assert "no training scan point is of class 'stutter'" in data.notes
    assert "no training peak is of class 'stutter'" in source().open(
        asked(folder, "peak classification", PEAKS, labels=labels)
    ).notes  # fmt: skip


def test_peaknet_reads_profiles_and_their_peaks(opened: Opened) -> None:
    data = opened(reads=PEAKNET, window_channels=2, label_mode="top")
    batch = data.training.batch(np.array([4, 2]))
    assert list(batch.arrays) == list(PEAKNET)
    assert batch.arrays["counts"].tolist() == [7, 7]
    assert batch.arrays["windows"].shape == (14, 2, 20)
    assert batch.arrays["centres"].shape == (14, 2)
    assert np.array_equal(batch.arrays["centres"], batch.target["centres"])
    assert batch.target["labels"].sum() == 10
    alone = data.training.batch(np.array([2]))
    for name in ("windows", "markers", "centres"):
        assert np.array_equal(batch.arrays[name][7:], alone.arrays[name])
    at_apex = batch.target["mask"][np.repeat([0, 1], 7), batch.arrays["centres"][:, 0], batch.arrays["centres"][:, 1]]
    assert np.array_equal(at_apex, batch.target["labels"])
    assert data.facts["unreachable_positives"]["training"] == {"alleles": 0, "points": 0}


def test_batches_are_a_function_of_indices(opened: Opened) -> None:
    data = opened(reads=PEAKNET)
    for chosen in (data.training, opened("peak classification", PEAKS).training):
        first, again = chosen.batch(np.array([1, 3]), epoch=0), chosen.batch(np.array([1, 3]), epoch=9)
        chosen.batch(np.array([0]))
        for name, array in first.arrays.items():
            assert np.array_equal(array, again.arrays[name])
        assert chosen.plain() is chosen


def test_facts_are_json(opened: Opened) -> None:
    facts = opened(reads=PEAKNET).facts
    assert json.loads(json.dumps(facts)) == facts
    assert facts["channels"] == DYES
    assert facts["normalisation"] == {"scale": "log1p", "max_rfu": 33000.0}
    assert facts["peaks"] == {"training": 56, "validation": 14, "test": 14}
    assert sum(facts["class_counts"]) == 8 * DYES * LENGTH
    assert facts["peak_class_counts"] == [16, 40]
    assert facts["unreachable_positives"]["training"]["points"] == facts["class_counts"][1] - 40
    assert facts["panel"]["markers"] == 3


def test_ignored_points_are_not_counted(folder: Path) -> None:
    given = table()
    masks = given.masks.copy()
    masks[:, 2] = IGNORE
    reading.write_table(replace(given, masks=masks), folder / "t.h5")
    assert sum(source().open(asked(folder)).facts["class_counts"]) == 8 * (DYES - 1) * LENGTH
    data = source().open(asked(folder, "peak classification", PEAKS))
    assert len(data.training) == 48
    assert data.training.targets.min() == 0
    whole = source().open(asked(folder, reads=PEAKNET))
    assert whole.training.batch(np.array([0])).target["labels"].tolist().count(IGNORE) == 1


@pytest.mark.parametrize(
    ("task", "reads"), [("segmentation", WHOLE), ("segmentation", PEAKNET), ("peak classification", PEAKS)]
)
@pytest.mark.parametrize(
    "changes",
    [
        {"scale": "linear"},
        {"max_rfu": 20000.0},
        {"peak_threshold": 50.0},
        {"peak_window": 30},
        {"window_channels": 2},
        {"window_scale": "none"},
        {"label_mode": "top"},
        {"label_mode": "complete"},
        {"split": "random"},
        {"split_seed": 9},
        {"test_fraction": 0.0, "training_fraction": 0.8},
    ],
)
def test_every_key_is_in_the_fingerprint(task: str, reads: tuple[str, ...], changes: Any, opened: Opened) -> None:
    assert opened(task, reads, **changes).fingerprint != opened(task, reads).fingerprint


def test_arrays_and_panel_are_in_the_fingerprint(folder: Path, opened: Opened) -> None:
    before = opened(reads=PEAKNET)
    assert opened(reads=PEAKNET).fingerprint == before.fingerprint
    write_panel(folder / "panel.xml", panel_text().replace("112.0", "112.1"))
    moved = opened(reads=PEAKNET).fingerprint
    signal = table().profiles.copy()
    signal[0, 0, 0] += 1
    reading.write_table(table(profiles=signal), folder / "t.h5")
    assert len({before.fingerprint, moved, opened(reads=PEAKNET).fingerprint}) == 3


def test_a_cache_of_other_settings_is_not_used(opened: Opened) -> None:
    low, high = opened(reads=PEAKNET, peak_threshold=25), opened(reads=PEAKNET, peak_threshold=50)
    assert (low.facts["peaks"]["training"], high.facts["peaks"]["training"]) == (56, 48)
    assert opened(label_mode="top").facts["class_counts"][1] == 40


def test_given_peaks_are_used(folder: Path) -> None:
    given = table()
    places = np.array([[row, 0, 19] for row in range(12)]).T
    peaks = Peaks(*places, marker=np.full(12, 2), label=np.array([0, 1] * 6))
    reading.write_table(replace(given, peaks=peaks, masks=None), folder / "t.h5")
    data = source(panel=None).open(asked(folder, "peak classification", PEAKS))
    batch = data.training.batch(np.arange(8))
    assert batch.arrays["markers"].tolist() == [2] * 8
    assert batch.target.sum() == 4
    assert data.training.peaks.height is not None


def test_alleles_become_masks(folder: Path) -> None:
    reading.write_table(table(masks=None), folder / "t.h5")
    names = table().names
    rows = [f"s{name},{marker},{alleles}" for name in names for marker, alleles in (("M1", "8,10"), ("M3", "20,22.1"))]
    (folder / "report.csv").write_text("\n".join(["Sample Name,Marker,Allele 1,Allele 2", *rows]))
    (folder / "samples.csv").write_text("\n".join(["file,sample", *(f"{name}.hid,s{name}" for name in names)]))
    data = source(alleles="report.csv", samples="samples.csv").open(asked(folder))
    assert data.facts["class_counts"][1] == 8 * 4 * 5
    notes = " ".join(data.notes)
    assert "12 annotated alleles have no peak in their bin and keep their label" in notes
    assert "1 alleles are micro-variants placed by their whole repeat: M3_22.1" in notes
    dropped = source(alleles="report.csv", samples="samples.csv", missing_peak="drop").open(asked(folder))
    assert dropped.facts["class_counts"][1] == 8 * 3 * 5
    assert data.training.store.annotations is not None


def test_samples_bring_groups(folder: Path) -> None:
    reading.write_table(table(mixture_set=None, donors=None, contributors=None), folder / "t.h5")
    with pytest.raises(DataError, match="neither mixture_set nor donors"):
        source().open(asked(folder))
    rows = [f"p{row},s{row},m{row // 4},2" for row in range(12)]
    (folder / "samples.csv").write_text("\n".join(["file,sample,mixture_set,contributors", *rows]))
    data = source(samples="samples.csv").open(asked(folder))
    assert [len(data.set(name)) for name in ("training", "validation", "test")] == [4, 4, 4]


def test_base_pairs_may_be_declared(folder: Path) -> None:
    reading.write_table(table(base_pairs=None), folder / "t.h5")
    with pytest.raises(DataError, match=r"SF0724: .* marker of each peak.*declare the first and the last"):
        source().judge(asked(folder, reads=PEAKNET))
    data = source(base_pairs=(100, 151)).open(asked(folder, reads=PEAKNET))
    assert data.training.batch(np.array([0])).arrays["markers"].tolist() == [1, 1, 2, 2, 3, 3, 0]


def test_the_size_standard_can_be_dropped(folder: Path) -> None:
    reading.write_table(table(dye_names=("blue", "green", "WEN")), folder / "t.h5")
    kept, dropped = source(panel=None), source(size_standard="drop")
    assert (kept.channels(asked(folder)), dropped.channels(asked(folder))) == (3, 2)
    assert dropped.open(asked(folder)).training.batch(np.array([0])).arrays["profiles"].shape == (1, 2, LENGTH)
    whole = kept.open(asked(folder, reads=("profiles", "windows", "centres", "counts")))
    assert whole.training.batch(np.array([0])).arrays["centres"][:, 0].max() == 1  # no peaks of the standard


@pytest.mark.parametrize(
    ("changes", "reads", "task", "words"),
    [
        ({"input_length": 4096}, WHOLE, "segmentation", "the profiles have 256 scan points, the model 4096"),
        ({"alphabet": alphabet("DNA")}, WHOLE, "segmentation", "the sequence space is DNA"),
        ({"labels": ("background",)}, WHOLE, "segmentation", "has class 1, the definition has 1 labels"),
    ],
)
def test_what_the_model_wants_must_be_there(changes: Any, reads: Any, task: str, words: str, folder: Path) -> None:
    with pytest.raises(DataError) as caught:
        source().open(asked(folder, task, reads)._replace(**changes))
    assert words in str(caught.value)


def test_everything_that_does_not_fit_is_said_at_once(folder: Path) -> None:
    reading.write_table(table(masks=None, base_pairs=None), folder / "t.h5")
    with pytest.raises(DataError) as caught:
        source(panel=None).judge(asked(folder, "peak classification", PEAKS, input_length=8))
    assert [problem.id for problem in caught.value.problems] == ["SF0720", "SF0725", "SF0724"]
    with pytest.raises(DataError, match="segmentation needs masks"):
        source().judge(asked(folder))
    source().judge(asked(folder, "reconstruction"))


def test_the_panel_must_be_of_the_kit(folder: Path) -> None:
    write_panel(folder / "panel.xml", panel_text().replace("<DyeIndex>2", "<DyeIndex>4"))
    with pytest.raises(DataError, match="the panel small has markers on dye 4, the profiles have 3 dyes"):
        source().judge(asked(folder))


def test_missing_files_are_left_to_validate(folder: Path) -> None:
    absent = source(profiles="none.h5", panel="none.xml")
    absent.judge(asked(folder))
    assert absent.files(folder) == [folder / "none.h5", folder / "none.xml"]
    assert (absent.channels(asked(folder)), absent.window(asked(folder))) == (None, None)
    assert (source().channels(asked(folder)), source().window(asked(folder))) == (DYES, LENGTH)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"split": "kfold"}, "split kfold needs folds"),
        ({"split": "kfold", "folds": 3, "fold": 4}, "fold: expected an integer from 1 to 3, received 4"),
        ({"split": "kfold", "folds": 3, "fold": 1, "test_fraction": 0.1}, "test_fraction has no effect"),
        ({"folds": 3}, "folds has no effect with split grouped"),
        ({"training_fraction": 0.9}, "the fractions sum to 1.3"),
        ({"training_fraction": 0.0, "test_fraction": 0.8}, "nothing is left to be learned from"),
        ({"alleles": "a.csv", "panel": None}, "alleles needs panel"),
        ({"base_pairs": (65, 475)}, "base_pairs of its own"),
    ],
)
def test_options_that_contradict_are_refused(options: Any, words: str, folder: Path) -> None:
    with pytest.raises(DataError) as caught:
        source(**options).judge(asked(folder))
    assert words in str(caught.value)


def test_folds_are_groups(opened: Opened) -> None:
    tests = [opened(split="kfold", folds=3, fold=fold).test.rows for fold in (1, 2, 3)]
    assert sorted(np.concatenate(tests).tolist()) == list(range(12))


def test_random_splits_say_what_leaks(opened: Opened) -> None:
    data = opened(split="random")
    assert "split random leaks" in " ".join(data.notes)
    assert "leaks" not in opened().facts
    shared = {f"mixture set m{number}" for number in range(6)} & set(data.facts["leaks"])
    assert shared
    assert all(len(data.facts["leaks"][one]) > 1 for one in shared)


def test_a_whole_table_without_labels_can_be_predicted(folder: Path) -> None:
    given = table(masks=None, mixture_set=None, donors=None)
    options = source()
    found = whole_set(given, options.kit_panel(asked(folder)), options, asked(folder, reads=PEAKNET))
    batch = found.batch(np.arange(12))
    assert batch.target is None
    assert batch.arrays["counts"].sum() == 84
    labelled = whole_set(table(), None, options, asked(folder), labelled=True)
    assert labelled.batch(np.array([0])).target["mask"].sum() > 0
    peaks = whole_set(given, options.kit_panel(asked(folder)), options, asked(folder, "peak classification", PEAKS))
    assert (len(peaks), peaks.batch(np.array([0, 1])).target) == (84, None)


def test_profiles_without_peaks_are_batches(folder: Path) -> None:
    signal = table().profiles.copy()
    signal[::2] = 0
    reading.write_table(table(profiles=signal), folder / "t.h5")
    data = source().open(asked(folder, reads=PEAKNET))
    batch = data.training.batch(np.arange(len(data.training)))
    assert sorted(batch.arrays["counts"].tolist()) == [0, 0, 0, 0, 7, 7, 7, 7]
    empty = data.training.batch(np.flatnonzero(batch.arrays["counts"] == 0)[:1])
    assert empty.arrays["windows"].shape == (0, 1, 20)
    assert empty.arrays["centres"].shape == (0, 2)
    assert "alleles have no peak" in " ".join(data.notes)
    assert data.facts["unreachable_positives"]["training"]["alleles"] == 20


def test_sets_say_what_they_need() -> None:
    plain = Store(table(2, masks=None))
    with pytest.raises(ValueError, match="no masks"):
        ProfileSet(plain, np.arange(2))
    with pytest.raises(ValueError, match="reads peaks"):
        ProfileSet(plain, np.arange(2), "signal", PEAKNET)
    assert ProfileSet(plain, np.array([1]), "signal").place(0) == "profile 'p1'"
    weighted = PeakSet(replace(plain, peaks=find_peaks(table(2).profiles, 25)), np.arange(3)).weighted(np.ones(3))
    assert weighted.batch(np.array([1])).weight.tolist() == [1.0]
    assert weighted.plain().batch(np.array([1])).weight is None
    assert weighted.place(0).startswith("profile 'p0', dye 0, scan point")


def test_memory_is_that_of_a_batch(folder: Path) -> None:
    """Profiles, masks and peaks are memory-mapped: nothing of the table is copied when it is opened."""
    data = source(label_mode="top").open(asked(folder, reads=PEAKNET))
    store = data.training.store
    for array in (store.table.profiles, store.masks, store.peaks.position):
        assert isinstance(array, np.memmap)


@real_data
def test_real_profiles_make_batches() -> None:
    options = {"profiles": ".", "panel": REAL_PANEL.name, "base_pairs": (65, 475), "split": "random"}
    shares = {"training_fraction": 0.5, "validation_fraction": 0.0, "test_fraction": 0.5}
    made = registry.find("sources", "epg")(**options, **shares)
    data = made.open(asked(REAL, reads=PEAKNET))
    assert (made.channels(asked(REAL)), made.window(asked(REAL))) == (5, 4096)
    counts = sorted(int(data.set(name).batch(np.array([0])).arrays["counts"][0]) for name in ("training", "test"))
    assert counts == [320, 333]
    positives = [int(data.set(name).batch(np.array([0])).target["labels"].sum()) for name in ("training", "test")]
    assert sorted(positives) == [70, 71]
    top = registry.find("sources", "epg")(**options, **shares, label_mode="top").open(asked(REAL, reads=PEAKNET))
    again = [int(top.set(name).batch(np.array([0])).target["labels"].sum()) for name in ("training", "test")]
    assert again == positives
    assert top.facts["unreachable_positives"]["training"] == {"alleles": 0, "points": 0}
    grouped: dict[str, Any] = {"profiles": ".", "split": "grouped"}
    with pytest.raises(DataError, match="neither mixture_set nor donors"):
        registry.find("sources", "epg")(**grouped).open(asked(REAL))


def test_a_table_in_memory_needs_no_file() -> None:
    given: ProfileTable = table()
    found = whole_set(given, None, source(panel=None), asked(Path(), "reconstruction"))
    assert len(found) == 12


@pytest.mark.parametrize("stored", [False, True])
def test_more_markers_than_the_model_knows_are_refused(folder: Path, stored: bool) -> None:
    if stored:
        peaks = find_peaks(table().profiles, 25)
        reading.write_table(table(peaks=replace(peaks, marker=np.full(len(peaks), 3))), folder / "t.h5")
    for known in (4, 5, None):
        source().open(asked(folder, "peak classification", PEAKS, markers=known))
    with pytest.raises(DataError, match=r"SF0724: the peaks have markers 0\.\.3 .* n_markers 3; set n_markers to 4$"):
        source().open(asked(folder, "peak classification", PEAKS, markers=3))
    source().open(asked(folder, "peak classification", ("windows",), markers=3))
