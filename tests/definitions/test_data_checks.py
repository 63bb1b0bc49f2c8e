# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What is wrong, or probably not meant, in a data definition: each mistake is put into a sound one."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from definition_samples import DATA

from seqforge.definitions.catalogue import CATALOGUE
from seqforge.definitions.reader import read_data

RULE = '<sequenceelementref sid="e1"/>\n                        <sequenceelementref sid="e2"/>'
CONSTRAINT = '<spacingconstraint sid1="e1" sid2="e2" mindistance="1" maxdistance="5" order="in-order"/>'
GLOBAL = DATA[
    DATA.index("            <alphabetdistribution>") : DATA.index("            <alphabetdistribution setname")
]
EXACT = DATA[DATA.index("            <alphabetdistribution setname") : DATA.index("        </alphabetdistributions>")]
FIRST = '<conditionref cid="c1"/>'
Edits = Sequence[tuple[str, str]]


def read(edits: Edits) -> tuple[str, list[str]]:
    """The edited definition and its problems as lines."""
    text = DATA
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text, [str(one) for one in read_data(text.encode())[1]]


def problems(*edits: tuple[str, str]) -> list[str]:
    return read(edits)[1]


UNCONSTRAINED = [(CONSTRAINT, ""), ("<spacingconstraints>", ""), ("</spacingconstraints>", "")]
SECOND_RULE = """<rule><position>1</position><probability>0.5</probability>
    <sequenceelementrefs><sequenceelementref sid="e2"/></sequenceelementrefs></rule>"""
UNUSED = """<condition id="c9"><label/><description/><grammar>
    <rule><position>end</position><probability>1</probability>
    <sequenceelementrefs><sequenceelementref sid="e1"/></sequenceelementrefs></rule></grammar></condition>"""
UNUSED_ELEMENT = '<sequenceelement id="e9"><kmerbased><kmer probability="1">A</kmer></kmerbased></sequenceelement>'
EXCLUSIVE = [
    ("<probability>1.0", "<probability>0.6"),
    (
        "<label>two</label>\n            <description/>",
        "<label>two</label><description/><mode>mutually exclusive</mode>",
    ),
    ("<rule>\n                    <position>5", SECOND_RULE + "<rule>\n                    <position>5"),
]
SHORT = [("<minlength>20", "<minlength>6"), (">TTTT<", ">TTTTTTT<"), (RULE, '<sequenceelementref sid="e1"/>')]

