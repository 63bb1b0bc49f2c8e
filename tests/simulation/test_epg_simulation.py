# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Simulated electropherograms: the same options give the same bytes, and what is in them is what was declared."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from seqforge.data.encodings import SIGNAL
from seqforge.data.epg.panels import read_panel
from seqforge.data.epg.peaks import find_peaks
from seqforge.data.epg.splitting import grouped
from seqforge.data.sources.base import Wanted
from seqforge.errors import DataError, UsageError
from seqforge.registry import find
from seqforge.simulation import electropherogram_files
from seqforge.simulation import electropherograms as epg
from seqforge.simulation.electropherograms import ALLELE, EXTRA, PULL_UP, SIGNPOST, STUTTER, Profile, Simulator
from seqforge.simulation.epg_options import FULL, Options
from seqforge.simulation.epg_panel import MALE, SEX, base_pairs, panel

SMALL = Options(profiles=40, length=1024, dyes=3, donors=20, contributors=(1, 2, 3), context_effect=0.5)
QUIET = replace(SMALL, noise=0, drift=0, artefacts=0, stutter=0, context_effect=0)


@cache
def profiles(options: Options = SMALL) -> tuple[Profile, ...]:
    return tuple(Simulator(options).profiles())


def test_a_profile_depends_on_options_and_number_alone():
    simulator = Simulator(SMALL)
    last, first = simulator.profile(39), simulator.profile(0)
    for one, other in ((last, profiles()[39]), (first, profiles()[0])):
        assert np.array_equal(one.signal, other.signal)
        assert np.array_equal(one.mask, other.mask)
        assert one.alleles == other.alleles
    longer = Simulator(replace(SMALL, profiles=400)).profile(39)
    assert np.array_equal(longer.signal, last.signal)


def test_another_seed_gives_other_people():
    other = Simulator(replace(SMALL, seed=2))
    assert not np.array_equal(other.profile(0).signal, profiles()[0].signal)
    assert other.genotype(3) != Simulator(SMALL).genotype(3)


def test_what_this_version_draws():
    """A change here needs another `VERSION`, so that caches are not mixed. Rounded: sines differ in their last bits."""
    assert epg.VERSION == 2
    found = Simulator(Options(profiles=1, length=512, dyes=2, contributors=(2,))).profile(0)
    assert found.donors == ("donor_000", "donor_001")
    assert found.proportions == pytest.approx((0.7521, 0.2479), abs=1e-4)
    assert [(one.marker, one.label, round(one.height)) for one in found.alleles] == [
        ("SIM00", "9", 1800), ("SIM00", "10", 421), ("SIM00", "11", 1149),
        ("SIM01", "10", 501), ("SIM01", "11.3", 622), ("SIM01", "14", 3243),
    ]  # fmt: skip
    assert found.mask.sum() == 58
    assert found.signal.astype(int).sum() == pytest.approx(56_501, abs=20)


def test_shapes_and_types():
    table = Simulator(SMALL).table()
    assert table.profiles.shape == table.masks.shape == (40, 3, 1024)
    assert table.profiles.dtype == np.int16
    assert table.masks.dtype == np.int8
    assert set(np.unique(table.masks)) == {0, 1}
    assert table.base_pairs.shape == (1024,)
    assert len(set(table.names)) == 40
    assert Counter(table.mixture_set) == dict.fromkeys(table.mixture_set, 2)
    assert [len(names) for names in table.donors] == table.contributors.tolist()


@pytest.mark.parametrize("length", [512, 1024, 2048, FULL])
@pytest.mark.parametrize("dyes", [2, 5])
def test_panels_of_every_size_are_sound(length: int, dyes: int):
    found = panel(length, dyes)
    grid = base_pairs(length)
    assert {marker.dye for marker in found.markers} == set(range(dyes))
    assert len({marker.name for marker in found.markers}) == len(found.markers)
    for dye in range(dyes):
        markers = [marker for marker in found.markers if marker.dye == dye]
        edges = [edge for marker in markers for edge in (marker.lower, marker.upper)]
        assert edges == sorted(edges)
        assert grid[0] < edges[0]
        assert edges[-1] < grid[-1] - 6.5  # the signposts' windows reach no marker
    for marker in found.markers:
        ends = [end for one in marker.bins for end in (one.lower, one.upper)]
        assert all(low <= high + 0.101 for low, high in pairwise(ends))
        assert marker.lower < ends[0]
        assert ends[-1] < marker.upper


