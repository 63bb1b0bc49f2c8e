# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The structural check: a tree against the grammar, every problem at once, in sentences made for people."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import chain, islice, pairwise

from seqforge.definitions.language import (
    DATA,
    LITERAL,
    MODEL,
    ROOTS,
    VERSION,
    XSI,
    Attribute,
    Element,
    Item,
    Known,
    Slot,
    Value,
)
from seqforge.definitions.overrides import SETTING
from seqforge.definitions.tree import Node, Text
from seqforge.errors import Place, Problem, did_you_mean, nearest, one_of, quoted
from seqforge.parameters import Unfit

MOST_LABELS = 100_000
MOST_PROBLEMS = 1000  # nobody reads more, and a large file can hold millions

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]*").fullmatch
_PREFIX = re.compile(r"xmlns:[A-Za-z_][A-Za-z0-9_.\-]*").fullmatch


def check(root: Node) -> list[Problem]:
    """What is wrong in the structure and the plain values of a definition, sorted by place."""
    grammar = ROOTS.get(root.tag)
    if grammar is None:
        return [
            Problem(root.place, "SF0102", f"unknown root element '{root.tag}'", did_you_mean(root.tag, list(ROOTS)))
        ]
    found = chain(_element(root, grammar, _accepted(root)), _version(root), _pattern(root), _keys(root, grammar))
    problems = list(islice(found, MOST_PROBLEMS + 1))
    if len(problems) > MOST_PROBLEMS:
        message = f"there are more than {MOST_PROBLEMS} problems, the others are not listed"
        problems[MOST_PROBLEMS] = Problem(root.place, "SF0118", message, "mend these first")
    return sorted(problems)


def _accepted(root: Node) -> frozenset[str]:
    """The attributes that any XML root may carry: the schema's address, never fetched, and its namespace."""
    prefixes = {name: value for name, value in root.attributes.items() if _PREFIX(name)}
    bound = [name.removeprefix("xmlns:") for name, value in prefixes.items() if value == XSI]
    hints = (f"{prefix}:{name}" for prefix in bound for name in ("noNamespaceSchemaLocation", "schemaLocation"))
    return frozenset((*hints, *prefixes))


def _element(node: Node, grammar: Element, accepted: frozenset[str] = frozenset()) -> Iterator[Problem]:
    yield from _attributes(node, grammar, accepted)
    yield from _text(node, grammar)
    if node.children or grammar.slots:
        yield from _children(node, grammar)
        children = grammar.children
        for child in node.children:
            if child.tag in children:
                yield from _element(child, children[child.tag])


def _attributes(node: Node, grammar: Element, accepted: frozenset[str]) -> Iterator[Problem]:
    known = grammar.attribute
    meant = set()
    for name, text in node.attributes.items():
        if name in known:
            yield from _value(known[name].value, text, f"{grammar.tag} {name}")
        elif name not in accepted and not (grammar.any_attributes and _NAME(name)):
            meant.add(nearest(name, known))
            yield _unknown_attribute(name, text, grammar)
    for attribute in grammar.attributes:
        if attribute.required and attribute.name not in node.attributes and attribute.name not in meant:
            message = f"'{node.tag}' needs the attribute {attribute.name}=\"…\""
            yield Problem(node.place, "SF0107", message, _known_names(node, attribute))


def _known_names(node: Node, attribute: Attribute) -> str:
    kind = attribute.value.kind
    names = one_of(kind.names()) if isinstance(kind, Known) else ""
    if node.place.file.startswith(SETTING):  # which has made the element
        return f"add --set {node.tag}.{attribute.name}=" + (f"… with {names}" if names else "…")
    return f"expected {names}" if names else ""


def _unknown_attribute(name: str, text: Text, grammar: Element) -> Problem:
    if name == "xmlns":
        return Problem(text.place, "SF0105", f"'{grammar.tag}' has no namespace", "remove xmlns")
    known = list(grammar.attribute)
    hint = did_you_mean(name, known) if known else "it takes none"
    return Problem(text.place, "SF0105", f"'{grammar.tag}' has no attribute '{name}'", hint)


def _text(node: Node, grammar: Element) -> Iterator[Problem]:
    if grammar.text is None:
        if node.text:
            shown = quoted(node.text if len(node.text) <= 40 else node.text[:37] + "…")
            message = f"'{node.tag}' holds elements only, received the text {shown}"
            yield Problem(node.text.place, "SF0112", message, _needs(grammar) if _only_text(node, grammar) else "")
        return
    yield from _value(grammar.text, node.text, _named(node))


