# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Files into trees and records: places, what is refused, and what may stand in a value."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from definition_samples import DATA, HEADS, MODEL

from seqforge.definitions.data import DataDefinition
from seqforge.definitions.model import ModelDefinition
from seqforge.definitions.reader import LIMIT, errors, load, parse, read, read_data, read_model, read_tree
from seqforge.errors import DefinitionError
from seqforge.resources import folder


def refused(data: bytes, name: str = "x.xml") -> str:
    with pytest.raises(DefinitionError) as caught:
        parse(data, name)
    assert len(caught.value.problems) == 1
    assert "\n" not in str(caught.value)
    return str(caught.value)


def messages(text: str) -> list[str]:
    return [str(problem) for problem in read(text.encode())[1]]


PUBLISHED = ("basset", "chromdragonn", "deepsea")


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_definitions_are_read(name: str) -> None:
    definition, problems = read_model(folder("model-defs") / f"torch-mc50-dna1000-{name}-s1.xml")
    assert problems == []
    assert definition is not None
    assert definition.general.labels == tuple(f"c{number}" for number in range(1, 51))
    assert definition.version == 1
    assert definition.architecture.external is not None
    assert definition.architecture.external.classname == "TorchModel"
    assert {item.name: item.value for item in definition.optimizers[0].hyperparameters}["clipnorm"] == "0.5"


def test_every_part_of_a_model_definition_is_typed() -> None:
    definition, problems = read_model(HEADS.encode())
    assert errors(problems) == []
    assert definition is not None
    assert [head.name for head in definition.general.heads] == ["nexus", "other"]
    assert definition.general.heads[0].hyperparameters[0].value == "1"
    assert definition.general.labels == ()
    assert definition.architecture.parts[0].freeze is True
    assert definition.architecture.parts[0].run == "runs/a"
    assert [operation.name for operation in definition.architecture.operations or ()] == ["Conv1D", "Flatten", "Dense"]
    assert [section.attributes["parameters"] for section in definition.optimizers] == ["0.*", "*"]
    assert definition.schedules[0].attributes["optimizer"] == "2"
    assert definition.data is not None
    assert definition.data.attributes["format"] == "table"


def test_every_part_of_a_data_definition_is_typed() -> None:
    definition, problems = read_data(DATA.encode())
    assert errors(problems) == []
    assert definition is not None
    assert definition.background.distributions[0].letters == {"A": 0.25, "C": 0.25, "G": 0.25, "T": 0.25}
    assert definition.background.distributions[1].cid == "c1"
    assert definition.sets[0].examples[1].conditions == ("c2",)
    assert definition.postprocessing[0].k == 2
    assert [condition.mode for condition in definition.conditions] == ["mutually exclusive", "sequential"]
    assert definition.conditions[0].rules[0].constraints[0].maxdistance == 5
    assert definition.conditions[1].rules[0].position == 5
    assert definition.elements[0].kmers == {"ACGT": 0.5, "TTTT": 0.5}
    assert definition.elements[1].positions == ({"A": 0.5, "C": 0.5}, {"T": 1.0})


def test_values_know_their_line_and_column() -> None:
    text = "<seqgramodel>\n  <general\n     id = \"ä\"\n     x='<!--'>\n  Ö &amp; Ü<!-- c -->x</general></seqgramodel>"
    with pytest.raises(DefinitionError, match="well-formed"):
        parse(text.encode())
    tree = parse(text.replace("<!--'", "!--'").encode(), "f")
    general = tree.children[0]
    assert general.place == ("f", 2, 3)
    assert general.attributes["id"].place == ("f", 3, 12)
    assert general.attributes["x"].place == ("f", 4, 9)
    assert general.text == "Ö & Üx"
    assert general.text.place == ("f", 5, 3)


def test_columns_count_characters_not_bytes() -> None:
    tree = parse('<a ü="äöü" b="x"/>'.encode())
    assert tree.attributes["b"].place.column == 15