def test_the_full_panel_is_like_a_kits():
    found = panel()
    assert len(found.markers) == 26
    names = [marker.name for marker in found.markers]
    assert names[0] == SEX
    assert names[-1] == MALE
    whole = [float(one.label) for one in found.markers[3].bins if "." not in one.label]
    sizes = [one.size for one in found.markers[3].bins if "." not in one.label]
    assert np.diff(sizes) == pytest.approx(4 * np.diff(whole))


def test_genotypes_have_two_alleles_and_males_one_of_the_male_marker():
    simulator = Simulator(Options(profiles=1, donors=30))
    for donor in range(30):
        copies = Counter(marker for marker, _ in simulator.genotype(donor))
        last = len(simulator.panel.markers) - 1
        male = donor % 2 == 0
        assert copies.pop(last, 0) == male
        assert set(copies.values()) == {2}
        sexes = [simulator.panel.markers[0].bins[at].label for marker, at in simulator.genotype(donor) if marker == 0]
        assert sexes == ["X", "Y" if male else "X"]


def test_replicates_share_donors_and_differ_in_noise():
    first, second = profiles()[:2]
    assert first.mixture_set == second.mixture_set
    assert first.donors == second.donors
    assert first.proportions == second.proportions
    assert not np.array_equal(first.signal, second.signal)


def test_all_numbers_of_contributors_occur_alike_and_groups_can_be_told_apart():
    counts = Counter(len(one.donors) for one in profiles())
    assert set(counts) == {1, 2, 3}
    assert max(counts.values()) - min(counts.values()) <= 4
    sets = grouped(Simulator(SMALL).table(), {"training": 0.6, "validation": 0.2, "test": 0.2}, 1)
    assert {name: len(rows) for name, rows in sets.items()} == pytest.approx(
        {"training": 24, "validation": 8, "test": 8}, abs=6
    )


def test_proportions_are_shares():
    for one in profiles():
        assert sum(one.proportions) == pytest.approx(1)
        assert min(one.proportions) >= 0.08 - 1e-9


def test_without_artefacts_every_tall_peak_is_an_allele():
    for one in profiles(QUIET)[:8]:
        found = find_peaks(one.signal[None], 40)
        assert len(found)
        centre = one.mask[found.dye, found.position]
        pulled = one.peaks[one.peaks["kind"] == PULL_UP]
        assert (centre == 1).sum() == np.count_nonzero([height >= 40 for _, _, height in one.alleles])
        assert (centre == 0).sum() <= len(pulled)


def test_positions_heights_and_masks_are_those_of_the_truth():
    grid = base_pairs(SMALL.length)
    for one in profiles(QUIET)[:8]:
        alleles = one.peaks[one.peaks["kind"] == ALLELE]
        for _, dye, at, height, _ in alleles.tolist():
            near = np.abs(grid - at) < 0.35
            apex = np.flatnonzero(near)[np.argmax(one.signal[dye, near])]
            assert abs(grid[apex] - at) < 0.06
            assert one.signal[dye, apex] >= 0.95 * height - 1
            assert one.mask[dye, apex] == (height >= SMALL.detection)


def test_masks_are_the_bins_of_the_panel():
    found = panel(SMALL.length, SMALL.dyes)
    one = profiles()[4]
    grid = base_pairs(SMALL.length)
    inside = np.zeros(one.mask.shape, dtype=bool)
    for called in one.alleles:
        where = found.marker(called.marker)
        allele = where.bin(called.label)
        inside[where.dye] |= (grid >= allele.lower - 0.051) & (grid <= allele.upper + 0.051)
    assert inside[one.mask == 1].all()
    assert 8 <= one.mask.sum() / len(one.alleles) <= 11


def test_heights_follow_copies_proportions_and_length():
    options = Options(
        profiles=40, replicates=1, donors=40, contributors=(1,), degradation=0.6, noise=0, context_effect=0
    )
    found = profiles(options)
    near, far = ([], [])
    for one in found:
        for _, _, at, height, _ in one.peaks[one.peaks["kind"] == ALLELE].tolist():
            (near if at < 150 else far if at > 390 else []).append(height)
    loss = np.log(np.median(near) / np.median(far))
    assert 0.6 * 2.0 < loss < 0.6 * 4.0  # about 2.9 hundred base pairs lie between


def test_two_alleles_of_one_person_are_not_of_one_height():
    ratios = []
    for one in profiles(Options(profiles=20, replicates=1, donors=20, contributors=(1,), degradation=0)):
        of_marker: dict[str, list[float]] = {}
        for called in one.alleles:
            of_marker.setdefault(called.marker, []).append(called.height)
        ratios += [min(pair) / max(pair) for pair in of_marker.values() if len(pair) == 2]
    assert 0.75 < np.mean(ratios) < 0.92  # two log-normal heights of 0.15


