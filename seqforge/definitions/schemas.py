# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The four schema files, made from the grammar and the registries.

python -m seqforge.definitions.schemas            says which files are stale
python -m seqforge.definitions.schemas --write    writes them
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from functools import singledispatch
from pathlib import Path
from typing import Any

from seqforge import registry
from seqforge.definitions.language import (
    DATA,
    MODEL,
    Attribute,
    Element,
    Free,
    Item,
    Known,
    Position,
    Seed,
    Shaped,
    Slot,
    Value,
    Words,
)
from seqforge.definitions.tree import Node, Text
from seqforge.definitions.writer import to_xml
from seqforge.parameters import FALSE, TRUE, Flag, Integer, Kind, Number, parameters_of
from seqforge.resources import folder

NAMES = {MODEL.tag: "model-definition", DATA.tag: "data-definition"}
_HEADER = "SPDX-FileCopyrightText: 2026 The SeqForge authors\nSPDX-License-Identifier: MIT"
_NOTE = (
    "Generated from seqforge/definitions/language.py and the registries: python -m seqforge.definitions.schemas --write"
)


def files() -> dict[str, str]:
    """The text of every schema file by name."""
    xsds = {f"{name}.xsd": xsd(root) for root, name in ((MODEL, NAMES[MODEL.tag]), (DATA, NAMES[DATA.tag]))}
    jsons = {
        f"{name}.schema.json": json_schema(root) for root, name in ((MODEL, NAMES[MODEL.tag]), (DATA, NAMES[DATA.tag]))
    }
    return xsds | jsons


# XSD 1.0


def xsd(root: Element) -> str:
    """The XML Schema of `root`: named types, one per element and kind of value."""
    elements = list(root.walk())
    values = {value.name: value for element in elements for value in _values(element)}
    schema = _x("schema", [("xmlns:xs", "http://www.w3.org/2001/XMLSchema"), ("version", "1.0")])
    schema.children = [
        _documentation(_NOTE),
        _root_element(root),
        *(_complex_type(element) for element in elements if not _is_plain(element)),
        *(_simple_type(value) for name, value in sorted(values.items()) if not _builtin(value)),
    ]
    declaration, body = to_xml(schema).split("\n", 1)
    header = "\n".join(f"<!-- {line} -->" for line in _HEADER.split("\n"))
    return f"{declaration}\n{header}\n{body}"


def _x(tag: str, attributes: list[tuple[str, str]], *children: Node) -> Node:
    return Node(f"xs:{tag}", attributes={name: Text(text) for name, text in attributes}, children=list(children))


def _documentation(text: str) -> Node:
    return _x("annotation", [], Node("xs:documentation", text=Text(text)))


def _values(element: Element) -> Iterator[Value]:
    yield from (attribute.value for attribute in element.attributes)
    if element.text:
        yield element.text


def _root_element(root: Element) -> Node:
    node = _x("element", [("name", root.tag), ("type", root.type)])
    for key in root.keys:
        node.children.append(_constraint("key", [("name", key.name)], key.path, key.field))
    for reference in root.references:
        attributes = [("name", reference.name), ("refer", reference.key)]
        node.children.append(_constraint("keyref", attributes, reference.path, reference.field))
    return node


def _constraint(tag: str, attributes: list[tuple[str, str]], path: str, field: str) -> Node:
    return _x(tag, attributes, _x("selector", [("xpath", path)]), _x("field", [("xpath", f"@{field}")]))


def _is_plain(element: Element) -> bool:
    """Whether an element is nothing but a text: its type is that of the text."""
    return bool(element.text) and not element.attributes and not element.any_attributes


def _complex_type(element: Element) -> Node:
    attributes = [_xsd_attribute(attribute) for attribute in element.attributes]
    if element.any_attributes:
        attributes.append(_x("anyAttribute", [("namespace", "##local"), ("processContents", "skip")]))
    if element.text:
        extension = _x("extension", [("base", _type_of(element.text))], *attributes)
        content = [_x("simpleContent", [], extension)]
    else:
        sequence = [_x("sequence", [], *_particles(element))] if element.slots else []
        content = [*sequence, *attributes]
    return _x("complexType", [("name", element.type)], _documentation(element.doc), *content)


