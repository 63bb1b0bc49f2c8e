# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The vectorised simulator and the reference draw from the same distributions: features of their rows are compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from typing import NamedTuple

import numpy as np
import pytest
import reference
from reference import Row
from scipy.stats import chi2_contingency, chisquare, kstest
from simulation_samples import (
    ONLY_A,
    UNIFORM,
    alphabet,
    condition,
    definition,
    kmers,
    matrix,
    rule,
    shuffle,
)

from seqforge.definitions.data import DataDefinition
from seqforge.simulation import Chunk, Simulator, simulate

pytestmark = pytest.mark.slow

ROWS = 4000
NAMED = {"A": 0.4, "C": 0.3, "G": 0.2, "T": 0.1}
AMINO = {letter: weight for weight, letter in enumerate("ARNDCEQGHILKMFPSTWYV", 1)}
PAIR = (kmers("x", "CC"), kmers("y", "GGG"))


def rows(chunk: Chunk, definition: DataDefinition) -> list[Row]:
    """A chunk as the reference gives it."""
    space = Simulator(definition).alphabet
    parts = zip(chunk.codes, chunk.covered, chunk.lengths, chunk.labels, strict=True)
    return [
        Row(space.decode(codes[:length]), "".join("_G"[int(one)] for one in covered[:length]), label)
        for codes, covered, length, label in parts
    ]


class Case(NamedTuple):
    definition: DataDefinition
    feature: Callable[[Row], Hashable]


def _one(*rules, elements=PAIR, mode="sequential", **options) -> DataDefinition:
    return definition([condition("c1", *rules, mode=mode)], elements, [(ROWS, ["c1"])], **options)


def _on_a(*rules, lengths=(12, 12), **options) -> DataDefinition:
    """A background of A alone shows exactly what was placed where."""
    return _one(*rules, lengths=lengths, alphabets=[alphabet(ONLY_A)], **options)


def _paired(position, least, most, order, **options) -> DataDefinition:
    return _on_a(rule(position, "x", "y", pairs=[("x", "y", least, most, order)]), **options)


def _whole(word, *steps) -> DataDefinition:
    """Every row is `word`: what is shuffled is no chance, so that shuffled rows are independent."""
    return _one(rule("start", "w"), elements=[kmers("w", word)], lengths=(len(word), len(word)), steps=steps)


