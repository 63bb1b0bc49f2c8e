# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Writing: what is written is read as the same tree, whatever stands in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from definition_samples import ALL, MODEL
from hypothesis import given, settings
from hypothesis import strategies as st

from seqforge.definitions.language import ROOTS, Element
from seqforge.definitions.reader import parse, read_tree
from seqforge.definitions.structure import check
from seqforge.definitions.tree import Node, Text
from seqforge.definitions.writer import to_json, to_xml, write

CHARACTERS = st.characters(
    min_codepoint=9,
    exclude_categories=("Cs", "Cc", "Cn", "Co"),
    include_characters="\t\n\r",
    exclude_characters="\ufffe\uffff",
)
TEXTS = st.text(CHARACTERS, max_size=12).map(str.strip)
FILLED = st.one_of(
    st.sampled_from(["1e5", "true", "-0.0", "None", '"', "<&>", "]]>", "a\nb\tc\rd"]), TEXTS.filter(bool)
)
WORDS = {
    "id": st.from_regex(r"[A-Za-z0-9_-]{1,8}", fullmatch=True),
    "seed": st.integers(0, 2**32 - 1).map(str),
    "version": st.just("1"),
    "wholeNumber": st.integers(-5, 5).map(str),
    "count": st.integers(1, 9).map(str),
    "natural": st.sampled_from(["0", "7", "07", "3.0"]),
    "probability": st.sampled_from(["0", "1", "0.50", ".5", "5e-1"]),
    "chance": st.sampled_from(["1", "0.50", ".5"]),
    "real": st.sampled_from(["-12", "0", "1.5"]),
    "positive": st.sampled_from(["4", "0.5"]),
    "nonNegative": st.sampled_from(["0", "0.7"]),
    "headName": st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,5}", fullmatch=True),
    "consensus": st.sampled_from(["ACGT", "ttgactcatg"]),
    "flag": st.sampled_from(["true", "True", "1", "no", "off"]),
    "setName": st.sampled_from(["training", "validation", "test"]),
    "mode": st.sampled_from(["sequential", "mutually exclusive"]),
    "order": st.sampled_from(["random", "in-order"]),
    "position": st.sampled_from(["random", "start", "12"]),
    "postprocessing": st.just("kmer-frequency-preserving-shuffle"),
    "text": TEXTS,
    "setting": TEXTS,
}


@st.composite
def trees(draw: st.DrawFn, element: Element) -> Node:
    """A tree that the grammar allows; references may lead nowhere."""
    node = Node(element.tag)
    for attribute in element.attributes:
        if attribute.required or draw(st.booleans()):
            node.attributes[attribute.name] = Text(draw(WORDS.get(attribute.value.name, FILLED)))
    if element.any_attributes:
        names = st.lists(st.from_regex(r"[a-z_]{1,6}", fullmatch=True), max_size=3, unique=True)
        node.attributes.update({name: Text(draw(TEXTS)) for name in draw(names)})
    if element.text:
        node.text = Text(draw(WORDS.get(element.text.name, FILLED)))
    for slot in element.slots_of(draw(st.sampled_from(element.kinds)) if element.kinds else ()):
        item = draw(st.sampled_from(slot.items))
        most = item.max or item.min + 2
        count = draw(st.integers(item.min if slot.required else 0, most))
        node.children += [draw(trees(item.element)) for _ in range(count)]
    return node


@pytest.mark.slow
@pytest.mark.parametrize("root", ROOTS)
def test_any_tree_survives_both_forms(root: str) -> None:
    @settings(max_examples=60, deadline=None)
    @given(trees(ROOTS[root]))
    def survives(tree: Node) -> None:
        keys = ("SF0115", "SF0116", "SF0119")
        assert [problem for problem in check(tree) if problem.id not in keys] == []
        assert parse(to_xml(tree).encode()).same(tree)
        assert parse(to_json(tree).encode(), "x.json").same(tree)

    survives()


@pytest.mark.parametrize("name", ALL)
def test_the_written_form_is_stable(name: str) -> None:
    assert to_xml(parse(ALL[name].encode())) == ALL[name]


def test_the_suffix_decides_the_form(tmp_path: Path) -> None:
    tree = parse(MODEL.encode())
    for name in ("a.xml", "a.json"):
        write(tree, tmp_path / name)
        assert read_tree(tmp_path / name).same(tree)
    assert (tmp_path / "a.json").read_text().startswith("{")


def test_canonical_names_are_those_of_the_registries() -> None:
    odd = (
        MODEL.replace("multi-class classification", "MULTI-class classification")
        .replace(">DNA<", ">dna<")
        .replace(">PyTorch<", ">tensorflow<")
        .replace(">Conv1D<", ">conv1d<")
        .replace(">SGD<", ">sgd<")
        .replace('"learning_rate"', '"LearningRate"')
        .replace('"batch_size"', '"BATCHSIZE"')
    )
    text = to_xml(parse(odd.encode()), canonical=True)
    assert text.replace(">CrossEntropyLoss<", ">x<") == MODEL.replace(">PyTorch<", ">Keras<").replace(
        ">CrossEntropyLoss<", ">x<"
    )
    assert to_xml(parse(odd.encode())) == odd


def test_canonical_leaves_unknown_names_alone() -> None:
    odd = MODEL.replace(">SGD<", ">SDG<").replace('"epochs"', '"epohcs"').replace(">DNA<", ">DNB<")
    assert to_xml(parse(odd.encode()), canonical=True) == odd