def _particles(element: Element) -> Iterator[Node]:
    """The slots in order; kinds as a choice between sequences."""
    several = frozenset().union(*element.kinds)
    yield from (_particle(slot) for slot in element.slots if several.isdisjoint(slot.tags))
    kinds = [[slot for slot in element.slots if not kind.isdisjoint(slot.tags)] for kind in element.kinds]
    if kinds:
        yield _x("choice", [], *(_x("sequence", [], *map(_particle, slots)) for slots in kinds))


def _particle(slot: Slot) -> Node:
    if len(slot.items) == 1:
        return _xsd_element(slot.items[0])
    return _x("choice", [], *map(_xsd_element, slot.items))


def _xsd_element(item: Item) -> Node:
    element = item.element
    type_name = _type_of(element.text) if element.text and _is_plain(element) else element.type
    attributes = [("name", element.tag), ("type", type_name)]
    if item.min != 1:
        attributes.append(("minOccurs", str(item.min)))
    if item.max != 1:
        attributes.append(("maxOccurs", "unbounded" if item.max is None else str(item.max)))
    return _x("element", attributes, *([_documentation(element.doc)] if _is_plain(element) else []))


def _xsd_attribute(attribute: Attribute) -> Node:
    attributes = [("name", attribute.name), ("type", _type_of(attribute.value))]
    if attribute.required:
        attributes.append(("use", "required"))
    default = f" Default: '{attribute.default}'." if attribute.default is not None else ""
    return _x("attribute", attributes, _documentation(attribute.doc + default))


def _builtin(value: Value) -> str:
    return "xs:string" if isinstance(value.kind, Free) else ""


def _type_of(value: Value) -> str:
    return _builtin(value) or f"{value.name}Value"


def _simple_type(value: Value) -> Node:
    return _x("simpleType", [("name", _type_of(value))], _documentation(value.doc), _facets(value.kind))


def _restriction(base: str, *facets: tuple[str, str]) -> Node:
    return _x("restriction", [("base", base)], *(_x(facet, [("value", value)]) for facet, value in facets))


def _enumeration(words: list[str]) -> Node:
    return _restriction("xs:token", *(("enumeration", word) for word in words))


def _union(*members: Node) -> Node:
    return _x("union", [], *(_x("simpleType", [], member) for member in members))


@singledispatch
def _facets(kind: Kind) -> Node:
    """What an XSD simple type says about a kind of value."""
    return _restriction("xs:token", ("minLength", "1"))


@_facets.register
def _(kind: Shaped) -> Node:
    return _restriction("xs:token", ("pattern", kind.pattern))


@_facets.register
def _(kind: Words) -> Node:
    return _enumeration(list(kind.words))


@_facets.register
def _(kind: Known) -> Node:
    return _union(
        _enumeration(kind.names()), _restriction("xs:token", ("pattern", "|".join(map(any_case, kind.names()))))
    )


@_facets.register
def _(kind: Flag) -> Node:
    return _restriction("xs:token", ("pattern", "|".join(map(any_case, (*TRUE, *FALSE)))))


@_facets.register
def _(kind: Position) -> Node:
    return _union(_enumeration(list(kind.words)), _facets(kind.number))


@_facets.register
def _(kind: Number) -> Node:
    return _restriction("xs:double", ("pattern", "[0-9.eE+\\-]+"), *_bounds(kind))  # no NaN, no INF


@_facets.register
def _(kind: Integer) -> Node:
    return _restriction("xs:decimal", *_bounds(kind), ("fractionDigits", "0"))


def _bounds(kind: Number) -> list[tuple[str, str]]:
    facets = {"minInclusive": kind.ge, "minExclusive": kind.gt, "maxInclusive": kind.le, "maxExclusive": kind.lt}
    return [(facet, str(bound)) for facet, bound in facets.items() if bound is not None]


def any_case(word: str) -> str:
    """A regular expression (Python, XSD, ECMAScript) that matches `word` in any case."""
    return "".join(f"[{c.upper()}{c.lower()}]" if c.isalpha() else "[.]" if c == "." else c for c in word)


# JSON Schema 2020-12

_LITERAL: dict[str, Any] = {
    "anyOf": [
        {"type": "string", "pattern": "\\S"},
        {"type": ["number", "boolean", "null"]},
        {"type": "array", "items": {"$ref": "#/$defs/literal"}},
    ]
}
_NUMERAL = "^\\s*[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?\\s*$"


