# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Trees and bytes against the shipped XML Schemas, without any access to the network.

The structural check is what users see; the schema is the same grammar for editors and other tools. `check` adds
whatever the schema refuses beyond it. `second_opinion` asks xmlschema, which shares no code with libxml2.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from lxml import etree

from seqforge.definitions.language import ROOTS, Element
from seqforge.definitions.tree import Node
from seqforge.definitions.writer import to_xml
from seqforge.errors import Problem, UsageError
from seqforge.resources import folder

_FILES = {"seqgramodel": "model-definition.xsd", "seqgradata": "data-definition.xsd"}
_SUBJECT = re.compile(
    r"^Element '(?P<element>[^']*)'(, attribute '(?P<attribute>[^']*)')?: (\[facet '[^']*'\] )?(?P<rest>.*)$"
)


@cache
def schema(root: str) -> etree.XMLSchema:
    """The compiled schema of the root element `root`."""
    return etree.XMLSchema(etree.parse(folder("schemas") / _FILES[root], _parser()))


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False
    )


def check(root: Node) -> list[Problem]:
    """What the schema refuses in a tree, apart from names that are judged when they are resolved; one per line."""
    grammar = ROOTS.get(root.tag)
    if grammar is None:
        return []
    pairs: list[tuple[Any, Node, Element]] = []
    tree = etree.ElementTree(_element(None, root, grammar, pairs))
    compiled = schema(root.tag)
    if compiled.validate(tree):
        return []
    by_path = {tree.getpath(element): (node, rule) for element, node, rule in pairs}
    said = (error for error in compiled.error_log if error.type != etree.ErrorTypes.SCHEMAV_CVC_IDC)  # keys: structure
    found = (_problem(error, *by_path[error.path]) for error in said if error.path in by_path)
    first = {problem.place[:2]: problem for problem in reversed([problem for problem in found if problem])}
    return sorted(first.values())


def _element(parent: Any, node: Node, grammar: Element, pairs: list[tuple[Any, Node, Element]]) -> Any:
    """`node` as an lxml element, without what the grammar does not know: the structural check has reported that."""
    element = etree.Element(node.tag) if parent is None else etree.SubElement(parent, node.tag)
    for name, text in node.attributes.items():
        if name in grammar.attribute:
            element.set(name, text)
    if node.text and grammar.text:
        element.text = node.text
    pairs.append((element, node, grammar))
    children = grammar.children
    for child in node.children:
        if child.tag in children:
            _element(element, child, children[child.tag], pairs)
    return element


def _problem(error: Any, node: Node, grammar: Element) -> Problem | None:
    match = _SUBJECT.match(error.message)
    name = match["attribute"] if match else None
    value = grammar.attribute[name].value if name in grammar.attribute else grammar.text
    if value is not None and value.judged_later and not error.message.endswith("missing."):
        return None
    place = node.attributes[name].place if name in node.attributes else node.text.place if grammar.text else node.place
    subject = f"{node.tag} {name}" if name else node.tag
    sentence = (match["rest"] if match else error.message).rstrip(".")
    return Problem(place, "SF0101", f"{subject}: {sentence[:1].lower()}{sentence[1:]}")


def validate(data: bytes) -> list[str]:
    """The schema's own messages "line: message" on the bytes of an XML definition, as validating editors show them."""
    try:
        tree = etree.fromstring(data, _parser())
    except etree.XMLSyntaxError as error:
        return [f"{error.lineno}: {error.msg}"]
    if tree.tag not in _FILES:
        return [f"{tree.sourceline}: unknown root element '{tree.tag!s}'"]
    compiled = schema(str(tree.tag))
    compiled.validate(tree)
    return [f"{error.line}: {error.message}" for error in compiled.error_log]


def second_opinion(root: Node) -> list[Problem]:
    """What xmlschema, an independent validator, refuses in a tree; raises UsageError if it is not installed."""
    try:
        import xmlschema
    except ImportError:
        raise UsageError("--second-opinion needs the extra: pip install 'seqforge[validation]'") from None
    compiled = _second_schema(root.tag) if root.tag in _FILES else None
    if compiled is None:
        return []
    tree = xmlschema.XMLResource(to_xml(root), allow="none", defuse="always")
    return sorted(_second_problem(error, root) for error in compiled.iter_errors(tree))


@cache
def _second_schema(root: str) -> Any:
    import xmlschema

    return xmlschema.XMLSchema(str(folder("schemas") / _FILES[root]))


def _second_problem(error: Any, root: Node) -> Problem:
    node = _at(root, error.path or "")
    reason = " ".join((error.reason or error.message or "refused").split())
    return Problem(node.place, "SF0101", f"{node.tag}: second opinion: {reason}")


def _at(root: Node, path: str) -> Node:
    """The element at a path such as /seqgramodel/general/label[3]."""
    node = root
    for step in path.strip("/").split("/")[1:]:
        tag, _, number = step.rstrip("]").partition("[")
        same = node.all(tag)
        index = int(number or 1) - 1
        if index >= len(same):
            return node
        node = same[index]
    return node