def test_an_attribute_that_holds_what_looks_like_an_attribute() -> None:
    tree = parse(b"""<a b="x='1' y=" y = '"z"' />""")
    assert dict(tree.attributes) == {"b": "x='1' y=", "y": '"z"'}
    assert tree.attributes["y"].place.column == 22


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_lines_are_those_of_the_file(newline: str) -> None:
    text = MODEL.replace("<seed>1</seed>", "<seed>-1</seed>").replace("\n", newline)
    assert [problem.place.line for problem in read(text.encode())[1]] == [14]


def test_a_byte_order_mark_is_accepted() -> None:
    assert errors(read(b"\xef\xbb\xbf" + MODEL.encode())[1]) == []


def test_comments_do_not_count_as_values() -> None:
    text = MODEL.replace(">SGD<", "><!-- a --> SGD <!-- b --><").replace('"SGD"', "")
    definition, problems = read_model(text.encode())
    assert errors(problems) == []
    assert definition is not None
    assert definition.optimizers[0].hyperparameters[0].value == "SGD"


def test_cdata_is_not_read_and_never_silent() -> None:
    found = messages(MODEL.replace(">SGD<", "><![CDATA[x]]>SGD<"))
    assert len(found) == 1
    assert "SF0009: warning: a CDATA section is not read as a value" in found[0]
    found = messages(MODEL.replace(">SGD<", "><![CDATA[SGD]]><"))
    assert any("SF0110" in line and "hyperparameter 'optimizer' is empty" in line for line in found)


def test_values_are_stripped() -> None:
    definition, problems = read_model(MODEL.replace(">DNA<", ">\n  DNA\t<").replace('"0.*"', '" 0.* "').encode())
    assert errors(problems) == []
    assert definition is not None
    assert definition.general.sequencespace == "DNA"
    assert definition.optimizers[0].attributes["parameters"] == "0.*"


BOMB = """<?xml version="1.0"?>
<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>
<seqgramodel>&b;</seqgramodel>"""
XXE = """<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><seqgramodel>&a;</seqgramodel>"""
DTD = """<!DOCTYPE seqgramodel SYSTEM "http://example.org/x.dtd"><seqgramodel/>"""


@pytest.mark.parametrize("text", [BOMB, XXE, DTD])
def test_document_types_and_entities_are_refused(text: str) -> None:
    line = 2 if text is BOMB else 1
    assert refused(text.encode()).startswith(f"x.xml:{line}: SF0007: a document type (DOCTYPE)")


def test_undefined_entities_are_refused() -> None:
    assert "SF0006" in refused(b"<a>&b;</a>")


def test_deep_nesting_is_refused_where_it_gets_too_deep() -> None:
    assert refused(b"<a>\n" * 100_000) == "x.xml:65: SF0008: elements are nested deeper than 64 levels"
    assert "SF0008" in refused(b"[" * 100_000, "x.json")
    assert "SF0008" in refused(b'{"a":' * 100_000, "x.json")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "x.xml: SF0003: the file is empty"),
        (b" \n\t", "x.xml: SF0003: the file is empty"),
        (b"hello", "x.xml:1: SF0005: neither XML nor JSON: expected '<' or '{' first, received 'h'"),
        (b"<a>\n \xff</a>", "x.xml:2: SF0005: not UTF-8: byte 0xff at this place; save the file as UTF-8"),
        ("<a/>".encode("utf-16"), "x.xml:1: SF0005: not UTF-8: byte 0xff at this place; save the file as UTF-8"),
        (b"<a>", "x.xml:1: SF0006: not well-formed XML: the file ends before its elements do"),
        (b"<a></b>", "x.xml:1: SF0006: not well-formed XML: this closing tag does not match the element that is open"),
        (b"<a x='1' x='2'/>", "x.xml:1: SF0006: not well-formed XML: an attribute is given twice in one element"),
        (b"<a/><b/>", "x.xml:1: SF0006: not well-formed XML: something follows the end of the root element"),
    ],
)
def test_what_is_no_definition_is_refused_in_one_line(data: bytes, message: str) -> None:
    assert refused(data) == message


def test_a_null_byte_is_refused() -> None:
    assert "SF000" in refused(b"<a>\x00</a>")