# edits, what stands in the line of the problem, the problem
CASES: dict[str, tuple[Edits, str, str]] = {
    "regression": (
        [("multi-class classification", "regression")],
        "<task>",
        "SF0601: task 'regression' cannot be simulated; "
        "expected multi-class classification or multi-label classification",
    ),
    "unknown task": (
        [("multi-class classification", "multiclass")],
        "<task>",
        "SF0151: unknown task 'multiclass'; did you mean 'multi-class classification'?",
    ),
    "unknown space": (
        [(">DNA<", ">dna2<")],
        "dna2",
        "SF0152: unknown sequencespace 'dna2'; expected DNA, RNA, protein",
    ),
    "lengths": (
        [("<maxlength>20", "<maxlength>19")],
        "<background>",
        "SF0602: minlength 20 is greater than maxlength 19; exchange them",
    ),
    "letter": (
        [('"1">T', '"1">B')],
        ">B<",
        "SF0603: 'B' of position 2 of sequence element 'e2' is no letter of DNA; expected A, C, G, T",
    ),
    "long letter": (
        [('"1">T', '"1">TT')],
        ">TT<",
        "SF0603: 'TT' of position 2 of sequence element 'e2' is no letter of DNA; expected A, C, G, T",
    ),
    "k-mer": (
        [(">ACGT<", ">ACGX<")],
        ">ACGX<",
        "SF0603: 'X' in 'ACGX' of sequence element 'e1' is no letter of DNA; expected A, C, G, T",
    ),
    "letter twice": (
        [('".25">C', '".25">A')],
        '".25">A',
        "SF0604: letter 'A' occurs twice (lines a and b); keep one",
    ),
    "letter in two spellings": (
        [('".25">C', '".25">U')],
        '"0.250">T',
        "SF0604: 'T' of the alphabet distribution is the same as 'U'; keep one",
    ),
    "all zero": (
        [('"1">T', '"0">T')],
        '"0">T',
        "SF0605: the probabilities of position 2 of sequence element 'e2' are all 0; give at least one a chance",
    ),
    "odd sum": (
        [('"1">T', '"0.9">T')],
        '"0.9">T',
        "SF0606: warning: the probabilities of position 2 of sequence element 'e2' sum up to 0.9; "
        "they are divided by it",
    ),
    "no background": (
        [(GLOBAL, "")],
        'cid="c2"',
        "SF0607: no alphabet distribution holds for condition 'c2' in set 'training'; "
        "add one without setname and cid for all others",
    ),
    "background twice": (
        [(GLOBAL, GLOBAL + GLOBAL)],
        "<alphabetdistribution>",
        "SF0608: warning: two alphabet distributions hold for all sets and conditions (lines a and b); "
        "the last one is used; keep one",
    ),
    "exact background twice": (
        [(EXACT, EXACT + EXACT)],
        '<alphabetdistribution setname="training" cid="c1">',
        "SF0608: two alphabet distributions hold for set 'training' and condition 'c1' (lines a and b); keep one",
    ),
    "unused condition": (
        [("</conditions>", UNUSED + "</conditions>")],
        'id="c9"',
        "SF0609: warning: no example has the condition 'c9'",
    ),
    "unused element": (
        [("</sequenceelements>", UNUSED_ELEMENT + "</sequenceelements>")],
        'id="e9"',
        "SF0609: warning: no rule places the sequence element 'e9'",
    ),
    "condition twice": (
        [(FIRST, FIRST + FIRST)],
        FIRST + FIRST,
        "SF0610: an example of set 'training' names condition 'c1' 2 times; keep one reference",
    ),
    "no condition": (
        [(FIRST, "")],
        '<example samples="10">',
        "SF0611: warning: an example of set 'training' names no conditions, but the task is multi-class classification"
        "; name exactly one, or make the task multi-label classification",
    ),
    "two conditions": (
        [(FIRST, FIRST + '<conditionref cid="c2"/>')],
        '<example samples="10">',
        "SF0611: warning: an example of set 'training' names 2 conditions, but the task is multi-class classification; "
        "name exactly one, or make the task multi-label classification",
    ),
    "shuffled without a label": (
        [('labels="c1"', 'labels=""')],
        'labels=""',
        "SF0612: warning: the rows of operation 'kmer-frequency-preserving-shuffle' have no labels; "
        "a multi-class classification model cannot be trained on them; give labels one name",
    ),
    "element too long": (
        [(">TTTT<", f">{'T' * 21}<")],
        '<sequenceelement id="e1">',
        "SF0613: sequence element 'e1' is 21 long, no sequence is longer than 20; shorten it, or raise maxlength",
    ),
    "element longer than some": (
        [*SHORT, *UNCONSTRAINED],
        '<sequenceelement id="e1">',
        "SF0613: warning: sequence element 'e1' is 7 long, but sequences may be as short as 6; "
        "one of those would end the simulation; raise minlength",
    ),
    "element twice": (
        [('<sequenceelementref sid="e1"/>', 2 * '<sequenceelementref sid="e1"/>')],
        '<sequenceelementref sid="e1"/>',
        "SF0614: warning: a rule of condition 'c1' names sequence element 'e1' 2 times; "
        "it is placed once; write one rule for each copy",
    ),
    "on top of each other": (
        [("<position>random", "<position>start"), *UNCONSTRAINED],
        "<rule>",
        "SF0615: warning: the 2 elements of a rule of condition 'c1' are all placed at start; "
        "they overwrite one another: use position random, a spacing constraint, or separate rules",
    ),
    "position behind the end": (
        [("<position>5<", "<position>21<")],
        "<rule>",
        "SF0616: position 21 lies behind the end of sequences of minlength 20; expected a position from 1 to 20",
    ),
    "element over the end": (
        [("<position>5<", "<position>20<")],
        "<rule>",
        "SF0616: an element of length 2 at position 20 reaches over minlength 20; expected a position ≤ 19",
    ),
    "constraint of one": (
        [('sid2="e2"', 'sid2="e1"')],
        "<spacingconstraint ",
        "SF0617: a spacing constraint needs two elements, received 'e1' twice; "
        "declare a copy of the element under another id",
    ),
    "constraint without its element": (
        [(RULE, '<sequenceelementref sid="e2"/>')],
        "<spacingconstraint ",
        "SF0618: a spacing constraint names sequence element 'e1', which its rule does not place; "
        "add a sequenceelementref to the rule",
    ),
    "two constraints share an element": (
        [(CONSTRAINT, CONSTRAINT + CONSTRAINT)],
        "<spacingconstraint ",
        "SF0619: two spacing constraints of a rule name sequence element 'e1'; "
        "an element is placed once: keep one of them",
    ),
    "distances": (
        [('mindistance="1"', 'mindistance="6"')],
        "<spacingconstraint ",
        "SF0620: mindistance 6 is greater than maxdistance 5; exchange them",
    ),
    "gap": (
        [('mindistance="1" maxdistance="5"', 'mindistance="15" maxdistance="50"')],
        "<spacingconstraint ",
        "SF0621: elements of 4 and 2 letters at mindistance 15 need 21 letters, "
        "but sequences may be as short as 20; lower mindistance or raise minlength",
    ),
    "gap from a number": (
        [("<position>random", "<position>14")],
        "<spacingconstraint ",
        "SF0621: elements of 4 and 2 letters at mindistance 1 need 7 letters, "
        "but sequences may be as short as 20; from position 14, 6 are left; lower mindistance or raise minlength",
    ),
    "exclusive": (
        EXCLUSIVE,
        '<condition id="c2">',
        "SF0622: the rules of condition 'c2' exclude each other, but their probabilities sum up to 1.1; "
        "expected at most 1",
    ),
}


def test_the_sound_definition_has_no_problems():
    assert problems() == []


@pytest.mark.parametrize("name", CASES)
def test_mistake_is_named_at_its_line(name: str):
    edits, written, expected = CASES[name]
    text, found = read(edits)
    said = [re.sub(r"lines \d+ and \d+", "lines a and b", one).split(": ", 1) for one in found]
    lines = [int(line) for line, message in said if message.startswith(expected)]
    assert lines, found
    assert written in text.splitlines()[lines[0] - 1]


def test_every_id_is_explained_and_tested():
    said = {message[:6] for _, _, message in CASES.values()}
    assert said <= set(CATALOGUE)
    assert {id for id in CATALOGUE if "SF0601" <= id <= "SF0622"} <= said


def test_several_mistakes_are_reported_at_once():
    found = problems(("<maxlength>20", "<maxlength>19"), ('"1">T', '"0">T'), ("<position>5<", "<position>20<"))
    assert {one.split(": ")[1] for one in found} == {"SF0602", "SF0605", "SF0616"}


def test_an_alphabet_for_a_condition_that_its_set_lacks_is_accepted():
    assert problems((EXACT, EXACT.replace('setname="training"', 'setname="test"'))) == []
