# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Trees as XML or JSON text, one element or key per line, the same bytes for the same tree."""

from __future__ import annotations

from pathlib import Path

from seqforge.definitions import jsontree
from seqforge.definitions.tree import Node

_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_ATTRIBUTE = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
)
_INDENT = "    "


def to_xml(node: Node, canonical: bool = False) -> str:
    """The XML form of a tree. `canonical`: component and hyper-parameter names as the registries spell them."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    _write(_named(node, canonical), "", lines)
    return "\n".join(lines) + "\n"


def to_json(node: Node, canonical: bool = False) -> str:
    """The JSON form of a tree without structural problems; numbers keep their spelling."""
    return jsontree.write(_named(node, canonical))


def write(node: Node, file: Path, canonical: bool = False) -> None:
    """Writes `node` in the form that the suffix of `file` asks for: .json, else XML."""
    form = to_json if file.suffix.casefold() == ".json" else to_xml
    file.write_text(form(node, canonical), encoding="utf-8")


def _named(node: Node, canonical: bool) -> Node:
    if not canonical:
        return node
    from seqforge.definitions.canonical import canonical as renamed

    return renamed(node)


def _write(node: Node, indent: str, lines: list[str]) -> None:
    attributes = "".join(f' {name}="{text.translate(_ATTRIBUTE)}"' for name, text in node.attributes.items())
    start = f"{indent}<{node.tag}{attributes}"
    text = node.text.translate(_TEXT)
    if not node.children:
        lines.append(f"{start}>{text}</{node.tag}>" if text else f"{start}/>")
        return
    lines.append(f"{start}>{text}")
    for child in node.children:
        _write(child, indent + _INDENT, lines)
    lines.append(f"{indent}</{node.tag}>")
