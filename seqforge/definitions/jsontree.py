# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The JSON twin of a definition: the same tree, written as objects and lists.

Attributes and children are keys; an element with nothing but text is a scalar; a container of one repeated child is a
list; hyper-parameters, letters and k-mers are an object name → value, where the element's own attributes are "@name".
An element with a text and attributes calls the text by its own name ({"operation": "Conv1D", "filters": 10}). Numbers
keep their spelling. `parse` reads with the place of every key and value; `write` is its inverse.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn

from seqforge.definitions.language import ROOTS, Element, Value
from seqforge.definitions.tree import Node, Text
from seqforge.errors import DefinitionError, Place, Problem

DEPTH = 64

_SPACE = re.compile(r"[ \t\r\n]*")
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WORD = re.compile(r"[^\s,:\[\]{}\"]+")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
_CONSTANTS = {"true": "true", "false": "false", "null": "None"}
# what other languages allow where JSON does not, and the way out
_FOREIGN = (
    (re.compile(r"//|/\*|#"), "JSON has no comments: remove it"),
    (re.compile(r"for\b|if\b"), "nothing is computed: write the list out"),
    (re.compile(r"[+\-*/%(]|[0-9][0-9.]*[+\-*/%]"), "nothing is computed: write the number out"),
    (re.compile(r"(True|False|None)\b"), "JSON writes true, false and null"),
)


@dataclass
class Scalar:
    text: Text  # as an XML value would spell it; true, false and numbers as in the file, null as None
    is_string: bool


@dataclass
class Array:
    items: list[Any]
    place: Place


@dataclass
class Object:
    entries: list[tuple[Text, Any]]
    place: Place


Json = Scalar | Array | Object


def place_of(value: Json) -> Place:
    return value.text.place if isinstance(value, Scalar) else value.place


class _Scanner:
    """A recursive-descent parser of JSON (RFC 8259) that knows where it is."""

    def __init__(self, text: str, file: str):
        self.source, self.file, self.at = text, file, 0
        self.line, self.line_start, self.counted = 1, 0, 0

    def document(self) -> Json:
        value = self.value(0)
        self.space()
        if self.at < len(self.source):
            self.refuse("something follows the end of the document")
        return value

    def place(self) -> Place:
        between = self.source.count("\n", self.counted, self.at)
        if between:
            self.line += between
            self.line_start = self.source.rindex("\n", 0, self.at) + 1
        self.counted = self.at
        return Place(self.file, self.line, self.at - self.line_start + 1)

    def refuse(self, message: str, id: str = "SF0010", place: Place | None = None, hint: str = "") -> NoReturn:
        hint = next((way_out for foreign, way_out in _FOREIGN if foreign.match(self.source, self.at)), hint)
        raise DefinitionError([Problem(place or self.place(), id, f"not valid JSON: {message}", hint)])

    def space(self) -> str:
        """The next character that is not white space, "" at the end."""
        match = _SPACE.match(self.source, self.at)
        self.at = match.end() if match else self.at
        return self.source[self.at : self.at + 1]

    def value(self, depth: int) -> Json:
        character = self.space()
        if depth > DEPTH:
            raise DefinitionError([Problem(self.place(), "SF0008", f"values are nested deeper than {DEPTH} levels")])
        if character == "{":
            return self.object(depth)
        if character == "[":
            return self.array(depth)
        place = self.place()
        if character == '"':
            return Scalar(Text(self.string().strip(), place), True)
        return Scalar(Text(self.word(), place), False)

    def word(self) -> str:
        match = _WORD.match(self.source, self.at)
        if match is None:
            self.refuse(f"expected a value, found {self.found()}")
        word = match[0]
        if word not in _CONSTANTS and NUMBER.fullmatch(word) is None:
            self.refuse(f"expected a value, found '{word[:40]}'", hint="a text stands in double quotes")
        self.at = match.end()
        return _CONSTANTS.get(word, word)

    def found(self) -> str:
        return f"'{self.source[self.at]}'" if self.at < len(self.source) else "the end of the file"

    def string(self) -> str:
        match = _STRING.match(self.source, self.at)
        if match is None:
            self.refuse("a text is not closed, or holds a control character or an unknown escape")
        text = str(json.loads(match[0]))
        if not all(character >= " " or character in "\t\n\r" for character in text) or _surrogate(text):
            self.refuse("a text holds a character that no definition can hold")
        self.at = match.end()
        return text

    def array(self, depth: int) -> Array:
        place, items = self.place(), []
        self.at += 1
        if self.space() == "]":
            self.at += 1
            return Array([], place)
        while True:
            items.append(self.value(depth + 1))
            if self.separator("]"):
                return Array(items, place)

    def object(self, depth: int) -> Object:
        place = self.place()
        entries: list[tuple[Text, Any]] = []
        seen: dict[str, Place] = {}
        self.at += 1
        if self.space() == "}":
            self.at += 1
            return Object([], place)
        while True:
            key = self.key(seen)
            entries.append((key, self.value(depth + 1)))
            if self.separator("}"):
                return Object(entries, place)

    def key(self, seen: dict[str, Place]) -> Text:
        if self.space() != '"':
            self.refuse(f"expected a key in double quotes, found {self.found()}")
        key = Text("", self.place())
        key = Text(self.string().strip(), key.place)
        if key in seen:
            problem = f"the key '{key}' is given twice (lines {seen[key].line} and {key.place.line}); keep one"
            raise DefinitionError([Problem(key.place, "SF0011", problem)])
        seen[key] = key.place
        if self.space() != ":":
            self.refuse(f"expected ':' after the key '{key}', found {self.found()}")
        self.at += 1
        return key

    def separator(self, end: str) -> bool:
        """Steps over ',' or `end`; True at the end."""
        character = self.space()
        if character not in (",", end) or not character:
            self.refuse(f"expected ',' or '{end}', found {self.found()}")
        self.at += 1
        return character == end


