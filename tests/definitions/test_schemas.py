# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The shipped schemas: fresh, and of one mind with the structural check, libxml2, xmlschema and jsonschema."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import xmlschema
from definition_samples import ALL, DATA, MODEL
from jsonschema import Draft202012Validator
from profile_samples import BARE, PROFILES, SIMULATION

from seqforge.definitions import schemas, xsd
from seqforge.definitions.language import DATA as DATA_ROOT
from seqforge.definitions.language import MODEL as MODEL_ROOT
from seqforge.definitions.reader import parse, read
from seqforge.definitions.structure import check
from seqforge.definitions.writer import to_json
from seqforge.resources import folder

SHIPPED = {path.name: path.read_bytes() for name in ("model-defs", "data-defs") for path in folder(name).glob("*.xml")}
SOUND = SHIPPED | {name: text.encode() for name, text in ALL.items()}


@cache
def json_validator(name: str) -> Draft202012Validator:
    schema = json.loads((folder("schemas") / f"{name}.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def json_errors(document: Any) -> list[str]:
    name = "model-definition" if "seqgramodel" in document else "data-definition"
    return [error.message for error in json_validator(name).iter_errors(document)]


def test_the_shipped_schemas_are_fresh() -> None:
    assert schemas.stale() == [], "run: python -m seqforge.definitions.schemas --write"


def test_stale_schemas_are_named_and_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemas, "folder", lambda name: tmp_path / name)
    said: list[str] = []
    assert schemas.main([], said.append) == 1
    assert len(said) == 4
    assert schemas.main(["--write"], said.append) == 0
    assert schemas.main([], said.append) == 0
    assert (tmp_path / "schemas" / "model-definition.xsd").read_text() == schemas.xsd(MODEL_ROOT)


@pytest.mark.parametrize("root", [MODEL_ROOT, DATA_ROOT])
def test_the_xml_schemas_are_xsd_1_0_and_documented(root: Any) -> None:
    text = schemas.xsd(root)
    xmlschema.XMLSchema10(text)
    assert "xs:assert" not in text
    names = [element.tag for element in root.walk()]
    assert all(f'name="{name}"' in text for name in names)
    assert text.count("xs:documentation") >= 2 * len(names)


@pytest.mark.parametrize("name", SOUND)
def test_sound_definitions_pass_everywhere(name: str) -> None:
    tree = parse(SOUND[name])
    assert check(tree) == []
    assert xsd.check(tree) == []
    assert xsd.validate(SOUND[name]) == []
    assert xsd.second_opinion(tree) == []
    assert json_errors(json.loads(to_json(tree))) == []


def test_names_pass_in_any_case() -> None:
    text = MODEL.replace(">DNA<", ">dna<").replace(">PyTorch<", ">TENSORFLOW<").replace(">Flatten<", ">flatten<")
    tree = parse(text.encode())
    assert xsd.validate(text.encode()) == []
    assert xsd.second_opinion(tree) == []
    assert json_errors(json.loads(to_json(tree))) == []


def without(text: str, start: str, end: str) -> str:
    return text[: text.index(start)] + text[text.index(end) + len(end) :]


BROKEN = {
    "unknown element": MODEL.replace("<loss>", "<los>").replace("</loss>", "</los>"),
    "unknown attribute": MODEL.replace("<loss>", '<loss x="1">'),
    "missing attribute": MODEL.replace(' id="torch-mc2-dna20-all-s1"', ""),
    "missing element": without(MODEL, "<seed>", "</seed>"),
    "wrong order": MODEL.replace("        <seed>1</seed>\n", "").replace("<labels>", "<seed>1</seed><labels>"),
    "repeated": MODEL.replace("<seed>1</seed>", "<seed>1</seed><seed>1</seed>"),
    "empty hyper-parameter": MODEL.replace(">1e-3<", "><"),
    "bad seed": MODEL.replace("<seed>1<", "<seed>-1<"),
    "large seed": MODEL.replace("<seed>1<", "<seed>4294967296<"),
    "bad id": MODEL.replace('id="torch-', 'id="a b'),
    "both architectures": MODEL.replace("<hyperparameters>", '<external format="seqforge"/><hyperparameters>', 1),
    "stray text": MODEL.replace("<optimizer", "x<optimizer", 1),
    "version": MODEL.replace('version="1"', 'version="0"'),
    "two sets": without(DATA, '<set name="test">', "</set>"),
    "set name": DATA.replace('name="test"', 'name="tests"'),
    "unknown condition": DATA.replace('conditionref cid="c2"', 'conditionref cid="c9"', 1),
    "unknown alphabet condition": DATA.replace('setname="training" cid="c1"', 'setname="training" cid="c9"', 1),
    "unknown element reference": DATA.replace('sequenceelementref sid="e1"', 'sequenceelementref sid="e9"'),
    "unknown constraint element": DATA.replace('sid2="e2"', 'sid2="e9"'),
    "condition twice": DATA.replace('condition id="c2"', 'condition id="c1"').replace('cid="c2"', 'cid="c1"'),
    "position 0": DATA.replace("<position>5<", "<position>0<"),
    "empty position": DATA.replace("<position>5</position>", "<position/>"),
    "probability": DATA.replace('probability="1"', 'probability="1.5"', 1),
    "chance 0": DATA.replace("<probability>1.0<", "<probability>0<"),
    "NaN": DATA.replace('probability="1"', 'probability="NaN"', 1),
    "mode": DATA.replace("mutually exclusive", "exclusive"),
    "samples": DATA.replace('samples="10"', 'samples="0"', 1),
    "two kinds": PROFILES.replace("    <profiles>", "    <profilesimulation/>\n    <profiles>"),
    "no kind": BARE.replace("<profilesimulation/>", ""),
    "no track": PROFILES.replace("<track>/tracks/atac.bw</track>", ""),
    "no head": without(without(PROFILES, '<head name="nexus"', "</head>"), '<head name="atac"', "</head>"),
    "consensus": SIMULATION.replace("TTGactCATG", "TTGNCATG"),
    "no peak": without(SIMULATION, '<peak position="-12"', '<peak position="3.5" sd="1"/>'),
    "sd 0": SIMULATION.replace('sd="4"', 'sd="0"'),
    "position of a peak": SIMULATION.replace('position="-12"', 'position="left"'),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_definitions_are_refused_everywhere(name: str) -> None:
    text = BROKEN[name]
    tree = parse(text.encode())
    assert check(tree) != []
    assert xsd.validate(text.encode()) != []
    assert xsd.second_opinion(tree) != []


# references need a key elsewhere, JSON has no order and no stray text, and an unknown element has no JSON form
XML_ONLY = ("unknown c", "unknown a", "unknown element", "condition twice", "wrong order", "repeated", "stray", "both")


@pytest.mark.parametrize("name", [name for name in BROKEN if not name.startswith(XML_ONLY) or "attribute" in name])
def test_broken_definitions_are_refused_by_the_json_schema(name: str) -> None:
    assert json_errors(json.loads(to_json(parse(BROKEN[name].encode())))) != []


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        (["architecture"], "external", {"format": "seqforge"}),
        (["general"], "heads", []),
        (["general"], "Seed", 1),
        (["general"], "seed", "one"),
        (["general"], "task", "multiclass"),
        (["general"], "labels", {"pattern": {"min": 1}}),
        (["general"], "labels", {"pattern": {"max": 2}, "label": ["a"]}),
        (["optimizer", 0], "@parameter", "*"),
        (["optimizer", 0], "learning_rate", ""),
        (["architecture", "sequential", 0], "operation", "Conv3D"),
    ],
)
def test_mistakes_in_json_are_refused_by_the_json_schema(path: list[Any], key: str, value: Any) -> None:
    document = json.loads(to_json(parse(MODEL.encode())))
    node = document["seqgramodel"]
    for step in path:
        node = node[step]
    node[key] = value
    assert json_errors(document) != []


