# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Loci of BED files against a plain loop, and tallies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_genomes import write_bed

from seqforge.data.genome.extraction import Extracted
from seqforge.data.genome.loci import Extent, Loci, Tally, gathered, named, placed
from seqforge.data.genome.selection import Thresholds, selected
from seqforge.errors import DataError

SIZES = {"chr2": 500, "chr1": 300}
BEFORE, WIDTH = 12, 25


@pytest.fixture
def made(tmp_path: Path) -> tuple[Loci, Loci, list, list]:
    draw = np.random.default_rng(3)
    rows = [(f"chr{draw.integers(1, 4)}", at, at + draw.integers(1, 40)) for at in draw.integers(0, 500, 300).tolist()]
    out = [(f"chr{draw.integers(1, 5)}", at, at + draw.integers(1, 9)) for at in draw.integers(0, 500, 20).tolist()]
    first, second = write_bed(tmp_path / "a.bed", rows[:100]), write_bed(tmp_path / "b.bed", rows[100:])
    return gathered([first, second]), gathered([write_bed(tmp_path / "x.bed", out)]), rows, out


def test_windows_of_loci(made):
    loci, excluded, rows, out = made
    reasons, kept = dict.fromkeys(("unknown chromosome", "chromosome edge", "exclusion_lists"), 0), []
    for number, (chrom, start, stop) in enumerate(rows):
        low = (start + stop) // 2 - BEFORE
        high = low + WIDTH
        if chrom not in SIZES:
            reasons["unknown chromosome"] += 1
        elif low < 0 or high > SIZES[chrom]:
            reasons["chromosome edge"] += 1
        elif any(chrom == name and first < high and last > low for name, first, last in out):
            reasons["exclusion_lists"] += 1
        else:
            kept.append(number)
    tally = Tally("training peaks", len(rows))
    found = placed(loci, np.arange(len(loci)), tally, Extent(SIZES, BEFORE, WIDTH), excluded)
    assert found.tolist() == kept
    assert tally.dropped == reasons
    assert min(reasons.values()) > 5
    assert tally.kept == len(kept)
    assert Tally.of(tally.row()) == tally


def test_regions_that_touch_a_window_do_not_meet_it(tmp_path: Path):
    loci = gathered([write_bed(tmp_path / "a.bed", [("chr1", 100, 101)])])  # the window is 88 to 113
    for out, free in (((80, 88), True), ((113, 120), True), ((80, 89), False), ((112, 113), False), ((0, 300), False)):
        excluded = gathered([write_bed(tmp_path / "x.bed", [("chr1", *out)])])
        assert Extent(SIZES, BEFORE, WIDTH).apart(loci, np.arange(1), excluded).tolist() == [free]


def test_chromosomes_and_their_numbers(made):
    loci, _, rows, _ = made
    names = [row[0] for row in rows]
    assert [loci.chromosomes[one] for one in loci.chrom] == names
    assert loci.on(["chr1", "chr3"]).tolist() == [n for n, name in enumerate(names) if name in ("chr1", "chr3")]
    assert loci.among(SIZES).tolist() == [{"chr2": 0, "chr1": 1}.get(name, -1) for name in names]
    counts = loci.counts(np.arange(len(loci)))
    assert counts == {name: names.count(name) for name in set(names)}
    assert list(counts.values()) == sorted(counts.values(), reverse=True)


def test_tallies_are_sentences():
    tally = Tally("negatives", 312)
    assert str(tally) == "negatives: 312 read, 312 kept"
    tally.drop("chromosome edge", 0)
    tally.drop("chromosome edge", 12)
    assert str(tally) == "negatives: 312 read, 12 dropped (12 chromosome edge), 300 kept"
    with pytest.raises(DataError) as raised:
        tally.drop("exclusion_lists", 300, "nothing else")
    message = "SF0714: all 312 negatives dropped: 300 in exclusion_lists, 12 in chromosome edge"
    assert str(raised.value) == f"{message}; exclusion_lists saw nothing else"
    assert named({f"chr{n}": n for n in range(7, 1, -1)}) == "chr7 (7), chr6 (6), chr5 (5), chr4 (4), chr3 (3), …"


class _Store:
    def __init__(self, totals: np.ndarray):
        self.others = {"totals": totals}


def test_thresholds_are_of_every_group():
    totals = np.array([[5, 50], [6, 9], [7, 60], [8, 70], [100, 60]], dtype=np.float64)
    rows = {"training": np.arange(5), "negatives": np.arange(2), "validation": np.arange(5)}
    tallies = {name: Tally(name, len(chosen)) for name, chosen in rows.items()}
    found = Extracted(_Store(totals), rows, tallies, ())
    limits = Thresholds(min_counts=6, max_counts=100, outlier_quantile=0.5, outlier_factor=2)
    left, seen = selected(found, limits, ["a", "b"])
    assert left["training"].tolist() == [1, 2, 3]  # the medians of what is left by then are 7.5 and 60
    assert left["validation"].tolist() == [1, 2, 3, 4]
    assert left["negatives"].tolist() == [0, 1]
    assert seen["training"].dropped == {"min_counts": 1, "outliers": 1}
    assert tallies["training"].dropped == {}
    assert selected(found, Thresholds(outlier_factor=0), ["a", "b"])[0]["training"].tolist() == [0, 1, 2, 3, 4]