def test_large_files_are_refused_unread(tmp_path: Path) -> None:
    large = tmp_path / "large.xml"
    with large.open("wb") as stream:
        stream.write(b"<seqgramodel>")
        stream.truncate(100 * 2**20)
    _, problems = read(large)
    assert [str(problem) for problem in problems] == [
        f"{large}: SF0004: 100.0 MiB is too large for a definition; the limit is {LIMIT // 2**20} MiB"
    ]


def test_a_file_without_an_end_is_refused() -> None:
    if not os.path.exists("/dev/zero"):
        pytest.skip("no /dev/zero on this system")
    assert [problem.id for problem in read("/dev/zero")[1]] == ["SF0004"]


def test_missing_files_name_their_neighbours(tmp_path: Path) -> None:
    (tmp_path / "basset.xml").write_text(MODEL)
    [problem] = read(tmp_path / "baset.xml")[1]
    assert str(problem).endswith(f"SF0001: no such file; did you mean '{tmp_path / 'basset.xml'}'?")
    [problem] = read(tmp_path / "nowhere" / "basset.xml")[1]
    assert str(problem).endswith(f"SF0001: no such file; there is no folder '{tmp_path / 'nowhere'}'")
    [problem] = read(tmp_path)[1]
    assert str(problem) == f"{tmp_path}: SF0002: is a folder; expected a definition file (.xml or .json)"
    assert [problem.id for problem in read("a\0b.xml")[1]] == ["SF0002"]


def test_the_other_kind_of_definition_is_refused() -> None:
    assert read_model(DATA.encode())[0] is None
    [problem] = read_model(DATA.encode())[1]
    assert problem.message == ("expected a model definition ('seqgramodel'), received a data definition")
    assert [problem.id for problem in read_data(MODEL.encode())[1]] == ["SF0103"]


def test_an_unknown_root_is_refused() -> None:
    assert messages("<seqgramodell/>") == [
        "1: SF0102: unknown root element 'seqgramodell'; did you mean 'seqgramodel'?"
    ]


def test_a_tree_is_read_like_its_file(tmp_path: Path) -> None:
    file = tmp_path / "m.xml"
    file.write_text(MODEL)
    definition, _ = read(read_tree(file))
    assert isinstance(definition, ModelDefinition)
    assert definition.file == file
    assert definition.folder == tmp_path


def test_load_raises_all_errors_at_once() -> None:
    assert isinstance(load(DATA.encode()), DataDefinition)
    with pytest.raises(DefinitionError) as caught:
        load(
            MODEL.replace("<seed>1</seed>", "<seed>x</seed>")
            .replace("<name>", "<nam>")
            .replace("</name>", "</nam>")
            .encode()
        )
    assert len(caught.value.problems) == 2
    assert caught.value.problems == sorted(caught.value.problems)


def test_bad_values_do_not_stop_further_checking() -> None:
    definition, problems = read_model(MODEL.replace("<seed>1</seed>", "<seed>-3</seed>").encode())
    assert definition is not None
    assert definition.general.seed == 0
    assert [problem.message for problem in problems] == ["seed: expected an integer from 0 to 4294967295, received -3"]


def test_a_pattern_cannot_fill_the_memory() -> None:
    labels = "<label>c1</label>\n            <label>c2</label>"
    definition, problems = read_model(MODEL.replace(labels, '<pattern max="999999999999"/>').encode())
    assert definition is not None
    assert definition.general.labels == ("1",)
    assert [problem.message for problem in problems] == [
        "pattern gives 999999999999 labels, at most 100000 are possible"
    ]


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "d.xml"
    file.write_text(DATA)
    first, problems = read_data(file)
    assert read_data(file)[0] is first
    problems.append(problems)  # type: ignore[arg-type]
    assert problems not in read_data(file)[1]
    file.write_text(DATA.replace("<maxlength>20<", "<maxlength>3000<"))
    changed, _ = read_data(file)
    assert changed is not None
    assert changed.background.maxlength == 3000
    file.unlink()
    assert [problem.id for problem in read_data(file)[1]] == ["SF0001"]
