# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Files and groups of tracks as texts say them, and tracks that look like strands."""

from __future__ import annotations

import pytest

from seqforge.data.genome.chromosomes import Chromosomes, shared, split
from seqforge.data.genome.tracks import Paths, TrackGroups, grouped, listed, strand_pairs, written
from seqforge.parameters import Unfit


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("a.bw", (("a.bw",),)),
        ("plus.bw, minus.bw", (("plus.bw", "minus.bw"),)),
        ("a.bw; plus.bw,minus.bw", (("a.bw",), ("plus.bw", "minus.bw"))),
        ("plus.bw,\n   minus.bw", (("plus.bw", "minus.bw"),)),
        ("my track.bw", (("my track.bw",),)),
        ("('a.bw', 'b.bw')", (("a.bw",), ("b.bw",))),
        ("(('a.bw', 'b.bw'),)", (("a.bw", "b.bw"),)),
        ('["a.bw", ["b.bw", "c.bw"]]', (("a.bw",), ("b.bw", "c.bw"))),
        ("[a].bw", (("[a].bw",),)),
        (None, ()),
    ],
)
def test_groups(text: str | None, groups: tuple):
    assert grouped(text) == groups
    if text is not None:
        assert TrackGroups().check(text) == text
        assert grouped(written(groups)) == groups


def test_lists_from_python_are_groups():
    assert grouped(TrackGroups().check([["a.bw", "b.bw"], "c.bw"])) == (("a.bw", "b.bw"), ("c.bw",))
    assert listed(Paths().check(["a.bed", "b.bed"])) == ("a.bed", "b.bed")


@pytest.mark.parametrize("text", [",", "a.bw,", "a.bw;;b.bw", ";", "a.bw, a.bw", "a.bw; a.bw", "((),)"])
def test_what_names_no_tracks(text: str):
    with pytest.raises(Unfit, match="expected bigWig files"):
        TrackGroups().check(text)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("ctcf.plus.bw", "ctcf.minus.bw", True),
        ("ctcf_minus.bw", "ctcf_plus.bw", True),
        ("CTCF.Fwd.bigWig", "CTCF.Rev.bigWig", True),
        ("a+.bw", "a-.bw", True),
        ("s1_pos.bw", "s1_neg.bw", True),
        ("reads/forward.bw", "reads/reverse.bw", True),
        ("ctcf.plus.bw", "rad21.minus.bw", False),
        ("ctcf.plus.bw", "ctcf.plus2.bw", False),
        ("a.bw", "b.bw", False),
        ("plus1.bw", "minus2.bw", False),
    ],
)
def test_strands(one: str, other: str, alike: bool):
    assert list(strand_pairs(((one,), (other,)))) == ([(one, other)] if alike else [])
    assert list(strand_pairs(((one, other),))) == []


def test_chromosomes():
    assert split({"training": "chr1, chr2", "validation": None, "test": "chr8"}) == {
        "training": ("chr1", "chr2"), "validation": ("chr20",), "test": ("chr8",)
    }  # fmt: skip
    both = {"training": ("chr1", "chr2"), "validation": ("chr2",), "test": ("chr1",)}
    assert list(shared(both)) == [("chr2", "training", "validation"), ("chr1", "training", "test")]
    assert split({"training": "('1', '2')", "validation": "3", "test": "4"})["training"] == ("1", "2")
    for wrong in Chromosomes().bad_values():
        with pytest.raises(Unfit, match="expected chromosomes"):
            Chromosomes().check(wrong)
