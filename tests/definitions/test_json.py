# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The JSON twin: the same tree, the same places, the same spelling of numbers."""

from __future__ import annotations

import json

import pytest
from definition_samples import ALL, DATA, HEADS, MODEL

from seqforge.definitions.reader import parse, read
from seqforge.definitions.writer import to_json, to_xml
from seqforge.errors import DefinitionError
from seqforge.resources import folder

DEFINITIONS = {
    path.name: path.read_bytes() for name in ("model-defs", "data-defs") for path in folder(name).glob("*.xml")
}
DEFINITIONS |= {name: text.encode() for name, text in ALL.items()}


def refused(text: str) -> str:
    with pytest.raises(DefinitionError) as caught:
        parse(text.encode(), "x.json")
    return str(caught.value)


@pytest.mark.parametrize("name", DEFINITIONS)
def test_xml_to_json_to_xml_is_lossless(name: str) -> None:
    tree = parse(DEFINITIONS[name])
    back = parse(to_json(tree).encode(), "x.json")
    assert back.same(tree)
    assert to_xml(back) == to_xml(tree)
    assert to_json(back) == to_json(tree)
    json.loads(to_json(tree))


def test_the_json_form_is_the_natural_one() -> None:
    model = json.loads(to_json(parse(MODEL.encode())))["seqgramodel"]
    assert model["general"]["labels"] == ["c1", "c2"]
    assert model["architecture"]["sequential"][0] == {
        "operation": "Conv1D",
        "input_shape": "(20, 4)",
        "filters": 10,
        "kernel_size": "(5,)",
        "activation": "relu",
    }
    assert model["loss"] == {"loss": "CrossEntropyLoss"}
    assert model["optimizer"][1] == {"@parameters": "*", "optimizer": "Adam", "betas": "(0.9, 0.99)"}
    assert model["trainingprocess"] == {"batch_size": 10, "epochs": "05", "shuffle": True, "early_stopping": "True"}
    assert model["data"] == {"@format": "table", "format": '<tsv> & "more"'}
    heads = json.loads(to_json(parse(HEADS.encode())))["seqgramodel"]["general"]["heads"]
    assert heads == [
        {"@name": "nexus", "@tasks": "plus, minus", "profile_loss_weight": 1},
        {"@name": "other", "@tasks": 1},
    ]
    data = json.loads(to_json(parse(DATA.encode())))["seqgradata"]
    assert data["background"]["alphabetdistributions"][1] == {"@setname": "training", "@cid": "c1", "A": 1}
    assert data["datageneration"]["sets"][0]["example"][0] == {"samples": 10, "conditionref": ["c1"]}
    assert data["sequenceelements"][0]["kmerbased"] == {"ACGT": 0.5, "TTTT": 0.5}
    assert data["conditions"][1]["grammar"][0]["position"] == 5


@pytest.mark.parametrize("spelling", ["0.50", "1e-3", "1E+3", "-0", "100", "1.0", ".5", "05", "+1", "1.", "0x1", "1_0"])
def test_numbers_keep_their_spelling(spelling: str) -> None:
    tree = parse(MODEL.replace(">1e-3<", f">{spelling}<").encode())
    text = to_json(tree)
    assert parse(text.encode(), "x.json").same(tree)
    is_number = spelling in ("0.50", "1e-3", "1E+3", "-0", "100", "1.0")
    assert (f'"learning_rate": {spelling}' in text) == is_number


def test_texts_that_look_like_numbers_stay_texts() -> None:
    tree = parse(MODEL.replace("<label>c1</label>", "<label>1</label>").encode())
    assert json.loads(to_json(tree))["seqgramodel"]["general"]["labels"] == ["1", "c2"]


def test_names_given_twice_are_written_at_length() -> None:
    text = MODEL.replace('name="epochs"', 'name="batch_size"')
    tree = parse(text.encode())
    process = json.loads(to_json(tree))["seqgramodel"]["trainingprocess"]
    assert process["hyperparameter"][:2] == [{"name": "batch_size", "value": 10}, {"name": "batch_size", "value": "05"}]
    assert parse(to_json(tree).encode(), "x.json").same(tree)
    tree = parse(MODEL.replace('name="epochs"', 'name="@epochs"').encode())
    assert parse(to_json(tree).encode(), "x.json").same(tree)


def test_an_attribute_called_like_the_text() -> None:
    tree = parse(MODEL.replace('units="2"', 'operation="2"').encode())
    assert parse(to_json(tree).encode(), "x.json").same(tree)


def test_lists_and_constants_of_people_become_literals() -> None:
    text = """{"seqgramodel": {"optimizer": {"optimizer": "Adam", "betas": [0.9, 0.990], "amsgrad": true, "x": null,
        "y": [3], "z": ["a", [true, null]]}}}"""
    section = parse(text.encode(), "x.json").children[0]
    values = {str(child.attributes["name"]): str(child.text) for child in section.children}
    assert values == {
        "optimizer": "Adam",
        "betas": "(0.9, 0.990)",
        "amsgrad": "true",
        "x": "None",
        "y": "(3,)",
        "z": "('a', (True, None))",
    }


