# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Mistakes in the structure, each with its sentence."""

from __future__ import annotations

import itertools

import pytest
from definition_samples import ALL, DATA, MODEL
from hypothesis import given
from hypothesis import strategies as st

from seqforge.definitions.language import ROOTS
from seqforge.definitions.reader import parse, read
from seqforge.definitions.structure import _longest_ascending, check


def messages(text: str) -> list[str]:
    return [f"{problem.id}: {problem.sentence}" for problem in read(text.encode())[1] if problem.severity == "error"]


def cut(text: str, start: str, end: str) -> str:
    """`text` without what stands from `start` to `end`."""
    before, rest = text.split(start, 1)
    return before + rest.split(end, 1)[1]


@pytest.mark.parametrize("name", ALL)
def test_the_samples_are_sound(name: str) -> None:
    tree = parse(ALL[name].encode())
    assert check(tree) == []


def test_the_samples_use_every_element() -> None:
    used = {node.tag for text in ALL.values() for node in parse(text.encode()).walk()}
    known = {element.tag for root in ROOTS.values() for element in root.walk()}
    assert known - used <= {"implementation", "pattern", "external"}


MISTAKES = {
    "unknown element": (
        MODEL.replace("<seed>1</seed>", "<seeed>1</seeed>"),
        [
            "SF0104: 'general' has no element 'seeed'; did you mean 'seed'?",
        ],
    ),
    "element of another place": (
        MODEL.replace("<loss>", "<loss><seed>1</seed>"),
        ["SF0104: 'seed' does not belong in 'loss'; it belongs in 'general'"],
    ),
    "element in a text": (
        MODEL.replace(">DNA<", "><b>DNA</b><"),
        ["SF0110: sequencespace is empty; expected a name", "SF0104: 'sequencespace' holds no elements, received 'b'"],
    ),
    "wrong case": (
        MODEL.replace("<task>", "<Task>").replace("</task>", "</Task>"),
        [
            "SF0104: 'general' has no element 'Task'; did you mean 'task'?",
        ],
    ),
    "unknown attribute": (
        MODEL.replace('general id="', 'general lang="en" id="'),
        ["SF0105: 'general' has no attribute 'lang'; expected 'id'"],
    ),
    "misspelt attribute": (
        MODEL.replace('run="runs/a"', 'runs="runs/a"'),
        ["SF0105: 'part' has no attribute 'runs'; did you mean 'run'?"],
    ),
    "missing attribute": (
        MODEL.replace(' id="torch-mc2-dna20-all-s1"', ""),
        ["SF0107: 'general' needs the attribute id=\"…\""],
    ),
    "unfit id": (
        MODEL.replace('id="torch-', 'id="töpf '),
        ["SF0111: general id: expected letters, digits, '_' or '-', received 'töpf mc2-dna20-all-s1'"],
    ),
    "missing section": (
        cut(MODEL, "<architecture>", "</architecture>"),
        ["SF0106: 'seqgramodel' lacks 'architecture'; put it after 'general'"],
    ),
    "empty architecture": (
        cut(MODEL, "<sequential>", "</part>" if "</part>" in MODEL else 'freeze="True"/>'),
        ["SF0106: 'architecture' lacks 'sequential' or 'external'; put it first in 'architecture'"],
    ),
    "no layers": (
        MODEL.replace(MODEL[MODEL.index("<operation ") : MODEL.index("</sequential>")], ""),
        ["SF0106: 'sequential' is empty; it needs 'operation'"],
    ),
    "empty operation": (
        MODEL.replace(">Flatten<", "><"),
        ["SF0110: operation is empty; expected a name"],
    ),
    "empty hyper-parameter": (
        MODEL.replace(">1e-3<", "> <!-- 1e-3 --> <"),
        ["SF0110: hyperparameter 'learning_rate' is empty; write a value or remove it"],
    ),
    "repeated section": (
        MODEL.replace("<optimizer parameters=", "<loss/><optimizer parameters=", 1),
        ["SF0109: 'loss' is given twice (lines 27 and 30); keep one"],
    ),
    "two architectures": (
        MODEL.replace("<hyperparameters>", '<external format="seqforge" classname="Basset"/><hyperparameters>', 1),
        ["SF0113: 'architecture' holds 'sequential' and 'external'; keep one of them"],
    ),
    "wrong order": (
        MODEL.replace("        <seed>1</seed>\n", "").replace("        <labels>", "        <seed>1</seed><labels>"),
        [
            "SF0108: 'seed' stands in the wrong place in 'general'; the order is name, description, task, "
            "sequencespace, library, implementation, inputencoding, labels/heads, seed"
        ],
    ),
    "stray text": (
        MODEL.replace("<optimizer", "Adam <optimizer", 1),
        ["SF0112: 'seqgramodel' holds elements only, received the text 'Adam'"],
    ),
    "newer language": (
        MODEL.replace('version="1"', 'version="2"'),
        ["SF0114: language version 2 is newer than this SeqForge reads (1); update SeqForge"],
    ),
    "unfit version": (
        MODEL.replace('version="1"', 'version="one"'),
        ["SF0111: seqgramodel version: expected an integer ≥ 1, received 'one'"],
    ),
    "unfit seed": (
        MODEL.replace("<seed>1<", "<seed>1.5<"),
        ["SF0111: seed: expected an integer from 0 to 4294967295, received 1.5"],
    ),
    "a text for a list": (
        cut(MODEL.replace("</labels>", "</labels>c1</labels>"), "<label>", "</labels>"),
        ["SF0112: 'labels' holds elements only, received the text 'c1'; it needs 'label' or 'pattern'"],
    ),
    "default namespace": (
        MODEL.replace('version="1"', 'xmlns="http://example.org"'),
        ["SF0105: 'seqgramodel' has no namespace; remove xmlns"],
    ),
    "misspelt word": (
        DATA.replace("in-order", "inorder"),
        [
            "SF0111: spacingconstraint order: expected one of random, in-order, received 'inorder'; "
            "did you mean 'in-order'?"
        ],
    ),
    "position 0": (
        DATA.replace("<position>5<", "<position>0<"),
        ["SF0111: position: expected random, start, center, end or a position ≥ 1, received 0"],
    ),
    "empty position": (
        DATA.replace("<position>5<", "<position><"),
        ["SF0110: position is empty; expected random, start, center, end or a position ≥ 1"],
    ),
    "probability 0 of a rule": (
        DATA.replace("<probability>1.0<", "<probability>0<"),
        ["SF0111: probability: expected a number > 0 and ≤ 1, received 0"],
    ),
    "NaN": (
        DATA.replace('probability="1"', 'probability="nan"', 1),
        ["SF0111: letter probability: expected a number ≥ 0 and ≤ 1, received nan"],
    ),
    "unknown condition": (
        DATA.replace('conditionref cid="c2"', 'conditionref cid="C2"', 1),
        ["SF0116: unknown condition 'C2'; did you mean 'c2'?"],
    ),
    "unknown element of a constraint": (
        DATA.replace('sid2="e2"', 'sid2="e9"'),
        ["SF0116: unknown sequence element 'e9'; expected one of e1, e2"],
    ),
    "id twice": (
        DATA.replace('condition id="c2"', 'condition id="c1"').replace('cid="c2"', 'cid="c1"'),
        ["SF0115: condition 'c1' occurs twice (lines 51 and 69); rename one"],
    ),
    "set twice": (
        DATA.replace('set name="test"', 'set name="training"'),
        ["SF0115: set 'training' occurs twice (lines 27 and 40); rename one"],
    ),
    "unknown set": (
        DATA.replace('set name="test"', 'set name="tests"'),
        ["SF0111: set name: expected one of training, validation, test, received 'tests'; did you mean 'test'?"],
    ),
    "two sets": (
        cut(DATA, '<set name="test">', "</set>"),
        ["SF0106: 'sets' needs 3 'set', received 2"],
    ),
    "unknown operation": (
        DATA.replace("kmer-frequency-preserving-shuffle", "shuffle"),
        ["SF0111: operation: expected kmer-frequency-preserving-shuffle, received 'shuffle'"],
    ),
    "unknown attribute of an operation": (
        DATA.replace('k="2"', 'kk="2"'),
        ["SF0105: 'operation' has no attribute 'kk'; did you mean 'k'?"],
    ),
    "no k-mers": (
        cut(DATA, "<kmer ", "TTTT</kmer>"),
        ["SF0106: 'kmerbased' is empty; it needs 'kmer'"],
    ),
    "constraint without order": (
        DATA.replace(' order="in-order"', ""),
        ["SF0107: 'spacingconstraint' needs the attribute order=\"…\""],
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_have_their_sentence(name: str) -> None:
    text, expected = MISTAKES[name]
    assert messages(text) == expected


def test_all_mistakes_come_at_once_sorted_by_line() -> None:
    text = MODEL.replace(">1e-3<", "><").replace("<seed>1<", "<seed>x<").replace("<loss>", '<loss kind="x">')
    problems = [problem for problem in read(text.encode())[1] if problem.id.startswith("SF01")]
    assert [problem.id for problem in problems] == ["SF0111", "SF0105", "SF0110"]
    assert [problem.place.line for problem in problems] == [14, 27, 32]


def test_schema_addresses_are_accepted_under_any_prefix() -> None:
    space = (
        'xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:noNamespaceSchemaLocation="https://example.org/x.xsd"'
    )
    assert messages(MODEL.replace('version="1"', space)) == []
    assert messages(MODEL.replace('version="1"', 'xsi:noNamespaceSchemaLocation="x"')) == [
        "SF0105: 'seqgramodel' has no attribute 'xsi:noNamespaceSchemaLocation'; expected 'version'"
    ]


@given(st.lists(st.integers(0, 5), max_size=9))
def test_the_fewest_elements_are_called_misplaced(numbers: list[int]) -> None:
    kept = [numbers[index] for index in sorted(_longest_ascending(numbers))]
    assert kept == sorted(kept)
    runs = (run for size in range(len(numbers) + 1) for run in itertools.combinations(numbers, size))
    assert len(kept) == max((len(run) for run in runs if list(run) == sorted(run)), default=0)


def test_a_file_of_nothing_but_mistakes_is_answered_shortly() -> None:
    elements = messages(f"<seqgramodel>{'<a/>' * 20_000}</seqgramodel>")
    many = " ".join(f'a{number}="1"' for number in range(20_000))
    attributes = messages(f"<seqgramodel {many}/>")
    ending = "SF0118: there are more than 1000 problems, the others are not listed; mend these first"
    for found in (elements, attributes):
        assert len(found) == 1001
        assert ending in found