def test_stutter_stands_one_repeat_before_and_after():
    one = Simulator(Options(profiles=1, contributors=(1,))).profile(0)
    alleles = one.peaks[one.peaks["kind"] == ALLELE]
    stutter = one.peaks[one.peaks["kind"] == STUTTER]
    autosomal = [allele for allele in alleles.tolist() if allele[1:3] and not _is_sex(allele)]
    assert len(stutter) == 2 * len(autosomal)
    ratios = {-1: [], 1: []}
    for rank, (_, dye, at, height, _) in enumerate(autosomal):
        for side, peak in zip((-1, 1), stutter[2 * rank : 2 * rank + 2], strict=True):
            assert peak["dye"] == dye
            assert abs(peak["base_pair"] - at - 4 * side) < 0.2
            ratios[side].append(peak["height"] / height)
    assert 0.05 < np.mean(ratios[-1]) < 0.11
    assert 0.01 < np.mean(ratios[1]) < 0.025


def _is_sex(peak: tuple) -> bool:
    return peak[1] == 0 and peak[2] < 85


def test_pull_up_is_small_and_in_neighbouring_dyes():
    for one in profiles()[:6]:
        pulled = one.peaks[one.peaks["kind"] == PULL_UP]
        tall = one.peaks[(one.peaks["height"] > 500) & (one.peaks["kind"] != PULL_UP)]
        for _, dye, at, height, _ in pulled.tolist():
            source = tall[np.abs(tall["base_pair"] - at) < 1e-9]
            assert np.abs(source["dye"] - dye).min() == 1
            assert height <= 0.03 * source["height"].max()


def test_noise_has_its_standard_deviation():
    options = Options(profiles=2, length=1024, noise=12, drift=0, artefacts=0)
    noisy, still = (Simulator(replace(options, noise=noise)).profile(0).signal.astype(float) for noise in (12, 0))
    assert (noisy - still).std() == pytest.approx(12, rel=0.05)
    assert (noisy - still).mean() == pytest.approx(0, abs=0.5)


def test_values_fit_int16():
    bright = Simulator(replace(SMALL, height=200_000)).profile(0)
    assert bright.signal.max() == 32767
    assert bright.signal.min() > -200


# the effect that only the whole profile tells


def test_extra_peaks_are_alleles_in_one_half_and_artefacts_in_the_other():
    regimes = Counter()
    for one in profiles():
        extra = one.peaks[one.peaks["kind"] == EXTRA]
        assert len(extra)
        grid = base_pairs(SMALL.length)
        at = np.abs(grid[:, None] - extra["base_pair"]).argmin(axis=0)
        assert set(one.mask[extra["dye"], at]) == {0 if one.artefact_regime else 1}
        signposts = one.peaks[one.peaks["kind"] == SIGNPOST]
        assert set(signposts["dye"]) == {0 if one.artefact_regime else SMALL.dyes - 1}
        regimes[one.artefact_regime] += 1
    assert min(regimes.values()) >= 10


def test_nothing_near_an_extra_peak_tells_which_it_is():
    """Heights and widths have the same distribution, and the signposts lie beyond every window of 120 points."""
    options = replace(SMALL, profiles=240)
    simulator = Simulator(options)
    grid = base_pairs(options.length)
    heights: dict[bool, list[float]] = {True: [], False: []}
    for index in range(0, 240, 2):
        one = simulator.profile(index)
        extra = one.peaks[one.peaks["kind"] == EXTRA]
        signpost = one.peaks[one.peaks["kind"] == SIGNPOST]["base_pair"].min()
        heights[one.artefact_regime] += extra["height"].tolist()
        assert signpost - extra["base_pair"].max() > 60 * np.diff(grid).mean() + 0.5
    means = [np.log(values).mean() for values in heights.values()]
    error = np.log(8) / np.sqrt(12) * np.sqrt(sum(1 / len(values) for values in heights.values()))
    assert abs(means[0] - means[1]) < 3 * error
    assert min(map(min, heights.values())) >= 200
    assert max(map(max, heights.values())) <= 1600


def test_the_effect_is_off_by_default():
    one = Simulator(Options(profiles=1)).profile(0)
    assert not np.isin([EXTRA, SIGNPOST], one.peaks["kind"]).any()


# the camera and its files


