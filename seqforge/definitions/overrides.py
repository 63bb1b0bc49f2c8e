# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`--set path=value`: values put into the tree before it is typed, so that they are checked like those of the file.

trainingprocess.epochs=3          a hyper-parameter; '/' separates as well as '.'
general.seed=5                    an element's text
architecture.external.layout=NLC  an attribute
optimizer[2].learning_rate=0.01   the second of several; also by name or id: conditions.condition[c1].mode=…
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import NoReturn

from seqforge.definitions.language import ROOTS, Element
from seqforge.definitions.tree import Node, Text
from seqforge.errors import DefinitionError, Place, Problem
from seqforge.parameters import folded

SETTING = "--set "  # begins the place of a value that was put in
_STEP = re.compile(r"(?P<tag>[^\[\]./]+)(\[(?P<index>[^\[\]]+)\])?(?P<rest>[./].*)?", re.DOTALL)


def override(root: Node, settings: Sequence[str]) -> tuple[Node, list[Problem]]:
    """A copy of `root` with every setting "path=value" in it, and the problems of those that do not fit."""
    copy, problems = deepcopy(root), []
    for setting in settings:
        try:
            _Setting(copy, setting).put()
        except DefinitionError as error:
            problems += error.problems
    return copy, problems


class _Setting:
    """One setting on its way down the tree."""

    def __init__(self, root: Node, setting: str):
        self.root = root
        path, equals, value = setting.partition("=")
        self.path = path.strip()
        self.place = Place(f"{SETTING}{self.path}")
        if not equals or not self.path:
            self.refuse("SF0012", f"expected path=value, received '{setting}'", "for example trainingprocess.epochs=3")
        self.value = Text(value.strip(), self.place)

    def refuse(self, id: str, message: str, hint: str = "") -> NoReturn:
        raise DefinitionError([Problem(self.place, id, message, hint)])

    def put(self) -> None:
        grammar = ROOTS.get(self.root.tag)
        rest = self.path
        for separator in "./":
            rest = rest.removeprefix(f"{self.root.tag}{separator}")
        if grammar is not None:
            self.descend(self.root, grammar, rest)

    def descend(self, node: Node, grammar: Element, rest: str) -> None:
        """Sets what `rest` names below `node`."""
        name = rest.removeprefix("@")
        if name in grammar.attribute or (grammar.any_attributes and re.fullmatch(r"\w+", name)):
            node.attributes[name] = self.value
        elif grammar.sole and grammar.sole.entry and not rest.startswith(f"{grammar.sole.tag}["):
            self.entry(node, grammar, grammar.sole, rest)
        elif grammar.entries and re.split(r"[\[./]", rest)[0] not in grammar.children:
            self.entry(node, grammar, grammar.entries, rest)
        else:
            self.step(node, grammar, rest)

    def step(self, node: Node, grammar: Element, rest: str) -> None:
        match = _STEP.fullmatch(rest)
        tag = match["tag"] if match else rest
        if match is None or tag not in grammar.children:
            self.unknown()
        child = self.child(node, grammar, tag, match["index"])
        below = grammar.children[tag]
        if match["rest"]:
            self.descend(child, below, match["rest"][1:])
        elif below.text:
            child.text = self.value
        else:
            parts = (
                [*below.attribute, *below.children] if not (below.sole and below.sole.entry) else ["a hyper-parameter"]
            )
            self.refuse("SF0013", f"'{self.path}' is no value", f"name a part of it: {', '.join(parts)}")

    def child(self, node: Node, grammar: Element, tag: str, index: str | None) -> Node:
        """The child that `tag[index]` names; a new one where the language allows it and there is none."""
        found = node.all(tag)
        if index is None and len(found) > 1:
            choices = " or ".join(f"{tag}[{number + 1}]" for number in range(min(len(found), 3)))
            self.refuse("SF0013", f"there are {len(found)} '{tag}'", f"write {choices}")
        if index is None or index.isdecimal():
            number = int(index or 1)
            if 0 < number <= len(found):
                return found[number - 1]
            if number != len(found) + 1:
                self.refuse("SF0013", f"there is no {tag}[{number}]", f"the numbers go from 1 to {len(found)}")
            return self.added(node, grammar, tag)
        named = [child for child in found if index in (child.attributes.get("id"), child.attributes.get("name"))]
        if not named:
            self.refuse("SF0013", f"there is no '{tag}' with the id or name '{index}'")
        return named[0]

    def added(self, node: Node, grammar: Element, tag: str) -> Node:
        """A new child in its place."""
        child = Node(tag, self.place, text=Text("", self.place))
        slot = grammar.slot_of[tag]
        before = [number for number, other in enumerate(node.children) if grammar.slot_of.get(other.tag, 0) <= slot]
        node.children.insert(before[-1] + 1 if before else 0, child)
        return child

    def entry(self, node: Node, grammar: Element, entry: Element, name: str) -> None:
        """Sets the entry called `name` (a hyper-parameter, a letter, a k-mer), which may itself contain dots."""
        assert entry.entry is not None
        key, value = entry.entry
        same = [child for child in node.all(entry.tag) if folded(_get(child, key)) == folded(name)]
        child = same[0] if same else self.added(node, grammar, entry.tag)
        if not same:
            _set(child, key, Text(name, self.place))
        _set(child, value, self.value)

    def unknown(self) -> NoReturn:
        known = list(dict.fromkeys(_paths(self.root, ROOTS[self.root.tag])))
        wanted = self.path.replace("/", ".")
        close = difflib.get_close_matches(wanted, known, n=1, cutoff=0.6)
        same_end = [path for path in known if path.rpartition(".")[2] == wanted.rpartition(".")[2]]
        guess = next(iter([*same_end, *close]), None)
        tops = ", ".join(ROOTS[self.root.tag].children)
        hint = f"did you mean '{guess}'?" if guess else f"paths begin with {tops}"
        self.refuse("SF0013", f"unknown path '{self.path}'", hint)


def _get(node: Node, source: str) -> Text:
    return node.text if source == "text" else node.attributes.get(source, Text(""))


def _set(node: Node, source: str, value: Text) -> None:
    if source == "text":
        node.text = value
    else:
        node.attributes[source] = value


def _paths(node: Node, grammar: Element, prefix: str = "") -> Iterator[str]:
    """Every path that a setting can name: what stands in the tree, and the plain elements and keys that could."""
    yield from (f"{prefix}{name}" for name in grammar.attribute)
    if grammar.tag == "trainingprocess":
        yield from (f"{prefix}{name}" for name in _process_keys())
    if grammar.sole and grammar.sole.entry:
        yield from (f"{prefix}{_get(child, grammar.sole.entry[0])}" for child in node.children)
        return
    for tag, below in grammar.children.items():
        if below.text:
            yield f"{prefix}{tag}"
        for number, child in enumerate(found := node.all(tag), 1):
            step = f"{prefix}{tag}[{number}]." if len(found) > 1 else f"{prefix}{tag}."
            yield from _paths(child, below, step)


def _process_keys() -> list[str]:
    from seqforge.parameters import parameters_of
    from seqforge.training.process import TrainingProcess

    return list(parameters_of(TrainingProcess))
