# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The tree behind a definition, the same for XML and JSON: elements, attributes and texts with their places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from seqforge.errors import NOWHERE, Place


class Text(str):
    """A value as the file spells it, stripped; `place` is where it starts."""

    place: Place

    def __new__(cls, value: str, place: Place = NOWHERE) -> Text:
        text = super().__new__(cls, value)
        text.place = place
        return text


@dataclass
class Node:
    """An element: `text` is its stripped character data, `children` in file order.

    `form`, of a root: how its file was written, if that is neither XML nor its JSON twin.
    """

    tag: str
    place: Place = NOWHERE
    attributes: dict[str, Text] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)
    text: Text = field(default_factory=lambda: Text(""))
    form: str = ""

    def all(self, tag: str) -> list[Node]:
        return [child for child in self.children if child.tag == tag]

    def one(self, tag: str) -> Node | None:
        return next(iter(self.all(tag)), None)

    def walk(self) -> Iterator[Node]:
        yield self
        for child in self.children:
            yield from child.walk()

    def same(self, other: Node) -> bool:
        """Whether both trees say the same, places apart."""
        return (
            (self.tag, self.text, list(self.attributes.items()))
            == (other.tag, other.text, list(other.attributes.items()))
            and len(self.children) == len(other.children)
            and all(mine.same(theirs) for mine, theirs in zip(self.children, other.children, strict=True))
        )