def _surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" or character in "\ufffe\uffff" for character in text)


def scan(data: str, file: str = "") -> Json:
    """The values of a JSON document with their places; raises DefinitionError with one problem."""
    return _Scanner(data, file).document()


def parse(data: str, file: str = "") -> Node:
    """The tree of a JSON definition; raises DefinitionError with one problem."""
    return tree_of(scan(data, file))


def tree_of(document: Json) -> Node:
    """The tree of a JSON twin; raises DefinitionError with one problem."""
    if not isinstance(document, Object):
        raise _refused(document, "SF0102", f"expected an object with one key, {_roots()}")
    entries = [(key, value) for key, value in document.entries if key != "$schema"]
    if len(entries) != 1:
        raise _refused(document, "SF0102", f"expected one key, {_roots()}, received {len(entries)}")
    key, value = entries[0]
    if key not in ROOTS:
        return Node(str(key), key.place, text=Text("", key.place))
    return _Mapper().element(ROOTS[key], value, key.place)


def _roots() -> str:
    return " or ".join(f"'{root}'" for root in ROOTS)


def _refused(value: Json, id: str, message: str) -> DefinitionError:
    return DefinitionError([Problem(place_of(value), id, message)])


class _Mapper:
    """JSON values as elements of the language. An unknown key becomes an element that the structural check refuses."""

    def element(self, element: Element, value: Json, place: Place) -> Node:
        node = Node(element.tag, place, text=Text("", place))
        if isinstance(value, Scalar):
            self.scalar(element, value, node)
        elif isinstance(value, Array):
            self.array(element, value, node)
        else:
            self.object(element, value, node)
        node.children.sort(key=lambda child: element.slot_of.get(child.tag, len(element.slots)))
        return node

    def scalar(self, element: Element, value: Scalar, node: Node) -> None:
        only = _only_attribute(element)
        if only:
            node.attributes[only] = value.text
        else:
            node.text = value.text

    def array(self, element: Element, value: Array, node: Node) -> None:
        child = _list_choice(element)
        if child is None or child.entry:
            raise _refused(value, "SF0117", f"'{element.tag}' is no list; expected {_form(element)}")
        node.children = [self.element(child, item, place_of(item)) for item in value.items]

    def object(self, element: Element, value: Object, node: Node) -> None:
        for key, item in value.entries:
            self.entry(element, key, item, node)

    def entry(self, element: Element, key: Text, item: Json, node: Node) -> None:
        """One key: "@attribute", the text, an attribute, an entry of an object name → value, or children."""
        name = key.removeprefix("@")
        if key.startswith("@"):
            node.attributes[name] = literal(item)
        elif element.text and element.slots == () and key == (element.text_name or element.tag):
            node.text = literal(item)
        elif element.sole and element.sole.entry:
            pairs = self.repeated(element, key, item) if _are_objects(item) else [_pair(element.sole, key, item)]
            node.children.extend(pairs)
        elif key in element.attribute or element.any_attributes:
            node.attributes[str(key)] = literal(item)
        elif key in element.children:
            node.children.extend(self.repeated(element, key, item))
        elif isinstance(item, Scalar) and ":" in key:
            node.attributes[str(key)] = item.text
        else:
            node.children.append(Node(str(key), key.place, text=Text("", key.place)))

    def repeated(self, element: Element, key: Text, item: Json) -> list[Node]:
        child = element.children.get(key)
        if child is None:
            return [Node(str(key), key.place, text=Text("", key.place))]
        if child.entry and isinstance(item, Object):
            return [_pair(child, name, value) for name, value in item.entries]
        if isinstance(item, Array) and element.items[key].max != 1 and not _is_list(child):
            return [self.element(child, one, place_of(one)) for one in item.items]
        return [self.element(child, item, key.place)]