PRECEDENCE = definition(
    [condition(cid, rule("end", "x")) for cid in ("c1", "c2", "c3", "c4")],
    PAIR,
    [(ROWS // 2, ["c1", "c2"]), (ROWS // 2, ["c2", "c3"]), (ROWS // 4, []), (ROWS // 4, ["c4"])],
    lengths=(4, 4),
    alphabets=[
        alphabet({"A": 1.0}, cid="c1"),
        alphabet({"C": 1.0}, "training", "c2"),
        alphabet({"G": 1.0}, "test"),
        alphabet({"T": 0.5, "A": 0.5}, cid="c3"),
        alphabet({"T": 0.75, "C": 0.25}),
        alphabet({"T": 0.5, "C": 0.5}),
    ],
)
ANY_ALPHABET = definition(
    [condition("c1", rule("start", "x"))],
    PAIR,
    [(ROWS, []), (ROWS // 10, ["c1"])],
    alphabets=[alphabet({letter: 1.0}, cid=cid) for letter, cid in zip("ACG", ("c1", "c1", "c1"), strict=True)],
)
OVER = definition(
    [
        condition("c1", rule("start", "x", chance=0.7)),
        condition("c2", rule("start", "y", chance=0.6)),
        condition("c3", rule(2, "z")),
    ],
    [*PAIR, kmers("z", "TT")],
    [(ROWS, ["c1", "c2", "c3"]), (ROWS // 2, ["c3", "c1"])],
    lengths=(5, 5),
    alphabets=[alphabet(ONLY_A)],
)
CASES = {
    "letters": Case(
        _one(rule("start", "x"), lengths=(9, 9), alphabets=[alphabet(NAMED)]), lambda row: row.sequence[2:5]
    ),
    "protein letters": Case(
        _one(rule("start", "x"), lengths=(3, 3), alphabets=[alphabet(AMINO)], space="protein"),
        lambda row: row.sequence[2],
    ),
    "RNA letters": Case(
        _one(rule("start", "x"), lengths=(4, 4), alphabets=[alphabet({"A": 1, "U": 2})], space="RNA"),
        lambda row: row.sequence[2:],
    ),
    "lengths": Case(_one(rule("start", "x"), lengths=(5, 14)), lambda row: len(row.sequence)),
    "random position": Case(_on_a(rule("random", "y"), lengths=(10, 12)), lambda row: row.sequence),
    "start": Case(_on_a(rule("start", "y")), lambda row: row.sequence),
    "end": Case(_on_a(rule("end", "y"), lengths=(6, 9)), lambda row: row.sequence),
    "center": Case(_on_a(rule("center", "y"), lengths=(6, 9)), lambda row: row.sequence),
    "number": Case(_on_a(rule(3, "y"), lengths=(6, 9)), lambda row: row.sequence),
    "several elements": Case(_on_a(rule("random", "x", "y")), lambda row: (row.sequence, row.annotation)),
    "sequential": Case(
        _on_a(rule("start", "x", chance=0.3), rule("end", "y", chance=0.8)), lambda row: (row.sequence, row.annotation)
    ),
    "mutually exclusive": Case(
        _on_a(rule("start", "x", chance=0.5), rule("end", "y", chance=0.2), mode="mutually exclusive"),
        lambda row: row.sequence,
    ),
    "exclusive and certain": Case(
        _on_a(rule("start", "x", chance=0.6), rule("end", "y", chance=0.4), mode="mutually exclusive"),
        lambda row: row.sequence,
    ),
    "pair in order": Case(_paired("random", 1, 4, "in-order"), lambda row: row.sequence),
    "pair in random order": Case(_paired("random", 0, 3, "random"), lambda row: row.sequence),
    "pair with clipped distance": Case(_paired("random", 2, 900, "random", lengths=(11, 13)), lambda row: row.sequence),
    "pair at the start": Case(_paired("start", 2, 5, "random"), lambda row: row.sequence),
    "pair at the end": Case(_paired("end", 0, 90, "in-order"), lambda row: row.sequence),
    "pair at a number": Case(_paired(3, 1, 90, "random"), lambda row: row.sequence),
    "pair in the center": Case(_paired("center", 1, 4, "random", lengths=(10, 13)), lambda row: row.sequence),
    "pair beside another element": Case(
        _on_a(rule("random", "x", "y", "z", pairs=[("x", "z", 1, 2, "random")]), elements=(*PAIR, kmers("z", "T"))),
        lambda row: row.sequence,
    ),
    "matrix": Case(
        _one(
            rule("start", "m"),
            elements=[matrix("m", NAMED, {"G": 1.0}, {"A": 0.5, "T": 0.5}, {"C": 2.0, "G": 6.0})],
        ),
        lambda row: row.sequence[:4],
    ),
    "k-mers of several lengths": Case(
        _on_a(rule("random", "k"), elements=[kmers("k", C=0.5, GG=0.3, TTT=0.2)], lengths=(6, 6)),
        lambda row: row.sequence,
    ),
    "background precedence": Case(PRECEDENCE, lambda row: (row.label, row.sequence[:2])),
    "any background without a condition": Case(ANY_ALPHABET, lambda row: (row.label, row.sequence[-1])),
    "order of conditions": Case(OVER, lambda row: (row.label, row.sequence, row.annotation)),
    "shuffled letters": Case(_whole("ACCGT", shuffle(1)), lambda row: (row.label, row.annotation, row.sequence)),
    "shuffled pairs": Case(_whole("AACCACAACA", shuffle(2)), lambda row: (row.label, row.sequence)),
    "shuffled triplets": Case(_whole("ACACCACCACACAACCA", shuffle(3)), lambda row: (row.label, row.sequence)),
    "shuffled twice": Case(_whole("AACCAC", shuffle(2), shuffle(1, "n")), lambda row: (row.label, row.sequence)),
}


def same_distribution(first: Counter, second: Counter) -> float:
    """The p-value that two samples of a feature agree; rare values count together."""
    values = sorted({*first, *second}, key=lambda value: -(first[value] + second[value]))
    total = sum(first.values()) + sum(second.values())
    common = [value for value in values if (first[value] + second[value]) >= max(20, total / 2000)]
    table = np.array([[sample[value] for value in common] for sample in (first, second)])
    rest = [sum(sample.values()) - row.sum() for sample, row in zip((first, second), table, strict=True)]
    if sum(rest) >= 20:
        table = np.column_stack([table, rest])
    return 1.0 if table.shape[1] == 1 else float(chi2_contingency(table).pvalue)


@pytest.mark.parametrize("name", CASES)
def test_distribution_is_that_of_the_reference(name: str):
    case = CASES[name]
    ours = rows(simulate(case.definition, "training"), case.definition)
    theirs = reference.simulate(case.definition, "training", seed=3)
    assert Counter(row.label for row in ours) == Counter(row.label for row in theirs)
    assert {len(row.sequence) for row in ours} == {len(row.sequence) for row in theirs}
    assert all(len(row.sequence) == len(row.annotation) for row in ours)
    assert same_distribution(Counter(map(case.feature, ours)), Counter(map(case.feature, theirs))) > 1e-3


def test_comparison_sees_a_small_difference():
    wrong = _paired("random", 1, 5, "in-order")
    case = CASES["pair in order"]
    ours = rows(simulate(case.definition, "training"), case.definition)
    assert (
        same_distribution(
            Counter(map(case.feature, ours)), Counter(map(case.feature, reference.simulate(wrong, "training")))
        )
        < 1e-6
    )


def test_letters_have_their_probabilities():
    drawn = simulate(
        _one(rule("start", "x", chance=0.001), lengths=(500, 500), alphabets=[alphabet(NAMED)]), "training"
    )
    counts = np.bincount(drawn.codes.reshape(-1), minlength=4)
    assert chisquare(counts, np.array(list(NAMED.values())) * drawn.codes.size).pvalue > 1e-3


def test_positions_are_uniform():
    drawn = simulate(_on_a(rule("random", "x"), lengths=(5000, 5000)), "training")
    starts = drawn.covered.argmax(axis=1)
    assert kstest(starts / 4999, "uniform").pvalue > 1e-3


def test_lengths_are_uniform():
    drawn = simulate(_one(rule("start", "x"), lengths=(50, 1049)), "training")
    assert (drawn.lengths.min(), drawn.lengths.max()) >= (50, 1000)
    assert kstest((drawn.lengths - 50) / 1000, "uniform").pvalue > 1e-3


def test_neighbouring_letters_and_rows_are_independent():
    drawn = simulate(
        _one(rule("start", "x", chance=0.001), lengths=(400, 400), alphabets=[alphabet(UNIFORM)]), "training"
    )
    for shifted in (drawn.codes[:, 1:], drawn.codes[1:, :-1]):
        first = drawn.codes[: len(shifted), : shifted.shape[1]].astype(int)
        counts = np.bincount((4 * first + shifted).reshape(-1), minlength=16)
        assert chisquare(counts).pvalue > 1e-3


def test_precedence_of_alphabets_is_exact_set_condition_global():
    drawn = rows(simulate(PRECEDENCE, "training"), PRECEDENCE)
    seen = {label: {row.sequence[0] for row in drawn if row.label == label} for label in {row.label for row in drawn}}
    assert seen == {"c1|c2": {"A", "C"}, "c2|c3": {"C", "A", "T"}, "": {"T", "C"}, "c4": {"T", "C"}}
    test = rows(simulate(PRECEDENCE, "test"), PRECEDENCE)
    assert {row.sequence[0] for row in test} == {"G"}
