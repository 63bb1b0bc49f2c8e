# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Counts, bytes and refusals of the simulator."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from simulation_samples import ONLY_A, UNIFORM, alphabet, condition, definition, kmers, matrix, rule, shuffle

from seqforge.data.encodings import DNA
from seqforge.errors import DataError, DefinitionError
from seqforge.simulation import Chunk, Simulator, codes, count, simulate
from seqforge.simulation.tables import Letters

SHARP = {"A": 0.9, "C": 0.1}
MIXED = definition(
    [
        condition("c1", rule("random", "m", chance=0.8), rule("end", "k")),
        condition("c2", rule("random", "m", "k", pairs=[("k", "m", 1, 30, "random")])),
        condition("c3", rule("start", "m", chance=0.4), rule(5, "k", chance=0.5), mode="mutually exclusive"),
    ],
    [matrix("m", SHARP, {"G": 1.0}, UNIFORM), kmers("k", "ACGT", "TT")],
    [(50, ["c1"]), (30, ["c2", "c3"]), (20, [])],
    others=[(7, ["c1"])],
    lengths=(20, 31),
    alphabets=[alphabet(UNIFORM), alphabet({"A": 1, "T": 3}, "training"), alphabet({"G": 1}, "training", "c3")],
    steps=[shuffle(2), shuffle(1, "c2|c3")],
)


def same(first: Chunk, second: Chunk) -> bool:
    return first.labels == second.labels and all(
        np.array_equal(getattr(first, name), getattr(second, name)) for name in ("codes", "lengths", "covered")
    )


def joined(chunks: list[Chunk]) -> Chunk:
    columns = [
        np.concatenate([getattr(one, name) for one in chunks]) for name in ("codes", "lengths", "covered", "label")
    ]
    return Chunk(0, *columns, chunks[0].names, sum(one.overwritten for one in chunks))


def test_counts_are_exact():
    assert count(MIXED, "training") == 400
    assert count(MIXED, "test") == 28
    expected = {"c1": 50, "c2|c3": 30 + 200, "": 20, "bg": 100}
    assert Counter(simulate(MIXED, "training").labels) == expected


def test_rows_are_shuffled():
    labels = simulate(
        definition([condition("c1", rule("start", "k")), condition("c2", rule("start", "k"))], [kmers("k", "A")]),
        "training",
    ).labels
    assert sorted(labels) != list(labels)
    assert 20 < labels[:100].count("c1") < 80


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_bytes_do_not_depend_on_the_chunk_size(size: int):
    whole = simulate(MIXED, "training")
    parts = joined(list(Simulator(MIXED).chunks("training", size)))
    assert same(whole, parts)
    assert whole.overwritten == parts.overwritten > 0


def test_any_part_can_be_drawn_alone():
    whole, part = simulate(MIXED, "training"), simulate(MIXED, "training", 95, 203)
    assert part.start == 95
    assert np.array_equal(whole.codes[95:203], part.codes)
    assert whole.labels[95:203] == part.labels
    assert len(simulate(MIXED, "training", 400, 500)) == 0
    assert len(simulate(MIXED, "training", 390, 500)) == 10


def test_other_seed_other_bytes():
    assert not np.array_equal(simulate(MIXED, "training").codes, simulate(replace(MIXED, seed=2), "training").codes)


def test_sets_do_not_influence_one_another():
    more = replace(MIXED, sets=(replace(MIXED.sets[0], examples=MIXED.sets[0].examples[:1]), *MIXED.sets[1:]))
    assert same(simulate(MIXED, "test"), simulate(more, "test"))
    assert not np.array_equal(simulate(MIXED, "validation").codes, simulate(MIXED, "test").codes)


def test_codes_lengths_and_annotation_fit():
    drawn = simulate(MIXED, "training")
    inside = np.arange(31) < drawn.lengths[:, None]
    assert drawn.codes.dtype == np.uint8
    assert (drawn.codes[inside] < 4).all()
    assert (drawn.codes[~inside] == 4).all()
    assert not drawn.covered[~inside].any()
    assert set(drawn.lengths) == set(range(20, 32))
    made = np.array(drawn.labels) == "bg"
    assert not drawn.covered[made].any()
    arrays = codes(MIXED, "training")
    assert np.array_equal(arrays[0], drawn.codes)
    assert np.array_equal(arrays[1], drawn.lengths)
    assert arrays[2] == drawn.labels


def test_annotation_marks_what_was_placed():
    placed = definition(
        [condition("c1", rule("random", "k"))], [kmers("k", "CCC")], lengths=(9, 9), alphabets=[alphabet(ONLY_A)]
    )
    drawn = simulate(placed, "training")
    assert np.array_equal(drawn.covered, drawn.codes == DNA.encode("C")[0])
    assert (drawn.covered.sum(axis=1) == 3).all()


def test_overwritten_letters_are_counted():
    over = definition([condition("c1", rule("start", "a"), rule("start", "b"))], [kmers("a", "CCC"), kmers("b", "GG")])
    drawn = simulate(over, "training")
    assert drawn.overwritten == 2 * len(drawn)
    assert {DNA.decode(row[:3]) for row in drawn.codes} == {"GGC"}


def test_shuffled_rows_follow_their_sources():
    """One operation doubles a set, the second doubles it again: row n + i comes from row i."""
    drawn = simulate(MIXED, "training")
    for first, second in ((0, 100), (0, 200), (100, 300)):
        counts = [np.sort(drawn.codes[start : start + 100], axis=1) for start in (first, second)]
        assert np.array_equal(*counts)
        assert not np.array_equal(drawn.codes[first : first + 100], drawn.codes[second : second + 100])


def test_letter_of_probability_zero_never_occurs():
    letters = Letters.of([{"A": 1.0}, {"A": 0.5, "G": 0.5}, {"C": 1.0}], DNA)
    extreme = np.array([[0, 1, 2**31 - 1, 2**31, 2**32 - 2, 2**32 - 1]], dtype=np.uint32)
    drawn = [DNA.decode(letters.codes(extreme, np.array([[row]]))[0]) for row in range(3)]
    assert drawn == ["AAAAAA", "AAAGGG", "CCCCCC"]


def test_a_definition_that_cannot_be_simulated_is_refused():
    wrong = definition([condition("c1", rule(18, "k"))], [kmers("k", "ACGT")])
    with pytest.raises(DefinitionError, match="SF0616: an element of length 4 at position 18"):
        Simulator(wrong)


def test_a_sequence_too_short_for_its_element_ends_the_simulation():
    short = definition([condition("c1", rule("random", "k"))], [kmers("k", "ACGTACGT")], lengths=(6, 9))
    with pytest.raises(
        DataError, match=r"sequence \d+ is too short for elements k at position random; raise minlength"
    ):
        simulate(short, "training")


def test_unknown_set_is_refused():
    with pytest.raises(DataError, match="unknown set 'train'; did you mean 'training'"):
        simulate(MIXED, "train")
