# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Names in their canonical spelling: tasks, libraries, components, hyper-parameters. What is unknown stays as it is."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from seqforge import registry
from seqforge.definitions.language import ROOTS, Element, Known, Value
from seqforge.definitions.profile_records import OPTIONS
from seqforge.definitions.tree import Node, Text
from seqforge.parameters import folded, parameters_of
from seqforge.registry import KERAS, UnknownName

_ROOMS = {"loss": "losses", "optimizer": "optimizers", "schedule": "schedules"}


def canonical(root: Node) -> Node:
    """A copy of a tree without structural problems, its names spelt as the registries spell them."""
    copy = deepcopy(root)
    _known_names(copy, ROOTS[copy.tag])
    library = _library(copy)
    for node in copy.children:
        if node.tag in _ROOMS:
            _section(node, _ROOMS[node.tag], library)
        elif node.tag == "trainingprocess":
            _trainingprocess(node)
        elif node.tag == "data":
            _options(node, _found("sources", node.attributes["format"], None))
        elif node.tag in OPTIONS:
            _options(node, OPTIONS[node.tag])
    return copy


def _library(root: Node) -> str | None:
    general = root.one("general")
    library = general.one("library") if general else None
    return str(library.text) if library else None


def _known_names(node: Node, grammar: Element) -> None:
    """Texts and attributes that are names of a registry, here and below."""
    if grammar.text:
        node.text = _spelt(node.text, grammar.text)
    for name, text in node.attributes.items():
        if name in grammar.attribute:
            node.attributes[name] = _spelt(text, grammar.attribute[name].value)
    for child in node.children:
        _known_names(child, grammar.children[child.tag])


def _spelt(text: Text, value: Value) -> Text:
    if not isinstance(value.kind, Known):
        return text
    names = {name.casefold(): name for name in value.kind.names()} | {"tensorflow": KERAS}
    return _renamed(text, names.get(text.casefold(), text))


def _renamed(text: Text, name: str) -> Text:
    return Text(name, text.place)


def _section(node: Node, room: str, library: str | None) -> None:
    """The component's name under its key, then the keys that it knows."""
    for one in node.all("hyperparameter"):
        if folded(one.attributes["name"]) == node.tag:
            one.attributes["name"] = _renamed(one.attributes["name"], node.tag)
            cls = _found(room, one.text, library)
            if cls is not None and _found(room, cls.name, library) is cls:
                one.text = _renamed(one.text, cls.name)
            _options(node, cls)


def _trainingprocess(node: Node) -> None:
    from seqforge.training.process import TrainingProcess

    _options(node, TrainingProcess)


def _options(node: Node, cls: Any) -> None:
    """Hyper-parameter names as `cls` declares them; aliases stay, for they can have another meaning elsewhere."""
    names = {folded(name): name for name in parameters_of(cls)} if cls is not None else {}
    for one in node.all("hyperparameter"):
        name = one.attributes["name"]
        one.attributes["name"] = _renamed(name, names.get(folded(name), name))


def _found(room: str, name: str, library: str | None) -> Any:
    try:
        return registry.find(room, name, library)
    except UnknownName:
        return None