def _named(node: Node) -> str:
    """An element as a message names it: with its name, if it has one."""
    name = node.attributes.get("name")
    return f"{node.tag} '{name}'" if name else node.tag


def _value(value: Value, text: Text, subject: str) -> Iterator[Problem]:
    if not text:
        if not value.may_be_empty:
            yield Problem(text.place, "SF0110", f"{subject} is empty", _wanted(value))
        return
    if value.judged_later:
        return
    try:
        value.kind.parse(text)
    except Unfit as unfit:
        yield Problem(text.place, "SF0111", f"{subject}: {unfit}", value.kind.near_word(text))


def _wanted(value: Value) -> str:
    """What an empty text or attribute should say: of a hyper-parameter the structure knows only that it is needed."""
    return "write a value or remove it" if value is LITERAL else f"expected {value.kind.expected}"


def _children(node: Node, grammar: Element) -> Iterator[Problem]:
    slot_of = grammar.slot_of
    known = [child for child in node.children if child.tag in slot_of]
    strange = [child for child in node.children if child.tag not in slot_of]
    yield from (_unknown_element(child, grammar) for child in strange)
    by_tag: dict[str, list[Node]] = {}
    for child in known:
        by_tag.setdefault(child.tag, []).append(child)
    meant = misspelt(node, grammar) if strange else frozenset()
    slots = grammar.slots_of({*by_tag, *meant})
    yield from _order(known, grammar, slots)
    mixed = list(_kinds(node, grammar, by_tag))
    yield from mixed
    for number, slot in enumerate(slots):
        absent = slot.required and not any(tag in by_tag or tag in meant for tag in slot.tags)
        if absent and not mixed and not _only_text(node, grammar):
            yield _missing(node, slots, number)
        yield from _slot(node, slot, by_tag)


def misspelt(node: Node, grammar: Element) -> frozenset[str]:
    """The elements that the unknown children of `node` were probably meant to be."""
    strange = dict.fromkeys(child.tag for child in node.children if child.tag not in grammar.children)
    return frozenset(filter(None, (nearest(tag, grammar.children) for tag in list(strange)[:MOST_PROBLEMS])))


def _slot(node: Node, slot: Slot, by_tag: dict[str, list[Node]]) -> Iterator[Problem]:
    present = [item for item in slot.items if item.element.tag in by_tag]
    if len(present) > 1:
        yield _several(node, [by_tag[item.element.tag][0] for item in present])
    for item in present:
        yield from _count(node, item, by_tag[item.element.tag])


def _kinds(node: Node, grammar: Element, by_tag: dict[str, list[Node]]) -> Iterator[Problem]:
    """Children of more than one kind: the first of each kind is named."""
    firsts = [[by_tag[tag][0] for tag in by_tag if tag in kind][:1] for kind in grammar.kinds]
    present = [first for found in firsts for first in found]
    if len(present) > 1:
        yield _several(node, present)


def _several(node: Node, present: list[Node]) -> Problem:
    late = max(present, key=lambda child: child.place)
    both = " and ".join(f"'{child.tag}'" for child in present)
    return Problem(late.place, "SF0113", f"'{node.tag}' holds {both}", "keep one of them")


def _count(node: Node, item: Item, found: list[Node]) -> Iterator[Problem]:
    tag = item.element.tag
    if item.max == 1 and len(found) > 1:
        lines = " and ".join(str(child.place.line) for child in found)
        times = "twice" if len(found) == 2 else f"{len(found)} times"
        yield Problem(found[1].place, "SF0109", f"'{tag}' is given {times} (lines {lines})", "keep one")
    elif item.max is not None and len(found) > item.max:
        yield Problem(found[item.max].place, "SF0109", f"'{node.tag}' takes {item.max} '{tag}', received {len(found)}")
    elif len(found) < item.min:
        yield Problem(node.place, "SF0106", f"'{node.tag}' needs {item.min} '{tag}', received {len(found)}")


def _missing(node: Node, slots: Sequence[Slot], number: int) -> Problem:
    wanted = _either(slots[number])
    if len(slots) == 1:
        return Problem(node.place, "SF0106", f"'{node.tag}' is empty", f"it needs {wanted}")
    before = _either(slots[number - 1]) if number else ""
    hint = f"put it after {before}" if before else f"put it first in '{node.tag}'"
    return Problem(node.place, "SF0106", f"'{node.tag}' lacks {wanted}", hint)


def _only_text(node: Node, grammar: Element) -> bool:
    """A text stands where the elements of a list should: one mistake, not two."""
    return bool(node.text) and not node.children and grammar.text is None and len(grammar.slots) == 1


