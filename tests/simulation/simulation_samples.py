# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Small data definitions, made in Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seqforge.definitions.data import (
    AlphabetDistribution,
    Background,
    Condition,
    DataDefinition,
    DataSet,
    Example,
    PostProcessing,
    Rule,
    SequenceElement,
    SpacingConstraint,
)
from seqforge.definitions.tree import Node, Text

UNIFORM = dict.fromkeys("ACGT", 0.25)
ONLY_A = {"A": 1.0}
Position = str | int


def texts(*words: str) -> tuple[Text, ...]:
    return tuple(map(Text, words))


def rule(
    position: Position, *elements: str, chance: float = 1.0, pairs: Sequence[tuple[str, str, int, int, str]] = ()
) -> Rule:
    constraints = tuple(SpacingConstraint(Text(a), Text(b), low, high, order) for a, b, low, high, order in pairs)
    return Rule(position, chance, texts(*elements), constraints)


def condition(cid: str, *rules: Rule, mode: str = "sequential") -> Condition:
    return Condition(Text(cid), Text(cid), Text(""), mode, rules)


def kmers(sid: str, *words: str, **chances: float) -> SequenceElement:
    weights = chances or dict.fromkeys(words, 1 / len(words))
    return SequenceElement(Text(sid), kmers={Text(word): chance for word, chance in weights.items()})


def matrix(sid: str, *positions: Mapping[str, float]) -> SequenceElement:
    return SequenceElement(Text(sid), positions=tuple(dict(one) for one in positions))


def alphabet(letters: Mapping[str, float], setname: str | None = None, cid: str | None = None) -> AlphabetDistribution:
    return AlphabetDistribution(dict(letters), setname and Text(setname), cid and Text(cid))


def shuffle(k: int, labels: str = "bg") -> PostProcessing:
    return PostProcessing(Text("kmer-frequency-preserving-shuffle"), Text(labels), k)


def definition(
    conditions: Sequence[Condition],
    elements: Sequence[SequenceElement] = (),
    examples: Sequence[tuple[int, Sequence[str]]] | None = None,
    *,
    others: Sequence[tuple[int, Sequence[str]]] | None = None,
    lengths: tuple[int, int] = (20, 20),
    alphabets: Sequence[AlphabetDistribution] = (AlphabetDistribution(UNIFORM),),
    steps: Sequence[PostProcessing] = (),
    space: str = "DNA",
    seed: int = 1,
) -> DataDefinition:
    """`examples` are those of the training set, `others` those of validation and test (samples, conditions)."""
    drawn = examples or [(100, [str(one.id)]) for one in conditions]
    several = any(len(cids) != 1 for _, cids in drawn)

    def filled(name: str, content: Sequence[tuple[int, Sequence[str]]]) -> DataSet:
        return DataSet(Text(name), tuple(Example(samples, texts(*cids)) for samples, cids in content))

    rest = others or [(5, cids) for _, cids in drawn]
    return DataDefinition(
        id=Text("sample"),
        name=Text(""),
        description=Text(""),
        task=Text("multi-label classification" if several else "multi-class classification"),
        sequencespace=Text(space),
        seed=seed,
        background=Background(*lengths, tuple(alphabets)),
        sets=(filled("training", drawn), filled("validation", rest), filled("test", rest)),
        postprocessing=tuple(steps),
        conditions=tuple(conditions),
        elements=tuple(elements),
        tree=Node("seqgradata"),
    )