def json_schema(root: Element) -> str:
    """The JSON Schema of the JSON form of `root`."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": " · ".join([*_HEADER.split("\n"), _NOTE]),
        "title": NAMES[root.tag].replace("-", " "),
        "description": root.doc,
        "type": "object",
        "properties": {"$schema": {"type": "string"}, root.tag: {"$ref": f"#/$defs/{root.type}"}},
        "required": [root.tag],
        "additionalProperties": False,
        "$defs": {element.type: _json_element(element) for element in root.walk()} | {"literal": _LITERAL},
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _json_element(element: Element) -> dict[str, Any]:
    return {"description": element.doc} | _json_form(element)


def _json_form(element: Element) -> dict[str, Any]:
    if element.text and _is_plain(element):
        return _json_value(element.text)
    if not element.text and not element.slots and len(element.attributes) == 1:
        return {"anyOf": [_json_value(element.attributes[0].value), _json_object(element)]}
    if element.sole and element.sole.entry:
        return _json_entries(element, element.sole)
    if element.sole and not element.attributes:
        return _json_list(element.slots[0].items[0])
    many = [item for slot in element.slots for item in slot.items if item.max is None]
    if len(element.slots) == 1 and many and not element.attributes:
        return {"anyOf": [_json_list(many[0]), _json_object(element)]}
    return _json_object(element)


def _json_list(item: Item) -> dict[str, Any]:
    bounds = {"minItems": item.min} | ({"maxItems": item.max} if item.max else {})
    return {"type": "array", "items": _ref(item.element), **bounds}


def _ref(element: Element) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{element.type}"}


def _json_object(element: Element) -> dict[str, Any]:
    text_name = element.text_name or element.tag
    texts = {text_name: _json_value(element.text)} if element.text else {}
    attributes = {attribute.name: _json_attribute(attribute) for attribute in element.attributes}
    children = {item.element.tag: _json_child(item) for slot in element.slots for item in slot.items}
    required = [text_name] if element.text and not element.text.may_be_empty else []
    required += [attribute.name for attribute in element.attributes if attribute.required]
    several = frozenset().union(*element.kinds)
    required += [
        slot.tags[0] for slot in element.slots if slot.required and len(slot.items) == 1 and slot.tags[0] not in several
    ]
    choices: list[dict[str, Any]] = [
        {"oneOf": [{"required": [tag]} for tag in slot.tags]} if slot.required else {"not": {"required": [*slot.tags]}}
        for slot in element.slots
        if len(slot.items) > 1
    ]
    if element.kinds:
        choices.append({"oneOf": [_json_kind_of(element, kind) for kind in element.kinds]})
    return {
        "type": "object",
        "properties": texts | attributes | children,
        "required": required,
        **({"allOf": choices} if choices else {}),
        **_json_other_keys(element),
    }


def _json_kind_of(element: Element, kind: frozenset[str]) -> dict[str, Any]:
    """All children of a kind and none of the others."""
    tags = [slot.tags[0] for slot in element.slots]
    others = frozenset().union(*element.kinds) - kind
    absent = {tag: False for tag in tags if tag in others}
    return {"required": [tag for tag in tags if tag in kind], "properties": absent}


def _json_other_keys(element: Element) -> dict[str, Any]:
    if element.any_attributes:
        return {"additionalProperties": {"anyOf": [{"$ref": "#/$defs/literal"}, {"const": ""}]}}
    marked = {"patternProperties": {"^xmlns:|^xsi:": {"type": "string"}}} if element in (MODEL, DATA) else {}
    return marked | {"additionalProperties": False}


def _json_child(item: Item) -> dict[str, Any]:
    if item.max == 1 or (item.element.sole and not item.element.sole.entry and not item.element.attributes):
        return _ref(item.element)
    bounds = {"minItems": item.min} | ({"maxItems": item.max} if item.max else {})
    if item.element.entry:
        return {"anyOf": [_json_object_of(item.element), {"type": "array", "items": _ref(item.element), **bounds}]}
    return {"anyOf": [_ref(item.element), {"type": "array", "items": _ref(item.element), **bounds}]}


def _json_object_of(entry: Element) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": _json_value_of(entry)}


def _json_value_of(entry: Element) -> dict[str, Any]:
    """The value of an entry key → value."""
    assert entry.entry is not None
    return _json_value(entry.text if entry.entry[1] == "text" else entry.attribute[entry.entry[1]].value)  # type: ignore[arg-type]


def _json_attribute(attribute: Attribute) -> dict[str, Any]:
    default = {"default": attribute.default} if attribute.default is not None else {}
    return {"description": attribute.doc} | _json_value(attribute.value) | default


def _json_entries(element: Element, entry: Element) -> dict[str, Any]:
    """An object name → value; the element's own attributes are marked, and the names that are known are offered."""
    value = _json_value_of(entry)
    marked = {f"@{attribute.name}": _json_attribute(attribute) for attribute in element.attributes}
    at_length = {entry.tag: {"anyOf": [value, {"type": "array", "items": _ref(entry)}]}}
    least = element.slots[0].items[0].min
    return {
        "type": "object",
        "properties": marked | at_length | _offered(element.tag),
        "patternProperties": {f"^@{_none_of(element)}": False},
        "required": [f"@{attribute.name}" for attribute in element.attributes if attribute.required],
        "additionalProperties": value,
        **({"minProperties": least} if least else {}),
    }


