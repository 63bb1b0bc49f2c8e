# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""How chromosomes are shared out to the sets, and which samples leak."""

from __future__ import annotations

import dataclasses
import random
from pathlib import Path

import pytest
from small_bins import chromosome

from seqforge.data.bins.identity import Chromosome
from seqforge.data.bins.splitting import SETS, SHARES, Division, divided
from seqforge.errors import DataError

LABELS = [0] * 8 + [1] * 4


def cohort(samples: int, chromosomes: int = 2, groups: int | None = None) -> list[Chromosome]:
    return [
        chromosome(LABELS, f"s{sample:02}", f"chr{number}", f"g{sample % groups}" if groups else "")
        for sample in range(samples)
        for number in range(1, chromosomes + 1)
    ]


def owners(found: dict[str, list[Chromosome]], by: str = "sample") -> dict[str, set[str]]:
    return {name: {getattr(one, by) for one in members} for name, members in found.items()}


def test_whole_samples_go_to_a_set_in_the_shares() -> None:
    members = cohort(20)
    sets, notes = divided(members, Division(seed=3))
    assert {name: len(samples) for name, samples in owners(sets).items()} == {
        "training": 16,
        "validation": 2,
        "test": 2,
    }
    assert sum(len(chosen) for chosen in sets.values()) == len(members)
    assert notes == []


def test_the_split_does_not_depend_on_the_order_but_on_the_seed() -> None:
    members = cohort(20)
    first = owners(divided(members, Division(seed=3)).sets)
    assert owners(divided(members[::-1], Division(seed=3)).sets) == first
    assert owners(divided(members, Division(seed=4)).sets) != first


def test_each_set_has_a_group_at_least() -> None:
    for count in (3, 4, 5):
        found = owners(divided(cohort(count), Division()).sets)
        assert {name: len(found[name]) for name in SETS} == {"training": count - 2, "validation": 1, "test": 1}


def test_two_samples_are_too_few_unless_a_set_goes_without() -> None:
    with pytest.raises(DataError, match=r"expected 3 or more groups of samples .*declare validation_samples and test_"):
        divided(cohort(2), Division())
    with pytest.raises(DataError, match=r"^/data/a, /data/b: SF0737: split sample: expected 3"):
        divided(cohort(2), Division(roots=[Path("/data/a"), Path("/data/b")]))
    shares = {"training": 0.9, "validation": 0.1, "test": 0.0}
    assert set(divided(cohort(2), Division(shares=shares)).sets) == {"training", "validation"}


def test_groups_do_not_straddle_sets() -> None:
    sets, notes = divided(cohort(12, groups=4), Division(seed=1))
    groups = owners(sets, "group")
    assert sum(map(len, groups.values())) == 4
    assert notes == []


def test_a_sample_of_two_groups_is_refused() -> None:
    one, other = cohort(1)
    with pytest.raises(DataError, match="sample s00: expected one group, received s00 and other"):
        divided([one, dataclasses.replace(other, group="other")], Division())


def test_declared_samples_take_their_groups_along() -> None:
    declared = {"validation": ("s01",), "test": ("s02", "s03")}
    found = owners(divided(cohort(8, groups=4), Division(declared=declared)).sets)
    assert found == {"validation": {"s01", "s05"}, "test": {"s02", "s06", "s03", "s07"}, "training": {"s00", "s04"}}
    with pytest.raises(DataError, match=r"test_samples: s05 belongs to g1, which is in the validation set"):
        divided(cohort(8, groups=4), Division(declared={"validation": ("s01",), "test": ("s05",)}))


def test_an_unknown_sample_is_refused_with_the_nearest() -> None:
    with pytest.raises(DataError, match=r"validation_samples: no sample 's1'; did you mean 's1[0-9]*'|'s01'"):
        divided(cohort(4), Division(declared={"validation": ("s1",)}))


def test_split_by_chromosome_names_the_samples_that_leak() -> None:
    sets, notes = divided(cohort(2, chromosomes=10), Division(by="chromosome"))
    names = owners(sets, "name")
    assert not names["training"] & names["validation"]
    (note,) = notes
    assert note.startswith("split chromosome: these samples lie in several sets")
    assert "s00 (training, validation, test), s01 (training, validation, test)" in note


def test_split_by_file_is_the_published_one() -> None:
    members = cohort(23, chromosomes=1)
    sets, _ = divided(members[::-1], Division(by="file", seed=42))
    files = sorted(str(one.block.file) for one in members)
    random.Random(42).shuffle(files)
    expected = {"training": files[:18], "validation": files[18:20], "test": files[20:]}
    assert {name: {str(one.block.file) for one in chosen} for name, chosen in sets.items()} == {
        name: set(chosen) for name, chosen in expected.items()
    }


def test_split_by_folder_reads_the_sets_from_paths() -> None:
    def placed(sample: str, folder: str) -> Chromosome:
        one = chromosome(LABELS, sample)
        return dataclasses.replace(one, block=dataclasses.replace(one.block, file=Path("/data", folder, "t.csv")))

    members = [placed("a", "training_data/deep"), placed("b", "validation_data"), placed("c", "test_data")]
    division = Division(by="folder", roots=[Path("/data")])
    found = owners(divided(members, division).sets)
    assert found == {"training": {"a"}, "validation": {"b"}, "test": {"c"}}
    with pytest.raises(DataError, match=r"/data/other/t.csv: SF0737: split folder: expected the table in a folder"):
        divided([*members, placed("d", "other")], division)
    torn = [*members[:2], dataclasses.replace(placed("a", "test_data"), name="chr2")]
    assert "a (training, test)" in divided(torn, division).notes[0]


def test_the_default_shares_sum_to_one() -> None:
    assert sum(SHARES.values()) == pytest.approx(1)