def test_the_schema_adds_what_the_structural_check_does_not_say() -> None:
    text = DATA.replace("<minlength>20<", "<minlength>2e1<")
    assert check(parse(text.encode())) == []
    found = [str(problem) for problem in read(text.encode())[1] if problem.severity == "error"]
    assert found == ["11: SF0101: minlength: '2e1' is not a valid value of the atomic type 'countValue'"]


def test_places_of_the_schema_are_those_of_the_file() -> None:
    text = to_json(parse(DATA.encode())).replace('"minlength": 20', '"minlength":\n 2e1')
    [problem] = [problem for problem in read(text.encode())[1] if problem.severity == "error"]
    line = next(number for number, content in enumerate(text.splitlines(), 1) if "2e1" in content)
    assert (problem.place.line, problem.place.column) == (line, 2)


def test_the_second_opinion_has_places() -> None:
    [problem] = xsd.second_opinion(parse(MODEL.replace("<seed>1<", "<seed>-1<").encode(), "m.xml"))
    assert problem.place == ("m.xml", 14, 9)
    assert "second opinion" in problem.message


def test_the_schema_of_seqgra_is_never_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a schema was fetched")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    file = folder("model-defs") / "torch-mc50-dna1000-basset-s1.xml"
    assert re.search(rb"https://kkrismer.github.io", file.read_bytes())
    assert read(file)[1] == []
    assert xsd.validate(file.read_bytes()) == []
    assert xsd.second_opinion(parse(file.read_bytes())) == []


def test_bytes_that_are_no_definition_are_described() -> None:
    assert xsd.validate(b"<a>")[0].startswith("1: ")
    assert xsd.validate(b"<a/>") == ["1: unknown root element 'a'"]
    assert xsd.second_opinion(parse(b"<a/>")) == []
