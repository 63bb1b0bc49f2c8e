# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The grammar of initializers and regularizers: `Name` or `Name(key=literal, …)`, never evaluated.

Quotes around the whole and the prefixes `tf.keras.initializers.`, `keras.regularizers.` … are accepted and dropped.
"""

from __future__ import annotations

import ast
import re
from abc import abstractmethod
from typing import Any, NamedTuple

from seqforge.parameters import Kind, Unfit, folded

_PREFIX = re.compile(r"^(?:tf\.)?keras\.(?:initializers|regularizers)\.")


class Call(NamedTuple):
    """A name and its keyword arguments."""

    name: str
    arguments: dict[str, Any]


def read_call(text: str) -> Call:
    """What `text` names; raises ValueError for anything but the grammar above."""
    bare = text.strip()
    if len(bare) > 1 and bare[0] in "\"'" and bare[-1] == bare[0]:
        bare = bare[1:-1].strip()
    bare = _PREFIX.sub("", bare)
    try:
        tree = ast.parse(bare, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise ValueError(text) from None
    return _call(tree, text)


def _call(tree: ast.expr, text: str) -> Call:
    if isinstance(tree, ast.Name):
        return Call(tree.id, {})
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and not tree.args:
        return Call(tree.func.id, {str(word.arg): _literal(word, text) for word in tree.keywords})
    raise ValueError(text)


def _literal(word: ast.keyword, text: str) -> Any:
    if word.arg is None:
        raise ValueError(text)
    try:
        return ast.literal_eval(word.value)
    except (ValueError, TypeError, SyntaxError):
        raise ValueError(text) from None


def argument(kind: Kind, key: str, value: Any) -> Any:
    """The typed `value` of an argument; raises ValueError that names it."""
    try:
        return kind.check(value)
    except Unfit as unfit:
        raise ValueError(f"{key}: {unfit}") from None


class CallText(Kind):
    """The text of a call; `words` are the names that it may have."""

    @abstractmethod
    def read(self, text: str) -> Any:
        """What `text` names; raises ValueError with the way out."""

    def check(self, value: Any) -> Any:
        if not isinstance(value, str):
            raise self.unfit(value)
        try:
            self.read(value)
        except ValueError:
            raise self.unfit(value) from None
        return str(value)

    def near_word(self, text: str) -> str:
        """The nearest name to a misspelt one; what is wrong with the arguments of a known one."""
        try:
            call = read_call(text)
            if folded(call.name) not in map(folded, self.words):
                return super().near_word(call.name)
        except ValueError:
            return ""
        try:
            self.read(text)
        except ValueError as error:
            return str(error)
        return ""

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1}