def test_a_run_shows_the_same_peaks_on_its_own_scale():
    simulator = Simulator(Options(profiles=2, noise=0, drift=0, artefacts=0))
    run, one = simulator.camera(1), simulator.profile(1)
    assert run.raw.shape == run.analysed.shape == (6, epg.SCANS)
    assert run.raw.dtype == np.int16
    assert (np.diff(run.base_pairs) > 0).all()
    for _, dye, at, height, _ in one.peaks[one.peaks["kind"] == ALLELE].tolist():
        scan = int(np.argmin(np.abs(run.base_pairs - at)))
        assert run.analysed[dye, scan - 3 : scan + 4].max() >= 0.97 * height - 1
    spacing = np.gradient(np.arange(epg.SCANS), run.base_pairs)
    within = (run.base_pairs > 65) & (run.base_pairs < 475)
    assert 7 < spacing[within].min() < spacing[within].max() < 13


def test_the_raw_dyes_stand_on_a_baseline():
    run = Simulator(Options(profiles=1)).camera(0)
    assert 100 < np.median(run.raw) < 330
    assert abs(np.median(run.analysed)) < 5


def test_files_of_a_laboratory(tmp_path: Path):
    options = Options(profiles=2, donors=6)
    simulator = Simulator(options)
    paths = electropherogram_files.write(simulator, tmp_path / "plate")
    assert [path.name for path in paths] == ["mixture_0000_1.hid", "mixture_0000_2.hid"]
    read = read_panel(tmp_path / "plate/panel.xml")
    for one, other in zip(read.markers, simulator.panel.markers, strict=True):
        assert (one.name, one.dye) == (other.name, other.dye)
        assert (one.lower, one.upper) == pytest.approx((other.lower, other.upper))
        for allele, own in zip(one.bins, other.bins, strict=True):
            assert allele.label == own.label
            assert allele[1:] == pytest.approx(own[1:])
    before = {path.name: path.read_bytes() for path in (tmp_path / "plate").iterdir()}
    electropherogram_files.write(simulator, tmp_path / "again")
    assert before == {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()}


def test_files_hold_five_dyes(tmp_path: Path):
    with pytest.raises(UsageError, match="hold 5 dyes, the simulation has 3"):
        electropherogram_files.write(Simulator(SMALL), tmp_path / "plate")


# the data source


@pytest.fixture
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEQFORGE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def source(**options: object):
    given = {"profiles": 24, "length": 512, "dyes": 2, "donors": 20, "contributors": (1, 2)}
    return find("sources", "epg-simulation")(**given | options)


def wanted(seed: int = 1, task: str = "segmentation", reads: tuple[str, ...] = ("profiles",)) -> Wanted:
    labels = ("background", "allele")
    return Wanted(find("tasks", task), SIGNAL, labels, seed, Path(), reads=reads)


def test_the_source_opens_what_the_simulator_draws(cache_folder: Path):
    made = source(split="random")
    data = made.open(wanted())
    simulator = Simulator(made.options)
    assert made.window(wanted()) == data.length == 512
    assert made.channels(wanted()) == 2
    for dataset in (data.training, data.validation, data.test):
        for row, name in zip(dataset.rows.tolist(), dataset.names, strict=True):
            one = simulator.profile(row)
            assert one.name == name
            assert np.array_equal(dataset.store.table.profiles[row], one.signal)
            assert np.array_equal(dataset.store.table.masks[row], one.mask)
    assert sum(map(len, (data.training, data.validation, data.test))) == 24


def test_the_source_simulates_once(cache_folder: Path, monkeypatch: pytest.MonkeyPatch):
    first = source().open(wanted())
    monkeypatch.setattr(Simulator, "profile", None)
    again = source().open(wanted())
    assert again.fingerprint == first.fingerprint
    with pytest.raises(TypeError):
        source(seed=2).open(wanted())


def test_the_trainings_seed_changes_the_split_alone(cache_folder: Path):
    one, other = source().open(wanted(1)), source().open(wanted(5))
    assert np.array_equal(one.training.store.table.profiles, other.training.store.table.profiles)
    assert one.training.rows.tolist() != other.training.rows.tolist()


def test_peaks_have_markers_and_labels(cache_folder: Path):
    data = source().open(wanted(task="peak classification", reads=("windows", "markers")))
    batch = data.training.batch(np.arange(10))
    assert batch.arrays["windows"].shape == (10, 1, 120)
    assert batch.arrays["markers"].max() <= len(panel(512, 2).markers)
    assert min(data.facts["class_counts"]) > 30


def test_options_that_cannot_be(cache_folder: Path):
    with pytest.raises(DataError, match="donors: 2 contributors need as many, received 1"):
        source(donors=1).judge(wanted())
    with pytest.raises(DataError, match="contributors: expected one number or more"):
        source(contributors=()).judge(wanted())