def _needs(grammar: Element) -> str:
    return f"it needs {_either(grammar.slots[0])}"


def _either(slot: Slot) -> str:
    return " or ".join(f"'{tag}'" for tag in slot.tags)


def _unknown_element(child: Node, grammar: Element) -> Problem:
    tag = child.tag
    homes = list(dict.fromkeys(home.tag for home in (*MODEL.walk(), *DATA.walk()) if tag in home.children))
    if not grammar.children:
        return Problem(child.place, "SF0104", f"'{grammar.tag}' holds no elements, received '{tag}'", _home(homes))
    guess = nearest(tag, grammar.children)
    if homes and not guess:
        return Problem(child.place, "SF0104", f"'{tag}' does not belong in '{grammar.tag}'", _home(homes))
    message = f"'{grammar.tag}' has no element '{tag}'"
    return Problem(child.place, "SF0104", message, did_you_mean(tag, list(grammar.children)))


def _home(homes: list[str]) -> str:
    return f"it belongs in {' or '.join(repr(home) for home in homes)}" if homes else ""


def _order(children: list[Node], grammar: Element, order: Sequence[Slot]) -> Iterator[Problem]:
    """The fewest children that stand outside the order of the grammar."""
    slots = [grammar.slot_of[child.tag] for child in children]
    if all(first <= second for first, second in pairwise(slots)):
        return
    keep = _longest_ascending(slots)
    names = ", ".join("/".join(slot.tags) for slot in order)
    for number, child in enumerate(children):
        if number not in keep:
            message = f"'{child.tag}' stands in the wrong place in '{grammar.tag}'"
            yield Problem(child.place, "SF0108", message, f"the order is {names}")


def _longest_ascending(numbers: list[int]) -> set[int]:
    """The indices of one longest non-descending subsequence."""
    tails: list[int] = []  # the smallest end of an ascending run of each length
    ends: list[int] = []  # its index
    previous: list[int] = []
    for index, number in enumerate(numbers):
        at = bisect_right(tails, number)
        tails[at : at + 1] = [number]
        ends[at : at + 1] = [index]
        previous.append(ends[at - 1] if at else -1)
    kept, index = set(), ends[-1] if ends else -1
    while index >= 0:
        kept.add(index)
        index = previous[index]
    return kept


def _version(root: Node) -> Iterator[Problem]:
    text = root.attributes.get("version", Text("1"))
    if text.isdecimal() and int(text) > VERSION:
        message = f"language version {text} is newer than this SeqForge reads ({VERSION})"
        yield Problem(text.place, "SF0114", message, "update SeqForge")


def _pattern(root: Node) -> Iterator[Problem]:
    for node in at(root, "general/labels/pattern"):
        low, high = (node.attributes.get(name, "1") for name in ("min", "max"))
        if _is_whole(low) and _is_whole(high) and int(high) - int(low) >= MOST_LABELS:
            message = f"pattern gives {int(high) - int(low) + 1} labels, at most {MOST_LABELS} are possible"
            yield Problem(node.place, "SF0119", message)


def _is_whole(text: str) -> bool:
    return len(text) < 20 and text.removeprefix("-").isdecimal()


def at(root: Node, path: str) -> list[Node]:
    """The elements at a path of tags below `root`, in file order."""
    found = [root]
    for tag in path.split("/"):
        found = [child for node in found for child in node.children if child.tag == tag]
    return found


def _keys(root: Node, grammar: Element) -> Iterator[Problem]:
    """Attributes that must be unique, and references to them."""
    known: dict[str, dict[str, Place]] = {}
    nouns = {key.name: key.noun for key in grammar.keys}
    for key in grammar.keys:
        seen = known.setdefault(key.name, {})
        for text in _fields(root, key.path, key.field):
            if text in seen:
                lines = f"lines {seen[text].line} and {text.place.line}"
                yield Problem(text.place, "SF0115", f"{key.noun} '{text}' occurs twice ({lines})", "rename one")
            seen.setdefault(text, text.place)
    for reference in grammar.references:
        for text in _fields(root, reference.path, reference.field):
            if text not in known[reference.key]:
                hint = did_you_mean(text, list(known[reference.key])) if known[reference.key] else ""
                yield Problem(text.place, "SF0116", f"unknown {nouns[reference.key]} '{text}'", hint)


def _fields(root: Node, path: str, field: str) -> Iterator[Text]:
    return (node.attributes[field] for node in at(root, path) if node.attributes.get(field))