def literal(value: Json) -> Text:
    """A JSON value as a definition's text: a list as a tuple, `[3, 5]` as `(3, 5)`."""
    if isinstance(value, Scalar):
        return value.text
    if isinstance(value, Array) and not any(isinstance(item, Object) for item in value.items):
        items = [_inner(item) for item in value.items]
        return Text(f"({', '.join(items)}{',' if len(items) == 1 else ''})", value.place)
    raise _refused(
        value, "SF0117", "expected a text, a number, true, false, null or a list of those, received an object"
    )


def _inner(value: Json) -> str:
    if isinstance(value, Scalar):
        return (
            repr(str(value.text)) if value.is_string else {"true": "True", "false": "False"}.get(value.text, value.text)
        )
    return str(literal(value))


def _pair(element: Element, key: Text, value: Json) -> Node:
    assert element.entry is not None
    node = Node(element.tag, key.place, text=Text("", key.place))
    for source, text in zip(element.entry, (key, literal(value)), strict=True):
        if source == "text":
            node.text = text
        else:
            node.attributes[source] = text
    return node


def _only_attribute(element: Element) -> str | None:
    """The attribute that is all an element says (conditionref@cid), written in JSON as a scalar."""
    bare = not element.text and not element.slots and len(element.attributes) == 1
    return element.attributes[0].name if bare else None


def _list_choice(element: Element) -> Element | None:
    """The repeatable alternative of an element that is one choice (labels: label or pattern), written as a list."""
    if element.attributes or len(element.slots) != 1:
        return None
    return next((item.element for item in element.slots[0].items if item.max != 1), None)


def _are_objects(value: Json) -> bool:
    """Entries written at length, because a name is repeated: "hyperparameter": [{"name": …, "value": …}, …]."""
    return isinstance(value, Array) and any(isinstance(item, Object) for item in value.items)


def _is_list(element: Element) -> bool:
    """Whether the JSON form of one such element is itself a list."""
    return element.sole is not None and not element.sole.entry and not element.attributes


def _form(element: Element) -> str:
    if element.text and not element.attributes:
        return "a text or a number"
    return "an object"


class Bare(str):
    """A number, true or false: written without quotes, with this very spelling."""


def write(root: Node) -> str:
    """The JSON form of a tree without structural problems, in lines of at most about 100 characters."""
    return layout({root.tag: _value(ROOTS[root.tag], root)}, "") + "\n"


def _value(element: Element, node: Node) -> Any:
    """The JSON value of an element, made of dict, list, str and `Bare`."""
    only = _only_attribute(element)
    if only:
        return _scalar(element.attribute[only].value, node.attributes[only])
    if element.text and not element.attributes and not element.any_attributes:
        return _scalar(element.text, node.text)
    listed = _list_choice(element)
    if listed and not listed.entry and all(child.tag == listed.tag for child in node.children):
        return [_value(listed, child) for child in node.children]
    return _attributes(element, node) | (_entries(element, node) if _has_entries(element) else _members(element, node))