def test_places_are_those_of_the_json_file() -> None:
    text = '{"$schema": "x",\n "seqgramodel": {\n  "loss": {\n    "loss":\n      "A"}}}'
    loss = parse(text.encode(), "x.json").children[0]
    assert loss.place == ("x.json", 3, 3)
    assert loss.children[0].attributes["name"].place == ("x.json", 4, 5)
    assert loss.children[0].text.place == ("x.json", 5, 7)


def test_the_order_of_keys_is_free() -> None:
    keys = json.loads(to_json(parse(MODEL.encode())))
    keys["seqgramodel"]["general"] = dict(reversed(keys["seqgramodel"]["general"].items()))
    keys["seqgramodel"] = dict(reversed(keys["seqgramodel"].items()))
    assert [problem for problem in read(json.dumps(keys).encode())[1] if problem.severity == "error"] == []


def test_problems_stand_at_their_key() -> None:
    text = to_json(parse(MODEL.encode())).replace('"seed": 1', '"seeed": -1')
    lines = text.splitlines()
    line = next(number for number, content in enumerate(lines, 1) if "seeed" in content)
    found = {problem.id: problem for problem in read(text.encode())[1]}
    assert found["SF0104"].place.line == line
    assert found["SF0104"].sentence == "'general' has no element 'seeed'; did you mean 'seed'?"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "x.json:1: SF0010: not valid JSON: expected a key in double quotes, found the end of the file"),
        ('{"a" 1}', "x.json:1: SF0010: not valid JSON: expected ':' after the key 'a', found '1'"),
        ('{"a": }', "x.json:1: SF0010: not valid JSON: expected a value, found '}'"),
        (
            '{"a": NaN}',
            "x.json:1: SF0010: not valid JSON: expected a value, found 'NaN'; a text stands in double quotes",
        ),
        ('{"a": 01}', "x.json:1: SF0010: not valid JSON: expected a value, found '01'; a text stands in double quotes"),
        ('{"a": [1 2]}', "x.json:1: SF0010: not valid JSON: expected ',' or ']', found '2'"),
        ('{"a": 1,}', "x.json:1: SF0010: not valid JSON: expected a key in double quotes, found '}'"),
        ('{"a": 1} x', "x.json:1: SF0010: not valid JSON: something follows the end of the document"),
        ('{"a": 1,\n "a": 2}', "x.json:2: SF0011: the key 'a' is given twice (lines 1 and 2); keep one"),
        (
            "{} // c",
            "x.json:1: SF0010: not valid JSON: something follows the end of the document; "
            "JSON has no comments: remove it",
        ),
        (
            '{"a": 2 * 16}',
            "x.json:1: SF0010: not valid JSON: expected ',' or '}', found '*'; "
            "nothing is computed: write the number out",
        ),
        (
            '{"a": [1 for b in c]}',
            "x.json:1: SF0010: not valid JSON: expected ',' or ']', found 'f'; nothing is computed: write the list out",
        ),
        (
            '{"a": True}',
            "x.json:1: SF0010: not valid JSON: expected a value, found 'True'; JSON writes true, false and null",
        ),
        ("[]", "x.json:1: SF0102: expected an object with one key, 'seqgramodel' or 'seqgradata'"),
        ("{}", "x.json:1: SF0102: expected one key, 'seqgramodel' or 'seqgradata', received 0"),
    ],
)
def test_what_is_no_json_definition_is_refused_in_one_line(text: str, message: str) -> None:
    assert refused(text) == message


@pytest.mark.parametrize("text", ['{"a": "\n"}', '{"a": "\\x"}', '{"a": "b}', '{"a": "\\u0000"}', '{"a": "\\ud800"}'])
def test_texts_that_xml_cannot_hold_are_refused(text: str) -> None:
    assert "SF0010: not valid JSON: a text" in refused(text)


def test_lists_where_objects_belong_are_refused() -> None:
    assert "SF0117: 'general' is no list; expected an object" in refused('{"seqgramodel": {"general": []}}')
    assert "SF0117" in refused('{"seqgramodel": {"general": {"id": {}}}}')


def test_names_that_xml_cannot_hold_are_refused() -> None:
    text = to_json(parse(MODEL.encode())).replace('"filters"', '"my filters"')
    assert "SF0105: 'operation' has no attribute 'my filters'" in "\n".join(map(str, read(text.encode())[1]))


def test_one_long_line_is_read_in_linear_time() -> None:
    labels = ", ".join(f'"c{number}"' for number in range(50_000))
    tree = parse(f'{{"seqgramodel": {{"general": {{"labels": [{labels}]}}}}}}'.encode(), "x.json")
    assert len(tree.children[0].children[0].children) == 50_000


def test_an_element_without_its_text_has_a_place() -> None:
    text = to_json(parse(MODEL.encode())).replace('"operation": "Flatten"', "")
    [problem] = [problem for problem in read(text.encode())[1] if problem.id == "SF0110"]
    assert problem.place.line == next(n for n, line in enumerate(text.splitlines(), 1) if line.strip() == "{},")
