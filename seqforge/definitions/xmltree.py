# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""XML as a tree with the place of every element, attribute and text; document types and entities are refused."""

from __future__ import annotations

import re
from typing import Any, NoReturn
from xml.parsers import expat

from seqforge.definitions.tree import Node, Text
from seqforge.errors import DefinitionError, Place, Problem

DEPTH = 64  # of nested elements; the language itself needs 9

_NOTHING = Text("")  # until an element ends
_ATTRIBUTE = re.compile(rb"""\s+([^\s=]+)\s*=\s*(["'])""")
_REASONS = {
    expat.errors.XML_ERROR_TAG_MISMATCH: "this closing tag does not match the element that is open",
    expat.errors.XML_ERROR_DUPLICATE_ATTRIBUTE: "an attribute is given twice in one element",
    expat.errors.XML_ERROR_UNCLOSED_TOKEN: "a tag is not closed",
    expat.errors.XML_ERROR_NO_ELEMENTS: "the file ends before its elements do",
    expat.errors.XML_ERROR_INVALID_TOKEN: "this is no XML (a '<' or '&' in a text is written '&lt;' or '&amp;')",
    expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT: "something follows the end of the root element",
    expat.errors.XML_ERROR_UNDEFINED_ENTITY: "an entity is used that XML does not define",
    expat.errors.XML_ERROR_MISPLACED_XML_PI: "'<?xml …?>' may only be the very first thing in the file",
}


def parse(data: bytes, file: str = "", warnings: list[Problem] | None = None) -> Node:
    """The tree of `data`, UTF-8 without a byte order mark; raises DefinitionError with one problem.

    A CDATA section with text in it is not read as a value; it is reported into `warnings`.
    """
    builder = _Builder(data, file, warnings if warnings is not None else [])
    try:
        builder.parser.Parse(data, True)
    except expat.ExpatError as error:
        reason = _REASONS.get(expat.errors.messages.get(error.code, ""), expat.ErrorString(error.code))
        builder.refuse("SF0006", f"not well-formed XML: {reason}", Place(file, error.lineno, error.offset + 1))
    return builder.root


class _Builder:
    """Expat's callbacks: a stack of open elements, and the places that expat knows only while it calls."""

    def __init__(self, data: bytes, file: str, warnings: list[Problem]):
        self.data, self.file, self.warnings = data, file, warnings
        self.stack: list[Node] = []
        self.texts: list[tuple[Place, list[str]] | None] = []  # of the open elements: where it starts, its pieces
        self.cdata = False
        parser = expat.ParserCreate("utf-8")
        parser.ordered_attributes = True
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.text
        parser.StartCdataSectionHandler = self.cdata_start
        parser.EndCdataSectionHandler = self.cdata_end
        parser.StartDoctypeDeclHandler = self.doctype
        self.parser = parser

    def refuse(self, id: str, message: str, place: Place) -> NoReturn:
        raise DefinitionError([Problem(place, id, message)])

    def here(self) -> Place:
        return Place(self.file, self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1)

    def start(self, tag: str, attributes: list[str]) -> None:
        place = self.here()
        if len(self.stack) == DEPTH:
            self.refuse("SF0008", f"elements are nested deeper than {DEPTH} levels", place)
        node = Node(tag, place, self.attributes(tag, attributes, place) if attributes else {}, [], _NOTHING)
        if self.stack:
            self.stack[-1].children.append(node)
        else:
            self.root = node
        self.stack.append(node)
        self.texts.append(None)

    def end(self, tag: str) -> None:
        node, text = self.stack.pop(), self.texts.pop()
        node.text = Text("".join(text[1]).strip(), text[0]) if text else Text("", node.place)

    def text(self, data: str) -> None:
        text = self.texts[-1]
        if self.cdata:
            if data.strip():
                self.ignored_cdata()
        elif text is not None:
            text[1].append(data)
        elif not data.isspace():
            place, before = self.here(), len(data) - len(data.lstrip())
            self.texts[-1] = Place(self.file, place.line, place.column + before), [data]

    def ignored_cdata(self) -> None:
        message = "a CDATA section is not read as a value"
        hint = "write the text plainly, with '&lt;' for '<' and '&amp;' for '&'"
        self.warnings.append(Problem(self.here(), "SF0009", message, hint, "warning"))

    def cdata_start(self) -> None:
        self.cdata = True

    def cdata_end(self) -> None:
        self.cdata = False

    def doctype(self, *_: Any) -> None:
        self.refuse("SF0007", "a document type (DOCTYPE) or entity declaration is not allowed; remove it", self.here())

    def attributes(self, tag: str, flat: list[str], place: Place) -> dict[str, Text]:
        """Names and values alternate in `flat`; the values' places are read from the start tag's bytes."""
        data, at = self.data, self.parser.CurrentByteIndex
        end = at + len("<") + len(tag.encode())
        found: dict[str, Text] = {}
        for name, value in zip(flat[::2], flat[1::2], strict=True):
            match = _ATTRIBUTE.match(data, end)
            assert match is not None  # expat has read the same bytes
            end = data.index(match[2], match.end()) + 1
            at, place = match.end(), self.within(at, match.end(), place)
            found[name] = Text(value.strip(), place)
        return found

    def within(self, at: int, index: int, place: Place) -> Place:
        """The place of the byte `index`, as seen from the byte `at` before it, which is `place`."""
        piece = self.data[at:index]
        if b"\n" in piece:
            last = piece.rindex(b"\n")
            return Place(self.file, place.line + piece.count(b"\n"), len(piece[last + 1 :].decode("utf-8")) + 1)
        return Place(self.file, place.line, place.column + len(piece.decode("utf-8")))