def _none_of(element: Element) -> str:
    """A lookahead past the element's own attributes."""
    names = "|".join(attribute.name for attribute in element.attributes)
    return f"(?!({names})$)" if names else ""


_ROOMS = {"loss": "losses", "optimizer": "optimizers", "schedule": "schedules"}


def _offered(tag: str) -> dict[str, Any]:
    """Component names and training keys, offered by editors; other spellings stay valid."""
    if tag in _ROOMS:
        return {tag: {"anyOf": [{"enum": registry.names(_ROOMS[tag])}, {"type": "string", "minLength": 1}]}}
    if tag == "trainingprocess":
        from seqforge.training.process import TrainingProcess

        kinds = {name: parameter.kind.expected for name, parameter in parameters_of(TrainingProcess).items()}
        return {name: {"description": expected, "$ref": "#/$defs/literal"} for name, expected in kinds.items()}
    return {}


def _json_value(value: Value) -> dict[str, Any]:
    if value.bare and value.name in ("value", "setting"):
        return {"$ref": "#/$defs/literal"}
    return _json_kind(value.kind)


@singledispatch
def _json_kind(kind: Kind) -> dict[str, Any]:
    return kind.schema()


@_json_kind.register
def _(kind: Known) -> dict[str, Any]:
    pattern = "|".join(map(any_case, kind.names()))
    return {"anyOf": [{"enum": kind.names()}, {"type": "string", "pattern": f"^\\s*({pattern})\\s*$"}]}


@_json_kind.register
def _(kind: Flag) -> dict[str, Any]:
    pattern = "|".join(map(any_case, (*TRUE, *FALSE)))
    return {"anyOf": [{"type": "boolean"}, {"enum": [0, 1]}, {"type": "string", "pattern": f"^({pattern})$"}]}


@_json_kind.register(Number)
@_json_kind.register(Integer)
@_json_kind.register(Seed)
def _(kind: Number) -> dict[str, Any]:
    """A number, or a text that spells one in a way that JSON has not (`.5`, `05`)."""
    return kind.schema() | {"type": [kind.schema()["type"], "string"], "pattern": _NUMERAL}


@_json_kind.register
def _(kind: Position) -> dict[str, Any]:
    return {"anyOf": [{"enum": list(kind.words)}, _json_kind(kind.number)]}


def stale(target: Path | None = None) -> list[str]:
    """The schema files in `target` (default: schemas/) that differ from what would be written."""
    place = target or folder("schemas")
    return [name for name, text in files().items() if not (place / name).is_file() or _read(place / name) != text]


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def main(arguments: list[str], say: Callable[[str], None] = print) -> int:
    place = folder("schemas")
    old = stale(place)
    if "--write" in arguments:
        place.mkdir(exist_ok=True)
        for name in old:
            (place / name).write_text(files()[name], encoding="utf-8")
    for name in old:
        say(f"{'written' if '--write' in arguments else 'stale'}: {place / name}")
    return 1 if old and "--write" not in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