def _attributes(element: Element, node: Node) -> dict[str, Any]:
    marked = "@" if _has_entries(element) else ""
    found: dict[str, Any] = {}
    if element.text and (node.text or not element.text.may_be_empty):
        found[element.text_name or element.tag] = _scalar(element.text, node.text)
    for name, text in node.attributes.items():
        known = element.attribute.get(name)
        value = known.value if known else element.any_attributes
        key = f"@{name}" if name in found or name in element.children else f"{marked}{name}"
        found[key] = _scalar(value, text)
    return found


def _has_entries(element: Element) -> bool:
    return element.sole is not None and element.sole.entry is not None


def _entries(element: Element, node: Node) -> dict[str, Any]:
    """Entries as name → value; at length if a name occurs twice or could be taken for something else."""
    child = element.sole
    assert child is not None
    values = _named_values(child, node.children)
    if values is None or any(name.startswith("@") for name in values):
        return {child.tag: [_long_entry(child, one) for one in node.children]}
    return values


def _named_values(element: Element, nodes: list[Node]) -> dict[str, Any] | None:
    """Entries as name → value, None if a name occurs twice."""
    assert element.entry is not None
    pairs = [tuple(_part(one, source) for source in element.entry) for one in nodes]
    kind = element.text if element.entry[1] == "text" else element.attribute[element.entry[1]].value
    values = {str(name): _scalar(kind, value) for name, value in pairs}
    return values if len(values) == len(pairs) else None


def _part(node: Node, source: str) -> Text:
    return node.text if source == "text" else node.attributes[source]


def _long_entry(element: Element, node: Node) -> dict[str, Any]:
    name = element.text_name or element.tag
    return {key: _scalar(value.value, node.attributes[key]) for key, value in element.attribute.items()} | {
        name: _scalar(element.text, node.text)
    }


def _members(element: Element, node: Node) -> dict[str, Any]:
    """Children by tag: a list where the tag is repeated or always a list, else the one value; entries as an object."""
    grouped: dict[str, list[Any]] = {}
    for child in node.children:
        grouped.setdefault(child.tag, []).append(_value(element.children[child.tag], child))
    entries = element.entries and _named_values(element.entries, node.all(element.entries.tag))
    if element.entries and entries:
        others = {tag: values for tag, values in grouped.items() if tag != element.entries.tag}
        return {element.entries.tag: entries} | _grouped(element, others)
    return _grouped(element, grouped)


def _grouped(element: Element, grouped: dict[str, list[Any]]) -> dict[str, Any]:
    single = {tag: len(values) == 1 and not _always_list(element, tag) for tag, values in grouped.items()}
    return {tag: values[0] if single[tag] else values for tag, values in grouped.items()}


def _always_list(element: Element, tag: str) -> bool:
    """Repeatable children are a list even when there is one, except sections (optimizer, schedule)."""
    return element.items[tag].max != 1 and not _has_entries(element.children[tag])


def _scalar(value: Value | None, text: str) -> str:
    bare = value is None or value.bare
    return Bare(text) if bare and (NUMBER.fullmatch(text) or text in ("true", "false")) else str(text)


def layout(value: Any, indent: str) -> str:
    """JSON text: whatever holds only scalars and is short stands on one line, the rest one item per line."""
    if isinstance(value, str):
        return str(value) if isinstance(value, Bare) else json.dumps(value, ensure_ascii=False)
    inner = indent + "  "
    if isinstance(value, dict):
        brackets = "{}"
        items = [f"{json.dumps(key, ensure_ascii=False)}: {layout(item, inner)}" for key, item in value.items()]
        scalars = all(isinstance(item, str) for item in value.values())
    else:
        brackets = "[]"
        items = [layout(item, inner) for item in value]
        scalars = all(isinstance(item, str) for item in value)
    line = ", ".join(items)
    if not items or (scalars and len(line) + len(indent) < 90):
        return f"{brackets[0]}{line}{brackets[1]}"
    return f"{brackets[0]}\n{inner}" + f",\n{inner}".join(items) + f"\n{indent}{brackets[1]}"
